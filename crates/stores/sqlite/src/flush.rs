//! Flushing the log, on a thread of its own: while the disk writes what one transaction left there, the writer decides the
//! next.
//!
//! A transaction counts as committed for SQLite, and others can read it, before it is on disk. So nobody is answered what a
//! power cut could still take back: a change waits until it is flushed, and so does whoever read it.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SendError, SyncSender, sync_channel};
use std::thread::JoinHandle;

use roster_directory::store::StoreError;
use tokio::sync::watch;

use crate::open::Flushing;
use crate::writer::{Poison, poison, stopped};

/// How many transactions wait while others are flushed. With more the writer would run ahead in ever smaller batches.
const MOST_WAITING: usize = 1;

/// What has been committed and what of it is on disk.
pub(crate) struct Flushed {
    /// Counts the commits that were begun.
    begun: AtomicU64,
    /// All up to this one are on disk, or were not made.
    settled: watch::Receiver<u64>,
    /// The log, where another process writes to it as well and nobody here knows what of that is on disk.
    shared: Option<Arc<File>>,
}

impl Flushed {
    /// A commit is about to be made: who sees what it writes waits for it from now on.
    pub(crate) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
    }

    /// Waits until everything that a snapshot may have seen is on disk. To be called once it was read.
    pub(crate) async fn wait(&self) -> Result<(), StoreError> {
        if let Some(log) = &self.shared {
            return log.sync_data().map_err(|error| StoreError::Failed(format!("a flush failed: {error}")));
        }
        let begun = self.begun.load(Ordering::SeqCst);
        if *self.settled.borrow() >= begun {
            return Ok(());
        }
        let settled = self.settled.clone().wait_for(|settled| *settled >= begun).await.map(drop);
        settled.map_err(|_| stopped("what was read may not be on disk"))
    }
}

/// Tells the callers of a transaction what came of it.
pub(crate) type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A transaction that has ended.
struct Ended {
    /// The commits that were begun by then.
    begun: u64,
    /// Whether it left something in the log.
    wrote: bool,
    answer: Answer,
}

/// The thread, as the writer sees it.
pub(crate) struct Flusher {
    ended: Option<SyncSender<Ended>>,
    flushed: Arc<Flushed>,
    poisoned: watch::Sender<Poison>,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    /// Starts it. `log` is the file to flush; none where an acknowledged change may be lost with the system's power.
    pub(crate) fn start(
        log: Option<File>,
        flushing: Flushing,
        poisoned: watch::Sender<Poison>,
    ) -> io::Result<Self> {
        let log = log.map(Arc::new);
        let shared = log.clone().filter(|_| flushing == Flushing::InCommit);
        let (ended, endings) = sync_channel(MOST_WAITING);
        let (settle, settled) = watch::channel(0);
        let told = poisoned.clone();
        let work = move || flush(log.as_deref(), &endings, settle, &told);
        let thread = std::thread::Builder::new().name("roster-flush".to_owned()).spawn(work)?;
        let flushed = Arc::new(Flushed { begun: AtomicU64::new(0), settled, shared });
        Ok(Self { ended: Some(ended), flushed, poisoned, thread: Some(thread) })
    }

    /// What is on disk, for those who read.
    pub(crate) fn flushed(&self) -> &Arc<Flushed> {
        &self.flushed
    }

    /// Has a transaction answered once it, and all before it, are on disk.
    pub(crate) fn settle(&self, wrote: bool, answer: Answer) {
        // What another process wrote may be what this transaction found, and wrote nothing for.
        let wrote = wrote || self.flushed.shared.is_some();
        let ended = Ended { begun: self.flushed.begun.load(Ordering::SeqCst), wrote, answer };
        let refused = match &self.ended {
            Some(queue) => queue.send(ended).err(),
            None => Some(SendError(ended)),
        };
        if let Some(SendError(ended)) = refused {
            poison(&self.poisoned, "the flushing thread is gone");
            (ended.answer)(Err(unknown()));
        }
    }

    /// Waits until everything is answered, and ends the thread.
    pub(crate) fn stop(&mut self) {
        self.ended = None;
        if let Some(thread) = self.thread.take() {
            // If it panicked, it has said so.
            let _ = thread.join();
        }
    }
}

fn flush(
    log: Option<&File>,
    endings: &Receiver<Ended>,
    settled: watch::Sender<u64>,
    poisoned: &watch::Sender<Poison>,
) {
    // Dropped at the first failure: who waits is told.
    let mut settled = Some(settled);
    let mut batch = Vec::with_capacity(MOST_WAITING + 1);
    while let Ok(first) = endings.recv() {
        batch.push(first);
        batch.extend(endings.try_iter().take(MOST_WAITING));
        let wrote = batch.iter().any(|ended| ended.wrote);
        // After a flush that failed the next one may say that all is well although it is not.
        let on_disk = poisoned.borrow().is_none()
            && match log.filter(|_| wrote).map_or(Ok(()), File::sync_data) {
                Ok(()) => true,
                Err(error) => {
                    poison(poisoned, &format!("a flush failed: {error}"));
                    false
                }
            };
        settled = settled.filter(|_| on_disk);
        if let (Some(settled), Some(last)) = (&settled, batch.last()) {
            settled.send_replace(last.begun);
        }
        for ended in batch.drain(..) {
            (ended.answer)(if on_disk { Ok(()) } else { Err(unknown()) });
        }
    }
}

fn unknown() -> StoreError {
    StoreError::Unavailable("it may not be on disk".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of which no flush succeeds: there is no disk behind it.
    fn unflushable() -> Option<File> {
        Some(File::open("/proc/self/status").unwrap())
    }

    #[tokio::test]
    async fn who_reads_waits_for_what_was_begun_and_not_for_ever() {
        let (poisoned, poison) = watch::channel(None);
        let mut flusher = Flusher::start(unflushable(), Flushing::Beside, poisoned).unwrap();
        let flushed = Arc::clone(flusher.flushed());
        assert_eq!(flushed.wait().await, Ok(()), "nothing was begun");
        flushed.begin();
        let (told, answer) = sync_channel(1);
        flusher.settle(true, Box::new(move |flushed| told.send(flushed).unwrap()));
        assert!(matches!(flushed.wait().await, Err(StoreError::Failed(_))));
        assert!(matches!(answer.recv().unwrap(), Err(StoreError::Unavailable(_))));
        assert!(poison.borrow().is_some());
        let (told, answer) = sync_channel(1);
        flusher.settle(false, Box::new(move |flushed| told.send(flushed).unwrap()));
        assert!(answer.recv().unwrap().is_err(), "nothing is acknowledged any more");
        flusher.stop();
    }

    #[tokio::test]
    async fn beside_another_process_nothing_is_taken_to_be_on_disk() {
        let (poisoned, _poison) = watch::channel(None);
        let flusher = Flusher::start(unflushable(), Flushing::InCommit, poisoned).unwrap();
        assert!(flusher.flushed().wait().await.is_err());
        let (told, answer) = sync_channel(1);
        flusher.settle(false, Box::new(move |flushed| told.send(flushed).unwrap()));
        assert!(answer.recv().unwrap().is_err());
    }

    #[tokio::test]
    async fn what_was_begun_and_not_made_is_not_waited_for() {
        let (poisoned, _poison) = watch::channel(None);
        let flusher = Flusher::start(unflushable(), Flushing::Beside, poisoned).unwrap();
        flusher.flushed().begin();
        flusher.settle(false, Box::new(|_| ()));
        assert_eq!(flusher.flushed().wait().await, Ok(()));
    }
}
