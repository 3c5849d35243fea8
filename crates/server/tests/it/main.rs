//! The real binary, over the wire.
//!
//! A folder for each dialect and each part of the server; fixtures and snapshots stand beside the tests. A test of a rule is
//! named by it: `a7_...`, `z9_...`, `d8_...`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a rig tells what it does"
)]
#![allow(unreachable_pub, reason = "`pub` marks what other files of the tests use")]

mod algorep;
mod architecture;
mod cli;
mod core;
mod harness;
mod oauth;
mod rest;
mod rig;
mod scim;
mod server;
mod zynchro;
