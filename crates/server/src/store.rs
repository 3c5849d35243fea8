//! The store that the settings ask for, and what the two kinds do each in their own way.

use std::sync::Arc;

use roster_directory::Store;
use roster_directory::check::Finding;
use roster_directory::seal::Keyring;
use roster_store_postgres::{self as postgres, PostgresStore};
use roster_store_sqlite::{self as sqlite, Flushing, SqliteStore};
use tokio::sync::watch;

use crate::config::{Settings, choices};
use crate::data_dir::{DataDir, DataDirError, IfMissing};
use crate::system::{Outside, SystemError};

/// An open store.
#[derive(Debug, Clone)]
pub enum AnyStore {
    /// A file in the data directory.
    Sqlite(Arc<SqliteStore>),
    /// A PostgreSQL database.
    Postgres(Arc<PostgresStore>),
}

/// What a store's writers have done since it was opened, and what waits for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// How many changes wait.
    pub waiting: usize,
    /// How many commits there were.
    pub commits: u64,
    /// How many changes were decided in a writer, those that wrote nothing among them.
    pub changes: u64,
}

/// What a migration did to the schema: from which number to which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The schema before; 0 if there was none.
    pub from: i64,
    /// The schema now.
    pub to: i64,
}

/// The data directory and the master keys of the settings; both are made where they may be, and never where a store
/// is there already.
pub async fn place(
    settings: &Settings,
    if_missing: IfMissing,
    outside: &Outside,
) -> Result<(DataDir, Arc<Keyring>), SystemError> {
    let data_dir = DataDir::open(settings, if_missing)?;
    let keyring = match &settings.database_url.0 {
        None => data_dir.keyring(&*outside.entropy)?,
        Some(_) if data_dir.has_master_key() => data_dir.keyring(&*outside.entropy)?,
        Some(url) if postgres::is_empty(url).await? => data_dir.keyring(&*outside.entropy)?,
        Some(_) => return Err(DataDirError::SharedMasterKeyMissing(data_dir.master_key().to_owned()).into()),
    };
    Ok((data_dir, Arc::new(keyring)))
}

/// Opens the store of the settings.
pub async fn open(
    settings: &Settings,
    data_dir: &DataDir,
    keyring: &Arc<Keyring>,
    outside: &Outside,
    flushing: Flushing,
) -> Result<AnyStore, SystemError> {
    Ok(match postgres_options(settings, keyring, outside) {
        Some(options) => AnyStore::Postgres(Arc::new(PostgresStore::open(options).await?)),
        None => {
            let options = sqlite_options(settings, data_dir, keyring, outside);
            AnyStore::Sqlite(Arc::new(SqliteStore::open(sqlite::Options { flushing, ..options })?))
        }
    })
}

/// Creates or migrates the database of the settings.
pub async fn migrate(settings: &Settings, outside: &Outside) -> Result<Migrated, SystemError> {
    let (data_dir, keyring) = place(settings, IfMissing::Make, outside).await?;
    Ok(match postgres_options(settings, &keyring, outside) {
        Some(options) => {
            let postgres::Migrated { from, to } = postgres::migrate(&options).await?;
            Migrated { from, to }
        }
        None => {
            let options = sqlite_options(settings, &data_dir, &keyring, outside);
            let sqlite::Migrated { from, to } = sqlite::migrate(&options)?;
            Migrated { from, to }
        }
    })
}

/// How a PostgreSQL store is opened, if the settings ask for one.
pub fn postgres_options(
    settings: &Settings,
    keyring: &Arc<Keyring>,
    outside: &Outside,
) -> Option<postgres::Options> {
    let url = settings.database_url.0.clone()?;
    let options = postgres::Options::new(url, Arc::clone(keyring), Arc::clone(&outside.entropy));
    let options = match settings.database_batch {
        choices::Batch::On => options,
        choices::Batch::Off => options.without_batches(),
    };
    Some(postgres::Options {
        most_waiting: settings.write_queue.get(),
        point_readers: settings.readers.get(),
        page_readers: settings.readers.get(),
        searchers: settings.readers.get(),
        // A request that can't be served in its time is to hear so from whoever knows why.
        patience: settings.request_timeout.mul_f64(2.0 / 3.0),
        durability: match settings.durability {
            choices::Durability::Full => postgres::Durability::Full,
            choices::Durability::Relaxed => postgres::Durability::Relaxed,
        },
        ..options
    })
}

/// How a SQLite store is opened.
pub fn sqlite_options(
    settings: &Settings,
    data_dir: &DataDir,
    keyring: &Arc<Keyring>,
    outside: &Outside,
) -> sqlite::Options {
    let entropy = Arc::clone(&outside.entropy);
    sqlite::Options {
        most_waiting: settings.write_queue.get(),
        point_readers: settings.readers.get(),
        page_readers: settings.readers.get(),
        cache_bytes: settings.user_cache.0,
        durability: match settings.durability {
            choices::Durability::Full => sqlite::Durability::Full,
            choices::Durability::Relaxed => sqlite::Durability::Relaxed,
        },
        instrument: outside.instrument.clone(),
        ..sqlite::Options::new(data_dir.database(), Arc::clone(keyring), entropy)
    }
}

impl AnyStore {
    /// The store as the directory sees it.
    pub fn shared(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::<SqliteStore>::clone(store),
            Self::Postgres(store) => Arc::<PostgresStore>::clone(store),
        }
    }

    /// What its writers have done, and what waits for them.
    pub fn activity(&self) -> Activity {
        match self {
            Self::Sqlite(store) => {
                let sqlite::Activity { waiting, commits, changes } = store.activity();
                Activity { waiting, commits, changes }
            }
            Self::Postgres(store) => {
                let postgres::Activity { waiting, commits, changes } = store.activity();
                Activity { waiting, commits, changes }
            }
        }
    }

    /// Becomes `Some` once the store has failed for good. PostgreSQL recovers by itself: what failed there is tried again.
    pub fn poisoned(&self) -> Option<watch::Receiver<Option<Arc<str>>>> {
        match self {
            Self::Sqlite(store) => Some(store.poisoned()),
            Self::Postgres(_) => None,
        }
    }

    /// What is not as it must be.
    pub async fn check(&self) -> Vec<Finding> {
        match self {
            Self::Sqlite(store) => store.check(),
            Self::Postgres(store) => store.check().await,
        }
    }
}
