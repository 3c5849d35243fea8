//! The contract of every store, on PostgreSQL with each change in a transaction of its own (`batch = off`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::AloneFactory;

roster_testkit::store_contract!(AloneFactory);
