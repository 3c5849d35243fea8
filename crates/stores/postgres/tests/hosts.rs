//! Several hosts in the URL: whoever takes writes is found, and found again after a failover.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use common::{directory, keyring};
use futures_util::future::join_all;
use roster_directory::{Dialect, Effect, Rules, SystemEntropy};
use roster_store_postgres::{Options, PostgresStore};
use roster_testkit::build::{external_id, principal, with_given_name};
use roster_testkit::{OwnServer, free_port};

/// A primary, and a standby that has every commit before it is acknowledged.
fn pair() -> (OwnServer, OwnServer) {
    let mut primary = OwnServer::new();
    primary.start(&[]);
    let mut standby = OwnServer::standby_of(&primary);
    standby.start(&[]);
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
    primary.sql("SELECT pg_reload_conf()");
    while primary.sql("SELECT sync_state FROM pg_stat_replication") != "sync" {}
    (primary, standby)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_writes_follow_a_failover_and_nothing_acknowledged_is_lost() {
    let (mut primary, standby) = pair();
    // Nobody is at the first place, and the second one takes no writes.
    let hosts = [free_port(), standby.port(), primary.port()].map(|port| format!("127.0.0.1:{port}"));
    let url = format!("postgres://postgres@{}/postgres", hosts.join(","));
    let options = Options::new(url.into(), keyring(), Arc::new(SystemEntropy));
    let options = Options { patience: Duration::from_secs(60), ..options };
    let store = Arc::new(PostgresStore::open(options).await.unwrap());
    let roster = directory(&store, &keyring(), Rules::default(), 1);
    let (acknowledged, over) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let writer = |task: u32| {
        let (roster, acknowledged, over) =
            (Arc::clone(&roster), Arc::clone(&acknowledged), Arc::clone(&over));
        tokio::spawn(async move {
            let who = principal("bubble");
            let mut made = 0;
            while !over.load(Ordering::SeqCst) {
                let id = external_id(&format!("{task}-{made}"));
                let change = roster.upsert(&who, Dialect::Algorep, id, with_given_name("Ann"), None);
                assert_eq!(change.await.unwrap().effect, Effect::Created, "each change once");
                acknowledged.fetch_add(1, Ordering::SeqCst);
                made += 1;
            }
        })
    };
    let writers: Vec<_> = (0..8).map(writer).collect();
    let until = async |count: u32| {
        while acknowledged.load(Ordering::SeqCst) < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    until(40).await;
    let standby = tokio::task::spawn_blocking(move || {
        primary.crash();
        standby.promote();
        standby
    });
    let standby = standby.await.unwrap();
    until(acknowledged.load(Ordering::SeqCst) + 40).await;
    over.store(true, Ordering::SeqCst);
    for done in join_all(writers).await {
        done.unwrap();
    }
    let made = acknowledged.load(Ordering::SeqCst).to_string();
    assert_eq!(standby.sql("SELECT count(*) FROM user_keys WHERE kind = 1"), made);
    assert_eq!(standby.sql("SELECT count(*) FROM journal"), made);
    assert_eq!(store.check().await, []);
}
