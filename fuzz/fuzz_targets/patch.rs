//! Any bytes as the PATCH of a user, or as the path of one: it is done or refused, and what is left is a user.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| roster_dialect_scim::fuzzing::patch(bytes));
