//! The order of the feed: D4 with several processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::sync::Arc;

use common::{directory, keyring, open};
use futures_util::future::join_all;
use roster_directory::{Dialect, Rules, Store as _};
use roster_testkit::TestDatabase;
use roster_testkit::build::{by_id, external_id, principal, with_given_name, with_user_name};
use tokio_postgres::NoTls;

/// The feed as a reader has it: each stream's positions, with whose entry and version.
fn feed(database: &TestDatabase) -> Vec<String> {
    let rows = database.sql("SELECT stream, n, user_id, version FROM feed ORDER BY stream, n");
    rows.lines().map(str::to_owned).collect()
}

/// A transaction that began before others, wrote its entry before them and commits after them is still read: positions are
/// given to what is committed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_a_transaction_that_began_first_and_commits_last_is_read_behind_the_cursor() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    let early = Arc::new(open(&database, &keyring).await);
    let other = Arc::new(open(&database, &keyring).await);

    // Whoever wants this name waits, in the midst of its transaction, for one that is never made.
    let (client, connection) =
        database.url().parse::<tokio_postgres::Config>().unwrap().connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("BEGIN").await.unwrap();
    let claim = "INSERT INTO user_keys (kind, key, user_id, folding) SELECT 3, 'wanted', gen_random_uuid(), max(folding) \
                 FROM (SELECT 1::bigint AS folding) AS f";
    client.batch_execute(claim).await.unwrap();
    let waiting = {
        let roster = directory(&early, &keyring, Rules::default(), 1);
        tokio::spawn(async move {
            let who = principal("bubble");
            roster.upsert(&who, Dialect::Algorep, external_id("early"), with_user_name("wanted"), None).await
        })
    };
    let blocked = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'",
        database.name()
    );
    while database.sql(&blocked) == "0" {}
    assert_eq!(database.sql("SELECT count(*) FROM journal"), "0", "it has not committed");

    // Meanwhile others write to every stream, and a reader takes all that there is.
    let roster = directory(&other, &keyring, Rules::default(), 2);
    let who = principal("bubble");
    let put = |n: u32| {
        let (roster, who) = (Arc::clone(&roster), who.clone());
        async move {
            let patch = with_given_name(&n.to_string());
            roster
                .upsert(&who, Dialect::Algorep, external_id(&format!("u{n}")), patch, None)
                .await
                .unwrap()
                .user
        }
    };
    for user in join_all((0..600).map(put)).await {
        assert_eq!(other.history(user.id, 0, 10).await.unwrap().len(), 1);
    }
    let read = feed(&database);
    assert_eq!(read.len(), 600);
    assert_eq!(database.sql("SELECT count(DISTINCT stream) FROM feed"), "64", "its stream is among them");

    client.batch_execute("ROLLBACK").await.unwrap();
    let user = waiting.await.unwrap().unwrap().user;
    let (position, _) = early.history(user.id, 0, 10).await.unwrap().remove(0);
    let behind =
        format!("SELECT max(n) FROM feed WHERE stream = {} AND user_id <> '{}'", position.stream, user.id);
    let cursor: i64 = database.sql(&behind).parse().unwrap();
    assert!(position.n > cursor, "{position:?} {cursor}");
    let mut now = feed(&database);
    now.retain(|row| !row.contains(&user.id.to_string()));
    assert_eq!(now, read, "and nothing that was read has moved");
    assert_eq!(other.check().await, []);
}

/// Whoever reads takes a stream over, at any moment; positions stay unique, and each user's in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_two_sequencers_that_take_streams_from_each_other_give_each_position_once() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    let stores = [Arc::new(open(&database, &keyring).await), Arc::new(open(&database, &keyring).await)];
    let work = (0..8_usize).map(|task| {
        let (stores, keyring) = (stores.clone(), Arc::clone(&keyring));
        tokio::spawn(async move {
            let roster = directory(&stores[task % 2], &keyring, Rules::default(), 10 + task as u64);
            let who = principal("bubble");
            let mut seen = Vec::new();
            for round in 0..20_usize {
                let patch = with_given_name(&round.to_string());
                let made = roster
                    .upsert(&who, Dialect::Algorep, external_id(&format!("u{task}")), patch, None)
                    .await;
                let reader = &stores[(task + round) % 2];
                let now = reader.history(made.unwrap().user.id, 0, 100).await.unwrap();
                assert!(now.starts_with(&seen), "what was read stays as it was");
                assert!(now.windows(2).all(|pair| pair[0].0.n < pair[1].0.n));
                seen = now;
            }
            assert_eq!(seen.len(), 20);
        })
    });
    for task in join_all(work.collect::<Vec<_>>()).await {
        task.unwrap();
    }
    assert_eq!(feed(&database).len(), 160);
    assert_eq!(database.sql("SELECT max(fence) > 1 FROM streams"), "t", "streams went from one to the other");
    assert_eq!(stores[0].check().await, []);
}

/// Nobody need read for positions to be given, and those that a process left behind are given by another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_positions_are_given_to_what_a_process_left_behind() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    let first = Arc::new(open(&database, &keyring).await);
    let roster = directory(&first, &keyring, Rules::default(), 1);
    let made = roster
        .upsert(&principal("bubble"), Dialect::Algorep, external_id("one"), with_given_name("Ann"), None)
        .await;
    let user = made.unwrap().user;
    while database.sql("SELECT count(*) FROM outbox") != "0" {}
    drop((roster, first));
    // As if it had ended before it came to it.
    database.sql(
        "WITH gone AS (DELETE FROM feed RETURNING stream, user_id, version) \
                  INSERT INTO outbox SELECT g.stream, j.recorded_at_us, g.user_id, g.version FROM gone g \
                  JOIN journal j ON j.user_id = g.user_id AND j.version = g.version",
    );
    database.sql("UPDATE streams SET leased_until_us = 0");
    let second = open(&database, &keyring).await;
    while database.sql("SELECT count(*) FROM outbox") != "0" {}
    let (position, _) = second.history(user.id, 0, 10).await.unwrap().remove(0);
    assert_eq!(position.n, 2, "the first position was given away");
    assert_eq!(second.user(by_id(&user)).await.unwrap(), Some(user));
    assert_eq!(second.check().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_the_feed_lost_is_found() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    let store = Arc::new(open(&database, &keyring).await);
    let roster = directory(&store, &keyring, Rules::default(), 1);
    for id in ["one", "two"] {
        let (who, patch) = (principal("bubble"), with_given_name("Ann"));
        roster.upsert(&who, Dialect::Algorep, external_id(id), patch, None).await.unwrap();
    }
    assert_eq!(store.check().await, [], "wherever the entries are on their way");
    while database.sql("SELECT count(*) FROM outbox") != "0" {}
    database.sql("DELETE FROM feed WHERE user_id = (SELECT min(user_id::text)::uuid FROM feed)");
    let findings: Vec<String> = store.check().await.iter().map(ToString::to_string).collect();
    assert_eq!(findings, ["journal: an entry is neither in the feed nor on its way there"]);
}
