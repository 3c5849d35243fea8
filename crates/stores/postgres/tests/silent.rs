//! A server that is silent: its machine takes connections and bytes, and nothing answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::proxy::Proxy;
use common::{directory, keyring, open, options};
use roster_directory::{Dialect, Directory, Effect, Error, Rules, Store as _};
use roster_store_postgres::{Options, PostgresStore};
use roster_testkit::TestDatabase;
use roster_testkit::build::{by_id, external_id, principal, with_given_name};

/// A store that has two ways to its database: the second is taken when the first is silent.
struct Rig {
    ways: [Proxy; 2],
    store: Arc<PostgresStore>,
    roster: Arc<Directory>,
    watcher: PostgresStore,
    database: TestDatabase,
}

impl Rig {
    async fn new(patience: Duration) -> Self {
        let (database, keyring) = (TestDatabase::new(), keyring());
        let watcher = open(&database, &keyring).await;
        let ways = [Proxy::to(&database).await, Proxy::to(&database).await];
        let hosts = ways.each_ref().map(|way| format!("127.0.0.1:{}", way.port())).join(",");
        let url = format!(
            "postgres://postgres@{hosts}/{}?sslmode=disable&connect_timeout=1&tcp_user_timeout=1",
            database.name()
        );
        let options = Options { url: url.into(), patience, ..options(&database, &keyring) };
        let store = Arc::new(PostgresStore::open(options).await.unwrap());
        let roster = directory(&store, &keyring, Rules::default(), 1);
        Self { ways, store, roster, watcher, database }
    }

    async fn upsert(&self, name: &str) -> Result<roster_directory::Applied, Error> {
        upsert(Arc::clone(&self.roster), name).await
    }
}

async fn upsert(roster: Arc<Directory>, name: &str) -> Result<roster_directory::Applied, Error> {
    let (who, id) = (principal("bubble"), external_id("one"));
    roster.upsert(&who, Dialect::Algorep, id, with_given_name(name), None).await
}

const LONG: Duration = Duration::from_secs(60);

/// The kernel of the first server acknowledges every byte, so TCP finds nothing amiss.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_accepts_and_does_not_answer_is_left_for_the_next() {
    let rig = Rig::new(LONG).await;
    let made = rig.upsert("Ann").await.unwrap();
    rig.ways[0].fall_silent();
    let changed = rig.upsert("Bea").await.unwrap();
    assert_eq!((changed.effect, changed.user.version), (Effect::Updated, 2));
    assert_eq!(rig.store.user(by_id(&made.user)).await.unwrap(), Some(Arc::clone(&changed.user)));
    rig.store.ready().await.unwrap();
    assert_eq!(rig.store.history(made.user.id, 0, 10).await.unwrap().len(), 2);
    assert_eq!(rig.watcher.check().await, []);
}

/// It fell silent with the commit on its way: whether that was made is looked for where the next server is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_a_commit_that_is_not_answered_is_in_doubt_and_made_once() {
    let rig = Rig::new(LONG).await;
    rig.upsert("Ann").await.unwrap();
    while rig.database.sql("SELECT count(*) FROM outbox") != "0" {}
    let commit = rig.ways[0].hold_next("COMMIT");
    let roster = Arc::clone(&rig.roster);
    let change = tokio::spawn(async move { upsert(roster, "Bea").await });
    commit.arrived().await;
    rig.ways[0].fall_silent();
    let changed = change.await.unwrap().unwrap();
    assert_eq!((changed.effect, changed.user.version), (Effect::Updated, 2));
    assert_eq!(rig.database.sql("SELECT count(*) FROM journal"), "2");
    assert_eq!(rig.watcher.check().await, []);
}

/// A statement that takes long, where the server answers others, is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_waits_for_a_lock_is_waited_for() {
    let rig = Rig::new(LONG).await;
    rig.upsert("Ann").await.unwrap();
    let mut holder = rig.database.hold("SELECT 1 FROM users FOR UPDATE");
    let roster = Arc::clone(&rig.roster);
    let change = tokio::spawn(async move { upsert(roster, "Bea").await });
    let blocked = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock' \
         AND query_start < clock_timestamp() - interval '3 s'",
        rig.database.name()
    );
    while rig.database.sql(&blocked) == "0" {}
    assert_eq!(rig.database.sql(&blocked), "1", "it was sent once");
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(change.await.unwrap().unwrap().effect, Effect::Updated);
}

/// Closing waits for what was submitted, and not for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_whose_servers_are_all_silent_closes() {
    let rig = Rig::new(Duration::from_secs(2)).await;
    rig.upsert("Ann").await.unwrap();
    rig.ways.iter().for_each(Proxy::fall_silent);
    assert!(rig.store.ready().await.is_err());
    let Rig { store, roster, ways, .. } = rig;
    tokio::task::spawn_blocking(move || drop((store, roster))).await.unwrap();
    drop(ways);
}
