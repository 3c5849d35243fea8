//! Online backup, and restore as a new epoch.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use roster_directory::Entropy;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use crate::cell::Cell;
use crate::schema::{new_epoch, schema_of};
use crate::store::SqliteStore;
use crate::{OpenError, connection};

/// How long a restore waits for other processes to let go of the database that it replaces.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why a backup was not made, or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is a file already where one was to be made.
    #[error("{0} is there already")]
    Exists(PathBuf),
    /// Another process uses the database that was to be replaced.
    #[error("another process uses {0}: stop it first")]
    InUse(PathBuf),
    /// The copy is not a whole database.
    #[error("the copy is damaged: {0}")]
    Damaged(String),
    /// The backup can't be used by this Roster.
    #[error(transparent)]
    NotUsable(#[from] OpenError),
    /// A file can't be made or read.
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    File(PathBuf, io::Error),
    /// SQLite refused.
    #[error("SQLite: {0}")]
    Sql(#[from] rusqlite::Error),
}

type Result<T> = std::result::Result<T, BackupError>;

impl SqliteStore {
    /// Copies the database, as of one moment, into a new file `to` (mode 0600), checks the copy, and flushes it.
    /// Changes go on meanwhile. It blocks; and it holds personal values, but not the master key.
    pub fn backup(&self, to: &Path) -> Result<()> {
        if to.exists() {
            return Err(BackupError::Exists(to.to_owned()));
        }
        let source = connection::open_reader(&self.reading().path, PATIENCE)?;
        let copy = Copy::new(to)?;
        copy.fill(&source)?;
        copy.put(Replace::No)
    }
}

/// Copies the backup `from` into place as the database `to`, under a new epoch: positions in the feed that were given
/// before mean nothing any more. Refuses to replace a database unless `force`d, and one that is in use always.
pub fn restore(from: &Path, to: &Path, force: bool, entropy: &dyn Entropy) -> Result<Uuid> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags)?;
    if schema_of(&source)? == 0 {
        return Err(OpenError::NotRosters.into());
    }
    if to.exists() && !force {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let copy = Copy::new(to)?;
    copy.fill(&source)?;
    let epoch = new_epoch(entropy);
    copy.open()?.execute("UPDATE meta SET epoch = ?1", [Cell::Uuid(epoch)])?;
    // Held until the new file is in place, so that nobody begins to use the old one meanwhile.
    let _retired = if to.exists() { Some(retire(to)?) } else { None };
    copy.put(Replace::Yes)?;
    Ok(epoch)
}

/// Takes a database out of use: its log is copied into it and removed. Fails while another process has it open.
fn retire(path: &Path) -> Result<Connection> {
    let in_use = |error: rusqlite::Error| {
        let error = crate::error::Error::from(error);
        if error.is_busy() {
            return BackupError::InUse(path.to_owned());
        }
        BackupError::Damaged(error.to_string())
    };
    let conn = connection::open_writer(path, PATIENCE)?;
    conn.pragma_update(None, "journal_mode", "DELETE").map_err(in_use)?;
    conn.execute_batch("BEGIN EXCLUSIVE").map_err(in_use)?;
    Ok(conn)
}

/// Whether a file that is there already is replaced.
#[derive(Clone, Copy)]
enum Replace {
    Yes,
    No,
}

/// A copy in the making, beside its destination. It is removed unless it is put there.
struct Copy {
    partial: PathBuf,
    to: PathBuf,
}

impl Copy {
    fn new(to: &Path) -> Result<Self> {
        let mut name = to.as_os_str().to_owned();
        name.push(format!(".partial-{}", std::process::id()));
        let partial = PathBuf::from(name);
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial);
        made.map_err(|error| BackupError::File(partial.clone(), error))?;
        Ok(Self { partial, to: to.to_owned() })
    }

    fn open(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Connection::open_with_flags(&self.partial, flags)?)
    }

    /// Copies every page of `source` as of one snapshot, and checks the copy.
    fn fill(&self, source: &Connection) -> Result<()> {
        let mut copy = self.open()?;
        let backup = Backup::new(source, &mut copy)?;
        // All in one step: between two, another process's change would begin the copy anew.
        let copied = backup.step(-1)?;
        if copied != StepResult::Done {
            return Err(BackupError::Damaged(format!("it is not finished: {copied:?}")));
        }
        drop(backup);
        // One file, without a log beside it.
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        let found: String = copy.pragma_query_value(None, "quick_check", |row| row.get(0))?;
        if found == "ok" { Ok(()) } else { Err(BackupError::Damaged(found)) }
    }

    /// Flushes the copy and gives it its name.
    fn put(self, replace: Replace) -> Result<()> {
        let at = |path: &Path, error| BackupError::File(path.to_owned(), error);
        let flushed = File::open(&self.partial).and_then(|file| file.sync_all());
        flushed.map_err(|error| at(&self.partial, error))?;
        match replace {
            Replace::Yes => fs::rename(&self.partial, &self.to),
            // Unlike a rename, a link fails if there is a file.
            Replace::No => fs::hard_link(&self.partial, &self.to),
        }
        .map_err(|error| {
            if error.kind() == io::ErrorKind::AlreadyExists {
                BackupError::Exists(self.to.clone())
            } else {
                at(&self.to, error)
            }
        })?;
        let directory =
            self.to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(|error| at(directory, error))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        for suffix in ["", "-journal", "-wal", "-shm"] {
            let mut name = self.partial.as_os_str().to_owned();
            name.push(suffix);
            // What is not there need not be removed.
            let _ = fs::remove_file(PathBuf::from(name));
        }
    }
}
