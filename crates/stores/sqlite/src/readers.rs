//! Connections that only read, a few of them, each for one reader at a time.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::connection;
use crate::error::Result;

/// A few reading connections. Who finds none idle waits.
pub(crate) struct Readers {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl Readers {
    /// Opens `count` connections, at least one.
    pub(crate) fn open(path: &Path, count: usize, busy_timeout: Duration) -> rusqlite::Result<Self> {
        let open = |_| connection::open_reader(path, busy_timeout);
        let idle: rusqlite::Result<Vec<_>> = (0..count.max(1)).map(open).collect();
        Ok(Self { idle: Mutex::new(idle?), returned: Condvar::new() })
    }

    /// Closes those that are idle. Nobody may read any more.
    pub(crate) fn close(&self) {
        self.lock().clear();
    }

    /// Runs `work` on one of them, over one snapshot that begins now.
    pub(crate) fn snapshot<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut idle = self.lock();
        let conn = loop {
            match idle.pop() {
                Some(conn) => break conn,
                None => idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(idle);
        let answer = catch_unwind(AssertUnwindSafe(|| {
            conn.prepare_cached("BEGIN")?.execute([])?;
            work(&conn)
        }));
        let ended = end(&conn);
        self.lock().push(conn);
        self.returned.notify_one();
        let answer = answer.unwrap_or_else(|panic| resume_unwind(panic));
        ended.and(answer)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Nothing panics while it holds the lock, and a list of connections is whole at any moment.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next reader must not see the snapshot of the last.
fn end(conn: &Connection) -> Result<()> {
    if !conn.is_autocommit() {
        conn.prepare_cached("ROLLBACK")?.execute([])?;
    }
    Ok(())
}
