//! What tests share: builders, a clock and randomness that tests steer, the contract that every store keeps, and a
//! model of the directory that shares no code with it.
//!
//! To run the contract over a store: implement [`StoreFactory`] and call [`store_contract!`].
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reports by failing"
)]

mod bench;
pub mod build;
mod clock;
pub mod contract;
mod entropy;
pub mod load;
pub mod model;
mod passwords;
mod postgres;
mod searching;

pub use bench::{Bench, StoreFactory, run};
pub use clock::FixedClock;
pub use entropy::SeededEntropy;
pub use passwords::PlainPasswords;
pub use postgres::{OwnServer, TestDatabase, free_port};
