//! Settings: each has one name, and comes from a flag, a `ROSTER_*` variable or `roster.toml`, in that order.
//!
//! [`settings`] is the one table of them; everything else (the flags, the variables, the keys of the file, `config
//! show`) is made from it.

mod check;
pub mod choices;
pub mod database_url;
pub mod flags;
pub mod given;
pub mod load;
pub mod log_level;
pub mod network;
pub mod numbers;
pub mod settings;
pub mod tables;
pub mod value;

pub use flags::Flags;
pub use given::Origin;
pub use load::{ConfigError, Loaded, Sources, load, process_variables};
pub use settings::Settings;

#[cfg(test)]
mod tests;
