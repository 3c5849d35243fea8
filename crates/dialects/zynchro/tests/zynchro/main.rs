//! The dialect over a real store: requests in, whole answers out, and what the directory holds afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bad_input;
mod effects;
mod idempotency;
mod openapi;
mod order;
mod rig;
mod tokens;
