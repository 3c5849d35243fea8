//! Copying the log into the database, on a thread of its own: it takes long, and changes need not wait for it.
//!
//! The thread copies a piece at a time, and flushes it: a disk that is busy with much keeps commits waiting. The log
//! begins anew only once all of it is copied, and while the writer writes there is always more; so once the log is long
//! the writer copies the last bit between two batches.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::wal::CheckpointMode;
use tokio::sync::watch;

use crate::error::{Error, Result};
use crate::writer::{Poison, poison};

/// The log is copied in so many pieces. Sixteen keep commits waiting less, and write what changes often more often.
const PIECES: i32 = 4;

/// What is left for the writer to copy is so small a part of the log.
const LAST_BIT: i32 = 32;

/// What a checkpoint left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Copied {
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

/// Copies what no reader needs to find in the log, after a flush of it, and flushes the database if that is all.
pub(crate) fn passive(conn: &Connection) -> Result<Copied> {
    let (pages, copied) =
        conn.wal_checkpoint_v2(Some(c"main"), CheckpointMode::PASSIVE).map_err(Error::from)?;
    Ok(Copied { pages, copied })
}

/// The thread, and when it works.
pub(crate) struct Checkpointer {
    orders: Option<SyncSender<()>>,
    reports: Receiver<Option<Copied>>,
    thread: Option<JoinHandle<()>>,
    copying: bool,
    poisoned: watch::Sender<Poison>,
    /// How long the log is.
    log_pages: Arc<AtomicI32>,
    /// How much of it is in the database.
    copied: i32,
    /// How long it was when the thread was last told to copy.
    tried: i32,
    /// Whether a reader kept the thread from copying everything.
    is_held: bool,
    /// How long the log becomes before it begins anew. At twice that length the writer waits for the thread.
    length: i32,
    next: i32,
}

impl Checkpointer {
    /// Starts it, with a connection of its own to the database at `path`.
    pub(crate) fn start(
        conn: Connection,
        path: &Path,
        length: i32,
        log_pages: Arc<AtomicI32>,
        poisoned: watch::Sender<Poison>,
    ) -> io::Result<Self> {
        let (orders, ordered) = sync_channel(1);
        let (report, reports) = sync_channel(1);
        let mut copier =
            Copier { conn, path: path.to_owned(), file: None, copied: 0, poisoned: poisoned.clone() };
        let work = move || {
            while let Ok(()) = ordered.recv() {
                if report.send(copier.copy_and_flush()).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("roster-checkpoint".to_owned()).spawn(work)?;
        Ok(Self {
            orders: Some(orders),
            reports,
            thread: Some(thread),
            copying: false,
            poisoned,
            log_pages,
            copied: 0,
            tried: 0,
            is_held: false,
            length,
            next: length,
        })
    }

    /// To be called by the writer after each batch. Has the log copied as it grows, and lets it begin anew with the next
    /// commit once it is long.
    pub(crate) fn tend(&mut self, conn: &Connection) {
        let pages = self.log_pages.load(Ordering::Relaxed);
        if pages < self.tried {
            // All of it was copied when nothing was being written, and it began anew.
            (self.copied, self.tried, self.next) = (0, 0, self.length);
        }
        let is_much_too_long = pages >= self.next.saturating_add(self.length);
        if !self.is_idle(is_much_too_long) || self.poisoned.borrow().is_some() {
            return;
        }
        let left = pages.saturating_sub(self.copied);
        if pages >= self.next && (left <= self.length / LAST_BIT || is_much_too_long) {
            self.finish(conn);
        } else if (pages >= self.next && !self.is_held)
            || pages.saturating_sub(self.tried) >= self.length / PIECES
        {
            self.tried = pages;
            self.copying = self.orders.as_ref().is_some_and(|orders| orders.try_send(()).is_ok());
        }
    }

    fn finish(&mut self, conn: &Connection) {
        let Some(Copied { pages, copied }) = copy(conn, &self.poisoned) else { return };
        if copied == pages {
            // The next commit begins it anew, or tells how long it is.
            self.log_pages.store(0, Ordering::Relaxed);
            (self.copied, self.tried, self.next) = (0, 0, self.length);
            return;
        }
        // A reader that began before the last commit keeps the log from being begun anew. One that reads a user is gone in
        // a moment; for one that began long ago the log has to grow.
        let a_bit = self.length / LAST_BIT;
        let more = if pages.saturating_sub(copied) <= a_bit { a_bit } else { self.length };
        (self.copied, self.tried, self.next) = (copied, pages, pages.saturating_add(more));
    }

    /// Whether the thread has nothing to do, one that panicked included.
    fn is_idle(&mut self, wait: bool) -> bool {
        if !self.copying {
            return true;
        }
        let report = if wait {
            self.reports.recv().map_err(|_| TryRecvError::Disconnected)
        } else {
            self.reports.try_recv()
        };
        if let Ok(Some(Copied { pages, copied })) = report {
            (self.copied, self.is_held) = (copied, copied < pages);
        }
        self.copying = report == Err(TryRecvError::Empty);
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
struct Copier {
    conn: Connection,
    path: PathBuf,
    file: Option<&'static File>,
    copied: i32,
    poisoned: watch::Sender<Poison>,
}

impl Copier {
    /// SQLite flushes the database only when all of the log is copied: then there would be much to flush.
    fn copy_and_flush(&mut self) -> Option<Copied> {
        let before = std::mem::take(&mut self.copied);
        let flushed = self.file().and_then(|file| {
            let Some(copied) = copy(&self.conn, &self.poisoned) else { return Ok(None) };
            self.copied = copied.copied;
            // Where nothing was copied, because a reader needs all that is left, there is nothing to flush.
            if copied.copied == before { Ok(()) } else { file.sync_data() }.map(|()| Some(copied))
        });
        flushed.unwrap_or_else(|error| {
            poison(&self.poisoned, &format!("a checkpoint failed: {error}"));
            None
        })
    }

    /// The database, opened once more and never closed: who closes a file gives up every POSIX lock that the process has on
    /// it, SQLite's among them (sqlite.org/howtocorrupt.html, 2.2).
    fn file(&mut self) -> io::Result<&'static File> {
        if let Some(file) = self.file {
            return Ok(file);
        }
        let file: &'static File = Box::leak(Box::new(File::open(&self.path)?));
        self.file = Some(file);
        Ok(file)
    }
}
