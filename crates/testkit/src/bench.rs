//! A directory over a store under test, with its clock and its randomness in the test's hands.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use roster_directory::directory::References;
use roster_directory::directory::groups::GroupUpdate;
use roster_directory::seal::Keyring;
use roster_directory::{
    Applied, Clock, Dialect, Directory, Entropy, Entry, Error, Group, Position, Principal, Rules, Store,
    Target, Update, User, UserPatch,
};

use crate::build::{by_id, external_id, principal};
use crate::{FixedClock, PlainPasswords, SeededEntropy};

/// Makes stores of one kind. Each factory is the place of one store; dropping it removes the store.
pub trait StoreFactory: Sized + Send + Sync {
    /// A place with nothing in it.
    fn new() -> Self;
    /// Opens the store that is there, or makes it.
    fn open(&self, keyring: Arc<Keyring>, entropy: Arc<dyn Entropy>) -> BoxFuture<'_, Arc<dyn Store>>;
    /// What the store's own check finds wrong.
    fn findings(&self, keyring: Arc<Keyring>) -> BoxFuture<'_, Vec<String>>;
    /// Every byte that the store keeps in its journal and its idempotency records.
    fn sealed_bytes(&self) -> BoxFuture<'_, Vec<u8>>;
}

/// A directory over a store under test.
pub struct Bench<F> {
    /// The place of the store.
    pub factory: F,
    /// The master keys.
    pub keyring: Arc<Keyring>,
    /// The clock of the directory.
    pub clock: Arc<FixedClock>,
    /// The passwords of the directory.
    pub passwords: Arc<PlainPasswords>,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The directory over it.
    pub directory: Arc<Directory>,
    entropy: Arc<SeededEntropy>,
    rules: Rules,
}

/// Runs one case of the contract on a store of its own, and then the store's check.
pub async fn run<F: StoreFactory>(case: impl AsyncFnOnce(&mut Bench<F>)) {
    let mut bench = Bench::new(Rules::default()).await;
    case(&mut bench).await;
    bench.assert_sound().await;
}

impl<F: StoreFactory> Bench<F> {
    /// An empty store with these rules.
    pub async fn new(rules: Rules) -> Self {
        let factory = F::new();
        let entropy = Arc::new(SeededEntropy::new(1));
        let keyring = Arc::new(Keyring::parse(&Keyring::generate(&*entropy)).unwrap());
        let clock = Arc::new(FixedClock::at("2024-03-01T10:00:00.123Z"));
        let passwords = Arc::new(PlainPasswords::default());
        let (store, directory) = open(&factory, &keyring, &entropy, &clock, &passwords, rules).await;
        let bench = Self { factory, keyring, clock, passwords, store, directory, entropy, rules };
        bench.store.configure(rules).await.unwrap().unwrap();
        bench
    }

    /// Changes the rules, in the store and in the directory.
    pub async fn set_rules(&mut self, references: References, unique_email: bool) {
        self.rules = Rules { references, unique_email };
        self.store.configure(self.rules).await.unwrap().unwrap();
        self.reopen().await;
    }

    /// Opens the store anew, as another process would, and then closes the old one.
    pub async fn reopen(&mut self) {
        let Self { factory, keyring, clock, passwords, entropy, rules, .. } = self;
        let (store, directory) = open(factory, keyring, entropy, clock, passwords, *rules).await;
        self.directory = directory;
        self.store = store;
    }

    /// The principal that the short forms below act as: of the source `bubble`, with every scope.
    pub fn who(&self) -> Principal {
        principal("bubble")
    }

    /// Moves the clock by a second.
    pub fn tick(&self) {
        self.clock.advance_seconds(1);
    }

    /// The time of the directory.
    pub fn now(&self) -> roster_directory::Timestamp {
        self.clock.now()
    }

    /// Changes or creates the user that the source `bubble` calls `id`.
    pub async fn upsert(&self, id: &str, patch: UserPatch) -> Result<Applied, Error> {
        self.directory.upsert(&self.who(), Dialect::Algorep, external_id(id), patch, None).await
    }

    /// The user after an upsert that must succeed.
    pub async fn put(&self, id: &str, patch: UserPatch) -> Arc<User> {
        self.upsert(id, patch).await.unwrap().user
    }

    /// Changes an existing user.
    pub async fn update(&self, target: Target, patch: UserPatch) -> Result<Applied, Error> {
        let update = Update { patch, ..Update::default() };
        self.directory.update(&self.who(), Dialect::Zynchro, target, update).await
    }

    /// Deletes a user.
    pub async fn delete(&self, user: &User) -> Applied {
        self.directory.delete(&self.who(), Dialect::Rest, by_id(user), None, None).await.unwrap()
    }

    /// A group that is made.
    pub async fn group(&self, update: GroupUpdate) -> Group {
        self.directory.create_group(&self.who(), Dialect::Scim, update).await.unwrap()
    }

    /// Changes a group.
    pub async fn change_group(&self, group: &Group, update: GroupUpdate) -> Result<Group, Error> {
        self.directory.update_group(&self.who(), Dialect::Scim, group.id, update).await
    }

    /// The user as the store has it now.
    pub async fn stored(&self, user: &User) -> User {
        self.store.user(by_id(user)).await.unwrap().map(|user| User::clone(&user)).unwrap()
    }

    /// The whole history of a user.
    pub async fn history(&self, user: &User) -> Vec<(Position, Entry)> {
        self.store.history(user.id, 0, 10_000).await.unwrap()
    }

    /// Fails unless the store's own check finds nothing.
    pub async fn assert_sound(&self) {
        let findings = self.factory.findings(Arc::clone(&self.keyring)).await;
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

async fn open(
    factory: &impl StoreFactory,
    keyring: &Arc<Keyring>,
    entropy: &Arc<SeededEntropy>,
    clock: &Arc<FixedClock>,
    passwords: &Arc<PlainPasswords>,
    rules: Rules,
) -> (Arc<dyn Store>, Arc<Directory>) {
    let entropy: Arc<dyn Entropy> = Arc::<SeededEntropy>::clone(entropy);
    let store = factory.open(Arc::clone(keyring), Arc::clone(&entropy)).await;
    let directory = Directory::new(
        Arc::clone(&store),
        Arc::clone(keyring),
        Arc::<PlainPasswords>::clone(passwords),
        Arc::<FixedClock>::clone(clock),
        entropy,
        rules,
    );
    (store, Arc::new(directory))
}
