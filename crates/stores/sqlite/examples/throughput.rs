//! How many durable upserts a second go through the store, without any protocol above it:
//!
//! ```text
//! cargo run --release -p roster-store-sqlite --example throughput -- DIRECTORY [SECONDS] [TASKS] [USERS]
//! ```
//!
//! Half of them create a user, half change one field of one of USERS that were there before.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, clippy::cast_precision_loss)]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use roster_directory::seal::Keyring;
use roster_directory::{Dialect, Directory, Entropy, Rules, SystemClock, SystemEntropy, UserPatch};
use roster_store_sqlite::{Options, SqliteStore};
use roster_testkit::build::{email, external_id, patch, principal, text};
use roster_testkit::{PlainPasswords, SeededEntropy};

fn person(n: u64) -> UserPatch {
    patch(|patch| {
        patch.profile.email = roster_directory::Change::Set(email(&format!("user{n}@example.com")));
        patch.profile.given_name = roster_directory::Change::Set(text("Camille"));
        patch.profile.family_name = roster_directory::Change::Set(text("Dupont"));
        patch.profile.phone = roster_directory::Change::Set(text("+33 6 12 34 56 78"));
        patch.profile.language = roster_directory::Change::Set(text("fr"));
    })
}

async fn upsert(directory: &Directory, n: u64, patch: UserPatch) {
    let who = principal("bubble");
    // As Bubble makes its ids: a time and a random number.
    let id = external_id(&format!("{}x{}", 1_700_000_000_000_u64 + n, n.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    directory.upsert(&who, Dialect::Algorep, id, patch, None).await.unwrap();
}

async fn fill(directory: &Arc<Directory>, users: u64, tasks: u64) {
    let fill = |task| {
        let directory = Arc::clone(directory);
        tokio::spawn(async move {
            for n in (task..users).step_by(usize::try_from(tasks).unwrap()) {
                upsert(&directory, n, person(n)).await;
            }
        })
    };
    for done in join_all((0..tasks).map(fill)).await {
        done.unwrap();
    }
}

/// What the whole run cost: changes that shared a commit, and each thread's processor time for a change.
fn print_cost(store: &SqliteStore) {
    let activity = store.activity();
    println!("{:.1} changes a commit", activity.changes as f64 / activity.commits as f64);
    let mut spent_us = std::collections::BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let task = task.unwrap().path();
        let name = std::fs::read_to_string(task.join("comm")).unwrap().trim().to_owned();
        let nanoseconds = std::fs::read_to_string(task.join("schedstat")).unwrap();
        let nanoseconds: f64 = nanoseconds.split(' ').next().unwrap().parse().unwrap();
        *spent_us.entry(name).or_insert(0.0) += nanoseconds / 1_000.0 / activity.changes as f64;
    }
    for (thread, us) in spent_us {
        println!("{thread}: {us:.1} µs of processor time a change");
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |index: usize, default: u64| arguments.get(index).map_or(default, |text| text.parse().unwrap());
    let directory = PathBuf::from(&arguments[0]);
    let (seconds, tasks, users) = (number(1, 10), number(2, 32), number(3, 100_000));
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let keyring = Arc::new(Keyring::parse(&Keyring::generate(&*entropy)).unwrap());
    let options = Options::new(directory.join("roster.db"), Arc::clone(&keyring), Arc::clone(&entropy));
    let store = Arc::new(SqliteStore::open(options).unwrap());
    let directory = Arc::new(Directory::new(
        Arc::<SqliteStore>::clone(&store),
        keyring,
        Arc::new(PlainPasswords::default()),
        Arc::new(SystemClock),
        entropy,
        Rules::default(),
    ));
    let began = Instant::now();
    fill(&directory, users, 256).await;
    println!("filled with {users} users in {:.1?}", began.elapsed());

    let (stop, done, next) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(users)));
    let work = |task: u64| {
        let (directory, stop, done, next) =
            (Arc::clone(&directory), Arc::clone(&stop), Arc::clone(&done), Arc::clone(&next));
        tokio::spawn(async move {
            let random = SeededEntropy::new(task);
            while !stop.load(Ordering::Relaxed) {
                let turn = done.fetch_add(1, Ordering::Relaxed);
                if turn % 2 == 0 {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    upsert(&directory, n, person(n)).await;
                } else {
                    let role = patch(|patch| {
                        patch.profile.role = roster_directory::Change::Set(text(&format!("role {turn}")));
                    });
                    upsert(&directory, random.next() % users, role).await;
                }
            }
        })
    };
    let tasks: Vec<_> = (0..tasks).map(work).collect();
    let mut before = 0;
    for second in 1..=seconds {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = done.load(Ordering::Relaxed);
        println!("second {second}: {} upserts", now - before);
        before = now;
    }
    stop.store(true, Ordering::Relaxed);
    join_all(tasks).await;
    println!("{} upserts a second", before / seconds);
    print_cost(&store);
}
