//! The contract of every store, on SQLite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{SqliteFactory, Uncached};

roster_testkit::store_contract!(SqliteFactory);

mod uncached {
    use super::Uncached;

    roster_testkit::store_contract!(Uncached);
}
