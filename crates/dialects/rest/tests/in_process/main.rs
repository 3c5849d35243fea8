//! The API's router over the real SQLite store, without a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod delete;
mod document;
mod documentation;
mod grants;
mod history;
mod idempotency;
mod list;
mod patch;
mod read;
mod registers;
mod support;
mod upsert;
