//! Opening the store: the library's version, the file, the log, the schema.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use roster_directory::Entropy;
use roster_directory::seal::Keyring;
use rusqlite::Connection;

use crate::schema::{self, Migrated};
use crate::{checkpoint, connection};

/// What an acknowledged change survives (D5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Everything: it is on disk.
    #[default]
    Full,
    /// The end of the process, not that of the system: the log is flushed now and then, not at each commit.
    Relaxed,
}

/// When what a transaction left in the log is flushed. It is acknowledged after that either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flushing {
    /// After the commit, beside the next transaction: for the one process that serves. Others may see a commit before it
    /// is on disk.
    #[default]
    Beside,
    /// Within the commit, and whatever is there already before it is answered: for commands that come and go beside it.
    InCommit,
}

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// The database file. It is made if it is not there; its directory must be.
    pub path: PathBuf,
    /// The master keys.
    pub keyring: Arc<Keyring>,
    /// Where nonces and epochs come from.
    pub entropy: Arc<dyn Entropy>,
    /// The most changes that wait to be written; past it they are refused as overload.
    pub most_waiting: usize,
    /// How many connections serve reads of one user or record.
    pub point_readers: usize,
    /// How many connections serve lists and histories.
    pub page_readers: usize,
    /// About how much memory the users that were read or written of late may take; 0 for none.
    pub cache_bytes: usize,
    /// How long a search may take.
    pub search_timeout: Duration,
    /// How long a change waits for another process to release the write lock.
    pub busy_timeout: Duration,
    /// What an acknowledged change survives.
    pub durability: Durability,
    /// When the log is flushed.
    pub flushing: Flushing,
    /// From how many pages (of 4 KiB) on the log begins anew, once it is copied into the database.
    pub checkpoint_pages: i32,
    /// Called with the writer's connection, before the writer uses it. For tests that make SQLite fail.
    pub instrument: Option<Instrument>,
}

/// Prepares a connection that writes.
pub type Instrument = Arc<dyn Fn(&mut Connection) + Send + Sync>;

impl Options {
    /// The usual options.
    pub fn new(path: impl Into<PathBuf>, keyring: Arc<Keyring>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            path: path.into(),
            keyring,
            entropy,
            most_waiting: 4_096,
            point_readers: 2,
            page_readers: 2,
            cache_bytes: 24 << 20,
            search_timeout: Duration::from_secs(10),
            busy_timeout: Duration::from_secs(10),
            durability: Durability::Full,
            flushing: Flushing::default(),
            checkpoint_pages: 16_000,
            instrument: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("path", &self.path)
            .field("most_waiting", &self.most_waiting)
            .field("point_readers", &self.point_readers)
            .field("page_readers", &self.page_readers)
            .field("cache_bytes", &self.cache_bytes)
            .field("search_timeout", &self.search_timeout)
            .field("busy_timeout", &self.busy_timeout)
            .field("durability", &self.durability)
            .field("flushing", &self.flushing)
            .field("checkpoint_pages", &self.checkpoint_pages)
            .finish_non_exhaustive()
    }
}

/// Why a store can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The SQLite that is linked can corrupt a database.
    #[error("SQLite {0} can corrupt a database in WAL mode (3.7.0 to 3.51.2 can): Roster needs a newer one")]
    SqliteVersion(&'static str),
    /// The file can't be made or read.
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    File(PathBuf, io::Error),
    /// The file is another application's.
    #[error("the file is a database, but not one of Roster's")]
    NotRosters,
    /// A newer Roster has migrated the database.
    #[error(
        "the database has schema {found}, and this Roster ({version}) knows schemas up to {known}: use the Roster that migrated it, or a newer one",
        version = env!("CARGO_PKG_VERSION")
    )]
    Newer {
        /// The database's schema.
        found: i64,
        /// The newest that this Roster knows.
        known: i64,
    },
    /// The database is to be read as it is, and was not migrated yet.
    #[error("the database has schema {found}: `roster migrate` brings it to {known}")]
    Older {
        /// The database's schema.
        found: i64,
        /// The one that this Roster reads.
        known: i64,
    },
    /// The database was migrated by other steps than this Roster has.
    #[error("migration {number} ran with another text than this Roster has: the schema is not known")]
    MigrationChanged {
        /// The migration's number.
        number: i64,
    },
    /// Another process keeps the file from being opened in WAL mode.
    #[error("another process keeps the database from using a write-ahead log")]
    NoLog,
    /// What is in the write-ahead log can't be brought to the disk.
    #[error("the write-ahead log can't be copied into the database: {0}")]
    Log(String),
    /// SQLite refused.
    #[error("SQLite: {0}")]
    Sql(#[from] rusqlite::Error),
    /// The writer's thread can't be started.
    #[error("the writer's thread can't be started: {0}")]
    Thread(io::Error),
}

/// Creates or migrates the database at `options.path`, and leaves it closed.
pub fn migrate(options: &Options) -> Result<Migrated, OpenError> {
    open_for_writing(options).map(|(_, migrated)| migrated)
}

/// Opens the connection that writes, creating or migrating the database as needed.
pub(crate) fn open_for_writing(options: &Options) -> Result<(Connection, Migrated), OpenError> {
    check_library(rusqlite::version_number())?;
    make_file(&options.path)?;
    let mut conn = connection::open_writer(&options.path, options.busy_timeout)?;
    // Nothing is changed in a database that is not ours.
    schema::schema_of(&conn)?;
    use_a_log(&conn, options.busy_timeout)?;
    let migrated = schema::migrate(&mut conn, &*options.entropy)?;
    Ok((conn, migrated))
}

/// Sees to it that what an earlier process left in the log is on disk, and that later commits are flushed as they are to be; gives
/// the log, where it is to be flushed.
///
/// A process that was killed may have left there what it had not flushed, and one whose flush failed what the disk does not
/// have although the system's cache does: so the log is not only flushed but copied, which writes its pages once more.
/// `was_left` says whether there was a log before this process opened the database.
pub(crate) fn prepare_log(
    conn: &Connection,
    options: &Options,
    was_left: bool,
) -> Result<Option<File>, OpenError> {
    if options.durability == Durability::Relaxed {
        connection::flush_apart(conn)?;
        return Ok(None);
    }
    let path = log_path(&options.path);
    let log = File::open(&path).map_err(|error| OpenError::File(path.clone(), error))?;
    if options.flushing == Flushing::Beside && was_left {
        log.sync_data().map_err(|error| OpenError::File(path, error))?;
        match checkpoint::passive(conn) {
            // Who has the log open copies it in time.
            Err(error) if error.is_busy() => {}
            copied => drop(copied.map_err(|error| OpenError::Log(error.to_string()))?),
        }
    }
    if options.flushing == Flushing::Beside {
        connection::flush_apart(conn)?;
    }
    Ok(Some(log))
}

/// Where the write-ahead log of a database is, while it has one.
pub(crate) fn log_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// 3.7.0 to 3.51.2 have a race between writing and beginning the log anew that can corrupt the database.
fn check_library(number: i32) -> Result<(), OpenError> {
    if (3_007_000..=3_051_002).contains(&number) {
        return Err(OpenError::SqliteVersion(rusqlite::version()));
    }
    Ok(())
}

/// Makes the file if it is not there, for its owner alone. SQLite gives the log the same mode.
fn make_file(path: &Path) -> Result<(), OpenError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(OpenError::File(path.to_owned(), error)),
    }
}

/// Turning the log on does not wait for other connections by itself.
fn use_a_log(conn: &Connection, patience: Duration) -> Result<(), OpenError> {
    let began = Instant::now();
    loop {
        let mode = conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match mode.map_err(crate::error::Error::from) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Err(error) if !error.is_busy() => {
                return Err(if let crate::error::Error::Sql(error) = error {
                    error.into()
                } else {
                    OpenError::NoLog
                });
            }
            Ok(_) | Err(_) if began.elapsed() > patience => return Err(OpenError::NoLog),
            Ok(_) | Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_of_sqlite_that_can_corrupt_a_log_are_refused() {
        for bad in [3_007_000, 3_040_001, 3_051_002] {
            assert!(matches!(check_library(bad), Err(OpenError::SqliteVersion(_))), "{bad}");
        }
        for good in [3_006_023, 3_051_003, 3_054_000, rusqlite::version_number()] {
            assert!(check_library(good).is_ok(), "{good}");
        }
    }
}
