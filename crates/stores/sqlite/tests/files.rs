//! Opening the file, and what is in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{bench, keyring, mode, open, options};
use roster_directory::directory::groups::GroupUpdate;
use roster_directory::record::{Record, RegisteredClient, RegisteredProfile};
use roster_directory::store::Effect;
use roster_directory::{
    Assign, Attribute, Change, Content, Dialect, Elements, GroupName, ProfileId, References, Rules,
    Store as _, Target, UserPatch,
};
use roster_store_sqlite::{Migrated, OpenError, Options, SCHEMA, SqliteStore, check, migrate};
use roster_testkit::SeededEntropy;
use roster_testkit::build::{external_id, full_patch, patch, principal, text, with_grants};
use rusqlite::Connection;

#[test]
fn a_new_database_is_its_owners_alone_and_durable() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("roster.db");
    let store = open(&path, &keyring());
    assert_eq!(store.migrated(), Migrated { from: 0, to: SCHEMA });
    for file in ["roster.db", "roster.db-wal"] {
        assert_eq!(mode(&directory.path().join(file)), 0o600, "{file}");
    }
    let conn = Connection::open(&path).unwrap();
    let journal: String = conn.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(journal, "wal");
    drop((store, conn));
    assert_eq!(open(&path, &keyring()).migrated(), Migrated { from: SCHEMA, to: SCHEMA });
    assert!(!directory.path().join("roster.db-wal").exists(), "a store that is closed leaves one file");
}

#[test]
fn the_epoch_stays_and_is_another_for_another_store() {
    let directory = tempfile::tempdir().unwrap();
    let (one, other) = (directory.path().join("one.db"), directory.path().join("other.db"));
    let epoch = open(&one, &keyring()).epoch();
    assert_eq!(open(&one, &keyring()).epoch(), epoch);
    let mut elsewhere = options(&other, &keyring());
    elsewhere.entropy = Arc::new(SeededEntropy::new(6));
    assert_ne!(SqliteStore::open(elsewhere).unwrap().epoch(), epoch);
}

#[test]
fn a_newer_schema_is_refused_with_both_versions() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("roster.db");
    drop(open(&path, &keyring()));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let refused = SqliteStore::open(options(&path, &keyring())).unwrap_err();
    assert!(matches!(refused, OpenError::Newer { found: 7, known: SCHEMA }), "{refused}");
    let text = refused.to_string();
    assert!(text.contains("schema 7") && text.contains(&format!("up to {SCHEMA}")), "{text}");
    assert!(matches!(migrate(&options(&path, &keyring())), Err(OpenError::Newer { .. })));
}

/// Undoes what the third migration and the second did.
fn back_to_the_first_schema(path: &Path) {
    let conn = Connection::open(path).unwrap();
    let mut sql = String::new();
    for table in ["user_elements", "shared_links", "groups", "group_links", "group_members", "group_journal"]
    {
        sql += &format!("DROP VIEW {table}_readable; DROP TABLE {table};");
    }
    sql += "DROP VIEW users_readable; DROP INDEX users_by_deletion;";
    let columns = "SELECT name FROM pragma_table_info('users') WHERE cid >= \
                   (SELECT cid FROM pragma_table_info('users') WHERE name = 'formatted_name')";
    let mut statement = conn.prepare(columns).unwrap();
    for name in statement.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        sql += &format!("ALTER TABLE users DROP COLUMN {};", name.unwrap());
    }
    drop(statement);
    sql += "CREATE VIEW users_readable AS SELECT number FROM users; DROP INDEX journal_by_recording; \
         CREATE INDEX users_by_recording ON users (recorded_at_us, id) WHERE deleted_at_us IS NULL; \
         DELETE FROM migrations WHERE number > 1; PRAGMA user_version = 1";
    conn.execute_batch(&sql).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_the_first_schema_is_brought_to_this_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("roster.db");
    let store = Arc::new(open(&path, &keyring()));
    let made = common::directory(&store, &keyring(), Rules::default())
        .upsert(&principal("bubble"), Dialect::Algorep, external_id("ann"), with_grants([(33, "18")]), None)
        .await
        .unwrap();
    drop(store);
    back_to_the_first_schema(&path);
    let older = check(&path, &keyring());
    assert!(older[0].to_string().contains("schema 1: `roster migrate`"), "{older:?}");
    assert_eq!(migrate(&options(&path, &keyring())).unwrap(), Migrated { from: 1, to: SCHEMA });
    assert_eq!(check(&path, &keyring()), []);
    let indexes = "SELECT group_concat(name) FROM sqlite_schema WHERE name LIKE '%by_recording'";
    let conn = Connection::open(&path).unwrap();
    let found: String = conn.query_row(indexes, [], |row| row.get(0)).unwrap();
    assert_eq!(found, "journal_by_recording");
    let target = Target::Id(made.user.id);
    assert_eq!(open(&path, &keyring()).user(target).await.unwrap(), Some(made.user));
}

#[test]
fn what_is_not_rosters_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE theirs (a)").unwrap();
    drop(other);
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(SqliteStore::open(options(&path, &keyring())), Err(OpenError::NotRosters)));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    std::fs::write(&path, b"not a database, but long enough to look like a file of some other kind").unwrap();
    assert!(matches!(SqliteStore::open(options(&path, &keyring())), Err(OpenError::Sql(_))));
    let missing = directory.path().join("missing/roster.db");
    assert!(matches!(SqliteStore::open(options(&missing, &keyring())), Err(OpenError::File(..))));
}

#[test]
fn a_migration_that_was_changed_after_it_ran_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("roster.db");
    drop(open(&path, &keyring()));
    Connection::open(&path).unwrap().execute("UPDATE migrations SET sha256 = zeroblob(32)", []).unwrap();
    let refused = SqliteStore::open(options(&path, &keyring())).unwrap_err();
    assert!(matches!(refused, OpenError::MigrationChanged { number: 1 }), "{refused}");
}

#[test]
fn many_processes_may_create_the_database_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("roster.db");
    let epochs: Vec<_> = std::thread::scope(|scope| {
        let opened: Vec<_> = (0..8).map(|_| scope.spawn(|| open(&path, &keyring()).epoch())).collect();
        opened.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(epochs.iter().all(|epoch| *epoch == epochs[0]));
}

/// An operator looks inside with any SQLite tool.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_views_show_ids_and_times_as_text() {
    let bench = bench().await;
    let user = bench.put("ann", full_patch("ann")).await;
    let conn = Connection::open(bench.factory.path()).unwrap();
    let row = conn.query_row(
        "SELECT id, number, created_at, recorded_at, deleted_at, last_login, producer_id, has_password, phone \
         FROM users_readable",
        [],
        |row| {
            let text = |index| row.get::<_, Option<String>>(index);
            Ok(([text(0)?, text(2)?, text(3)?, text(4)?, text(5)?, text(6)?, text(8)?], row.get::<_, i64>(1)?))
        },
    );
    let expected = [
        Some(user.id.to_string()),
        Some("2020-02-29T23:59:59.999000Z".to_owned()),
        Some("2024-03-01T10:00:00.123000Z".to_owned()),
        None,
        Some("2024-06-22T17:04:06.123000Z".to_owned()),
        Some("00000000-0000-0000-0000-000000000010".to_owned()),
        Some("ann phone".to_owned()),
    ];
    assert_eq!(row.unwrap(), (expected, 1));
    let journal = conn.query_row(
        "SELECT user_id, kind, dialect, client, field_ids, recorded_at FROM journal_readable",
        [],
        |row| (0..6).map(|index| row.get::<_, String>(index)).collect::<rusqlite::Result<Vec<_>>>(),
    );
    let journal = journal.unwrap();
    assert_eq!(journal[..4], [&user.id.to_string(), "created", "algorep", "key-bubble"]);
    assert!(journal[4].starts_with("1,2,3,4,5,"), "{}", journal[4]);
    for view in ["links_readable", "grants_readable", "user_keys_readable"] {
        let sql = format!("SELECT count(*) FROM {view} WHERE user_id = ?1");
        let rows: i64 = conn.query_row(&sql, [user.id.to_string()], |row| row.get(0)).unwrap();
        assert!(rows >= 2, "{view}");
    }
    let old = "UPDATE users SET last_login_us = -62135596800000000 + 1";
    conn.execute(old, []).unwrap();
    let shown: String =
        conn.query_row("SELECT last_login FROM users_readable", [], |row| row.get(0)).unwrap();
    assert_eq!(shown, "0001-01-01T00:00:00.000001Z");
}

/// What changes nothing is seen on a reader, also where it takes looking up what it refers to.
#[tokio::test]
async fn what_is_repeated_never_reaches_the_writer() {
    let directory = tempfile::tempdir().unwrap();
    let (path, keyring) = (directory.path().join("roster.db"), keyring());
    let store = Arc::new(open(&path, &keyring));
    let rules = Rules { references: References::Known, ..Rules::default() };
    store.configure(rules).await.unwrap().unwrap();
    let roster = common::directory(&store, &keyring, rules);
    let who = principal("bubble");
    let client = RegisteredClient { id: 33, name: text("Client") };
    roster.put_record(&who, Record::Client(client)).await.unwrap();
    let profile = RegisteredProfile { id: ProfileId::new("18").unwrap(), name: text("Profile") };
    roster.put_record(&who, Record::Profile(profile)).await.unwrap();
    let derived = UserPatch { user_name: Change::Clear, ..with_grants([(33, "18")]) };
    let upsert =
        async || roster.upsert(&who, Dialect::Rest, external_id("ann"), derived.clone(), None).await.unwrap();
    assert_eq!(upsert().await.effect, Effect::Created);
    let written = store.activity().changes;
    for _ in 0..40 {
        assert_eq!(upsert().await.effect, Effect::Unchanged);
    }
    assert_eq!(store.activity().changes, written);
}

/// What a process that was killed left in the log may not be on disk, and a log that could not be flushed may be in the system's
/// cache alone: the next one copies it into the database, and flushes that, before it answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_process_left_in_the_log_is_copied_at_the_next_start() {
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let [killed, started, copied] = folders.each_ref().map(|folder| folder.path().join("roster.db"));
    let keyring = keyring();
    let store = Arc::new(open(&killed, &keyring));
    let roster = common::directory(&store, &keyring, Rules::default());
    let (who, id) = (principal("bubble"), external_id("ann"));
    let made = roster.upsert(&who, Dialect::Algorep, id, UserPatch::default(), None).await.unwrap();
    for end in ["", "-wal"] {
        let [from, to] = [&killed, &started].map(|path| format!("{}{end}", path.display()));
        std::fs::copy(from, to).unwrap();
    }
    let next = open(&started, &keyring);
    std::fs::copy(&started, &copied).unwrap();
    drop(next);
    let user = open(&copied, &keyring).user(Target::Id(made.user.id)).await.unwrap();
    assert_eq!(user.map(|user| user.version), Some(1));
}

/// The log is copied into the database and begun anew; a reader that stays long only delays it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_does_not_grow_without_end() {
    const PAGE: u64 = 4096;
    let directory = tempfile::tempdir().unwrap();
    let (path, log) = (directory.path().join("roster.db"), directory.path().join("roster.db-wal"));
    let keyring = keyring();
    let store =
        Arc::new(SqliteStore::open(Options { checkpoint_pages: 50, ..options(&path, &keyring) }).unwrap());
    let roster = common::directory(&store, &keyring, Rules::default());
    let who = principal("bubble");
    let write = async |from: u32| {
        for n in from..from + 100 {
            let id = external_id(&format!("user {n}"));
            roster.upsert(&who, Dialect::Algorep, id, UserPatch::default(), None).await.unwrap();
        }
        std::fs::metadata(&log).unwrap().len() / PAGE
    };
    assert!(write(0).await < 120, "a commit beyond twice 50 pages");
    let reader = Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM users").unwrap();
    let grown = write(100).await;
    assert!(grown > 200, "while somebody reads, it grows: {grown}");
    drop(reader);
    write(200).await;
    let copied = write(300).await;
    assert!(copied <= grown + 200, "and is begun anew: {copied} after {grown}");
    assert_eq!(*store.poisoned().borrow(), None);
    assert!(check(&path, &keyring).is_empty());
}

/// The same of elements and groups.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_views_show_elements_and_groups() {
    let bench = bench().await;
    let roles =
        || Content { value: Some("admin".to_owned()), kind: Some("work".to_owned()), ..Content::default() };
    let list = Elements::new(Attribute::Roles, vec![roles(), roles()]).unwrap();
    let user = bench.put("ann", patch(|patch| drop(patch.elements.insert(Attribute::Roles, list)))).await;
    let update = GroupUpdate {
        display_name: Assign::Set(GroupName::new("Readers").unwrap()),
        external_id: Change::Set(external_id("g")),
        add: [(user.id, Some(text("Chief")))].into(),
        ..GroupUpdate::default()
    };
    let group = bench.directory.create_group(&bench.who(), Dialect::Scim, update).await.unwrap();
    let conn = Connection::open(bench.factory.path()).unwrap();
    let rows = |view: &str, columns: &str| -> Vec<String> {
        let mut statement = conn.prepare(&format!("SELECT {columns} FROM {view}_readable")).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let now = "2024-03-01T10:00:00.123000Z";
    let (user, group) = (user.id, group.id);
    let elements = rows("user_elements", "concat_ws(' ', user_id, id, attribute, is_own, value, kind)");
    assert_eq!(elements, [format!("{user} 1 roles 1 work"), format!("{user} 2 roles 0 admin work")]);
    let groups = rows("groups", "concat_ws(' ', id, version, display_name, registered_at, recorded_at)");
    assert_eq!(groups, [format!("{group} 1 Readers {now} {now}")]);
    assert_eq!(
        rows("group_links", "concat_ws(' ', group_id, source, external_id)"),
        [format!("{group} bubble g")]
    );
    assert_eq!(
        rows("group_members", "concat_ws(' ', group_id, user_id, since, display)"),
        [format!("{group} {user} {now} Chief")]
    );
    let journal =
        rows("group_journal", "concat_ws(' ', group_id, version, kind, dialect, client, recorded_at)");
    assert_eq!(journal, [format!("{group} 1 created scim key-bubble {now}")]);
}
