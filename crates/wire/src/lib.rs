//! What every dialect needs to read a request to its last fault.
//!
//! Strict JSON whose numbers keep their spelling ([`json`]), fields that tell absent, null and wrongly typed apart
//! ([`field`]), bounded bodies ([`body`]), strictly decoded path segments ([`path`]), idempotency keys
//! ([`idempotency`]); and what their documents say alike ([`openapi`]). Nothing here knows a dialect or the
//! directory, and nothing here ever puts a value that was sent into a message.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod address;
pub mod body;
pub mod etag;
pub mod fault;
pub mod field;
pub mod idempotency;
pub mod json;
pub mod openapi;
pub mod path;

pub use address::ClientAddress;
pub use body::BodyFault;
pub use fault::ServerFault;
pub use field::{Field, UnknownFields, shorten};
pub use json::{Json, JsonFault, Limits, Object};
