//! What is cached is never older than what was acknowledged, whoever wrote it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use common::{keyring, options};
use roster_directory::seal::Keyring;
use roster_directory::store::{UserFilter, UserQuery};
use roster_directory::{Dialect, Directory, Effect, Link, Rules, Source, Target, UserId};
use roster_store_sqlite::{Options, SqliteStore};
use roster_testkit::build::{external_id, principal, with_given_name};
use roster_testkit::{FixedClock, PlainPasswords, SeededEntropy};

/// A directory as a process of its own has it.
fn process(path: &Path, keyring: &Arc<Keyring>, seed: u64, cache_bytes: usize) -> Directory {
    let entropy = Arc::new(SeededEntropy::new(seed));
    let store = SqliteStore::open(Options { cache_bytes, entropy, ..options(path, keyring) }).unwrap();
    Directory::new(
        Arc::new(store),
        Arc::clone(keyring),
        Arc::new(PlainPasswords::default()),
        Arc::new(FixedClock::at("2024-03-01T10:00:00Z")),
        Arc::new(SeededEntropy::new(seed + 100)),
        Rules::default(),
    )
}

async fn upsert(directory: &Directory, id: &str, given_name: &str) -> (UserId, u64, Effect) {
    let (who, patch) = (principal("bubble"), with_given_name(given_name));
    let applied = directory.upsert(&who, Dialect::Algorep, external_id(id), patch, None).await.unwrap();
    (applied.user.id, applied.user.version, applied.effect)
}

async fn given_name(directory: &Directory, target: Target) -> Option<String> {
    let user = directory.get(&principal("bubble"), target).await.ok()?;
    user.profile.given_name.as_ref().map(|name| name.as_str().to_owned())
}

fn link(id: &str) -> Target {
    Target::Link(Link { source: Source::new("bubble").unwrap(), external_id: external_id(id) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_process_writes_is_seen_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (path, keyring) = (folder.path().join("roster.db"), keyring());
    let ours = process(&path, &keyring, 1, 1 << 20);
    let theirs = process(&path, &keyring, 2, 1 << 20);
    let (id, _, _) = upsert(&ours, "ann", "Ann 0").await;
    for turn in 1..100 {
        let (writes, reads) = if turn % 3 == 0 { (&ours, &theirs) } else { (&theirs, &ours) };
        let name = format!("Ann {turn}");
        assert_eq!(upsert(writes, "ann", &name).await.2, Effect::Updated);
        // The first look finds an old entry, the second what the first one kept.
        for target in [Target::Id(id), link("ann"), Target::Id(id)] {
            assert_eq!(given_name(reads, target).await.as_deref(), Some(name.as_str()));
        }
        let query = UserQuery { filter: UserFilter::All, after: None, limit: 10 };
        let page = reads.list(&principal("bubble"), query).await.unwrap();
        assert_eq!(page.users[0].profile.given_name.as_ref().unwrap().as_str(), name);
        assert_eq!(upsert(reads, "ann", &name).await.2, Effect::Unchanged);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_another_process_deleted_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let (path, keyring) = (folder.path().join("roster.db"), keyring());
    let ours = process(&path, &keyring, 1, 1 << 20);
    let theirs = process(&path, &keyring, 2, 1 << 20);
    let (id, _, _) = upsert(&ours, "ann", "Ann").await;
    assert_eq!(given_name(&ours, link("ann")).await.as_deref(), Some("Ann"));
    theirs.delete(&principal("bubble"), Dialect::Rest, Target::Id(id), None, None).await.unwrap();
    for target in [Target::Id(id), link("ann")] {
        assert_eq!(given_name(&ours, target).await, None);
    }
    let (other, version, effect) = upsert(&ours, "ann", "Another Ann").await;
    assert_eq!((other == id, version, effect), (false, 1, Effect::Created));
    assert_eq!(given_name(&theirs, link("ann")).await.as_deref(), Some("Another Ann"));
}

/// Readers beside two processes that write: whatever is read is at least as new as what was acknowledged before.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_older_than_what_was_acknowledged_is_read() {
    const USERS: usize = 24;
    const CHANGES: usize = 400;
    // Room for all users, and for a few.
    for cache_bytes in [1 << 20, 6 << 10] {
        let folder = tempfile::tempdir().unwrap();
        let (path, keyring) = (folder.path().join("roster.db"), keyring());
        let ours = Arc::new(process(&path, &keyring, 1, cache_bytes));
        let theirs = Arc::new(process(&path, &keyring, 2, cache_bytes));
        let mut ids = Vec::new();
        for n in 0..USERS {
            ids.push(upsert(&ours, &n.to_string(), "as it was").await.0);
        }
        let (ids, done) = (Arc::new(ids), Arc::new(AtomicBool::new(false)));
        let acknowledged: Arc<Vec<AtomicU64>> = Arc::new((0..USERS).map(|_| AtomicU64::new(1)).collect());
        let readers: Vec<_> = (0..3)
            .map(|reader| {
                let (ids, done) = (Arc::clone(&ids), Arc::clone(&done));
                let (ours, acknowledged) = (Arc::clone(&ours), Arc::clone(&acknowledged));
                tokio::spawn(async move {
                    let mut read = reader;
                    while !done.load(Ordering::SeqCst) {
                        read += 1;
                        let n = read % USERS;
                        let least = acknowledged[n].load(Ordering::SeqCst);
                        let target = if read % 2 == 0 { Target::Id(ids[n]) } else { link(&n.to_string()) };
                        let user = ours.get(&principal("bubble"), target).await.unwrap();
                        assert!(user.version >= least, "{} is older than {least}", user.version);
                    }
                    read
                })
            })
            .collect();
        let writers: Vec<_> = [(Arc::clone(&ours), 7), (theirs, 5)]
            .map(|(directory, stride)| {
                let acknowledged = Arc::clone(&acknowledged);
                tokio::spawn(async move {
                    for turn in 0..CHANGES {
                        let n = turn * stride % USERS;
                        let (_, version, _) =
                            upsert(&directory, &n.to_string(), &format!("{stride} {turn}")).await;
                        acknowledged[n].fetch_max(version, Ordering::SeqCst);
                    }
                })
            })
            .into();
        for writer in writers {
            writer.await.unwrap();
        }
        done.store(true, Ordering::SeqCst);
        for reader in readers {
            assert!(reader.await.unwrap() > USERS, "each was read");
        }
    }
}
