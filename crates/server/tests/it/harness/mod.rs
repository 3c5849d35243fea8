//! Starts the real binary on a data directory of its own, and speaks to it as its callers do.

mod answer;
mod cli;
pub mod jwt;
mod log;
mod model;
pub mod raw;
mod requests;
mod server;
mod settings;
mod store;

pub use answer::Answer;
pub use cli::{Printed, roster, roster_help, roster_openapi, roster_with};
pub use model::{algorep_body, zynchro_body};
pub use server::Roster;
pub use settings::Settings;
pub use store::is_postgres;

use std::path::{Path, PathBuf};

/// A file of this test tree, by its path below `tests/it`.
pub fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(path)
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A fixture, as text.
pub fn fixture(path: &str) -> String {
    std::fs::read_to_string(here(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A fixture, as JSON.
pub fn fixture_json(path: &str) -> serde_json::Value {
    serde_json::from_str(&fixture(path)).unwrap()
}

/// A variable that `scripts/test-tools` sets. A test that needs the tool fails without it.
#[expect(clippy::disallowed_methods, reason = "what the test needs is named by a variable")]
pub fn tool(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run scripts/test, or eval \"$(scripts/test-tools)\"")
    })
}

/// A variable that changes how much a test does, if it is set.
#[expect(clippy::disallowed_methods, reason = "the size of a rig is chosen by a variable")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Now, as milliseconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "a test compares what the server answers with the time that it is"
)]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
