//! The kernel made to fail, by strace, under a process of its own: each fsync in turn, and writes to a disk that is
//! full. What was acknowledged is there, and what is there is whole.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use roster_directory::seal::Keyring;
use roster_directory::{Dialect, Directory, Entropy, Rules, Store, SystemClock, SystemEntropy, Target};
use roster_store_sqlite::{Options, SqliteStore, check};
use roster_testkit::PlainPasswords;
use roster_testkit::build::{external_id, full_patch, link, principal};

const KEY_FILE: &str = "master.key";
const DATABASE: &str = "roster.db";

fn open(directory: &Path) -> SqliteStore {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let options = Options::new(directory.join(DATABASE), keyring(directory), entropy);
    SqliteStore::open(Options { checkpoint_pages: 40, ..options }).unwrap()
}

fn keyring(directory: &Path) -> Arc<Keyring> {
    Arc::new(Keyring::parse(&std::fs::read_to_string(directory.join(KEY_FILE)).unwrap()).unwrap())
}

/// The process that is made to fail: it makes users in the directory that it is started in, and tells which ones were
/// acknowledged.
#[test]
#[ignore = "the other tests start it"]
fn child() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let store = Arc::new(open(Path::new(".")));
    let directory = Arc::new(Directory::new(
        Arc::<SqliteStore>::clone(&store),
        keyring(Path::new(".")),
        Arc::new(PlainPasswords::default()),
        Arc::new(SystemClock),
        Arc::new(SystemEntropy),
        Rules::default(),
    ));
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for task in 0..4 {
            let directory = Arc::clone(&directory);
            tasks.push(tokio::spawn(async move {
                for n in 0..8 {
                    let id = format!("u{task}x{n}");
                    let who = principal("bubble");
                    let patch = full_patch(&id);
                    let patch = roster_directory::UserPatch { links: Default::default(), ..patch };
                    let made = directory.upsert(&who, Dialect::Algorep, external_id(&id), patch, None).await;
                    if made.is_ok() {
                        println!("acknowledged {id}");
                    }
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
    println!("poisoned {}", store.poisoned().borrow().is_some());
}

/// What came of a child under one fault.
struct Outcome {
    injected: bool,
    poisoned: bool,
    acknowledged: usize,
}

/// Runs a child whose system calls fail as `inject` says, and looks at what it left.
fn run(inject: &str) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(KEY_FILE), Keyring::generate(&SystemEntropy).as_bytes()).unwrap();
    // The schema is there before anything fails: these are faults of a running store.
    drop(open(directory.path()));
    let trace = directory.path().join("trace");
    let output = Command::new("strace")
        .args(["-f", "-o", trace.to_str().unwrap(), "-e", "trace=fsync,fdatasync,pwrite64", "-e"])
        .arg(format!("inject={inject}"))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .current_dir(directory.path())
        .output()
        .expect("strace is installed");
    let told = String::from_utf8(output.stdout).unwrap();
    let acknowledged: Vec<&str> =
        told.lines().filter_map(|line| line.strip_prefix("acknowledged ")).collect();
    let injected = std::fs::read_to_string(&trace).unwrap().contains("INJECTED");

    let store = open(directory.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for id in &acknowledged {
        let target = Target::Link(link("bubble", id));
        let user = runtime.block_on(store.user(target)).unwrap();
        assert!(user.is_some(), "{inject}: {id} was acknowledged and is gone");
    }
    let findings = check(&directory.path().join(DATABASE), &keyring(directory.path()));
    assert!(findings.is_empty(), "{inject}: {findings:#?}");
    Outcome { injected, poisoned: told.contains("poisoned true"), acknowledged: acknowledged.len() }
}

/// D5: each fsync in turn fails, once. The next one would say OK although the data may be gone: nobody is told so.
#[test]
fn rig_d5_a_failed_fsync_ends_the_store() {
    let mut poisoned = 0;
    for at in 1.. {
        let outcome = run(&format!("fsync,fdatasync:error=EIO:when={at}"));
        if !outcome.injected {
            assert_eq!(outcome.acknowledged, 32, "nothing failed");
            break;
        }
        assert!(outcome.poisoned || outcome.acknowledged == 32, "fsync {at}");
        poisoned += usize::from(outcome.poisoned);
    }
    assert!(poisoned >= 5, "there were fsyncs to fail: {poisoned}");
}

/// A disk that is full, or broken, from some write on, or at one write alone.
#[test]
fn rig_d5_a_full_or_broken_disk_loses_nothing() {
    for error in ["ENOSPC:when={}+", "ENOSPC:when={}", "EIO:when={}"] {
        let mut at = 1;
        loop {
            let outcome = run(&format!("pwrite64:error={}", error.replace("{}", &at.to_string())));
            if !outcome.injected {
                assert_eq!(outcome.acknowledged, 32, "nothing failed");
                break;
            }
            at += 1 + at / 3;
        }
        assert!(at > 100, "there were writes to fail: {at}");
    }
}
