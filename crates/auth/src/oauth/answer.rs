//! Answers and errors in the forms of RFC 6749, 5.1 and 5.2.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use roster_directory::{Error, Refusal, Refused};
use roster_wire::{BodyFault, ServerFault};
use serde::Serialize;
use utoipa::ToSchema;

use crate::limit::TooOften;

/// A token.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// The token.
    pub(crate) access_token: String,
    /// `Bearer`.
    pub(crate) token_type: &'static str,
    /// How many seconds the token is valid.
    pub(crate) expires_in: u64,
    /// What the token may do, parted by spaces.
    pub(crate) scope: String,
}

/// Why there is no token.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorAnswer {
    /// The error, as RFC 6749, 5.2 names it.
    error: &'static str,
    /// The same for people.
    error_description: &'static str,
}

/// Why a request is refused.
#[derive(Debug)]
pub(crate) enum OAuthError {
    /// The request is not well formed.
    InvalidRequest(&'static str),
    /// Its body is too large.
    TooLarge,
    /// The client did not authenticate.
    InvalidClient,
    /// The client may not do this.
    UnauthorizedClient,
    /// The user name or the password is wrong, or the user may not sign in; or the token is another client's.
    InvalidGrant(&'static str),
    /// There is no such grant type.
    UnsupportedGrantType,
    /// The scope is unknown, or more than the client may have.
    InvalidScope,
    /// Too many requests, or too many failures.
    TooOften(TooOften),
    /// Too much to do: try again.
    Busy {
        /// When.
        retry_after_seconds: u64,
    },
    /// A fault of the server. The text is for the log.
    Server(String),
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        match error {
            Error::Overloaded | Error::Unavailable => Self::Busy { retry_after_seconds: 1 },
            // The user was deleted while signing in.
            Error::Refused(Refused { refusal: Refusal::NotFound, replayed: _ }) => {
                Self::InvalidGrant(WRONG_PASSWORD)
            }
            error @ (Error::Forbidden(_)
            | Error::Refused(_)
            | Error::Moved
            | Error::TooSlow
            | Error::Store(_)
            | Error::Internal(_)) => Self::Server(error.to_string()),
        }
    }
}

impl From<TooOften> for OAuthError {
    fn from(too_often: TooOften) -> Self {
        Self::TooOften(too_often)
    }
}

impl From<BodyFault> for OAuthError {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge => Self::TooLarge,
            BodyFault::Broken => Self::InvalidRequest("The body broke off"),
        }
    }
}

/// What every refused sign-in is told, whatever the reason.
pub(crate) const WRONG_PASSWORD: &str = "The user name or the password is wrong, or the user may not sign in";

impl OAuthError {
    fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest(why) => (StatusCode::BAD_REQUEST, "invalid_request", why),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", "The body is too large"),
            Self::InvalidClient => {
                (StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed")
            }
            Self::UnauthorizedClient => {
                (StatusCode::BAD_REQUEST, "unauthorized_client", "The client may not use this grant type")
            }
            Self::InvalidGrant(why) => (StatusCode::BAD_REQUEST, "invalid_grant", why),
            Self::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", "The grant type is not supported")
            }
            Self::InvalidScope => (
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                "The scope is unknown, or more than the client may have",
            ),
            Self::TooOften(_) => {
                (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", "Too many requests")
            }
            Self::Busy { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "The server is busy: try again")
            }
            Self::Server(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The server failed"),
        }
    }

    /// The answer.
    pub(crate) fn into_response(self) -> Response {
        let (status, error, error_description) = self.parts();
        let mut response = (status, Json(ErrorAnswer { error, error_description })).into_response();
        let headers = response.headers_mut();
        match self {
            Self::InvalidClient => {
                headers.insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Basic realm=\"roster\", charset=\"UTF-8\""),
                );
            }
            Self::TooOften(TooOften { retry_after_seconds }) | Self::Busy { retry_after_seconds } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_seconds));
            }
            Self::Server(context) => tracing::error!(context, "the token endpoint failed"),
            Self::InvalidRequest(_)
            | Self::TooLarge
            | Self::UnauthorizedClient
            | Self::InvalidGrant(_)
            | Self::UnsupportedGrantType
            | Self::InvalidScope => {}
        }
        not_stored(response)
    }
}

/// Answers with tokens, and what leads to them, are kept by nobody on the way (RFC 6749, 5.1).
pub(crate) fn not_stored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// A fault around these routes, in their form.
pub fn server_fault(fault: ServerFault) -> Response {
    let error = match fault {
        ServerFault::Panicked => OAuthError::Server("a handler panicked".to_owned()),
        ServerFault::TimedOut => OAuthError::Busy { retry_after_seconds: 1 },
        ServerFault::Overloaded { retry_after_seconds } => OAuthError::Busy { retry_after_seconds },
    };
    error.into_response()
}
