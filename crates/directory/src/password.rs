//! Passwords: never shown, never stored but as Argon2id hashes, never hashed on a thread that serves others.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};

use crate::error::Error;
use crate::value::Invalid;

/// A password as a caller sent it: 8 to 256 characters, none of them a control character, no composition rules.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

impl Password {
    /// The fewest characters.
    pub const MIN: usize = 8;
    /// The most characters.
    pub const MAX: usize = 256;

    /// Checks the length. A control character can't be typed, and is refused as in every other text.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        match text.chars().count() {
            n if n < Self::MIN => Err(Invalid::TooShort(Self::MIN)),
            n if n > Self::MAX => Err(Invalid::TooLong(Self::MAX)),
            _ if text.chars().any(char::is_control) => Err(Invalid::ControlCharacter),
            _ => Ok(Self(text.into())),
        }
    }

    /// The text, for hashing alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// An Argon2id hash in PHC form.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Arc<str>);

impl PasswordHash {
    /// From a PHC string.
    pub fn from_phc(phc: &str) -> Self {
        Self(phc.into())
    }

    /// The PHC string.
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Hashes and verifies, on a bounded pool of its own.
pub trait Passwords: Send + Sync {
    /// Whether `password` is the one that `hash` was made of.
    fn verify(&self, password: Password, hash: PasswordHash) -> BoxFuture<'_, Result<bool, Error>>;
    /// A hash of `password` with a fresh salt.
    fn hash(&self, password: Password) -> BoxFuture<'_, Result<PasswordHash, Error>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn z10_a_password_has_8_to_256_characters_of_any_script_and_no_control_characters() {
        for (text, refused) in [
            ("33556567", None),
            ("        ", None),
            ("éééééééé", None),
            ("1234567", Some(Invalid::TooShort(8))),
            ("ééééééé", Some(Invalid::TooShort(8))),
            ("1234567\0", Some(Invalid::ControlCharacter)),
            ("1234\u{85}5678", Some(Invalid::ControlCharacter)),
        ] {
            assert_eq!(Password::new(text).err(), refused, "{text:?}");
        }
        assert_eq!(Password::new(&"é".repeat(256)).err(), None);
        assert_eq!(Password::new(&"é".repeat(257)).err(), Some(Invalid::TooLong(256)));
    }
}
