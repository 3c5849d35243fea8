//! What else may go wrong, as SCIM's errors.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use roster_auth::AnyRefused;
use roster_directory::{self as directory, Fault, FaultAt, Field, Reason, Refusal};
use roster_wire::{BodyFault, ServerFault};

use crate::convert::{PLAIN, Plain};
use crate::error::{ScimError, ScimType};
use crate::fault::Fault as Told;

/// When to try again, in seconds, where nothing better is known.
const RETRY_AFTER_SECONDS: u64 = 1;

/// There is no such resource.
pub(crate) fn not_found() -> ScimError {
    ScimError::of_status(StatusCode::NOT_FOUND, "there is no such resource")
}

/// A body that can't be read, with the limit that it was read with.
pub(crate) fn body(fault: BodyFault, limit: usize) -> ScimError {
    match fault {
        BodyFault::TooLarge => too_large(format!("the body must have at most {limit} bytes")),
        BodyFault::Broken => ScimError::new(ScimType::InvalidSyntax, "the body broke off"),
    }
}

/// More than is taken at once (RFC 7644, 3.7.4).
pub(crate) fn too_large(detail: String) -> ScimError {
    ScimError::of_status(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

/// What may go wrong around the handlers.
pub(crate) fn server_fault(fault: ServerFault) -> Response {
    let error = match fault {
        ServerFault::Panicked => failed(),
        ServerFault::TimedOut => outcome_unknown(),
        ServerFault::Overloaded { retry_after_seconds } => busy(retry_after_seconds),
    };
    error.into_response()
}

fn failed() -> ScimError {
    ScimError::of_status(StatusCode::INTERNAL_SERVER_ERROR, "Roster or its store failed")
}

/// An answer that can't be written down: nothing that a caller sends should bring it about.
pub(crate) fn unwritable(error: &serde_json::Error) -> ScimError {
    tracing::error!(%error, "an answer could not be written");
    failed()
}

fn busy(retry_after: u64) -> ScimError {
    let detail = "Roster is busy: nothing was changed, try again";
    ScimError {
        retry_after: Some(retry_after),
        ..ScimError::of_status(StatusCode::SERVICE_UNAVAILABLE, detail)
    }
}

/// An operation of a bulk request that was not begun.
pub(crate) fn not_tried() -> ScimError {
    let detail = "not tried: the request takes too long; send this operation again";
    ScimError::of_status(StatusCode::SERVICE_UNAVAILABLE, detail)
}

fn outcome_unknown() -> ScimError {
    let detail = "the outcome is not known: the change may or may not have been made";
    let error = ScimError::of_status(StatusCode::SERVICE_UNAVAILABLE, detail);
    ScimError { retry_after: Some(RETRY_AFTER_SECONDS), ..error }
}

impl From<AnyRefused> for ScimError {
    fn from(refused: AnyRefused) -> Self {
        match refused {
            AnyRefused::Unauthorized => {
                let detail = "a valid API key or token is needed, as a Bearer token";
                Self::of_status(StatusCode::UNAUTHORIZED, detail)
            }
            AnyRefused::RateLimited { retry_after_seconds } => Self {
                retry_after: Some(retry_after_seconds),
                ..Self::of_status(StatusCode::TOO_MANY_REQUESTS, "too many requests")
            },
            AnyRefused::Failed(error) => error.into(),
        }
    }
}

impl From<directory::Error> for ScimError {
    fn from(error: directory::Error) -> Self {
        match error {
            directory::Error::Forbidden(scope) => {
                Self::of_status(StatusCode::FORBIDDEN, format!("the scope {scope} is needed"))
            }
            directory::Error::Refused(directory::Refused { refusal, replayed }) => {
                Self { replayed, ..decided(refusal) }
            }
            directory::Error::Overloaded | directory::Error::Moved => busy(RETRY_AFTER_SECONDS),
            directory::Error::Unavailable => outcome_unknown(),
            directory::Error::TooSlow => {
                let detail = "the filter or the order takes too long: ask for less, or by an attribute that has an index";
                Self::new(ScimType::TooMany, detail)
            }
            directory::Error::Store(_) | directory::Error::Internal(_) => {
                tracing::error!(%error, "a request failed");
                failed()
            }
        }
    }
}

fn decided(refusal: Refusal) -> ScimError {
    match refusal {
        Refusal::NotFound => not_found(),
        Refusal::Faults(faults) => {
            let taken = faults.iter().any(|fault| fault.reason == Reason::Taken);
            let told: Vec<Told> = faults.iter().map(told).collect();
            let error = ScimError::of_faults(&told);
            if taken { ScimError::new(ScimType::Uniqueness, error.detail) } else { error }
        }
        Refusal::VersionMismatch { current } => {
            let detail = format!("the resource has version {current} now");
            ScimError::of_status(StatusCode::PRECONDITION_FAILED, detail)
        }
        Refusal::IdempotencyKeyReused => {
            let detail = "the Idempotency-Key was used with another request";
            ScimError::of_status(StatusCode::UNPROCESSABLE_ENTITY, detail)
        }
    }
}

/// A fault that the directory found, at the attribute that it is about.
fn told(Fault { at, reason }: &Fault) -> Told {
    let path = match at {
        FaultAt::Field(field) => attribute(*field),
        FaultAt::GrantClient(grant) => format!("grants[clientId eq {}].clientId", grant.client_id),
        FaultAt::GrantProfile(grant) => format!("grants[clientId eq {}].profileId", grant.client_id),
        FaultAt::Link(_) => "externalId".to_owned(),
        FaultAt::GroupName => "displayName".to_owned(),
        FaultAt::Member(id) => format!("members[value eq \"{id}\"]"),
    };
    Told::new(path, reason.to_string())
}

fn attribute(field: Field) -> String {
    let plain = PLAIN.iter().find(|plain| plain.field == field);
    match (plain, field) {
        (Some(Plain { attribute, sub, .. }), _) => {
            sub.map_or((*attribute).to_owned(), |sub| format!("{attribute}.{sub}"))
        }
        (None, Field::UserName) => "userName".to_owned(),
        (None, Field::Email) => "emails".to_owned(),
        (None, _) => field.name().to_owned(),
    }
}

/// The challenge of an answer to a sender that is not known (RFC 6750, 3).
pub(crate) fn challenge() -> (http::HeaderName, HeaderValue) {
    (header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"roster\""))
}
