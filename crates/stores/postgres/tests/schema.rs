//! The schema: made by several processes at once, and refused where it is not known.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::sync::Arc;

use common::{directory, keyring, open, options};
use futures_util::future::join_all;
use roster_directory::{Attribute, Change, Dialect, Rules, UserPatch};
use roster_store_postgres::{OpenError, PostgresStore, SCHEMA};
use roster_testkit::TestDatabase;
use roster_testkit::build::{
    content, elements_of, external_id, primary, principal, text, with_elements, with_email,
};

/// Nothing is locked, and all of them find the schema.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_at_once_migrate_side_by_side() {
    for _ in 0..5 {
        let (database, keyring) = (TestDatabase::new(), keyring());
        let stores = join_all((0..6).map(|_| open(&database, &keyring))).await;
        assert!(stores.iter().all(|store| store.epoch() == stores[0].epoch()));
        let roster =
            directory(&Arc::new(stores.into_iter().next_back().unwrap()), &keyring, Rules::default(), 1);
        let (who, id) = (principal("bubble"), external_id("one"));
        roster.upsert(&who, Dialect::Rest, id, UserPatch::default(), None).await.unwrap();
    }
}

/// A long transaction, such as a backup's, is in the way of a step: changes are not held up behind the two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_waits_for_a_transaction_lets_changes_through() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    let running = Arc::new(open(&database, &keyring).await);
    let mut long = database.hold("LOCK TABLE journal IN ROW EXCLUSIVE MODE");
    // The second migration makes an index of the journal.
    database.sql("DELETE FROM migrations WHERE number >= 2");
    let options = options(&database, &keyring);
    let starting = tokio::spawn(async move { PostgresStore::open(options).await });
    let waiting = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock' \
         AND query LIKE '%CREATE INDEX%'",
        database.name()
    );
    let roster = directory(&running, &keyring, Rules::default(), 1);
    for n in 0..3 {
        while database.sql(&waiting) == "0" {
            assert!(!starting.is_finished());
        }
        let (who, id) = (principal("bubble"), external_id(&n.to_string()));
        roster.upsert(&who, Dialect::Rest, id, UserPatch::default(), None).await.unwrap();
    }
    long.kill().unwrap();
    long.wait().unwrap();
    let migrated = starting.await.unwrap().unwrap().migrated();
    assert_eq!((migrated.from, migrated.to), (1, SCHEMA));
}

/// As the Roster before SCIM left it: its users are there after the migration, and may have what is new.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_from_before_scim_is_migrated_with_its_users() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    let put = async |seed, patch| {
        let store = Arc::new(open(&database, &keyring).await);
        let roster = directory(&store, &keyring, Rules::default(), seed);
        let (who, id) = (principal("bubble"), external_id("one"));
        let user = roster.upsert(&who, Dialect::Rest, id, patch, None).await.unwrap().user;
        assert_eq!(store.check().await, []);
        (user, store.migrated())
    };
    let (before, _) = put(1, with_email("a@e.example")).await;
    database.sql(
        "ALTER TABLE users DROP COLUMN formatted_name, DROP COLUMN title, DROP COLUMN manager, DROP COLUMN last_element; \
         DROP TABLE user_elements, shared_links, groups, group_links, group_members, group_journal; \
         DELETE FROM migrations WHERE number = 3",
    );
    let emails = vec![primary("a@e.example", "work"), content("b@e.example", "home")];
    let mut patch = with_elements(Attribute::Emails, emails.clone());
    patch.profile.title = Change::Set(text("Chief"));
    let (after, migrated) = put(2, patch).await;
    assert_eq!((migrated.from, migrated.to), (2, SCHEMA));
    assert_eq!((after.id, after.version, &after.profile.email), (before.id, 2, &before.profile.email));
    assert_eq!(
        (&after.profile.title, elements_of(&after, Attribute::Emails)),
        (&Some(text("Chief")), emails)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_that_is_not_known_is_refused() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    drop(open(&database, &keyring).await);
    let open = async || PostgresStore::open(options(&database, &keyring)).await.err().unwrap();
    database.sql(&format!("INSERT INTO migrations VALUES ({}, 'later', '')", SCHEMA + 1));
    assert!(matches!(open().await, OpenError::Newer { found, known: SCHEMA } if found == SCHEMA + 1));
    database.sql(&format!(
        "DELETE FROM migrations WHERE number > {SCHEMA}; UPDATE migrations SET sha256 = '' WHERE number = 1"
    ));
    assert!(matches!(open().await, OpenError::MigrationChanged { number: 1 }));
    let other = TestDatabase::new();
    other.sql("CREATE TABLE users (id int)");
    let error = PostgresStore::open(options(&other, &keyring)).await.err().unwrap();
    assert!(matches!(&error, OpenError::NotRosters(schema) if schema == "public"), "{error}");
    assert_eq!(
        other.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"),
        "1",
        "it is left alone"
    );
}
