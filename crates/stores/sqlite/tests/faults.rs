//! SQLite made to fail, at every instruction and at every commit: nothing is half-written, nothing is acknowledged
//! that is not there, and after a failed commit nothing more is acknowledged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use roster_directory::seal::Keyring;
use roster_directory::store::{Decide, Decision, ReadSet, Seen, StoreError, Submitted};
use roster_directory::{
    Applied, ChangeId, Clock as _, Dialect, Directory, Entropy, Error, Rules, Store, Target, UserPatch,
};
use roster_store_sqlite::{Instrument, Options, SqliteStore, check};
use roster_testkit::build::{
    external_id, full_patch, link, principal, with_email, with_given_name, with_user_name,
};
use roster_testkit::{FixedClock, PlainPasswords, SeededEntropy};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

/// A store whose writing connection was prepared to fail.
struct Rig {
    directory: TempDir,
    keyring: Arc<Keyring>,
    store: Arc<SqliteStore>,
    roster: Arc<Directory>,
}

fn open(path: &Path, keyring: &Arc<Keyring>, instrument: Option<Instrument>) -> SqliteStore {
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(7));
    let mut options = Options::new(path, Arc::clone(keyring), entropy);
    options.busy_timeout = Duration::from_millis(200);
    options.instrument = instrument;
    SqliteStore::open(options).unwrap()
}

impl Rig {
    fn new(instrument: Instrument) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let entropy = Arc::new(SeededEntropy::new(1));
        let keyring = Arc::new(Keyring::parse(&Keyring::generate(&*entropy)).unwrap());
        let store = Arc::new(open(&directory.path().join("roster.db"), &keyring, Some(instrument)));
        let roster = Arc::new(Directory::new(
            Arc::<SqliteStore>::clone(&store),
            Arc::clone(&keyring),
            Arc::new(PlainPasswords::default()),
            Arc::new(FixedClock::at("2024-03-01T10:00:00Z")),
            entropy,
            Rules::default(),
        ));
        Self { directory, keyring, store, roster }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("roster.db")
    }

    fn start(&self, id: &str, patch: UserPatch) -> tokio::task::JoinHandle<Result<Applied, Error>> {
        let (roster, id) = (Arc::clone(&self.roster), external_id(id));
        tokio::spawn(
            async move { roster.upsert(&principal("bubble"), Dialect::Algorep, id, patch, None).await },
        )
    }

    /// Several changes at once, so that they share a batch; one of them is refused in any case.
    async fn workload(&self) -> Vec<(&'static str, Result<Applied, Error>)> {
        let changes = [
            ("ann", full_patch("ann")),
            ("bob", with_email("bob@example.com")),
            ("eve", with_user_name("ann name")),
            ("ann", with_given_name("Ann")),
            ("cleo", with_given_name("Cleo")),
        ];
        let started: Vec<_> = changes.into_iter().map(|(id, patch)| (id, self.start(id, patch))).collect();
        let mut done = Vec::new();
        for (id, task) in started {
            done.push((id, task.await.unwrap()));
        }
        done
    }

    /// What is on disk, as another process sees it, is sound, and has every change that was acknowledged, whole.
    async fn assert_whole(&self, done: &[(&str, Result<Applied, Error>)], context: &str) {
        let findings = check(&self.path(), &self.keyring);
        assert!(findings.is_empty(), "{context}: {findings:#?}");
        let other = open(&self.path(), &self.keyring, None);
        for (id, result) in done {
            let stored = other.user(Target::Link(link("bubble", id))).await.unwrap();
            match result {
                Ok(applied) => {
                    let entries = other.history(applied.user.id, 0, 100).await.unwrap();
                    assert!(
                        stored.is_some_and(|user| user.version >= applied.user.version),
                        "{context}: {id}"
                    );
                    assert!(
                        entries.len() >= usize::try_from(applied.user.version).unwrap(),
                        "{context}: {id}"
                    );
                }
                Err(Error::Refused(_)) => assert_ne!(*id, "bob", "{context}"),
                Err(Error::Store(_) | Error::Unavailable) => {}
                Err(error) => panic!("{context}: {error}"),
            }
        }
    }
}

/// Interrupts SQLite at every `at`-th instruction of its machine, `times` times.
fn interrupts(at: i64, times: i64, hits: &Arc<AtomicUsize>) -> Instrument {
    let hits = Arc::clone(hits);
    Arc::new(move |conn: &mut Connection| {
        let (hits, left, times) = (Arc::clone(&hits), AtomicI64::new(at), AtomicI64::new(times));
        let handler = move || {
            let due = left.fetch_sub(1, Ordering::SeqCst) <= 0 && times.load(Ordering::SeqCst) > 0;
            if due {
                times.fetch_sub(1, Ordering::SeqCst);
                hits.fetch_add(1, Ordering::SeqCst);
            }
            due
        };
        conn.progress_handler(1, Some(handler)).unwrap();
    })
}

/// Fails once, at every instruction in turn: the batch is rolled back, its changes are made one by one, and every one
/// is made. In a commit alone it is the end of the writer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rig_an_interruption_at_any_instruction_costs_nothing() {
    let mut at = 0;
    loop {
        let hits = Arc::new(AtomicUsize::new(0));
        let rig = Rig::new(interrupts(at, 1, &hits));
        let done = rig.workload().await;
        rig.assert_whole(&done, &format!("instruction {at}")).await;
        if let Some(why) = rig.store.poisoned().borrow().as_deref() {
            assert_eq!(why, "a commit failed: SQLite: interrupted", "instruction {at}");
            at += 7;
            continue;
        }
        if hits.load(Ordering::SeqCst) == 0 {
            assert!(at > 1_000, "there are more instructions than {at}");
            assert_eq!(done.iter().filter(|(_, result)| result.is_ok()).count(), 4);
            return;
        }
        let failed = done.iter().filter(|(_, result)| matches!(result, Err(Error::Store(_)))).count();
        assert!(failed <= 1, "instruction {at}: the others of its batch do not fail with it: {done:?}");
        at += 7;
    }
}

/// Fails from every instruction on: nothing more is made, and nothing by halves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rig_nothing_is_written_by_halves_when_all_fails_from_some_instruction_on() {
    let mut at = 0;
    loop {
        let hits = Arc::new(AtomicUsize::new(0));
        let rig = Rig::new(interrupts(at, i64::MAX, &hits));
        let done = rig.workload().await;
        rig.assert_whole(&done, &format!("from instruction {at} on")).await;
        if hits.load(Ordering::SeqCst) == 0 {
            return;
        }
        assert!(rig.store.ready().await.is_err(), "from instruction {at} on");
        at += 37;
    }
}

/// Makes the `at`-th commit fail.
fn failing_commit(at: usize, hits: &Arc<AtomicUsize>) -> Instrument {
    let hits = Arc::clone(hits);
    Arc::new(move |conn: &mut Connection| {
        let (hits, commits) = (Arc::clone(&hits), AtomicUsize::new(0));
        let hook = move || {
            let fails = commits.fetch_add(1, Ordering::SeqCst) == at;
            hits.fetch_add(usize::from(fails), Ordering::SeqCst);
            fails
        };
        conn.commit_hook(Some(hook)).unwrap();
    })
}

/// D5: a failed commit poisons the writer for good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_after_a_failed_commit_nothing_is_acknowledged() {
    let mut at = 0;
    loop {
        let hits = Arc::new(AtomicUsize::new(0));
        let rig = Rig::new(failing_commit(at, &hits));
        let mut poisoned = rig.store.poisoned();
        let mut acknowledged = BTreeSet::new();
        let mut unknown = 0;
        for n in 0..6 {
            let id = format!("user {n}");
            match rig.start(&id, with_given_name(&id)).await.unwrap() {
                Ok(_) => drop(acknowledged.insert(id)),
                Err(Error::Unavailable) => unknown += 1,
                Err(Error::Store(_)) => assert_eq!(unknown, 1, "only once one was in flight"),
                Err(error) => panic!("{error}"),
            }
        }
        if hits.load(Ordering::SeqCst) == 0 {
            assert_eq!((acknowledged.len(), unknown), (6, 0));
            return;
        }
        assert_eq!((acknowledged.len(), unknown), (at, 1), "the change in flight may be there or not");
        poisoned.wait_for(Option::is_some).await.unwrap();
        for failed in [
            rig.store.ready().await.err(),
            rig.store.sweep(FixedClock::at("2030-01-01T00:00:00Z").now(), 1).await.err(),
            rig.store.configure(Rules { unique_email: true, ..Rules::default() }).await.err(),
        ] {
            assert!(matches!(failed, Some(StoreError::Failed(_))), "{failed:?}");
        }
        let other = open(&rig.path(), &rig.keyring, None);
        for id in acknowledged {
            assert!(other.user(Target::Link(link("bubble", &id))).await.unwrap().is_some(), "{id}");
        }
        assert!(check(&rig.path(), &rig.keyring).is_empty());
        at += 1;
    }
}

/// Everything that waits is answered when the writer stops.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_those_that_wait_are_answered_when_the_writer_stops() {
    let hits = Arc::new(AtomicUsize::new(0));
    let rig = Rig::new(failing_commit(0, &hits));
    let started = (0..200).map(|n| rig.start(&format!("user {n}"), UserPatch::default())).collect::<Vec<_>>();
    let mut unknown = 0;
    for done in join_all(started).await {
        match done.unwrap() {
            Err(Error::Unavailable) => unknown += 1,
            Err(Error::Store(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!((1..=200).contains(&unknown), "those of the batch whose commit failed");
    assert_eq!(hits.load(Ordering::SeqCst), 1);
    assert!(check(&rig.path(), &rig.keyring).is_empty());
}

/// A command line tool that writes beside the server is waited for, and is no poison.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_that_writes_is_waited_for() {
    let rig = Rig::new(Arc::new(|_| {}));
    let other = Connection::open(rig.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting = rig.start("ann", with_given_name("Ann")).await.unwrap();
    assert_eq!(waiting.err(), Some(Error::Overloaded), "not for ever");
    let waiting = rig.start("ann", with_given_name("Ann"));
    tokio::time::sleep(Duration::from_millis(50)).await;
    other.execute_batch("COMMIT").unwrap();
    assert!(waiting.await.unwrap().is_ok());
    assert_eq!(*rig.store.poisoned().borrow(), None);
}

/// Where changes wait, the next transaction tells whether the store is ready: the question does not wait behind all of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whether_it_is_ready_is_told_by_the_next_transaction() {
    let rig = Rig::new(Arc::new(|_| {}));
    let other = Connection::open(rig.path()).unwrap();
    for (lets_go, is_ready) in [(false, false), (true, true)] {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let waiting: Vec<_> =
            (0..300).map(|n| rig.start(&format!("{lets_go} {n}"), with_given_name("Ann"))).collect();
        while rig.store.activity().waiting == 0 {
            tokio::task::yield_now().await;
        }
        let asked = rig.store.ready();
        if lets_go {
            other.execute_batch("COMMIT").unwrap();
        }
        assert_eq!(asked.await.is_ok(), is_ready);
        if !lets_go {
            other.execute_batch("COMMIT").unwrap();
        }
        for task in waiting {
            let done = task.await.unwrap();
            assert!(matches!(done, Ok(_) | Err(Error::Overloaded)), "{done:?}");
        }
    }
}

/// Two processes count and claim over one file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_over_one_file_agree() {
    let rig = Rig::new(Arc::new(|_| {}));
    let second = Arc::new(open(&rig.path(), &rig.keyring, None));
    let other = Arc::new(Directory::new(
        second,
        Arc::clone(&rig.keyring),
        Arc::new(PlainPasswords::default()),
        Arc::new(FixedClock::at("2024-03-01T10:00:00Z")),
        Arc::new(SeededEntropy::new(99)),
        Rules::default(),
    ));
    let mut tasks = Vec::new();
    for n in 0..50 {
        let id = format!("user {}", n % 40);
        tasks.push(rig.start(&id, with_given_name(&n.to_string())));
        let (other, id) = (Arc::clone(&other), external_id(&id));
        tasks.push(tokio::spawn(async move {
            let patch = with_email(&format!("user{n}@example.com"));
            other.upsert(&principal("bubble"), Dialect::Cli, id, patch, None).await
        }));
    }
    let mut numbers = BTreeSet::new();
    for done in join_all(tasks).await {
        numbers.insert(done.unwrap().unwrap().user.number.get());
    }
    assert_eq!(numbers, (1..=40).collect());
    let findings = check(&rig.path(), &rig.keyring);
    assert!(findings.is_empty(), "{findings:#?}");
}

/// A change whose decision is broken.
struct Broken(fn() -> Decision);

impl Decide for Broken {
    fn change_id(&self) -> ChangeId {
        ChangeId(Uuid::from_u128(1))
    }

    fn reads(&self) -> ReadSet {
        ReadSet::default()
    }

    fn decide(&self, _: &Seen) -> Decision {
        (self.0)()
    }
}

/// A fault in one change is that change's alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_panics_or_reads_without_end_fails_alone() {
    let rig = Rig::new(Arc::new(|_| {}));
    let endless = || Decision::ReadMore(ReadSet { number: true, ..ReadSet::default() });
    for broken in [Broken(|| panic!("a fault")), Broken(endless)] {
        let broken = Arc::new(broken);
        let submitted = rig.store.submit(Arc::<Broken>::clone(&broken));
        let good = rig.start("ann", with_given_name("Ann"));
        let failed = submitted.await;
        assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
        assert!(good.await.unwrap().is_ok());
        assert!(rig.store.preview(broken).await.is_err());
    }
    let stale = rig.store.submit(Arc::new(Broken(|| Decision::Stale))).await;
    assert!(matches!(stale, Ok(Submitted::Stale)), "{stale:?}");
    assert!(rig.store.ready().await.is_ok());
}

/// The queue is bounded: what does not fit is refused at once, and nothing of it is written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses() {
    let directory = tempfile::tempdir().unwrap();
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(1));
    let keyring = Arc::new(Keyring::parse(&Keyring::generate(&*entropy)).unwrap());
    let path = directory.path().join("roster.db");
    let mut options = Options::new(&path, keyring, entropy);
    options.most_waiting = 2;
    let store = SqliteStore::open(options).unwrap();
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let stale = || Arc::new(Broken(|| Decision::Stale));
    // The first is taken from the queue and waits for the lock.
    let first = store.submit(stale());
    tokio::pin!(first);
    assert!(tokio::time::timeout(Duration::from_millis(300), first.as_mut()).await.is_err());
    let (second, third, fourth) = (store.submit(stale()), store.submit(stale()), store.submit(stale()));
    tokio::pin!(second, third);
    for waiting in [second.as_mut(), third.as_mut()] {
        assert!(tokio::time::timeout(Duration::from_millis(1), waiting).await.is_err());
    }
    assert_eq!(fourth.await.err(), Some(StoreError::Overloaded));
    holder.execute_batch("COMMIT").unwrap();
    for waiting in [first, second, third] {
        assert!(matches!(waiting.await, Ok(Submitted::Stale)));
    }
}
