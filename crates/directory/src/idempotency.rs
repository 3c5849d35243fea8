//! `Idempotency-Key`: a request that is sent again is answered again, and applied once.

use std::fmt;
use std::sync::Arc;

use crate::value::Invalid;

/// How long a key is remembered, in seconds: 24 hours.
pub const KEPT_SECONDS: i64 = 24 * 60 * 60;

/// An idempotency key: 1 to 255 printable ASCII characters, scoped to the API client.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(Arc<str>);

impl IdempotencyKey {
    /// Checks `text`.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        match text.len() {
            0 => Err(Invalid::Empty),
            1..=255 if text.bytes().all(|b| (b' '..=b'~').contains(&b)) => Ok(Self(text.into())),
            1..=255 => Err(Invalid::ControlCharacter),
            _ => Err(Invalid::TooLong(255)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// A request's key and the HMAC by which its repetition is recognised
/// ([`crate::Directory::idempotency`] makes it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The key.
    pub key: IdempotencyKey,
    /// The HMAC of method, route, query and body.
    pub request: [u8; 32],
}
