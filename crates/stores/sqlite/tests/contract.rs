//! The contract of every store, on SQLite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::SqliteFactory;

roster_testkit::store_contract!(SqliteFactory);
