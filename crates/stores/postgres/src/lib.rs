//! The PostgreSQL store: any number of Roster processes over one database, and whatever keeps that database alive.
//!
//! An acknowledged change is committed, as safely as the server's settings say. Nothing is kept between transactions that
//! another process could change: what was read is guarded where it is written.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod attempt;
mod batch;
mod bulk;
mod cell;
mod check;
mod columns;
mod connection;
mod doubts;
mod elements;
mod error;
mod feed;
mod groups;
mod history;
mod hosts;
mod load;
mod members;
mod net;
mod numbers;
mod open;
mod query;
mod queue;
mod readers;
mod records;
mod rules;
mod save;
mod schema;
mod search;
mod searchers;
mod secrets;
mod sequence;
mod session;
mod store;
mod tls;
mod transaction;
mod transfer;
mod writer;

use std::sync::Arc;

use roster_directory::Entropy;
use roster_directory::seal::Keyring;

pub use open::{Batch, Durability, OpenError, Options};
pub use schema::{Migrated, SCHEMA};
pub use secrets::Shared;
pub use store::{Activity, PostgresStore, is_empty, migrate};
pub use transfer::{Export, Import};

/// What seals personal values on their way into the database.
#[derive(Clone)]
pub(crate) struct Sealing {
    keyring: Arc<Keyring>,
    entropy: Arc<dyn Entropy>,
}
