//! The SQLite store: one file, one writer with group commit, a few readers.
//!
//! An acknowledged change is on disk (write-ahead log, `synchronous=FULL`). Several processes may use one file at
//! once: of what another could change, users alone are kept between transactions, and those as of a position of the journal.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod backup;
mod batch;
mod cache;
mod cell;
mod check;
mod checkpoint;
mod columns;
mod connection;
mod elements;
mod error;
mod flush;
mod groups;
mod load;
mod open;
mod parts;
mod query;
mod readers;
mod reading;
mod records;
mod rules;
mod save;
mod schema;
mod search;
mod store;
mod transaction;
mod transfer;
mod walk;
mod writer;

use std::sync::Arc;

use roster_directory::Entropy;
pub use roster_directory::check::Finding;
use roster_directory::seal::Keyring;

pub use backup::{BackupError, restore};
pub use check::check;
pub use open::{Durability, Flushing, Instrument, OpenError, Options, migrate};
pub use schema::{Migrated, SCHEMA};
pub use store::{Activity, SqliteStore};
pub use transfer::{Export, Import};

/// What seals personal values on their way into the database.
#[derive(Clone)]
pub(crate) struct Sealing {
    keyring: Arc<Keyring>,
    entropy: Arc<dyn Entropy>,
}
