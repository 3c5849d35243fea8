//! Connections that only read, a few of them, each for one reader at a time.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::connection;
use crate::error::Result;

/// After about so many steps of SQLite's it is asked how long a read has taken: some tenths of a millisecond.
const STEPS: i32 = 10_000;

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

    /// Runs `work` on one of them, over one snapshot that begins now. SQLite is interrupted if it takes longer than `most`.
    pub(crate) fn snapshot<T>(
        &self,
        most: Option<Duration>,
        work: impl FnOnce(&Connection) -> Result<T>,
    ) -> Result<T> {
        let mut conn = self.take();
        let answer = watch(&mut conn, most).map(|()| read(&conn, work));
        let unwatched = most.map_or(Ok(()), |_| conn.progress_handler(0, None::<fn() -> bool>));
        self.put_back(conn);
        let answer = answer?.unwrap_or_else(|panic| resume_unwind(panic));
        unwatched?;
        answer
    }

    fn take(&self) -> Connection {
        let mut idle = self.lock();
        loop {
            match idle.pop() {
                Some(conn) => return conn,
                None => idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn put_back(&self, conn: Connection) {
        self.lock().push(conn);
        self.returned.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Nothing panics while it holds the lock, and a list of connections is whole at any moment.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From now on SQLite asks now and then whether it took too long.
fn watch(conn: &mut Connection, most: Option<Duration>) -> rusqlite::Result<()> {
    let Some(most) = most else { return Ok(()) };
    let began = Instant::now();
    conn.progress_handler(STEPS, Some(move || began.elapsed() > most))
}

/// Reads in a snapshot, which is ended whatever comes of it.
fn read<T>(conn: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> std::thread::Result<Result<T>> {
    let answer = catch_unwind(AssertUnwindSafe(|| {
        conn.prepare_cached("BEGIN")?.execute([])?;
        work(conn)
    }));
    let ended = end(conn);
    answer.map(|answer| ended.and(answer))
}

/// The next reader must not see the snapshot of the last.
fn end(conn: &Connection) -> Result<()> {
    if !conn.is_autocommit() {
        conn.prepare_cached("ROLLBACK")?.execute([])?;
    }
    Ok(())
}
