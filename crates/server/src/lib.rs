//! The server of Roster: settings, the URL map, HTTP limits, the command line.
//!
//! [`Server::start`] starts the real server in this process, on whatever data directory and address the [`Settings`] say:
//! that is what tests use, and what `roster serve` does.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod cli;
pub mod config;
pub mod data_dir;
pub mod demo;
pub mod http;
pub mod log;
pub mod openapi;
pub mod postman;
pub mod scratch;
pub mod server;
pub mod store;
pub mod system;
pub mod token_secrets;

pub use cli::main;
pub use config::Settings;
pub use server::{Ended, Server, StartError};
pub use system::{Outside, System};
pub use token_secrets::TokenSecrets;
