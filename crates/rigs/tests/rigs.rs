//! Each rig in its short form, as its command runs it; `kill9` has its test beside the server's. They need root, and the tools that scripts/test-tools installs.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::process::Command;

use roster_testkit::TestDatabase;

/// Runs a rig beside whose binary the server's is; what it found is told where the test fails.
fn rig(name: &str, rounds: usize) {
    rig_with(name, rounds, &[]);
}

fn rig_with(name: &str, rounds: usize, more: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_rigs"))
        .args([name, "--rounds", &rounds.to_string()])
        .args(more)
        .output()
        .expect("the rigs start");
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{said}\n{complained}", output.status);
}

/// Meanwhile others make mount namespaces, which keep a copy of what is mounted as they are made: once the rig took what such a
/// copy held for what a cut had left.
#[test]
fn rig_power_cut_60_images_and_a_control_that_must_lose() {
    let (running, ended) = std::sync::mpsc::sync_channel::<()>(0);
    let others = std::thread::spawn(move || {
        let mut others = Vec::new();
        while ended.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            let keeping_mounts = Command::new("unshare").args(["--mount", "--", "sleep", "3"]).spawn();
            others.push(keeping_mounts.expect("unshare starts"));
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        for mut other in others {
            other.wait().expect("it ends by itself");
        }
    });
    rig("power-cut", 60);
    drop(running);
    others.join().expect("the others end");
}

#[test]
fn rig_every_call_to_the_disk_fails_once() {
    rig("inject", 1);
}

#[test]
fn rig_full_disk() {
    rig("full-disk", 2);
}

#[test]
fn rig_slow_disk() {
    rig("slow-disk", 1);
}

#[test]
fn rig_sigterm_under_load() {
    rig("sigterm", 6);
}

#[test]
fn rig_migrate_store_2000_users_there_and_back() {
    rig_with("migrate-store", 2_000, &["--database-url", &TestDatabase::new().url()]);
}

#[test]
fn rig_failover_of_three_nodes_and_a_control_that_must_lose() {
    rig("failover", 1);
}
