//! Each rig in its short form, as its command runs it; `kill9` has its test beside the server's. They need root, and the tools that scripts/test-tools installs.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::process::Command;

/// Runs a rig beside whose binary the server's is; what it found is told where the test fails.
fn rig(name: &str, rounds: usize) {
    let output = Command::new(env!("CARGO_BIN_EXE_rigs"))
        .args([name, "--rounds", &rounds.to_string()])
        .output()
        .expect("the rigs start");
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{said}\n{complained}", output.status);
}

#[test]
fn rig_power_cut_60_images_and_a_control_that_must_lose() {
    rig("power-cut", 60);
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
fn rig_failover_of_three_nodes_and_a_control_that_must_lose() {
    rig("failover", 1);
}
