//! What may go wrong, and how it is answered: problems as RFC 9457 has them.

mod document;
#[cfg(test)]
mod tests;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use roster_auth::AnyRefused;
use roster_directory::{self as directory, Reason, Refusal, Scope};
use roster_wire::{BodyFault, ServerFault, idempotency};

pub(crate) use document::{BodyProblems, MEDIA_TYPE, NotFound, Problem, Problems, Taken, WriteProblems};

use crate::answer;
use crate::fault::Fault;

/// When to try again, in seconds, where nothing better is known.
const RETRY_AFTER_SECONDS: u64 = 1;

/// The most faults that an answer lists.
const MOST_FAULTS: usize = 100;

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// No valid credential.
    Unauthorized,
    /// The credential lacks the scope.
    Forbidden(Scope),
    /// Users are created in the credential's own name space alone.
    ForeignSource,
    /// What is wrong with the request: all of it.
    Faults(Vec<Fault>),
    /// The path is nobody's.
    NoSuchPath,
    /// There is no such user or record.
    NotFound,
    /// The path has no such method.
    MethodNotAllowed,
    /// These values are another user's, or name nothing that is registered: all of them.
    Refused {
        /// One at least.
        faults: Vec<Fault>,
        /// Whether another user or record holds one of them.
        taken: bool,
    },
    /// The user has another version than the caller expects.
    OtherVersion {
        /// The version that it has.
        current: u64,
    },
    /// The body is larger than the limit, in bytes.
    TooLarge(usize),
    /// The body is of another media type.
    MediaType(&'static str),
    /// The idempotency key belongs to another request.
    KeyReused,
    /// Too many requests.
    RateLimited(u64),
    /// Roster or its store failed.
    Failed,
    /// Too much waits already. Nothing was changed.
    Busy(u64),
    /// The change may or may not have been made.
    OutcomeUnknown,
}

/// A request that was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Why.
    pub(crate) why: Why,
    /// Whether this is the answer to an earlier request again.
    pub(crate) replayed: bool,
}

impl From<Why> for Refused {
    fn from(why: Why) -> Self {
        Self { why, replayed: false }
    }
}

impl From<AnyRefused> for Refused {
    fn from(refused: AnyRefused) -> Self {
        match refused {
            AnyRefused::Unauthorized => Why::Unauthorized.into(),
            AnyRefused::RateLimited { retry_after_seconds } => Why::RateLimited(retry_after_seconds).into(),
            AnyRefused::Failed(error) => error.into(),
        }
    }
}

impl From<directory::Error> for Refused {
    fn from(error: directory::Error) -> Self {
        Self::from_directory(error, Fault::from)
    }
}

impl From<ServerFault> for Refused {
    fn from(fault: ServerFault) -> Self {
        match fault {
            ServerFault::Panicked => Why::Failed.into(),
            ServerFault::TimedOut => Why::OutcomeUnknown.into(),
            ServerFault::Overloaded { retry_after_seconds } => Why::Busy(retry_after_seconds).into(),
        }
    }
}

impl Refused {
    /// A body that can't be read, with the limit that it was read with.
    pub(crate) fn body(fault: BodyFault, limit: usize) -> Self {
        match fault {
            BodyFault::TooLarge => Why::TooLarge(limit).into(),
            BodyFault::Broken => Why::Faults(vec![Fault::at_pointer("", "broke off")]).into(),
        }
    }

    /// What the directory answered, with its faults at the places that `locate` finds in the request.
    pub(crate) fn from_directory(
        error: directory::Error,
        locate: impl Fn(directory::Fault) -> Fault,
    ) -> Self {
        let why = match error {
            directory::Error::Forbidden(scope) => Why::Forbidden(scope),
            directory::Error::Refused(directory::Refused { refusal, replayed }) => {
                return Self { why: decided(refusal, locate), replayed };
            }
            directory::Error::Overloaded => Why::Busy(RETRY_AFTER_SECONDS),
            directory::Error::Unavailable => Why::OutcomeUnknown,
            directory::Error::Moved
            | directory::Error::TooSlow
            | directory::Error::Store(_)
            | directory::Error::Internal(_) => {
                tracing::error!(%error, "a request failed");
                Why::Failed
            }
        };
        why.into()
    }
}

fn decided(refusal: Refusal, locate: impl Fn(directory::Fault) -> Fault) -> Why {
    match refusal {
        Refusal::NotFound => Why::NotFound,
        Refusal::Faults(faults) => Why::Refused {
            taken: faults.iter().any(|fault| fault.reason == Reason::Taken),
            faults: faults.into_iter().map(locate).collect(),
        },
        Refusal::VersionMismatch { current } => Why::OtherVersion { current },
        Refusal::IdempotencyKeyReused => Why::KeyReused,
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self { why, replayed } = self;
        let retry_after = why.retry_after();
        let challenge =
            (why == Why::Unauthorized).then(|| HeaderValue::from_static("Bearer realm=\"roster\""));
        let accepted =
            if let Why::MediaType(accepted) = why { Some(HeaderValue::from_static(accepted)) } else { None };
        let mut response = answer::problem(&Problem::of(why));
        let headers = response.headers_mut();
        headers.extend(retry_after.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))));
        headers.extend(challenge.map(|challenge| (header::WWW_AUTHENTICATE, challenge)));
        headers.extend(accepted.map(|accepted| (header::ACCEPT, accepted)));
        idempotency::replayed(response, replayed)
    }
}

impl Why {
    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::ForeignSource => StatusCode::FORBIDDEN,
            Self::Faults(_) => StatusCode::BAD_REQUEST,
            Self::NoSuchPath | Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Refused { taken: true, .. } => StatusCode::CONFLICT,
            Self::Refused { taken: false, .. } | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::OtherVersion { .. } => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy(_) | Self::OutcomeUnknown => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        if let Self::RateLimited(seconds) | Self::Busy(seconds) = self {
            return Some(*seconds);
        }
        (*self == Self::OutcomeUnknown).then_some(RETRY_AFTER_SECONDS)
    }
}
