//! From a credential to a [`Principal`](roster_directory::Principal).
//!
//! Two kinds of credentials: API keys ([`keys`]) and JSON Web Tokens, which Roster signs itself ([`secrets`], [`Auth::issue`],
//! the token endpoint in [`oauth`]) or which configured issuers sign ([`Issuer`]). Passwords are hashed here too, on threads
//! of their own ([`password`]). No credential ever reaches a log, an error or `Debug` output.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod auth;
pub mod authorization;
mod base62;
mod cache;
mod issuer;
mod jwks;
mod jwt;
mod key;
pub mod keys;
mod limit;
pub mod oauth;
mod options;
pub mod password;
mod records;
mod refused;
pub mod scope_name;
pub mod secrets;
mod verify_key;

pub use auth::Auth;
pub use issuer::{Issuer, IssuerError};
pub use jwt::issue::{IssueError, IssueToken, Subject, issue_token};
pub use limit::Rate;
pub use options::{LONGEST_LEEWAY, Options, OptionsError};
pub use password::PasswordPool;
pub use refused::{AnyRefused, KeyRefused, TokenRefused};
pub use secrets::Secrets;
