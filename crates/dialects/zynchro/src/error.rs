//! What may go wrong, and how it is answered.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use roster_auth::TokenRefused;
use roster_directory as directory;
use roster_directory::{Reason, Refusal};
use roster_wire::{ServerFault, idempotency};

use crate::convert::faults_of;
use crate::envelope::{Failed, FailedData, FieldError, FieldErrors, Header, TokenError};
use crate::grants::Asked;
use crate::place::Faults;
use crate::transaction_id;

/// When to try again, in seconds, where nothing better is known.
const RETRY_AFTER_SECONDS: u64 = 1;

/// Why a request was not done. A token may be in it: it has no `Debug`.
pub(crate) enum Refused {
    /// No token was sent.
    NoToken,
    /// What was sent is no JWT.
    NotAToken,
    /// The token is not valid. It is told to its sender alone.
    InvalidToken(String),
    /// The token lacks the scope `write`.
    InsufficientScope,
    /// The token lacks an authority that may do this.
    AccessDenied,
    /// The path has no such method.
    MethodNotAllowed,
    /// The body is larger than this limit, in bytes.
    TooLarge(usize),
    /// The body is no JSON by its own account.
    UnsupportedMediaType,
    /// What is wrong with the request: all of it.
    Faults(Faults),
    /// No user has that number.
    NotFound,
    /// Another user holds that email.
    Conflict,
    /// The idempotency key belongs to another request.
    KeyReused,
    /// Too many requests.
    RateLimited(u64),
    /// The server has too much to do; nothing was changed.
    Busy(u64),
    /// Nobody knows whether the change was made.
    Unknown,
    /// The server failed.
    Internal,
}

/// A refusal, with what its answer repeats.
pub(crate) struct RefusedRequest {
    pub(crate) refused: Refused,
    pub(crate) transaction_id: Option<String>,
    /// Whether this is the answer to an earlier request again.
    pub(crate) replayed: bool,
}

impl RefusedRequest {
    /// A request that was not asked of the directory before.
    pub(crate) fn new(refused: Refused, transaction_id: Option<String>) -> Self {
        Self { refused, transaction_id, replayed: false }
    }

    /// A request to that place whose body was not read.
    pub(crate) fn unread(refused: Refused, uri: &Uri) -> Self {
        Self::new(refused, transaction_id::of_query(uri.query()).ok().flatten())
    }

    /// What the directory did not do.
    pub(crate) fn by_directory(
        error: directory::Error,
        asked: &Asked,
        transaction_id: Option<String>,
    ) -> Self {
        let replayed = match &error {
            directory::Error::Refused(refused) => refused.replayed,
            directory::Error::Forbidden(_)
            | directory::Error::Overloaded
            | directory::Error::Unavailable
            | directory::Error::Moved
            | directory::Error::TooSlow
            | directory::Error::Store(_)
            | directory::Error::Internal(_) => false,
        };
        Self { refused: Refused::by_directory(error, asked), transaction_id, replayed }
    }
}

impl Refused {
    fn by_directory(error: directory::Error, asked: &Asked) -> Self {
        match error {
            directory::Error::Forbidden(_) => Self::InsufficientScope,
            directory::Error::Refused(refused) => Self::by_refusal(refused.refusal, asked),
            directory::Error::Overloaded => Self::Busy(RETRY_AFTER_SECONDS),
            directory::Error::Unavailable => Self::Unknown,
            directory::Error::Moved
            | directory::Error::TooSlow
            | directory::Error::Store(_)
            | directory::Error::Internal(_) => {
                tracing::error!(%error, "a request failed");
                Self::Internal
            }
        }
    }

    fn by_refusal(refusal: Refusal, asked: &Asked) -> Self {
        match refusal {
            Refusal::NotFound => Self::NotFound,
            Refusal::Faults(faults) if faults.iter().all(|fault| fault.reason == Reason::Taken) => {
                Self::Conflict
            }
            Refusal::Faults(faults) => {
                let mut all = Faults::default();
                all.extend(faults.iter().flat_map(|fault| faults_of(fault, asked)));
                Self::Faults(all)
            }
            Refusal::IdempotencyKeyReused => Self::KeyReused,
            Refusal::VersionMismatch { .. } => {
                tracing::error!("an update was refused for a version that it never named");
                Self::Internal
            }
        }
    }
}

impl From<TokenRefused> for Refused {
    fn from(refused: TokenRefused) -> Self {
        match refused {
            TokenRefused::Missing => Self::NoToken,
            TokenRefused::NotAToken => Self::NotAToken,
            TokenRefused::Invalid { token } => Self::InvalidToken(token),
            TokenRefused::RateLimited { retry_after_seconds } => Self::RateLimited(retry_after_seconds),
            TokenRefused::Failed(error) => Self::by_directory(error, &Asked::default()),
        }
    }
}

impl From<ServerFault> for Refused {
    fn from(fault: ServerFault) -> Self {
        match fault {
            ServerFault::Panicked => Self::Internal,
            ServerFault::TimedOut => Self::Unknown,
            ServerFault::Overloaded { retry_after_seconds } => Self::Busy(retry_after_seconds),
        }
    }
}

impl IntoResponse for RefusedRequest {
    fn into_response(self) -> Response {
        let Self { refused, transaction_id: id, replayed } = self;
        let response = match refused {
            Refused::NoToken => unauthorized("unauthorized", NO_TOKEN.to_owned(), CHALLENGE),
            Refused::NotAToken => unauthorized(INVALID_TOKEN, NOT_A_TOKEN.to_owned(), CHALLENGE_INVALID),
            Refused::InvalidToken(token) => unauthorized(INVALID_TOKEN, token, CHALLENGE_INVALID),
            Refused::InsufficientScope => insufficient_scope(),
            Refused::AccessDenied => {
                token_error(StatusCode::FORBIDDEN, "access_denied", "Access is denied".to_owned(), None)
            }
            Refused::MethodNotAllowed => failed(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "This path takes PATCH alone",
                id,
            ),
            Refused::TooLarge(limit) => {
                let why = format!("The body must have at most {limit} bytes");
                failed(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", &why, id)
            }
            Refused::UnsupportedMediaType => {
                let why = "The Content-Type must be application/json, in UTF-8";
                failed(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", why, id)
            }
            Refused::Faults(faults) => bad_request(faults, id),
            Refused::NotFound => failed(StatusCode::NOT_FOUND, "NOT_FOUND", "No user has that id", id),
            Refused::Conflict => {
                failed(StatusCode::CONFLICT, "CONFLICT", "Another user holds that email", id)
            }
            Refused::KeyReused => {
                let why = "The Idempotency-Key was used with another request";
                failed(StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED", why, id)
            }
            Refused::RateLimited(seconds) => {
                let why = "Too many requests: try again later";
                retry_after(failed(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", why, id), seconds)
            }
            Refused::Busy(seconds) => {
                unavailable("The server is busy: nothing was changed, try again", id, seconds)
            }
            Refused::Unknown => unavailable(
                "The change may or may not have been made: repeat the request",
                id,
                RETRY_AFTER_SECONDS,
            ),
            Refused::Internal => {
                let why = "The server failed to process the request";
                failed(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", why, id)
            }
        };
        idempotency::replayed(response, replayed)
    }
}

const NO_TOKEN: &str = "Full authentication is required to access this resource";
const NOT_A_TOKEN: &str = "Cannot convert access token to JSON";
const INVALID_TOKEN: &str = "invalid_token";
const CHALLENGE: &str = "Bearer realm=\"roster\"";
const CHALLENGE_INVALID: &str = "Bearer realm=\"roster\", error=\"invalid_token\"";
const CHALLENGE_SCOPE: &str = "Bearer realm=\"roster\", error=\"insufficient_scope\", scope=\"write\"";

fn with(mut response: Response, name: HeaderName, value: HeaderValue) -> Response {
    response.headers_mut().insert(name, value);
    response
}

fn retry_after(response: Response, seconds: u64) -> Response {
    with(response, header::RETRY_AFTER, HeaderValue::from(seconds))
}

fn unauthorized(error: &'static str, description: String, challenge: &'static str) -> Response {
    let response = token_error(StatusCode::UNAUTHORIZED, error, description, None);
    let response = with(response, header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    with(response, header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

fn insufficient_scope() -> Response {
    let why = "Insufficient scope for this resource".to_owned();
    let response = token_error(StatusCode::FORBIDDEN, "insufficient_scope", why, Some("write"));
    with(response, header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE_SCOPE))
}

fn token_error(
    status: StatusCode,
    error: &'static str,
    error_description: String,
    scope: Option<&'static str>,
) -> Response {
    (status, Json(TokenError { error, error_description, scope })).into_response()
}

fn failed(status: StatusCode, code: &'static str, why: &str, transaction_id: Option<String>) -> Response {
    let header = Header::error(code, why, transaction_id);
    let data = FailedData { success: false, message: why.to_owned() };
    (status, Json(Failed { header, data })).into_response()
}

fn unavailable(why: &str, transaction_id: Option<String>, seconds: u64) -> Response {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    retry_after(failed(status, "SERVICE_UNAVAILABLE", why, transaction_id), seconds)
}

fn bad_request(faults: Faults, transaction_id: Option<String>) -> Response {
    let header = Header::error("BAD_REQUEST", "Please check your params fields", transaction_id);
    let errors = faults.into_answer().into_iter().map(FieldError::from).collect();
    (StatusCode::BAD_REQUEST, Json(FieldErrors { header, errors })).into_response()
}

#[cfg(test)]
mod tests;
