//! An upgrade without a pause: the older Roster and the newer one work side by side over one database.
//!
//! There is one version of the code, so what the next one would do to the schema is done by the test. To this code it is a newer
//! schema, and so this code is the older version: a process of it that was opened before the migration, and one after.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::sync::Arc;

use common::{PostgresFactory, directory, keyring, open, options};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use roster_directory::group::GroupEntry;
use roster_directory::record::{Record, RecordKey, Register};
use roster_directory::seal::Keyring;
use roster_directory::search::{Found, FoundUsers, GroupSearch, UserSearch};
use roster_directory::store::{Decide, Decision, GroupsOf, StoreError, Submitted, UserPage, UserQuery};
use roster_directory::{
    Dialect, Email, Entropy, Entry, Group, GroupId, Member, Position, Rules, Store, Target, Timestamp, User,
    UserId,
};
use roster_store_postgres::{Export, Import, Migrated, OpenError, Options, PostgresStore, SCHEMA, migrate};
use roster_testkit::build::{by_id, external_id, principal, with_given_name};
use roster_testkit::{StoreFactory, TestDatabase};
use tokio_postgres::NoTls;

/// What the next version adds: two columns to every table, one of them never empty; a table; and an index.
const LATER: [&str; 3] = [
    "SELECT format('ALTER TABLE %I ADD COLUMN IF NOT EXISTS later text, \
                    ADD COLUMN IF NOT EXISTS later_count bigint NOT NULL DEFAULT 0', tablename) \
     FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'migrations'",
    "SELECT 'CREATE TABLE IF NOT EXISTS laters (user_id uuid PRIMARY KEY, later text NOT NULL)'",
    "SELECT 'CREATE INDEX IF NOT EXISTS users_by_later ON users (later)'",
];

/// Migrates as the next version would: step by step, each alone.
async fn migrate_further(database: &TestDatabase) {
    let config: tokio_postgres::Config = database.url().parse().unwrap();
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    for steps in LATER {
        for step in client.query(steps, &[]).await.unwrap() {
            client.batch_execute(step.get(0)).await.unwrap();
        }
    }
    record(database, SCHEMA + 1, SCHEMA);
}

/// Records a migration, and the oldest schema whose Roster works once it has run.
fn record(database: &TestDatabase, number: i64, oldest: i64) {
    database.sql(&format!(
        "INSERT INTO migrations (number, name, sha256, oldest) VALUES ({number}, 'later', '', {oldest}) \
         ON CONFLICT DO NOTHING"
    ));
}

/// Two processes: what the one writes, the other reads.
struct Beside {
    writes: PostgresStore,
    reads: PostgresStore,
}

impl Store for Beside {
    fn submit(&self, change: Arc<dyn Decide>) -> BoxFuture<'_, Result<Submitted, StoreError>> {
        self.writes.submit(change)
    }

    fn preview(&self, change: Arc<dyn Decide>) -> BoxFuture<'_, Result<Decision, StoreError>> {
        self.reads.preview(change)
    }

    fn user(&self, target: Target) -> BoxFuture<'_, Result<Option<Arc<User>>, StoreError>> {
        self.reads.user(target)
    }

    fn users(&self, query: UserQuery) -> BoxFuture<'_, Result<UserPage, StoreError>> {
        self.reads.users(query)
    }

    fn history(
        &self,
        user: UserId,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<(Position, Entry)>, StoreError>> {
        self.reads.history(user, after, limit)
    }

    fn search_users(&self, search: UserSearch) -> BoxFuture<'_, Result<FoundUsers, StoreError>> {
        self.reads.search_users(search)
    }

    fn search_groups(&self, search: GroupSearch) -> BoxFuture<'_, Result<Found<Group>, StoreError>> {
        self.reads.search_groups(search)
    }

    fn members(
        &self,
        group: GroupId,
        after: Option<UserId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Member>, StoreError>> {
        self.reads.members(group, after, limit)
    }

    fn groups_of(&self, users: Vec<UserId>) -> BoxFuture<'_, Result<GroupsOf, StoreError>> {
        self.reads.groups_of(users)
    }

    fn group_history(
        &self,
        group: GroupId,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<GroupEntry>, StoreError>> {
        self.reads.group_history(group, after, limit)
    }

    fn record(&self, key: RecordKey) -> BoxFuture<'_, Result<Option<Record>, StoreError>> {
        self.reads.record(key)
    }

    fn records(
        &self,
        register: Register,
        after: Option<RecordKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Record>, StoreError>> {
        self.reads.records(register, after, limit)
    }

    fn sweep(&self, now: Timestamp, limit: usize) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.writes.sweep(now, limit)
    }

    fn rules(&self) -> BoxFuture<'_, Result<Rules, StoreError>> {
        self.reads.rules()
    }

    /// As an operator does: every process has the same settings.
    fn configure(&self, rules: Rules) -> BoxFuture<'_, Result<Result<(), Vec<Email>>, StoreError>> {
        async move {
            let done = self.writes.configure(rules).await?;
            if done.is_ok() { self.reads.configure(rules).await } else { Ok(done) }
        }
        .boxed()
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        async { self.writes.ready().await.and(self.reads.ready().await) }.boxed()
    }
}

/// Two processes over one database, between whose starts it is migrated. The contract may close and open them again.
struct Upgraded<const FIRST_WRITES: bool>(PostgresFactory);

impl<const FIRST_WRITES: bool> StoreFactory for Upgraded<FIRST_WRITES> {
    fn new() -> Self {
        Self(PostgresFactory::new())
    }

    fn open(&self, keyring: Arc<Keyring>, entropy: Arc<dyn Entropy>) -> BoxFuture<'_, Arc<dyn Store>> {
        async move {
            let database = &self.0.0;
            let options = || Options::new(database.url().into(), Arc::clone(&keyring), Arc::clone(&entropy));
            let first = PostgresStore::open(options()).await.unwrap();
            migrate_further(database).await;
            let second = PostgresStore::open(options()).await.unwrap();
            assert_eq!(second.migrated(), Migrated { from: SCHEMA + 1, to: SCHEMA + 1 });
            let (writes, reads) = if FIRST_WRITES { (first, second) } else { (second, first) };
            Arc::new(Beside { writes, reads }) as Arc<dyn Store>
        }
        .boxed()
    }

    fn findings(&self, keyring: Arc<Keyring>) -> BoxFuture<'_, Vec<String>> {
        self.0.findings(keyring)
    }

    fn sealed_bytes(&self) -> BoxFuture<'_, Vec<u8>> {
        self.0.sealed_bytes()
    }
}

mod contract_where_the_first_writes {
    use super::*;

    roster_testkit::store_contract!(Upgraded<true>);
}

mod contract_where_the_second_writes {
    use super::*;

    roster_testkit::store_contract!(Upgraded<false>);
}

/// The schema changes while processes write, and one joins them: every change is made once, and none is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_go_on_while_the_schema_is_migrated() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    let first = Arc::new(open(&database, &keyring).await);
    let write = |store: &Arc<PostgresStore>, seed: u64| {
        let roster = directory(store, &keyring, Rules::default(), seed);
        tokio::spawn(async move {
            for round in 0..50 {
                let (who, patch) = (principal("bubble"), with_given_name(&format!("{seed} {round}")));
                let id = external_id(&format!("u{}", round % 5));
                roster.upsert(&who, Dialect::Algorep, id, patch, None).await.unwrap();
            }
        })
    };
    let mut work = vec![write(&first, 1), write(&first, 2)];
    migrate_further(&database).await;
    let second = Arc::new(open(&database, &keyring).await);
    work.push(write(&second, 3));
    for done in join_all(work).await {
        done.unwrap();
    }
    assert_eq!(database.sql("SELECT count(*), sum(version) FROM users"), "5|150");
    assert_eq!(second.check().await, []);
}

/// A user has a field that the newer version alone knows: the older one reads the user and its history, and what it writes leaves
/// the field and its version as they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_version_keeps_what_it_does_not_know() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    let store = Arc::new(open(&database, &keyring).await);
    migrate_further(&database).await;
    let roster = directory(&store, &keyring, Rules::default(), 1);
    let upsert = async |name: &str| {
        let (who, id) = (principal("bubble"), external_id("one"));
        roster.upsert(&who, Dialect::Algorep, id, with_given_name(name), None).await.unwrap().user
    };
    upsert("Ann").await;
    // The field has the number 99 (0x63), and version 1 set it: one pair more, and its number in the entry.
    database.sql(
        "UPDATE users SET later = 'kept', field_versions = \
         set_byte(field_versions, 0, get_byte(field_versions, 0) + 1) || '\\x6301'; \
         UPDATE journal SET field_ids = field_ids || ',99'",
    );
    let user = upsert("Bea").await;
    let kept = "SELECT later, version, right(encode(field_versions, 'hex'), 4) FROM users";
    assert_eq!(database.sql(kept), "kept|2|6301");
    assert_eq!(store.history(user.id, 0, 10).await.unwrap().len(), 2);
    assert_eq!(*store.user(by_id(&user)).await.unwrap().unwrap(), *user);
    assert_eq!(store.check().await, []);
}

/// Who runs goes on; who starts is refused, unless every newer migration says that it may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_on_which_this_version_does_not_work_is_refused() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    let running = open(&database, &keyring).await;
    migrate_further(&database).await;
    drop(open(&database, &keyring).await);
    record(&database, SCHEMA + 2, SCHEMA + 1);
    // That a still newer one takes nothing away changes nothing.
    record(&database, SCHEMA + 3, SCHEMA);
    let options = || options(&database, &keyring);
    let refused = [
        PostgresStore::open(options()).await.err().unwrap(),
        migrate(&options()).await.err().unwrap(),
        roster_store_postgres::is_empty(&options().url).await.err().unwrap(),
    ];
    for error in refused {
        let is_newer = matches!(error, OpenError::Newer { found, known: SCHEMA } if found == SCHEMA + 3);
        assert!(is_newer, "{error}");
        assert!(error.to_string().contains("use the Roster that migrated it, or a newer one"), "{error}");
    }
    running.ready().await.unwrap();
}

/// A copy by an older version would lack what it does not know.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_schema_is_not_copied() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    drop(open(&database, &keyring).await);
    migrate_further(&database).await;
    let options = options(&database, &keyring);
    let refused = [Export::open(&options).await.err(), Import::begin(&options).await.err()];
    for error in refused {
        assert!(matches!(error, Some(OpenError::Newer { .. })), "{error:?}");
    }
}
