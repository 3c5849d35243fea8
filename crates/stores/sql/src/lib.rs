//! The SQL of searches, which both stores share but for a few functions: a condition goes in, a statement with its
//! parameters comes out. What the tests mean is told in [`roster_directory::search`].
//!
//! Two things make a search quick, whatever else it asks for: a condition that one name or address alone fits is looked up
//! in its index first (`narrow`), and a page behind an id begins there.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod compare;
mod elements;
mod engine;
mod groups;
mod narrow;
mod statement;
mod users;

pub use engine::{Engine, Postgres, Sqlite};
pub use groups::groups;
pub use statement::{Param, Queries, Statement};
pub use users::users;
