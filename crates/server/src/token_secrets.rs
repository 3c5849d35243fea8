//! Where the secrets that sign tokens are: in a file of the data directory, or, where several processes share a database,
//! in that, sealed under the master key.

use std::sync::Arc;

use roster_auth::Secrets;
use roster_auth::secrets::SecretsError;
use roster_directory::{Entropy, StoreError};
use roster_store_postgres::{PostgresStore, Shared};
use zeroize::Zeroizing;

use crate::data_dir::{DataDir, DataDirError, Stamp};
use crate::store::AnyStore;
use crate::system::SystemError;

/// What the secrets are called in the database.
const NAME: &str = "jwt";

/// The secrets of the data directory, or of the database.
#[derive(Debug)]
pub enum TokenSecrets {
    /// In a file.
    File(DataDir),
    /// In a database, as they were when it was opened.
    Database(Arc<PostgresStore>, Shared),
}

/// What tells one state of the secrets from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Of the file.
    File(Stamp),
    /// In the database.
    Database(i64),
}

impl TokenSecrets {
    /// Finds the secrets. The first process over a database brings those of its data directory along, or makes some.
    pub async fn open(
        data_dir: &DataDir,
        store: &AnyStore,
        entropy: &dyn Entropy,
    ) -> Result<Self, SystemError> {
        let AnyStore::Postgres(store) = store else { return Ok(Self::File(data_dir.clone())) };
        if store.shared(NAME).await?.is_none() {
            let first = data_dir.secrets_text()?.unwrap_or_else(|| Secrets::generate(entropy));
            Secrets::parse(&first).map_err(DataDirError::from)?;
            // Another process may be first: what is in the database counts.
            store.share(NAME, 0, first.as_bytes()).await?;
        }
        Ok(Self::Database(Arc::clone(store), read(store).await?))
    }

    /// The secrets. A file that is not there is made.
    pub fn first(&self, entropy: &dyn Entropy) -> Result<Secrets, SystemError> {
        match self {
            Self::File(data_dir) => Ok(data_dir.secrets(entropy)?),
            Self::Database(_, shared) => parse(shared),
        }
    }

    /// The secrets as they are now.
    pub async fn now(&self, entropy: &dyn Entropy) -> Result<Secrets, SystemError> {
        match self {
            Self::File(data_dir) => Ok(data_dir.secrets(entropy)?),
            Self::Database(store, _) => parse(&read(store).await?),
        }
    }

    /// Changes whenever the secrets do. `None` while that can't be told.
    pub async fn version(&self) -> Option<Version> {
        match self {
            Self::File(data_dir) => data_dir.secrets_stamp().map(Version::File),
            Self::Database(store, _) => {
                store.shared_version(NAME).await.ok().flatten().map(Version::Database)
            }
        }
    }

    /// What [`Self::first`] answered was of this version.
    pub fn first_version(&self) -> Option<Version> {
        match self {
            Self::File(data_dir) => data_dir.secrets_stamp().map(Version::File),
            Self::Database(_, shared) => Some(Version::Database(shared.version)),
        }
    }

    /// The text of the secrets that are in a database.
    pub fn shared_text(&self) -> Result<Option<Zeroizing<String>>, SystemError> {
        match self {
            Self::File(_) => Ok(None),
            Self::Database(_, shared) => text(shared).map(Some),
        }
    }

    /// Gives tokens a new secret; of the older ones so many stay good. How many there are now.
    pub async fn rotate(&self, entropy: &dyn Entropy, keep: usize) -> Result<usize, SystemError> {
        let store = match self {
            Self::File(data_dir) => return Ok(data_dir.rotate_secrets(entropy, keep)?),
            Self::Database(store, _) => store,
        };
        loop {
            let seen = read(store).await?;
            let text = text(&seen)?;
            let rotated = with_a_new_secret(&text, keep, entropy).map_err(DataDirError::from)?;
            // Who rotates at the same moment is not undone.
            if store.share(NAME, seen.version, rotated.as_bytes()).await? {
                return Ok(secret_count(&rotated));
            }
        }
    }
}

async fn read(store: &PostgresStore) -> Result<Shared, SystemError> {
    let missing = || StoreError::Failed("the token secrets are gone".to_owned());
    Ok(store.shared(NAME).await?.ok_or_else(missing)?)
}

fn text(shared: &Shared) -> Result<Zeroizing<String>, SystemError> {
    let text = String::from_utf8(shared.bytes.clone()).map_err(|_| SecretsError::Count);
    Ok(Zeroizing::new(text.map_err(DataDirError::from)?))
}

fn parse(shared: &Shared) -> Result<Secrets, SystemError> {
    Ok(Secrets::parse(&text(shared)?).map_err(DataDirError::from)?)
}

/// The lines that hold secrets, the newest first.
pub(crate) fn secret_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
}

fn first_secrets(text: &str, keep: usize) -> Zeroizing<String> {
    let mut kept = Zeroizing::new(String::new());
    for line in secret_lines(text).take(keep) {
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// The text of token secrets with a new one before all others, of which so many stay.
pub(crate) fn with_a_new_secret(
    text: &str,
    keep: usize,
    entropy: &dyn Entropy,
) -> Result<Zeroizing<String>, SecretsError> {
    let kept = first_secrets(text, keep);
    if kept.is_empty() { Ok(Secrets::generate(entropy)) } else { Secrets::rotated(&kept, entropy) }
}

/// How many secrets a text has.
pub(crate) fn secret_count(text: &str) -> usize {
    secret_lines(text).count()
}
