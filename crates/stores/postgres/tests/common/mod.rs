//! What the integration tests share.
#![allow(dead_code, reason = "no test uses all of it")]

pub(crate) mod proxy;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use roster_directory::seal::Keyring;
use roster_directory::{Directory, Entropy, Rules, Store};
use roster_store_postgres::{Options, PostgresStore};
use roster_testkit::{FixedClock, PlainPasswords, SeededEntropy, StoreFactory, TestDatabase};

/// Stores in a database of their own.
pub(crate) struct PostgresFactory(pub(crate) TestDatabase);

/// The same, each change in a transaction of its own.
pub(crate) struct AloneFactory(PostgresFactory);

impl StoreFactory for PostgresFactory {
    fn new() -> Self {
        Self(TestDatabase::new())
    }

    fn open(&self, keyring: Arc<Keyring>, entropy: Arc<dyn Entropy>) -> BoxFuture<'_, Arc<dyn Store>> {
        let options = Options::new(self.0.url().into(), keyring, entropy);
        async { Arc::new(PostgresStore::open(options).await.unwrap()) as Arc<dyn Store> }.boxed()
    }

    fn findings(&self, keyring: Arc<Keyring>) -> BoxFuture<'_, Vec<String>> {
        async move {
            let store = open(&self.0, &keyring).await;
            store.check().await.iter().map(ToString::to_string).collect()
        }
        .boxed()
    }

    fn sealed_bytes(&self) -> BoxFuture<'_, Vec<u8>> {
        let rows = "SELECT convert_from(decode('', 'hex'), 'UTF8') || row_to_json(t)::text FROM";
        let text = ["journal", "idempotency"].map(|table| self.0.sql(&format!("{rows} {table} t"))).concat();
        // Bytes come as \x and hexadecimal digits.
        let mut bytes = text.clone().into_bytes();
        for piece in text.split("\\\\x").skip(1) {
            let digits: Vec<u8> = piece.bytes().take_while(u8::is_ascii_hexdigit).collect();
            bytes.extend(
                digits
                    .chunks_exact(2)
                    .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()),
            );
        }
        std::future::ready(bytes).boxed()
    }
}

impl StoreFactory for AloneFactory {
    fn new() -> Self {
        Self(PostgresFactory::new())
    }

    fn open(&self, keyring: Arc<Keyring>, entropy: Arc<dyn Entropy>) -> BoxFuture<'_, Arc<dyn Store>> {
        // One writer: its numbers have no gaps, as the contract has it for one process.
        let options =
            Options { writers: 1, ..Options::new(self.0.0.url().into(), keyring, entropy).without_batches() };
        async { Arc::new(PostgresStore::open(options).await.unwrap()) as Arc<dyn Store> }.boxed()
    }

    fn findings(&self, keyring: Arc<Keyring>) -> BoxFuture<'_, Vec<String>> {
        self.0.findings(keyring)
    }

    fn sealed_bytes(&self) -> BoxFuture<'_, Vec<u8>> {
        self.0.sealed_bytes()
    }
}

/// The usual options. Each store gets randomness of its own: by an id of that it is known as the holder of streams.
pub(crate) fn options(database: &TestDatabase, keyring: &Arc<Keyring>) -> Options {
    static SEED: AtomicU64 = AtomicU64::new(1_000);
    let entropy = SeededEntropy::new(SEED.fetch_add(1, Ordering::Relaxed));
    Options::new(database.url().into(), Arc::clone(keyring), Arc::new(entropy))
}

/// Always the same master key.
pub(crate) fn keyring() -> Arc<Keyring> {
    Arc::new(Keyring::parse(&Keyring::generate(&SeededEntropy::new(3))).unwrap())
}

/// Opens the store, or makes it.
pub(crate) async fn open(database: &TestDatabase, keyring: &Arc<Keyring>) -> PostgresStore {
    PostgresStore::open(options(database, keyring)).await.unwrap()
}

/// A directory over a store that was opened with [`open`] or [`options`]; each with another `seed` makes other ids.
pub(crate) fn directory(
    store: &Arc<PostgresStore>,
    keyring: &Arc<Keyring>,
    rules: Rules,
    seed: u64,
) -> Arc<Directory> {
    Arc::new(Directory::new(
        Arc::<PostgresStore>::clone(store),
        Arc::clone(keyring),
        Arc::new(PlainPasswords::default()),
        Arc::new(FixedClock::at("2024-03-01T10:00:00Z")),
        Arc::new(SeededEntropy::new(seed)),
        rules,
    ))
}
