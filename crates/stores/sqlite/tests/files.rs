//! Opening, backing up and restoring the file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use common::SqliteFactory;
use roster_directory::seal::Keyring;
use roster_directory::{Entropy, Rules, Store, Target, UserPatch};
use roster_store_sqlite::{
    BackupError, Migrated, OpenError, Options, SCHEMA, SqliteStore, check, migrate, restore,
};
use roster_testkit::build::{by_id, full_patch, link, with_given_name};
use roster_testkit::{Bench, SeededEntropy};
use rusqlite::Connection;

fn options(path: &Path, keyring: &Arc<Keyring>) -> Options {
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(5));
    Options::new(path, Arc::clone(keyring), entropy)
}

fn keyring() -> Arc<Keyring> {
    Arc::new(Keyring::parse(&Keyring::generate(&SeededEntropy::new(3))).unwrap())
}

fn open(path: &Path, keyring: &Arc<Keyring>) -> SqliteStore {
    SqliteStore::open(options(path, keyring)).unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn bench() -> Bench<SqliteFactory> {
    Bench::new(Rules::default()).await
}

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_whole_and_never_written_over() {
    let bench = bench().await;
    let user = bench.put("ann", full_patch("ann")).await;
    let store = open(&bench.factory.path(), &bench.keyring);
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path().join("backup.db");
    store.backup(&to).unwrap();
    assert_eq!(mode(&to), 0o600);
    bench.put("ann", with_given_name("later")).await;
    assert!(matches!(store.backup(&to), Err(BackupError::Exists(_))));
    let files: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["backup.db"], "one file, and nothing left beside it");
    assert!(check(&to, &bench.keyring).is_empty());
    let copy = open(&to, &bench.keyring);
    assert_eq!(*copy.user(by_id(&user)).await.unwrap().unwrap(), *user, "as it was at that moment");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_one_moment_while_changes_go_on() {
    let bench = bench().await;
    let store = Arc::new(open(&bench.factory.path(), &bench.keyring));
    let directory = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let to = directory.path().join(format!("{round}.db"));
        let backup = {
            let (store, to) = (Arc::clone(&store), to.clone());
            tokio::task::spawn_blocking(move || store.backup(&to).unwrap())
        };
        for n in 0..50 {
            bench.put(&format!("u{round}x{n}"), full_patch(&format!("u{round}x{n}"))).await;
            bench.put("ann", with_given_name(&format!("{round} {n}"))).await;
        }
        backup.await.unwrap();
        let findings = check(&to, &bench.keyring);
        assert!(findings.is_empty(), "{findings:?}");
    }
}

/// D4.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_a_restore_begins_a_new_epoch() {
    let mut bench = bench().await;
    let user = bench.put("ann", full_patch("ann")).await;
    let path = bench.factory.path();
    let store = open(&path, &bench.keyring);
    let directory = tempfile::tempdir().unwrap();
    let backup = directory.path().join("backup.db");
    store.backup(&backup).unwrap();
    let before = store.epoch();
    bench.put("bob", UserPatch::default()).await;

    let entropy = SeededEntropy::new(77);
    assert!(matches!(restore(&backup, &path, false, &entropy), Err(BackupError::Exists(_))));
    let in_use = restore(&backup, &path, true, &entropy);
    assert!(matches!(in_use, Err(BackupError::InUse(_))), "{in_use:?}");
    assert!(
        bench.store.user(Target::Link(link("bubble", "bob"))).await.unwrap().is_some(),
        "nothing was changed"
    );
    bench.assert_sound().await;

    let elsewhere = directory.path().join("elsewhere.db");
    let epoch = restore(&backup, &elsewhere, false, &entropy).unwrap();
    assert_ne!(epoch, before);
    assert_eq!(mode(&elsewhere), 0o600);
    let restored = open(&elsewhere, &bench.keyring);
    assert_eq!(restored.epoch(), epoch);
    assert_eq!(*restored.user(by_id(&user)).await.unwrap().unwrap(), *user);
    let history = restored.history(user.id, 0, 10).await.unwrap();
    assert!(history.iter().all(|(position, _)| position.epoch == epoch));
    drop((store, restored));

    let (keyring, factory) = (Arc::clone(&bench.keyring), std::mem::replace(&mut bench.factory, factory()));
    drop(bench);
    let epoch = restore(&backup, &factory.path(), true, &entropy).unwrap();
    let restored = open(&factory.path(), &keyring);
    assert_eq!(restored.epoch(), epoch);
    assert!(restored.user(Target::Link(link("bubble", "bob"))).await.unwrap().is_none());
    assert!(check(&factory.path(), &keyring).is_empty());
}

fn factory() -> SqliteFactory {
    roster_testkit::StoreFactory::new()
}

#[test]
fn what_is_no_backup_is_not_restored() {
    let directory = tempfile::tempdir().unwrap();
    let (from, to) = (directory.path().join("from.db"), directory.path().join("to.db"));
    let entropy = SeededEntropy::new(1);
    assert!(restore(&from, &to, false, &entropy).is_err());
    Connection::open(&from).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
    assert!(matches!(
        restore(&from, &to, false, &entropy),
        Err(BackupError::NotUsable(OpenError::NotRosters))
    ));
    let whole = directory.path().join("whole.db");
    drop(open(&whole, &keyring()));
    let mut bytes = std::fs::read(&whole).unwrap();
    bytes[4096 * 3..4096 * 5].fill(0x5a);
    std::fs::write(&from, bytes).unwrap();
    assert!(matches!(restore(&from, &to, false, &entropy), Err(BackupError::Damaged(_))));
    let files = std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(
        files.filter(|name| name.to_string_lossy().starts_with("to.db")).count(),
        0,
        "nothing is left"
    );
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
