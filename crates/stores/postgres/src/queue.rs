//! What waits to be written, and what the writers share.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use roster_directory::store::{Decide, StoreError, Submitted};
use roster_directory::{Email, Rules, Timestamp};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use crate::Sealing;
use crate::connection::Connector;
use crate::load::Reads;
use crate::readers::Readers;

/// The most changes that share a transaction.
const MOST_CHANGES: usize = 256;

/// Where an answer goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// A change that waits, and since when.
pub(crate) struct Pending {
    pub(crate) change: Arc<dyn Decide>,
    pub(crate) since: Instant,
    pub(crate) reply: Reply<Submitted>,
}

/// What a writer is asked to do.
pub(crate) enum Job {
    /// Decide and write a change.
    Change(Pending),
    /// Remove what expired.
    Sweep(Timestamp, usize, Reply<usize>),
    /// Set the rules.
    Configure(Rules, Reply<Result<(), Vec<Email>>>),
    /// Show that a transaction that writes can be begun.
    Probe(Reply<()>),
}

/// What the writers have done since they began.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Commits.
    pub(crate) commits: AtomicU64,
    /// Changes that were decided, those that wrote nothing among them.
    pub(crate) changes: AtomicU64,
}

/// What the writers of a store share.
pub(crate) struct Shared {
    pub(crate) connector: Arc<Connector>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) sealing: Sealing,
    /// The rules by which the directory over this store decides.
    pub(crate) rules: Mutex<Rules>,
    pub(crate) queue: tokio::sync::Mutex<mpsc::Receiver<Job>>,
    pub(crate) written: Arc<Notify>,
    pub(crate) done: Arc<Done>,
    /// Whether changes share a transaction, and rows a statement.
    pub(crate) reads: Reads,
    pub(crate) patience: Duration,
}

impl Shared {
    pub(crate) fn rules(&self) -> Rules {
        *self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What waits: changes, up to as many as share a transaction, then maybe something else. `None` once the store is
    /// closed and the queue is empty.
    pub(crate) async fn take(&self) -> Option<(Vec<Pending>, Option<Job>)> {
        let most = if self.reads == Reads::Together { MOST_CHANGES } else { 1 };
        let mut queue = self.queue.lock().await;
        let mut batch = Vec::new();
        let mut next = Some(queue.recv().await?);
        while let Some(job) = next.take() {
            match job {
                Job::Change(pending) => batch.push(pending),
                Job::Sweep(..) | Job::Configure(..) | Job::Probe(_) => return Some((batch, Some(job))),
            }
            if batch.len() < most {
                next = queue.try_recv().ok();
            }
        }
        Some((batch, None))
    }
}

/// Answers.
pub(crate) fn send<T>(reply: Reply<T>, answer: Result<T, StoreError>) {
    // Who no longer waits needs no answer: the change is made either way.
    let _ = reply.send(answer);
}
