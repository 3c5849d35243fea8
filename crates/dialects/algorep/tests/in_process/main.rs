//! The dialect's router over the real SQLite store, without a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod concurrency;
mod document;
mod faults;
mod idempotency;
mod references;
mod support;
mod upsert;
