//! Opening connections, each set up for what it does.

use std::path::Path;
use std::time::Duration;

use roster_directory::fold::fold;
use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};

/// Statements kept prepared. The updates are as many as there are sets of columns that change together.
const WRITER_STATEMENTS: usize = 512;
const READER_STATEMENTS: usize = 64;

/// A connection caches pages up to so many KiB; the operating system caches the file. A larger one costs the writer more than
/// it spares: after most commits SQLite looks through all of it (pcache1TruncateUnsafe, once b-tree pages were balanced).
const WRITER_CACHE_KIB: i64 = 4 * 1024;
const READER_CACHE_KIB: i64 = 1024;

/// After a long reader has let the log grow, it is cut to this.
const MOST_LOG_BYTES: i64 = 128 * 1024 * 1024;

/// A connection that writes, and flushes the log within each commit. The file must exist.
pub(crate) fn open_writer(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    set_up(&conn, busy_timeout, WRITER_STATEMENTS, WRITER_CACHE_KIB)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "journal_size_limit", MOST_LOG_BYTES)?;
    // The writer checkpoints by itself, to see whether it went well.
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(conn)
}

/// From now on somebody else flushes the log, after each commit. SQLite still does so before it copies the log into the
/// database, and when the log begins anew, so that the database stays whole.
pub(crate) fn flush_apart(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "synchronous", "NORMAL")
}

/// A connection that copies the log into the database. It writes nothing else.
pub(crate) fn open_checkpointer(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let conn = open_writer(path, busy_timeout)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(conn)
}

/// A connection that reads.
pub(crate) fn open_reader(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    only_reading(Connection::open_with_flags(path, flags)?, busy_timeout)
}

/// A connection that reads and checks. SQLite knows the CHECKs of a schema only where it might write.
pub(crate) fn open_checker(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = only_reading(Connection::open_with_flags(path, flags)?, busy_timeout)?;
    // Each page is looked through when it is read. Elsewhere that would cost a tenth of each read.
    conn.pragma_update(None, "cell_size_check", true)?;
    Ok(conn)
}

fn only_reading(conn: Connection, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    set_up(&conn, busy_timeout, READER_STATEMENTS, READER_CACHE_KIB)?;
    conn.pragma_update(None, "query_only", true)?;
    define_fold(&conn)?;
    // Only who knows that the log is on disk may copy it: the writer.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(conn)
}

/// `roster_fold(text)`: a text as it is compared.
fn define_fold(conn: &Connection) -> rusqlite::Result<()> {
    // No schema may use it: other programs do not have it.
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    conn.create_scalar_function("roster_fold", 1, flags, |arguments| {
        let text: Option<&str> = arguments.get_raw(0).as_str_or_null()?;
        Ok(text.map(fold))
    })
}

fn set_up(
    conn: &Connection,
    busy_timeout: Duration,
    statements: usize,
    cache_kib: i64,
) -> rusqlite::Result<()> {
    conn.busy_timeout(busy_timeout)?;
    conn.set_prepared_statement_cache_capacity(statements);
    conn.pragma_update(None, "cache_size", -cache_kib)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // A plan that looks at what is bound, a LIMIT for instance, would be made again whenever it changes: two thirds of a
    // search by email.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A text in double quotes is a column, or an error.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_prepared_once_whatever_is_bound() {
        let conn = Connection::open_in_memory().unwrap();
        set_up(&conn, Duration::ZERO, READER_STATEMENTS, READER_CACHE_KIB).unwrap();
        let mut statement = conn.prepare("SELECT name FROM sqlite_schema WHERE name > ?1 LIMIT ?2").unwrap();
        for limit in 1..4 {
            statement.query((limit.to_string(), limit)).unwrap().next().unwrap();
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
