//! Why a credential is refused.

use std::fmt;

use roster_directory::Error;

/// Why an API key is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyRefused {
    /// None was sent, or it is no key, or it is unknown, expired or revoked.
    Unauthorized,
    /// Too many failures from that address, or too many requests of that client.
    RateLimited {
        /// When to try again.
        retry_after_seconds: u64,
    },
    /// It could not be checked.
    Failed(Error),
}

/// Why a token is refused.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenRefused {
    /// No bearer token was sent: nothing, another scheme, an empty token, or an API key.
    Missing,
    /// What was sent does not have a JWT's form.
    NotAToken,
    /// It has the form of a JWT, and is expired, revoked, wrongly signed or wrong in another way.
    Invalid {
        /// The token that was sent, cut to [`TokenRefused::ECHOED_BYTES`]. For its sender alone, never for a log.
        token: String,
    },
    /// Too many failures from that address, or too many requests of that client.
    RateLimited {
        /// When to try again.
        retry_after_seconds: u64,
    },
    /// It could not be checked.
    Failed(Error),
}

impl TokenRefused {
    /// How much of a token is echoed to its sender.
    pub const ECHOED_BYTES: usize = 8 << 10;
}

impl fmt::Debug for TokenRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("Missing"),
            Self::NotAToken => f.write_str("NotAToken"),
            Self::Invalid { token: _ } => f.write_str("Invalid { token: … }"),
            Self::RateLimited { retry_after_seconds } => {
                f.debug_struct("RateLimited").field("retry_after_seconds", retry_after_seconds).finish()
            }
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}

/// Why a credential of either kind is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyRefused {
    /// None was sent, or it is not valid.
    Unauthorized,
    /// Too many failures from that address, or too many requests of that client.
    RateLimited {
        /// When to try again.
        retry_after_seconds: u64,
    },
    /// It could not be checked.
    Failed(Error),
}

impl From<KeyRefused> for AnyRefused {
    fn from(refused: KeyRefused) -> Self {
        match refused {
            KeyRefused::Unauthorized => Self::Unauthorized,
            KeyRefused::RateLimited { retry_after_seconds } => Self::RateLimited { retry_after_seconds },
            KeyRefused::Failed(error) => Self::Failed(error),
        }
    }
}

impl From<TokenRefused> for AnyRefused {
    fn from(refused: TokenRefused) -> Self {
        match refused {
            TokenRefused::Missing | TokenRefused::NotAToken | TokenRefused::Invalid { token: _ } => {
                Self::Unauthorized
            }
            TokenRefused::RateLimited { retry_after_seconds } => Self::RateLimited { retry_after_seconds },
            TokenRefused::Failed(error) => Self::Failed(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn z3_a_token_is_in_no_debug_output() {
        let refused = TokenRefused::Invalid { token: "eyJhbGciOi.secret.part".to_owned() };
        assert!(!format!("{refused:?}").contains("secret"));
    }
}
