//! The one place where the writer begins, commits and gives up a transaction, and where it is decided what a failure
//! means.

use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::Wal;

use crate::error::{Error, Result};

/// Why a transaction did not take place.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing was written, and the connection is as good as before.
    RolledBack(Error),
    /// Another process held the write lock for too long. Nothing was written.
    Busy,
    /// What is on disk is no longer known: nothing more may be acknowledged.
    Poisoned(String),
    /// The writer had stopped before.
    Stopped(Arc<str>),
}

/// Runs `work` in a transaction that holds the write lock from its beginning, and commits if `work` says that it
/// wrote, after a call of `committing`. When this returns `Ok`, what was written is in the log; whether it is on disk depends on
/// the connection.
pub(crate) fn run<T>(
    conn: &Connection,
    work: impl FnOnce(&Connection) -> Result<(T, Wrote)>,
    committing: impl FnOnce(),
) -> Result<(T, Wrote), Failure> {
    begin(conn)?;
    match work(conn) {
        Ok((answer, Wrote::Something)) => {
            committing();
            commit(conn).map(|()| (answer, Wrote::Something))
        }
        // Ending it writes nothing, so that nothing need be flushed.
        Ok((answer, Wrote::Nothing)) => roll_back(conn).map(|()| (answer, Wrote::Nothing)),
        Err(error) if error.is_fatal() => {
            // The first failure is what is told.
            let _ = roll_back(conn);
            Err(Failure::Poisoned(error.to_string()))
        }
        Err(error) => {
            roll_back(conn)?;
            Err(if error.is_busy() { Failure::Busy } else { Failure::RolledBack(error) })
        }
    }
}

/// Whether the work of a transaction wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrote {
    Something,
    Nothing,
}

/// Waits for the write lock as long as the connection's busy timeout. A statement that was interrupted may have begun the
/// transaction all the same.
fn begin(conn: &Connection) -> Result<(), Failure> {
    let Err(error) = execute(conn, "BEGIN IMMEDIATE") else { return Ok(()) };
    roll_back(conn)?;
    Err(match error {
        busy if busy.is_busy() => Failure::Busy,
        fatal if fatal.is_fatal() => Failure::Poisoned(fatal.to_string()),
        error => Failure::RolledBack(error),
    })
}

/// A commit that fails is the end: whether its fsync reached the disk is not known, and the next one may say OK
/// although the data is gone. A full disk is no exception here: it may have been met after the first page.
fn commit(conn: &Connection) -> Result<(), Failure> {
    let Err(error) = execute(conn, "COMMIT") else { return Ok(()) };
    let busy = error.is_busy();
    let rolled_back = roll_back(conn);
    if busy {
        // The lock was not had, so nothing was written.
        return rolled_back.and(Err(Failure::Busy));
    }
    Err(Failure::Poisoned(format!("a commit failed: {error}")))
}

/// After a statement that failed, a disk that was full among them, SQLite drops what the transaction had put in the
/// log: none of it counts without a commit. Some failures have rolled back already.
fn roll_back(conn: &Connection) -> Result<(), Failure> {
    if conn.is_autocommit() {
        return Ok(());
    }
    execute(conn, "ROLLBACK").map_err(|error| Failure::Poisoned(format!("a rollback failed: {error}")))
}

fn execute(conn: &Connection, sql: &str) -> Result<()> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Keeps a poisoned connection from copying pages of a log that may not be on disk into the database when it closes.
pub(crate) fn leave_the_log_alone(conn: &Connection) {
    // A failure leaves the default, which the next process's recovery survives as well.
    let _ = conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
}

/// Tells after each commit how long the log is, in pages.
pub(crate) fn watch_the_log(
    conn: &mut Connection,
    mut tell: impl FnMut(i32) + Send + 'static,
) -> rusqlite::Result<()> {
    conn.wal_hook(Some(move |_: &mut Wal, pages| {
        tell(pages);
        Ok(())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_begin_that_is_interrupted_leaves_no_transaction_behind() {
        let mut conn = Connection::open_in_memory().unwrap();
        let mut interrupted = 0;
        for at in 1..20 {
            let mut steps = 0;
            let interrupt = move || {
                steps += 1;
                steps == at
            };
            conn.progress_handler(1, Some(interrupt)).unwrap();
            let began = begin(&conn);
            conn.progress_handler(0, None::<fn() -> bool>).unwrap();
            interrupted += usize::from(began.is_err());
            assert_eq!(conn.is_autocommit(), began.is_err(), "{at}: {began:?}");
            roll_back(&conn).unwrap();
        }
        assert!(interrupted > 1, "{interrupted}");
    }
}
