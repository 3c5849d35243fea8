//! Copying the log into the database, on a thread of its own: it takes long, and changes need not wait for it.
//!
//! The log begins anew only once all of it is copied, and while the writer writes there is always more. So the thread
//! copies until little is left, and the writer copies that between two batches. SQLite flushes the database only when
//! nothing is left: the thread flushes what it copied by itself, or the writer would have to wait for all of it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::wal::CheckpointMode;
use tokio::sync::watch;

use crate::error::{Error, Result};
use crate::writer::{Poison, poison};

/// How often the thread copies what came while it copied. Each time there is less.
const MOST_ROUNDS: usize = 4;

/// How many pages are little.
const LITTLE: i32 = 250;

/// What a checkpoint left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Copied {
    /// The pages of the log.
    pages: i32,
    /// How many of them are in the database now.
    copied: i32,
}

/// Copies what no reader needs to find in the log. `None` where that can't be done now: it is tried again later.
///
/// SQLite's own checkpoint after a commit would hide its errors.
fn copy(conn: &Connection, poisoned: &watch::Sender<Poison>) -> Option<Copied> {
    match passive(conn) {
        Ok(copied) => Some(copied),
        Err(error) if error.is_busy() => None,
        // The log holds everything, and is on disk: nothing is lost, until there is no room for the log either.
        Err(error) if error.is_full() => {
            tracing::error!("the disk is full: the log can't be copied");
            None
        }
        Err(error) => {
            poison(poisoned, &format!("a checkpoint failed: {error}"));
            None
        }
    }
}

fn passive(conn: &Connection) -> Result<Copied> {
    let (pages, copied) =
        conn.wal_checkpoint_v2(Some(c"main"), CheckpointMode::PASSIVE).map_err(Error::from)?;
    Ok(Copied { pages, copied })
}

/// The thread, and when it works.
pub(crate) struct Checkpointer {
    orders: Option<SyncSender<()>>,
    reports: Receiver<()>,
    thread: Option<JoinHandle<()>>,
    copying: bool,
    poisoned: watch::Sender<Poison>,
    /// How long the log is.
    log_pages: Arc<AtomicI32>,
    /// From how many pages on the log is copied. At twice as many the writer waits for it.
    every: i32,
    next: i32,
}

impl Checkpointer {
    /// Starts it, with a connection of its own to the database at `path`.
    pub(crate) fn start(
        conn: Connection,
        path: &Path,
        every: i32,
        log_pages: Arc<AtomicI32>,
        poisoned: watch::Sender<Poison>,
    ) -> io::Result<Self> {
        // Never closed: who closes a file gives up every POSIX lock that the process has on it, SQLite's among them
        // (sqlite.org/howtocorrupt.html, 2.2).
        let file: &'static File = Box::leak(Box::new(File::open(path)?));
        let (orders, ordered) = sync_channel(1);
        let (report, reports) = sync_channel(1);
        let copied = Copying { conn, file, log_pages: Arc::clone(&log_pages), poisoned: poisoned.clone() };
        let work = move || {
            while let Ok(()) = ordered.recv() {
                copied.copy_most();
                if report.send(()).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("roster-checkpoint".to_owned()).spawn(work)?;
        let (orders, thread) = (Some(orders), Some(thread));
        Ok(Self { orders, reports, thread, copying: false, poisoned, log_pages, every, next: every })
    }

    /// To be called by the writer after its answers. Has the log copied once it is long enough, so that the next commit
    /// begins it anew.
    pub(crate) fn tend(&mut self, conn: &Connection) {
        let pages = self.log_pages.load(Ordering::Relaxed);
        if !self.copying {
            if pages >= self.next {
                self.copying = self.orders.as_ref().is_some_and(|orders| orders.try_send(()).is_ok());
            }
            return;
        }
        if !self.is_done(pages >= self.next.saturating_add(self.every)) || self.poisoned.borrow().is_some() {
            return;
        }
        if let Some(Copied { pages, copied }) = copy(conn, &self.poisoned) {
            // A reader that began long ago keeps the log from being begun anew: it grows, and is tried again later.
            let grown = if copied < pages { pages } else { 0 };
            self.next = grown.saturating_add(self.every);
        }
    }

    /// Whether the thread is done. A thread that panicked is.
    fn is_done(&mut self, wait: bool) -> bool {
        self.copying = if wait {
            let _ = self.reports.recv();
            false
        } else {
            self.reports.try_recv() == Err(TryRecvError::Empty)
        };
        !self.copying
    }

    /// Waits until the thread is done, and ends it.
    pub(crate) fn stop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // If it panicked, it has said so.
            let _ = thread.join();
        }
    }
}

/// What the thread works with.
struct Copying {
    conn: Connection,
    file: &'static File,
    log_pages: Arc<AtomicI32>,
    poisoned: watch::Sender<Poison>,
}

impl Copying {
    fn copy_most(&self) {
        for _ in 0..MOST_ROUNDS {
            let Some(Copied { pages, copied }) = copy(&self.conn, &self.poisoned) else { return };
            if let Err(error) = self.file.sync_data() {
                return poison(&self.poisoned, &format!("a checkpoint failed: {error}"));
            }
            let left = self.log_pages.load(Ordering::Relaxed).saturating_sub(copied);
            // Where less than everything was copied a reader needs the rest, and will for a while.
            if copied < pages || left < LITTLE {
                return;
            }
        }
    }
}
