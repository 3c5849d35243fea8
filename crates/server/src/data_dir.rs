//! The data directory: who may read it, and the keys in it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use roster_auth::Secrets;
use roster_auth::secrets::SecretsError;
use roster_directory::Entropy;
use roster_directory::seal::{Keyring, SealError};
use zeroize::Zeroizing;

use crate::config::Settings;
use crate::token_secrets::{secret_count, with_a_new_secret};

const DATABASE: &str = "roster.db";
/// Who serves the database holds a lock of this. It is no file of SQLite's: who closes one of those gives up SQLite's locks.
const LOCK: &str = "roster.db-lock";

/// Why the data directory can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It is not there.
    #[error("there is no data directory at {0}: `roster serve --data {0}` makes one")]
    Missing(String),
    /// It can't be made or used.
    #[error("the data directory {path} can't be used: {error}", path = .0.display(), error = .1)]
    Unusable(PathBuf, io::Error),
    /// The master key is not there, and the database is.
    #[error(
        "the master key {key} is missing, and {database} is sealed with it: put the file back from where it is kept safe (a new key could not read the history)",
        key = .0.display(), database = .1.display()
    )]
    MasterKeyMissing(PathBuf, PathBuf),
    /// The master key is not there, and a shared database is sealed with it.
    #[error(
        "the master key {} is missing, and the database is sealed with it: copy the file from another process that uses the database",
        .0.display()
    )]
    SharedMasterKeyMissing(PathBuf),
    /// Another server serves it.
    #[error(
        "another server serves {}: one at a time may, since each would show what the other has not flushed yet; other commands can run beside it",
        .0.display()
    )]
    Served(PathBuf),
    /// A file of keys can't be read or made.
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    File(PathBuf, io::Error),
    /// The master key is none.
    #[error("{path}: {error}", path = .0.display(), error = .1)]
    MasterKey(PathBuf, SealError),
    /// The token secrets are none.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

/// Whether a data directory that is not there is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMissing {
    /// It is made.
    Make,
    /// That is an error.
    Fail,
}

/// Where everything is.
#[derive(Debug, Clone)]
pub struct DataDir {
    path: PathBuf,
    master_key: PathBuf,
    jwt_keys: PathBuf,
}

impl DataDir {
    /// The data directory of the settings; made, for its owner alone, where it may be.
    pub fn open(settings: &Settings, if_missing: IfMissing) -> Result<Self, DataDirError> {
        let path = &settings.data;
        let unusable = |error| DataDirError::Unusable(path.clone(), error);
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(unusable(ErrorKind::NotADirectory.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => match if_missing {
                IfMissing::Make => {
                    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
                }
                IfMissing::Fail => return Err(DataDirError::Missing(path.display().to_string())),
            },
            Err(error) => return Err(unusable(error)),
        }
        let here = Self {
            path: path.clone(),
            master_key: path.join(&settings.master_key),
            jwt_keys: path.join(&settings.jwt_keys),
        };
        if if_missing == IfMissing::Fail && settings.database_url.0.is_none() && !here.database().exists() {
            return Err(DataDirError::Missing(path.display().to_string()));
        }
        Ok(here)
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Keeps other servers from serving the database, until the file is closed.
    pub fn lock_for_serving(&self) -> Result<File, DataDirError> {
        let path = self.path.join(LOCK);
        let at = |error| DataDirError::File(path.clone(), error);
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(at)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(DataDirError::Served(self.path.clone())),
            Err(TryLockError::Error(error)) => Err(at(error)),
        }
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of the master keys.
    pub fn master_key(&self) -> &Path {
        &self.master_key
    }

    /// Whether there is a file of master keys.
    pub fn has_master_key(&self) -> bool {
        self.master_key.exists()
    }

    /// The file of the token secrets.
    pub fn jwt_keys(&self) -> &Path {
        &self.jwt_keys
    }

    /// The master keys. They are made where there is no database yet, and never where there is one.
    pub fn keyring(&self, entropy: &dyn Entropy) -> Result<Keyring, DataDirError> {
        let path = &self.master_key;
        let at = |error| DataDirError::File(path.clone(), error);
        let has_database = self.database().exists();
        match read_secret(path) {
            Ok(text) => return parse(path, &text),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(at(error)),
            Err(_) if has_database => {
                return Err(DataDirError::MasterKeyMissing(path.clone(), self.database()));
            }
            Err(_) => {}
        }
        let made = make_file(path, &Keyring::generate(entropy), Existing::Keep);
        made.map_err(|error| DataDirError::Unusable(self.path.clone(), error))?;
        // Another process may have been first: what is in the file counts.
        parse(path, &read_secret(path).map_err(at)?)
    }

    /// The token secrets, made at first.
    pub fn secrets(&self, entropy: &dyn Entropy) -> Result<Secrets, DataDirError> {
        Ok(Secrets::load_or_create(&self.jwt_keys, entropy)?)
    }

    /// Makes the file of the token secrets, unless it is there.
    pub fn keep_secrets(&self, text: &str) -> Result<(), DataDirError> {
        let made = make_file(&self.jwt_keys, text, Existing::Keep);
        made.map_err(|error| DataDirError::File(self.jwt_keys.clone(), error))
    }

    /// Gives tokens a new secret; those that were made with the older ones stay good. How many there are now.
    pub fn rotate_secrets(&self, entropy: &dyn Entropy, keep: usize) -> Result<usize, DataDirError> {
        self.secrets(entropy)?;
        let at = |error| DataDirError::File(self.jwt_keys.clone(), error);
        let text = read_secret(&self.jwt_keys).map_err(at)?;
        let rotated = with_a_new_secret(&text, keep, entropy)?;
        make_file(&self.jwt_keys, &rotated, Existing::Replace).map_err(at)?;
        Ok(secret_count(&rotated))
    }

    /// What is in the file of the token secrets, if it is there.
    pub fn secrets_text(&self) -> Result<Option<Zeroizing<String>>, DataDirError> {
        match read_secret(&self.jwt_keys) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(DataDirError::File(self.jwt_keys.clone(), error)),
        }
    }

    /// Changes whenever the token secrets do.
    pub fn secrets_stamp(&self) -> Option<Stamp> {
        let found = fs::metadata(&self.jwt_keys).ok()?;
        Some(Stamp { inode: found.ino(), bytes: found.size(), changed: (found.ctime(), found.ctime_nsec()) })
    }
}

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

fn parse(path: &Path, text: &str) -> Result<Keyring, DataDirError> {
    Keyring::parse(text).map_err(|error| DataDirError::MasterKey(path.to_owned(), error))
}

fn read_secret(path: &Path) -> io::Result<Zeroizing<String>> {
    fs::read_to_string(path).map(Zeroizing::new)
}

/// What becomes of a file that is there already.
#[derive(Clone, Copy)]
enum Existing {
    Keep,
    Replace,
}

/// Makes a file of mode 0600, whole or not at all, and flushes it.
fn make_file(path: &Path, text: &str, existing: Existing) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".roster-").tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    match existing {
        Existing::Keep => match file.persist_noclobber(path) {
            Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => {}
            done => drop(done.map_err(|refused| refused.error)?),
        },
        Existing::Replace => drop(file.persist(path).map_err(|refused| refused.error)?),
    }
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use roster_directory::SystemEntropy;

    use super::*;
    use crate::token_secrets::secret_lines;

    fn settings(data: PathBuf) -> Settings {
        Settings { data, ..Settings::default() }
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_data_directory_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let settings = settings(dir.path().join("a/b"));
        assert!(matches!(DataDir::open(&settings, IfMissing::Fail), Err(DataDirError::Missing(_))));
        let data = DataDir::open(&settings, IfMissing::Make).unwrap();
        data.keyring(&SystemEntropy).unwrap();
        data.secrets(&SystemEntropy).unwrap();
        assert_eq!(mode(data.path()), 0o700);
        assert_eq!(mode(&data.master_key), 0o600);
        assert_eq!(mode(data.jwt_keys()), 0o600);
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 2);
    }

    #[test]
    fn d3_a_missing_master_key_is_told_and_not_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(&settings(dir.path().to_owned()), IfMissing::Make).unwrap();
        fs::write(data.database(), "").unwrap();
        assert!(matches!(data.keyring(&SystemEntropy), Err(DataDirError::MasterKeyMissing(..))));
        assert!(!data.master_key.exists());
    }

    #[test]
    fn one_server_at_a_time_serves_a_directory() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(&settings(dir.path().to_owned()), IfMissing::Make).unwrap();
        let serving = data.lock_for_serving().unwrap();
        assert_eq!(mode(&data.path().join(LOCK)), 0o600);
        let refused = data.lock_for_serving().unwrap_err();
        assert!(matches!(&refused, DataDirError::Served(path) if path == data.path()), "{refused}");
        drop(serving);
        data.lock_for_serving().unwrap();
    }

    #[test]
    fn a_file_is_no_data_directory() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = DataDir::open(&settings(file), IfMissing::Make).unwrap_err();
        assert!(matches!(error, DataDirError::Unusable(..)), "{error}");
    }

    #[test]
    fn a_rotation_keeps_as_many_older_secrets_as_it_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(&settings(dir.path().to_owned()), IfMissing::Make).unwrap();
        let lines =
            || secret_lines(&read_secret(data.jwt_keys()).unwrap()).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(data.rotate_secrets(&SystemEntropy, 1).unwrap(), 2);
        let (first, stamp) = (lines(), data.secrets_stamp());
        assert_eq!(data.rotate_secrets(&SystemEntropy, 1).unwrap(), 2);
        assert_eq!(lines()[1], first[0]);
        assert!(data.secrets_stamp() != stamp);
        assert_eq!(data.rotate_secrets(&SystemEntropy, 0).unwrap(), 1);
        assert_eq!(mode(data.jwt_keys()), 0o600);
    }
}
