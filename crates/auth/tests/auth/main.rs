//! Credentials over a real store, a real key server and the real endpoints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod forge;
mod forged;

mod issuers;
mod keys;
mod limits;
mod oauth;
mod password_grant;
mod revocation;
mod tokens;
mod troubled_store;
mod world;
