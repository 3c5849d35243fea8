//! The directory underneath, as it can be seen over the wire: D1 to D10, and any sequence of changes against a model.

mod bad_input;
mod concurrency;
mod history;
mod idempotency;
mod model;
mod operation;
mod property;
mod users;
