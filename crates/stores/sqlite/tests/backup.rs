//! Backing up, restoring and checking, beside a store that works.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::sync::Arc;

use common::{SqliteFactory, bench, keyring, mode, open};
use roster_directory::{Store, Target, UserPatch};
use roster_store_sqlite::{BackupError, OpenError, check, restore};
use roster_testkit::SeededEntropy;
use roster_testkit::build::{by_id, full_patch, link, with_given_name};
use rusqlite::Connection;

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

/// `roster check` beside a server that works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_is_one_moment_while_changes_go_on() {
    let bench = bench().await;
    let store = Arc::new(open(&bench.factory.path(), &bench.keyring));
    for round in 0..5 {
        let checking = Arc::clone(&store);
        let checked = tokio::task::spawn_blocking(move || checking.check());
        for n in 0..40 {
            bench.put(&format!("u{round}x{n}"), full_patch(&format!("u{round}x{n}"))).await;
            bench.put("ann", with_given_name(&format!("{round} {n}"))).await;
        }
        assert_eq!(checked.await.unwrap(), []);
    }
}
