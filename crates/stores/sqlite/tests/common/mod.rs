//! What the integration tests share.
#![allow(dead_code, reason = "no test uses all of it")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use roster_directory::seal::Keyring;
use roster_directory::{Directory, Entropy, Rules, Store};
use roster_store_sqlite::{Options, SqliteStore, check};
use roster_testkit::{Bench, FixedClock, PlainPasswords, SeededEntropy, StoreFactory};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tempfile::TempDir;

/// Stores in a temporary directory.
pub(crate) struct SqliteFactory(TempDir);

impl SqliteFactory {
    /// The database file.
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("roster.db")
    }
}

impl StoreFactory for SqliteFactory {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self, keyring: Arc<Keyring>, entropy: Arc<dyn Entropy>) -> BoxFuture<'_, Arc<dyn Store>> {
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open(Options::new(self.path(), keyring, entropy)).unwrap());
        ready(store).boxed()
    }

    fn findings(&self, keyring: Arc<Keyring>) -> BoxFuture<'_, Vec<String>> {
        ready(check(&self.path(), &keyring).iter().map(ToString::to_string).collect()).boxed()
    }

    fn sealed_bytes(&self) -> BoxFuture<'_, Vec<u8>> {
        let mut bytes = Vec::new();
        for table in ["journal", "idempotency"] {
            bytes.extend(table_bytes(&self.path(), table));
        }
        ready(bytes).boxed()
    }
}

/// The same, and nothing is cached.
pub(crate) struct Uncached(SqliteFactory);

impl StoreFactory for Uncached {
    fn new() -> Self {
        Self(SqliteFactory::new())
    }

    fn open(&self, keyring: Arc<Keyring>, entropy: Arc<dyn Entropy>) -> BoxFuture<'_, Arc<dyn Store>> {
        let options = Options { cache_bytes: 0, ..Options::new(self.0.path(), keyring, entropy) };
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(options).unwrap());
        ready(store).boxed()
    }

    fn findings(&self, keyring: Arc<Keyring>) -> BoxFuture<'_, Vec<String>> {
        self.0.findings(keyring)
    }

    fn sealed_bytes(&self) -> BoxFuture<'_, Vec<u8>> {
        self.0.sealed_bytes()
    }
}

/// Every text and blob of a table.
pub(crate) fn table_bytes(path: &Path, table: &str) -> Vec<u8> {
    let conn = Connection::open(path).unwrap();
    let mut statement = conn.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut bytes = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        for column in 0..columns {
            match row.get_ref(column).unwrap() {
                ValueRef::Text(value) | ValueRef::Blob(value) => bytes.extend_from_slice(value),
                ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => {}
            }
        }
    }
    bytes
}

/// The usual options.
pub(crate) fn options(path: &Path, keyring: &Arc<Keyring>) -> Options {
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(5));
    Options::new(path, Arc::clone(keyring), entropy)
}

/// Always the same master key.
pub(crate) fn keyring() -> Arc<Keyring> {
    Arc::new(Keyring::parse(&Keyring::generate(&SeededEntropy::new(3))).unwrap())
}

/// Opens the store, or makes it.
pub(crate) fn open(path: &Path, keyring: &Arc<Keyring>) -> SqliteStore {
    SqliteStore::open(options(path, keyring)).unwrap()
}

/// A directory over a store that was opened with [`open`] or [`options`].
pub(crate) fn directory(store: &Arc<SqliteStore>, keyring: &Arc<Keyring>, rules: Rules) -> Directory {
    Directory::new(
        Arc::<SqliteStore>::clone(store),
        Arc::clone(keyring),
        Arc::new(PlainPasswords::default()),
        Arc::new(FixedClock::at("2024-03-01T10:00:00Z")),
        Arc::new(SeededEntropy::new(4)),
        rules,
    )
}

/// The file's permissions.
pub(crate) fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A directory over an empty store.
pub(crate) async fn bench() -> Bench<SqliteFactory> {
    Bench::new(Rules::default()).await
}
