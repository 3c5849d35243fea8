//! Rigs that break Roster on purpose, and hold it to what it acknowledged.
//!
//! A [`stream::Stream`] writes and keeps a [`ledger::Ledger`] of every answer; [`verify::verify`] compares the ledger with
//! what the store holds afterwards. Between the two, a rig does its harm. `docs/reliability.md` says what each promises.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod client;
pub mod cluster;
pub mod device;
pub mod ledger;
pub mod load;
pub mod mark;
pub mod report;
pub mod rig;
pub mod server;
pub mod sql;
pub mod stored;
pub mod strace;
pub mod stream;
pub mod tool;
pub mod undo;
pub mod verify;
pub mod write_log;
