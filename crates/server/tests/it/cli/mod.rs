//! The command line: each command, for people and for programs, while the server runs.

mod backup;
mod config;
mod demo;
mod keys;
mod migrate_store;
mod postgres;
mod store;
mod users;

pub use demo::Demo;
