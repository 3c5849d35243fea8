//! What happens when the connection, or the server, goes away: nothing that was acknowledged is missing, and nothing is
//! made twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::proxy::{Break, Proxy};
use common::{directory, keyring, open, options};
use futures_util::future::join_all;
use roster_directory::directory::groups::GroupUpdate;
use roster_directory::group::GroupChange;
use roster_directory::record::{Record, RegisteredClient};
use roster_directory::seal::Keyring;
use roster_directory::store::{RecordWrite, StoreError, UserFilter, UserQuery};
use roster_directory::{
    Applied, ChangeId, ChangeRecord, Dialect, Directory, Effect, Entropy as _, Error, IdempotencyKey, Rules,
    Store as _, SystemEntropy, Timestamp, UserPatch,
};
use roster_store_postgres::{Durability, Options, PostgresStore};
use roster_testkit::TestDatabase;
use roster_testkit::build::{by_id, external_id, new_group, principal, text, with_given_name};

/// A store that reaches its database by way of a proxy, and another that reaches it always.
struct Rig {
    proxy: Proxy,
    store: Arc<PostgresStore>,
    roster: Arc<Directory>,
    watcher: PostgresStore,
    keyring: Arc<Keyring>,
    database: TestDatabase,
}

impl Rig {
    async fn new(patience: Duration) -> Self {
        let (database, keyring) = (TestDatabase::new(), keyring());
        let watcher = open(&database, &keyring).await;
        let proxy = Proxy::to(&database).await;
        let options = Options { url: proxy.url().into(), patience, ..options(&database, &keyring) };
        let store = Arc::new(PostgresStore::open(options).await.unwrap());
        let roster = directory(&store, &keyring, Rules::default(), 1);
        Self { proxy, store, roster, watcher, keyring, database }
    }

    async fn upsert(&self, id: &str, name: &str) -> Result<Applied, Error> {
        upsert(&self.roster, id, with_given_name(name)).await
    }

    async fn assert_once(&self, applied: &Applied, entries: usize) {
        let history = self.watcher.history(applied.user.id, 0, 100).await.unwrap();
        assert_eq!(history.len(), entries, "{history:?}");
        let stored = self.watcher.user(by_id(&applied.user)).await.unwrap().unwrap();
        assert_eq!(stored, applied.user);
        assert_eq!(self.watcher.check().await, []);
    }
}

async fn upsert(roster: &Directory, id: &str, patch: UserPatch) -> Result<Applied, Error> {
    roster.upsert(&principal("bubble"), Dialect::Algorep, external_id(id), patch, None).await
}

const LONG: Duration = Duration::from_secs(60);

/// The answer of the commit is lost, the change is not: it is found by its id, and made once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_a_commit_whose_answer_was_lost_is_found_again() {
    let rig = Rig::new(LONG).await;
    rig.proxy.break_next(&[Break::AfterCommit]);
    let made = rig.upsert("one", "Ann").await.unwrap();
    assert_eq!(
        (made.effect, made.user.version),
        (Effect::Created, 1),
        "as it was decided, and not as a no-op"
    );
    rig.assert_once(&made, 1).await;
    rig.proxy.break_next(&[Break::AfterCommit, Break::AfterCommit]);
    let changed = rig.upsert("one", "Bea").await.unwrap();
    assert_eq!((changed.effect, changed.user.version), (Effect::Updated, 2));
    rig.assert_once(&changed, 2).await;
    assert_eq!(rig.proxy.broken(), 2, "the look for the change is no change, and was not broken");
}

/// So is a group's: its own journal tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_a_group_whose_commit_was_not_answered_is_found_again() {
    let rig = Rig::new(LONG).await;
    let user = rig.upsert("one", "Ann").await.unwrap().user;
    let who = principal("bubble");
    rig.proxy.break_next(&[Break::AfterCommit]);
    let group = rig.roster.create_group(&who, Dialect::Scim, new_group("Readers", &[])).await.unwrap();
    assert_eq!((group.version, rig.proxy.broken()), (1, 1));
    rig.proxy.break_next(&[Break::AfterCommit, Break::EndsAtCommit]);
    for (add, remove) in [(vec![user.id], vec![]), (vec![], vec![user.id])] {
        let update = GroupUpdate {
            add: add.into_iter().map(|user| (user, None)).collect(),
            remove: remove.into_iter().collect(),
            ..GroupUpdate::default()
        };
        rig.roster.update_group(&who, Dialect::Scim, group.id, update).await.unwrap();
    }
    let entries = rig.watcher.group_history(group.id, 0, 10).await.unwrap();
    let changes: Vec<_> = entries.iter().flat_map(|entry| &entry.changes).skip(1).collect();
    assert_eq!(changes, [&GroupChange::Joined(user.id), &GroupChange::Left(user.id)]);
    assert_eq!(rig.proxy.broken(), 3);
    assert_eq!(rig.watcher.check().await, []);
}

/// A server that ends because of a fault answers a commit with that, and may have made it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_a_commit_that_a_server_answers_by_ending_is_found_again() {
    let rig = Rig::new(LONG).await;
    rig.proxy.break_next(&[Break::EndsAtCommit]);
    let made = rig.upsert("one", "Ann").await.unwrap();
    assert_eq!((made.effect, made.user.version, rig.proxy.broken()), (Effect::Created, 1, 1));
    rig.assert_once(&made, 1).await;
}

/// A commit may reach the server after the look for it: what it left must not be taken for somebody else's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_a_commit_that_is_made_after_it_was_looked_for_is_found_again() {
    let rig = Rig::new(LONG).await;
    let made = rig.upsert("one", "Ann").await.unwrap();
    while rig.database.sql("SELECT count(*) FROM outbox") != "0" {}
    rig.proxy.break_next(&[Break::LateCommit]);
    let look = rig.proxy.hold_next("FROM journal WHERE user_id = $1 AND change_id = $2");
    let change = {
        let roster = Arc::clone(&rig.roster);
        tokio::spawn(async move { upsert(&roster, "one", with_given_name("Bea")).await })
    };
    look.arrived().await;
    let again = rig.proxy.hold_next("BEGIN");
    look.release();
    again.arrived().await;
    rig.proxy.let_late();
    while rig.database.sql("SELECT count(*) FROM journal") != "2" {}
    // To who decides now there is no such user, and a new one would be made by the same change.
    let other = open(&rig.database, &rig.keyring).await;
    let other = directory(&Arc::new(other), &rig.keyring, Rules::default(), 2);
    other.delete(&principal("bubble"), Dialect::Rest, by_id(&made.user), None, None).await.unwrap();
    again.release();
    let changed = change.await.unwrap().unwrap();
    assert_eq!((changed.effect, changed.user.version), (Effect::Updated, 2));
    assert_eq!(rig.database.sql("SELECT count(*) FROM users"), "1");
    assert_eq!(rig.watcher.check().await, []);
}

/// All that a batch writes may reach the server with its commit when the change was made once more: then it finds what it rests on
/// changed, or its own rows there, and nothing of it is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_a_batch_that_reaches_the_server_late_is_made_once() {
    let rig = Rig::new(LONG).await;
    for (name, effect, version) in [("Ann", Effect::Created, 1), ("Bea", Effect::Updated, 2)] {
        rig.proxy.break_next(&[Break::LateWrite]);
        let made = rig.upsert("one", name).await.unwrap();
        assert_eq!((made.effect, made.user.version), (effect, version));
        rig.proxy.let_late();
        let ended = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE '%in transaction%'";
        while rig.database.sql(ended) != "0" {}
        rig.assert_once(&made, usize::try_from(version).unwrap()).await;
    }
    assert_eq!(rig.proxy.broken(), 2);
}

/// Users that change while a page is read are in it, or behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_that_changes_while_changes_are_listed_is_not_missed() {
    let rig = Rig::new(LONG).await;
    let made = rig.upsert("one", "Ann").await.unwrap();
    rig.upsert("two", "Ann").await.unwrap();
    let users = rig.proxy.hold_next("WHERE u.id = ANY($1)");
    let listed = {
        let store = Arc::clone(&rig.store);
        let filter = UserFilter::RecordedSince(Timestamp::MIN);
        tokio::spawn(async move { store.users(UserQuery { filter, after: None, limit: 10 }).await })
    };
    users.arrived().await;
    let changed = rig.upsert("one", "Bea").await.unwrap();
    assert!(changed.user.recorded_at > made.user.recorded_at);
    users.release();
    let page = listed.await.unwrap().unwrap();
    assert!(page.users.len() == 2 && page.users.contains(&changed.user), "{page:?}");
}

/// The secret was changed, and the answer to that was lost: who asked for it is not told that another was first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_secret_whose_answer_was_lost_is_changed_once() {
    let rig = Rig::new(LONG).await;
    assert!(rig.store.share("jwt", 0, b"first secret").await.unwrap());
    rig.proxy.break_next(&[Break::AfterShare]);
    assert!(rig.store.share("jwt", 1, b"second secret").await.unwrap());
    assert_eq!(rig.proxy.broken(), 1);
    let shared = rig.watcher.shared("jwt").await.unwrap().unwrap();
    assert_eq!((shared.version, &*shared.bytes), (2, &b"second secret"[..]));
    assert!(!rig.store.share("jwt", 1, b"third secret").await.unwrap());
}

/// The database's default is that a commit waits for no disk, and a pooler may give each transaction another connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_commit_is_on_disk_behind_a_pooler_too() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    drop(open(&database, &keyring).await);
    assert_eq!(database.sql("SHOW synchronous_commit"), "off");
    database.sql(
        "CREATE TABLE told (setting text); \
         CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         INSERT INTO told VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$; \
         CREATE TRIGGER tell AFTER INSERT ON journal EXECUTE FUNCTION tell()",
    );
    let proxy = Proxy::to(&database).await;
    proxy.pool();
    let options = Options { url: proxy.url().into(), ..options(&database, &keyring) };
    let roster =
        directory(&Arc::new(PostgresStore::open(options).await.unwrap()), &keyring, Rules::default(), 1);
    upsert(&roster, "one", with_given_name("Ann")).await.unwrap();
    assert_eq!(database.sql("SELECT DISTINCT setting FROM told"), "on");
}

/// Who was told that nobody knows may ask again, or think it was not done: it is not begun after that, alone or with others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_whose_caller_was_answered_is_not_begun() {
    let patience = Duration::from_secs(2);
    let Rig { store, roster, watcher, database, .. } = Rig::new(patience).await;
    // Two changes together fail when their time is up.
    database.sql(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF (SELECT count(*) FROM entered) > 1 THEN PERFORM pg_sleep(3); RAISE 'two'; END IF; RETURN NULL; END $$; \
         CREATE TRIGGER fail AFTER INSERT ON journal REFERENCING NEW TABLE AS entered EXECUTE FUNCTION fail()",
    );
    let mut holder = database.hold("SELECT 1 FROM counters FOR UPDATE");
    let probe = Arc::clone(&store);
    let probe = tokio::spawn(async move { probe.ready().await });
    let blocked = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'",
        database.name()
    );
    while database.sql(&blocked) == "0" {}
    let changes: Vec<_> = ["one", "two"]
        .map(|id| {
            let roster = Arc::clone(&roster);
            tokio::spawn(async move { upsert(&roster, id, with_given_name("Ann")).await })
        })
        .into();
    while store.activity().waiting < 2 {}
    holder.kill().unwrap();
    holder.wait().unwrap();
    for change in join_all(changes).await {
        assert_eq!(change.unwrap().err(), Some(Error::Unavailable));
    }
    // It was in front of them, and maybe for too long.
    let _ = probe.await.unwrap();
    // It closes when all that was submitted is made, or given up.
    tokio::task::spawn_blocking(move || drop((store, roster))).await.unwrap();
    assert_eq!(database.sql("SELECT count(*) FROM users"), "0");
    assert_eq!(watcher.check().await, []);
}

/// Neither the commit nor the write reached the server: it is made again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_never_reached_the_server_is_sent_again() {
    let rig = Rig::new(LONG).await;
    rig.proxy.break_next(&[Break::BeforeCommit]);
    let made = rig.upsert("one", "Ann").await.unwrap();
    assert_eq!(made.effect, Effect::Created);
    rig.proxy.break_next(&[Break::BeforeWrite]);
    let changed = rig.upsert("one", "Bea").await.unwrap();
    assert_eq!(changed.effect, Effect::Updated);
    assert_eq!(rig.proxy.broken(), 2);
    rig.assert_once(&changed, 2).await;
}

/// Past its time a change is answered as unknown, and whether it was made is found out by who asks again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_gone_for_too_long_is_told_as_unavailable() {
    let rig = Rig::new(Duration::from_secs(3)).await;
    let before = rig.upsert("one", "Ann").await.unwrap();
    rig.proxy.set_down(true);
    assert_eq!(rig.upsert("one", "Bea").await.err(), Some(Error::Unavailable));
    assert!(rig.store.ready().await.is_err());
    rig.proxy.set_down(false);
    // The first may find that its time is up before it is tried.
    let after = loop {
        match rig.upsert("one", "Cleo").await {
            Err(Error::Unavailable) => {}
            answer => break answer.unwrap(),
        }
    };
    rig.store.ready().await.unwrap();
    assert!(after.user.version > before.user.version);
    assert_eq!(rig.watcher.check().await, []);
}

/// Every connection is ended by the server again and again, as in a failover.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_is_made_once_while_the_server_ends_connections() {
    let rig = Arc::new(Rig::new(LONG).await);
    let work = (0..8).map(|task| {
        let rig = Arc::clone(&rig);
        tokio::spawn(async move {
            for round in 0..10 {
                let applied = rig.upsert(&format!("u{task}"), &format!("name {round}")).await.unwrap();
                assert_eq!(applied.user.version, round + 1, "each change once");
            }
        })
    });
    let work: Vec<_> = work.collect();
    let database = rig.database.name().to_owned();
    let ended = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{database}' AND pid <> pg_backend_pid()"
    );
    while work.iter().any(|task| !task.is_finished()) {
        let (rig, ended) = (Arc::clone(&rig), ended.clone());
        tokio::task::spawn_blocking(move || rig.database.sql(&ended)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for task in join_all(work).await {
        task.unwrap();
    }
    assert_eq!(rig.database.sql("SELECT count(*) FROM journal"), "80");
    assert_eq!(open(&rig.database, &rig.keyring).await.check().await, []);
}

/// A pooler may lead an open connection to a server that has become a standby: it refuses to write (25006).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_became_read_only_is_waited_out() {
    let rig = Rig::new(LONG).await;
    rig.upsert("one", "Ann").await.unwrap();
    rig.database.sql(
        "CREATE SEQUENCE refused; \
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('refused'); \
         RAISE 'cannot execute UPDATE in a read-only transaction' USING ERRCODE = '25006'; END $$; \
         CREATE TRIGGER refuse BEFORE UPDATE ON users EXECUTE FUNCTION refuse()",
    );
    let waiting = {
        let roster = Arc::clone(&rig.roster);
        tokio::spawn(async move { upsert(&roster, "one", with_given_name("Bea")).await })
    };
    while !waiting.is_finished() && rig.database.sql("SELECT last_value >= 3 FROM refused") != "t" {}
    rig.database.sql("DROP TRIGGER refuse ON users");
    assert_eq!(waiting.await.unwrap().unwrap().effect, Effect::Updated);
}

/// Ends the wait for the standby of whoever waits, until what was asked is answered.
async fn until_answered<T>(database: &TestDatabase, ends: &str, asked: tokio::task::JoinHandle<T>) -> T {
    let waiting = format!(
        "SELECT count({ends}(pid)) FROM pg_stat_activity WHERE datname = '{}' AND wait_event = 'SyncRep'",
        database.name()
    );
    while !asked.is_finished() {
        database.sql(&waiting);
        tokio::task::yield_now().await;
    }
    asked.await.unwrap()
}

/// PostgreSQL reports a commit whose wait for the standby was cancelled as made, with a warning. It may be on the primary
/// alone, and is not acknowledged; nor is one that is found there after the connection was ended in that wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_what_no_standby_has_is_not_acknowledged() {
    let (database, keyring) = (TestDatabase::without_its_standby(), keyring());
    let relaxed = Options { durability: Durability::Relaxed, ..options(&database, &keyring) };
    let first = Arc::new(PostgresStore::open(relaxed).await.unwrap());
    let roster = directory(&first, &keyring, Rules::default(), 1);
    let user = upsert(&roster, "one", with_given_name("Ann")).await.unwrap().user.id;
    let patience = Duration::from_secs(3);
    let full = Options { patience, ..options(&database, &keyring) };
    let store = Arc::new(PostgresStore::open(full).await.unwrap());
    let roster = directory(&store, &keyring, Rules::default(), 2);
    for (name, ends) in [("Bea", "pg_cancel_backend"), ("Cleo", "pg_terminate_backend")] {
        let roster = Arc::clone(&roster);
        let change = tokio::spawn(async move { upsert(&roster, "one", with_given_name(name)).await });
        assert_eq!(until_answered(&database, ends, change).await.err(), Some(Error::Unavailable), "{ends}");
    }
    assert_eq!(database.sql("SELECT given_name FROM users"), "Cleo", "and is there all the same");
    // Who asks once more, or reads its place in the feed, is told no more than that.
    for asked in 0..3 {
        let roster = Arc::clone(&roster);
        let key = roster.idempotency(IdempotencyKey::new("key").unwrap(), &[b"body"]);
        let change = tokio::spawn(async move {
            let (who, id) = (principal("bubble"), external_id("one"));
            // The second time with the key it is a replay.
            let key = (asked > 0).then_some(key);
            roster.upsert(&who, Dialect::Algorep, id, with_given_name("Cleo"), key).await
        });
        let again = until_answered(&database, "pg_cancel_backend", change).await;
        assert_eq!(again.err(), Some(Error::Unavailable), "{asked}");
    }
    let read = Arc::clone(&store);
    let history = tokio::spawn(async move { read.history(user, 0, 10).await });
    let read = until_answered(&database, "pg_cancel_backend", history).await;
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    // Whatever still waits for the standby when the store closes is let go.
    let ended = tokio::task::spawn_blocking(move || drop((roster, store)));
    let end = format!(
        "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE datname = '{}' AND wait_event = 'SyncRep'",
        database.name()
    );
    while !ended.is_finished() {
        database.sql(&end);
        tokio::task::yield_now().await;
    }
    ended.await.unwrap();
}

/// Who asked is gone; what was asked for is done. Nothing cancels a write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_whose_caller_went_away_is_made() {
    let rig = Rig::new(LONG).await;
    let record = Record::Client(RegisteredClient { id: 7, name: text("client") });
    let (put, key) = (record.clone(), record.key());
    let change = ChangeRecord::new(ChangeId(SystemEntropy.uuid_v7(Timestamp::MIN)), key.clone(), move |_| {
        Ok(Some(RecordWrite::Put(put.clone())))
    });
    {
        let submitted = rig.store.submit(Arc::new(change));
        tokio::pin!(submitted);
        // Polled once: it is in the queue.
        tokio::select! {
            biased;
            answer = &mut submitted => panic!("{answer:?}"),
            () = std::future::ready(()) => {}
        }
    }
    while rig.watcher.record(key.clone()).await.unwrap().as_ref() != Some(&record) {}
}
