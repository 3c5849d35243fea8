//! SCIM 2.0 (RFC 7643, RFC 7644) with pages by cursor (RFC 9865), below `/scim/v2`.
//!
//! One table of attributes ([`schema`]) says what a resource may hold; the announced schemas, the reading of bodies
//! ([`resource`]), PATCH ([`patch`], [`group_patch`]) and the choice of what is answered ([`projection`]) all follow it. They
//! work on resources in *canonical form*: JSON objects whose attributes are spelt as in the table, have the types of the
//! table, and hold `null` where a caller erased something. No value that was sent is ever part of a fault.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod condition;
pub mod error;
pub mod fault;
pub mod grammar;
pub mod group_patch;
pub mod json;
pub mod list;
pub mod patch;
pub mod path;
pub mod projection;
pub mod resource;
pub mod schema;
pub mod search;

pub use error::{ScimError, ScimType};
pub use fault::Fault;
pub use resource::Resource;
