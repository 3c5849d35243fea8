//! The catalogue of error codes, and each code that is raised here.
//!
//! ALGOREP_004 and ALGOREP_005 are raised in the files about references, form and refusals.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Answer, Roster, fixture_json};

#[tokio::test]
async fn the_catalogue_in_the_openapi_document_has_all_28_codes_with_their_texts() {
    let roster = Roster::start();
    let document = Answer::of(roster.request("GET", "/openapi.json")).await.ok().to_string();
    let catalogue = fixture_json("algorep/fixtures/error-catalogue.json");
    assert_eq!(catalogue.as_object().unwrap().len(), 28);
    for (code, text) in catalogue.as_object().unwrap() {
        assert!(document.contains(code), "{code}");
        let text = text.as_str().unwrap();
        assert!(document.contains(text), "{code}: {text}");
    }
}

#[tokio::test]
async fn algorep_001_a_key_over_its_rate_gets_429() {
    let roster = Roster::settings().set("key_rate_limit", "6").start();
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(roster.upsert("rate", &json!({})).await);
    }
    let (mut good, limited): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.status == 200);
    let refused = limited.first().expect("twenty at once are over six a minute");
    assert_eq!((refused.status, &refused.json()["error"]), (429, &json!("ALGOREP_001")));
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds));
    assert!(limited.iter().all(|answer| answer.status == 429));
    assert_eq!(good.pop().unwrap().status, 200);
    assert_snapshot!(refused.shown());
}

#[tokio::test]
async fn algorep_001_a_full_write_queue_gets_503() {
    // The server's own chores (the key's last use, the sweep) may take two places for a moment.
    let roster = Roster::settings().set("write_queue", "4").start();
    roster.upserted("queue", &json!({})).await;
    // The database is held by another writer, so that what is sent waits: a few are in the writer, four wait, the rest is
    // too much.
    let held = roster.hold_writers();
    let bodies: Vec<Value> = (0..64).map(|n| json!({"status": n.to_string()})).collect();
    let mut posts: FuturesUnordered<_> = bodies.iter().map(|body| roster.upsert("queue", body)).collect();
    // Nothing can be written yet: whoever is answered was refused.
    let refused = posts.next().await.unwrap();
    assert_eq!((refused.status, &refused.json()["error"]), (503, &json!("ALGOREP_001")));
    assert!(refused.header("retry-after").is_some());
    drop(held);
    let statuses: Vec<u16> = posts.map(|answer| answer.status).collect().await;
    assert!(statuses.contains(&200), "what waited was written: {statuses:?}");
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert_snapshot!(refused.shown());
}

#[tokio::test]
async fn sqlite_algorep_003_a_store_that_fails_gets_500_and_the_process_ends() {
    // Once it serves, the disk answers EIO to every fsync.
    let mut roster = Roster::start();
    roster.upserted("store", &json!({"status": "kept"})).await;
    let mut strace = std::process::Command::new("strace")
        .args([
            "-f",
            "-q",
            "-o",
            "/dev/null",
            "-e",
            "trace=fsync,fdatasync",
            "-e",
            "inject=fsync,fdatasync:error=EIO",
        ])
        .args(["-p", &roster.pid().to_string()])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    attached(roster.pid()).await;
    let refused = roster.upsert("store", &json!({"status": "lost"})).await;
    assert_eq!((refused.status, &refused.json()["error"]), (500, &json!("ALGOREP_003")));
    assert_snapshot!(refused.shown());
    let status = roster.wait();
    assert!(!status.success(), "{status}");
    strace.wait().unwrap();
    // After a failed fsync nobody knows what is on the disk; but what was acknowledged before it is.
    roster.restart();
    let kept = roster.upserted("store", &json!({})).await;
    assert!(kept["status"] == "kept" || kept["status"] == "lost", "{kept}");
    roster.cli(&["check"]).ok();
}

/// Waits until a tracer is attached to every thread of the process.
async fn attached(pid: u32) {
    for _ in 0..3_000 {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        let traced = tasks.filter_map(Result::ok).all(|task| {
            let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
            status.lines().any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"))
        });
        if traced {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("strace did not attach");
}
