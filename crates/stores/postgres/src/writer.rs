//! The writers: tasks on a thread of their own, each with a connection.
//!
//! A writer takes whatever changes are waiting, decides and writes them in one transaction, commits once, and then answers
//! all of them. What it has begun it brings to an end, whoever still waits for the answer: nothing cancels a write.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use roster_directory::store::{Decide, StoreError, Submitted};
use tokio::time::Instant;

use crate::attempt::Attempt;
use crate::batch::Ready;
use crate::error::{Error, Remedy, Result};
use crate::numbers::Numbers;
use crate::queue::{Job, Pending, Shared, send};
use crate::readers::Waits;
use crate::session::Session;
use crate::store::failed;
use crate::transaction::{self, Failure};

/// How often a batch is decided again before its changes are tried one by one.
const MOST_CONFLICTS_TOGETHER: usize = 1;

/// How often a change is decided again by itself: meanwhile the others wait. Each time some other process was first.
const MOST_CONFLICTS_ALONE: usize = 16;

/// Why a batch was not written.
enum Refused {
    /// Its changes are to be tried one by one.
    Apart(Error),
    /// This is the answer.
    Answer(StoreError),
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    session: Option<Session>,
    numbers: Numbers,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, session: None, numbers: Numbers::new() }
    }

    /// Works until the store is dropped, and then until the queue is empty.
    pub(crate) async fn run(mut self) {
        while let Some((batch, other)) = self.shared.take().await {
            self.write(batch).await;
            if let Some(job) = other {
                self.do_alone(job).await;
            }
        }
    }

    /// Writes a batch and answers it. If it can't be written as one, every change is tried in a transaction of its own, so
    /// that one that can't be written takes no other with it.
    async fn write(&mut self, batch: Vec<Pending>) {
        let batch: Vec<Pending> = batch.into_iter().filter(|pending| self.is_in_time(pending)).collect();
        let Some(since) = batch.iter().map(|pending| pending.since).min() else { return };
        let changes: Vec<Arc<dyn Decide>> = batch.iter().map(|pending| Arc::clone(&pending.change)).collect();
        match self.write_together(&changes, since).await {
            Ok(answers) => {
                for (pending, answer) in batch.into_iter().zip(answers) {
                    send(pending.reply, Ok(answer));
                }
            }
            Err(Refused::Apart(error)) => {
                tracing::debug!(%error, changes = changes.len(), "a batch was rolled back; its changes are tried one by one");
                for pending in batch {
                    if !self.is_in_time(&pending) {
                        continue;
                    }
                    let Pending { change, since, reply } = pending;
                    let answer = match self.write_together(&[change], since).await {
                        Ok(mut answers) => {
                            answers.pop().ok_or_else(|| StoreError::Failed("no answer".to_owned()))
                        }
                        Err(Refused::Apart(error)) => Err(StoreError::Failed(error.to_string())),
                        Err(Refused::Answer(error)) => Err(error),
                    };
                    send(reply, answer);
                }
            }
            Err(Refused::Answer(error)) => {
                for pending in batch {
                    send(pending.reply, Err(error.clone()));
                }
            }
        }
    }

    /// Whose caller was told that nobody knows is not begun any more.
    fn is_in_time(&self, pending: &Pending) -> bool {
        Instant::now() < pending.since + self.shared.patience
    }

    /// Writes changes in one transaction, as often as it takes and the time allows.
    async fn write_together(
        &mut self,
        changes: &[Arc<dyn Decide>],
        since: Instant,
    ) -> Result<Vec<Submitted>, Refused> {
        let mut waits = Waits::new(since + self.shared.patience);
        let mut conflicts = 0;
        let mut doubts = Vec::new();
        loop {
            let error = match self.attempt(changes, &mut doubts).await {
                Ok(answers) => {
                    let count = changes.len().try_into().unwrap_or_default();
                    self.shared.done.changes.fetch_add(count, Ordering::Relaxed);
                    return Ok(answers);
                }
                Err(Failure::Unreplicated) => return Err(Refused::Answer(failed(Error::Unreplicated))),
                Err(Failure::InDoubt(error) | Failure::RolledBack(error)) => error,
            };
            if doubts.is_empty() {
                let alone = changes.len() == 1;
                match error.remedy() {
                    Remedy::GiveUp if alone => {
                        return Err(Refused::Answer(StoreError::Failed(error.to_string())));
                    }
                    Remedy::GiveUp => return Err(Refused::Apart(error)),
                    Remedy::DecideAgain if !alone && conflicts >= MOST_CONFLICTS_TOGETHER => {
                        return Err(Refused::Apart(error));
                    }
                    Remedy::DecideAgain if conflicts >= MOST_CONFLICTS_ALONE => {
                        return Err(Refused::Answer(StoreError::Unavailable(error.to_string())));
                    }
                    Remedy::DecideAgain => conflicts += 1,
                    Remedy::TryAgain => self.session = None,
                }
            } else {
                self.session = None;
            }
            // What no journal tells of can't be found again.
            let lost = doubts.iter().any(|ready: &Ready| ready.changes.is_empty());
            if lost || !waits.wait().await {
                return Err(Refused::Answer(StoreError::Unavailable(error.to_string())));
            }
        }
    }

    /// One attempt, on the connection that is there or a new one.
    async fn attempt(
        &mut self,
        changes: &[Arc<dyn Decide>],
        doubts: &mut Vec<Ready>,
    ) -> Result<Vec<Submitted>, Failure> {
        let session = match self.session.take().filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => self.shared.connector.connect().await.map_err(Failure::RolledBack)?,
        };
        let mut attempt = Attempt { session: &session, shared: &self.shared, numbers: &mut self.numbers };
        let done = attempt.run(changes, doubts).await;
        self.session = Some(session);
        done
    }

    async fn do_alone(&mut self, job: Job) {
        match job {
            Job::Change(pending) => self.write(vec![pending]).await,
            Job::Sweep(now, limit, reply) => {
                let swept =
                    self.alone(async |session| crate::records::sweep(session, now, limit).await).await;
                send(reply, swept);
            }
            Job::Configure(wanted, reply) => {
                let done = self.alone(async |session| crate::rules::configure(session, wanted).await).await;
                if let Ok(Ok(())) = done {
                    *self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner) = wanted;
                }
                send(reply, done);
            }
            Job::Probe(reply) => {
                send(reply, self.alone(async |_| Ok(())).await);
            }
        }
    }

    /// Does something that may be done twice in a transaction of its own.
    async fn alone<T>(&mut self, work: impl AsyncFn(&Session) -> Result<T>) -> Result<T, StoreError> {
        let mut waits = Waits::new(Instant::now() + self.shared.patience);
        loop {
            let error = match self.try_alone(&work).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Unreplicated) => return Err(failed(Error::Unreplicated)),
                Err(Failure::RolledBack(error) | Failure::InDoubt(error)) => error,
            };
            if error.remedy() == Remedy::GiveUp {
                return Err(StoreError::Failed(error.to_string()));
            }
            self.session = None;
            if !waits.wait().await {
                return Err(StoreError::Unavailable(error.to_string()));
            }
        }
    }

    async fn try_alone<T>(&mut self, work: &impl AsyncFn(&Session) -> Result<T>) -> Result<T, Failure> {
        let session = match self.session.take().filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => self.shared.connector.connect().await.map_err(Failure::RolledBack)?,
        };
        transaction::begin(&session).await.map_err(Failure::RolledBack)?;
        let done = match work(&session).await {
            Ok(answer) => transaction::commit_touched(&session).await.map(|()| answer),
            Err(error) => {
                // The first failure is what is told.
                let _ = transaction::roll_back(&session).await;
                Err(Failure::RolledBack(error))
            }
        };
        self.session = Some(session);
        done
    }
}
