//! The writer: one thread that owns the one connection that writes.
//!
//! It takes whatever changes are waiting, decides and writes them in one transaction, commits once, and has all of them
//! answered when the commit is on disk: concurrent changes share one fsync. After a failed commit or fsync nothing more is
//! acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use roster_directory::store::{Decide, StoreError, Submitted};
use roster_directory::{Email, Rules, Timestamp};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use crate::batch::Ran;
use crate::cache::Cache;
use crate::checkpoint::Checkpointer;
use crate::error::Result;
use crate::flush::Flusher;
use crate::transaction::{self, Failure, Wrote};
use crate::{Sealing, batch, records, rules};

/// The most changes that share a transaction.
const MOST_CHANGES: usize = 256;

/// Where an answer goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked to do.
pub(crate) enum Job {
    /// Decide and write a change.
    Change(Arc<dyn Decide>, Reply<Submitted>),
    /// Remove what expired.
    Sweep(Timestamp, usize, Reply<usize>),
    /// Set the rules.
    Configure(Rules, Reply<Result<(), Vec<Email>>>),
    /// Show that the write lock can be had.
    Probe(Reply<()>),
}

/// Why the writer stopped for good, once it has.
pub(crate) type Poison = Option<Arc<str>>;

/// How the writer's last transaction went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// There was none yet.
    None,
    /// Well.
    Done,
    /// Not well; whoever waited for it was told why.
    Failed,
}

/// What the writer has done since it began.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Commits; those that waited together were flushed together.
    pub(crate) commits: AtomicU64,
    /// Changes that were decided, those that wrote nothing among them.
    pub(crate) changes: AtomicU64,
}

/// What the thread works with.
pub(crate) struct Writer {
    pub(crate) checkpointer: Checkpointer,
    pub(crate) conn: Connection,
    pub(crate) flusher: Flusher,
    pub(crate) cache: Arc<Cache>,
    pub(crate) sealing: Sealing,
    pub(crate) queue: mpsc::Receiver<Job>,
    pub(crate) poison: watch::Sender<Poison>,
    pub(crate) turns: watch::Sender<Turn>,
    pub(crate) done: Arc<Done>,
}

impl Writer {
    /// Works until the store is dropped, and then until the queue is empty.
    pub(crate) fn run(mut self) {
        let mut batch = Batch::default();
        while let Some(first) = self.queue.blocking_recv() {
            let mut next = Some(first);
            while let Some(job) = next.take() {
                match job {
                    Job::Change(change, reply) => {
                        batch.changes.push(change);
                        batch.replies.push(reply);
                        if batch.changes.len() < MOST_CHANGES {
                            next = self.queue.try_recv().ok();
                        }
                    }
                    Job::Sweep(..) | Job::Configure(..) | Job::Probe(_) => {
                        self.write(&mut batch);
                        self.do_alone(job);
                    }
                }
            }
            self.write(&mut batch);
            if self.poisoned().is_none() {
                self.checkpointer.tend(&self.conn);
            }
            if self.poisoned().is_some() {
                return self.refuse_the_rest();
            }
        }
    }

    /// Writes a batch and answers it. If a statement fails, every change is tried again in a transaction of its own,
    /// so that one that can't be written takes no other with it.
    fn write(&mut self, batch: &mut Batch) {
        if batch.changes.is_empty() {
            return;
        }
        let Batch { changes, replies } = std::mem::take(batch);
        let cache = Arc::clone(&self.cache);
        match self.transact(|conn, sealing| batch::run(conn, &cache, sealing, &changes)) {
            Ok((Ran { answers, written, positions }, wrote)) => {
                if !positions.is_empty() {
                    cache.publish(positions.start, positions.end, &written);
                }
                self.done.changes.fetch_add(answers.len().try_into().unwrap_or_default(), Ordering::Relaxed);
                let tell = move |flushed: Result<(), StoreError>| {
                    for (reply, answer) in replies.into_iter().zip(answers) {
                        send(reply, flushed.clone().map(|()| answer));
                    }
                };
                self.flusher.settle(wrote == Wrote::Something, Box::new(tell));
            }
            Err(Failure::RolledBack(error)) if changes.len() > 1 => {
                tracing::warn!(%error, changes = changes.len(), "a batch was rolled back; its changes are tried one by one");
                for (change, reply) in changes.into_iter().zip(replies) {
                    self.write(&mut Batch { changes: vec![change], replies: vec![reply] });
                }
            }
            Err(failure) => {
                let error = self.settle(failure);
                for reply in replies {
                    send(reply, Err(error.clone()));
                }
            }
        }
    }

    fn do_alone(&mut self, job: Job) {
        match job {
            Job::Change(change, reply) => {
                self.write(&mut Batch { changes: vec![change], replies: vec![reply] })
            }
            Job::Sweep(now, limit, reply) => {
                self.answer(reply, |conn, _| {
                    let swept = records::sweep(conn, now, limit)?;
                    Ok((swept, if swept > 0 { Wrote::Something } else { Wrote::Nothing }))
                });
            }
            Job::Configure(wanted, reply) => self.answer(reply, |conn, _| rules::configure(conn, wanted)),
            Job::Probe(reply) => self.answer(reply, |_, _| Ok(((), Wrote::Nothing))),
        }
    }

    fn answer<T: Send + 'static>(
        &mut self,
        reply: Reply<T>,
        work: impl FnOnce(&Connection, &Sealing) -> Result<(T, Wrote)>,
    ) {
        match self.transact(work) {
            Ok((answer, wrote)) => {
                let tell = move |flushed: Result<(), StoreError>| send(reply, flushed.map(|()| answer));
                self.flusher.settle(wrote == Wrote::Something, Box::new(tell));
            }
            Err(failure) => {
                let error = self.settle(failure);
                send(reply, Err(error));
            }
        }
    }

    fn transact<T>(
        &mut self,
        work: impl FnOnce(&Connection, &Sealing) -> Result<(T, Wrote)>,
    ) -> Result<(T, Wrote), Failure> {
        match self.poisoned() {
            Some(why) => Err(Failure::Stopped(why)),
            None => {
                let flushed = self.flusher.flushed();
                let done = transaction::run(&self.conn, |conn| work(conn, &self.sealing), || flushed.begin());
                self.turns.send_replace(if done.is_ok() { Turn::Done } else { Turn::Failed });
                done
            }
        }
    }

    /// What a failure means to the callers whose change it was, and to the writer.
    fn settle(&mut self, failure: Failure) -> StoreError {
        match failure {
            Failure::RolledBack(error) => StoreError::Failed(error.to_string()),
            Failure::Busy => {
                tracing::warn!("another process holds the write lock");
                self.cache.withdraw();
                // Who waits for a commit that was begun, and then not made, waits for nothing.
                self.flusher.settle(false, Box::new(|_| ()));
                StoreError::Overloaded
            }
            Failure::Poisoned(why) => {
                poison(&self.poison, &why);
                StoreError::Unavailable(why)
            }
            Failure::Stopped(why) => stopped(&why),
        }
    }

    fn poisoned(&self) -> Poison {
        self.poison.borrow().clone()
    }

    fn refuse_the_rest(mut self) {
        self.queue.close();
        while let Some(job) = self.queue.blocking_recv() {
            self.do_alone(job);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            poison(&self.poison, "the writer panicked");
        }
        self.flusher.stop();
        // Whoever closes last copies the log: the writer's connection.
        self.checkpointer.stop();
        if self.poisoned().is_some() {
            transaction::leave_the_log_alone(&self.conn);
        }
    }
}

/// Says that nothing more is acknowledged, and why.
pub(crate) fn poison(poisoned: &watch::Sender<Poison>, why: &str) {
    tracing::error!(why, "the store failed for good: nothing more is acknowledged");
    // The first reason is what is told: others follow from it.
    poisoned.send_if_modified(|told| told.is_none().then(|| *told = Some(why.into())).is_some());
}

/// Changes that share a transaction, and where their answers go.
#[derive(Default)]
struct Batch {
    changes: Vec<Arc<dyn Decide>>,
    replies: Vec<Reply<Submitted>>,
}

fn send<T>(reply: Reply<T>, answer: Result<T, StoreError>) {
    // Who no longer waits needs no answer: the change is made either way.
    let _ = reply.send(answer);
}

/// The answer of a store that has stopped for good.
pub(crate) fn stopped(why: &str) -> StoreError {
    StoreError::Failed(format!("the store has stopped: {why}"))
}
