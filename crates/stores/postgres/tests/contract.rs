//! The contract of every store, on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::PostgresFactory;

roster_testkit::store_contract!(PostgresFactory);
