//! The document that a problem is answered with, and what OpenAPI says of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::StatusCode;
use roster_wire::openapi;
use serde::Serialize;
use utoipa::openapi::{RefOr, Response};
use utoipa::{IntoResponses, ToSchema};

use super::{MOST_FAULTS, Why};
use crate::fault::Fault;

/// The media type of a problem.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request was not done (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The kind of problem, for programs: it does not change.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "urn:roster:problem:bad-request")]
    kind: &'static str,
    /// The kind of problem, for people.
    #[schema(value_type = String, example = "The request is at fault")]
    title: &'static str,
    /// The status of the answer.
    #[schema(example = 400)]
    status: u16,
    /// What happened to this request, for people.
    #[schema(value_type = String, example = "Nothing was changed. Everything that is wrong is listed in `errors`.")]
    detail: Cow<'static, str>,
    /// Everything that is wrong with the request, 100 at the most. Absent where the request is not at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 100)]
    errors: Vec<Fault>,
}

impl Problem {
    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The document that says why.
    pub(crate) fn of(why: Why) -> Self {
        let status = why.status().as_u16();
        let (kind, title) = why.kind();
        let detail = why.detail();
        let mut errors = why.faults();
        errors.truncate(MOST_FAULTS);
        Self { kind, title, status, detail, errors }
    }
}

impl Why {
    /// The type and the title.
    fn kind(&self) -> (&'static str, &'static str) {
        match self {
            Self::Unauthorized => ("urn:roster:problem:unauthorized", "A valid credential is needed"),
            Self::Forbidden(_) | Self::ForeignSource => {
                ("urn:roster:problem:forbidden", "The credential does not allow this")
            }
            Self::Faults(_) => ("urn:roster:problem:bad-request", "The request is at fault"),
            Self::NoSuchPath | Self::NotFound => ("urn:roster:problem:not-found", "There is no such thing"),
            Self::MethodNotAllowed => {
                ("urn:roster:problem:method-not-allowed", "The path does not take this method")
            }
            Self::Refused { taken: true, .. } => {
                ("urn:roster:problem:conflict", "A value is held by another")
            }
            Self::Refused { taken: false, .. } => {
                ("urn:roster:problem:unacceptable-values", "Values can't be taken")
            }
            Self::OtherVersion { .. } => ("urn:roster:problem:other-version", "The user has another version"),
            Self::TooLarge(_) => ("urn:roster:problem:too-large", "The body is too large"),
            Self::MediaType(_) => {
                ("urn:roster:problem:unsupported-media-type", "The body is of another media type")
            }
            Self::KeyReused => (
                "urn:roster:problem:idempotency-key-reused",
                "The idempotency key was used with another request",
            ),
            Self::RateLimited(_) => ("urn:roster:problem:too-many-requests", "Too many requests"),
            Self::Failed => ("urn:roster:problem:failed", "Roster failed"),
            Self::Busy(_) => ("urn:roster:problem:busy", "Roster has too much to do"),
            Self::OutcomeUnknown => {
                ("urn:roster:problem:outcome-unknown", "The outcome of the request is not known")
            }
        }
    }

    fn detail(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Unauthorized => {
                "Send an API key or a token as `Authorization: Bearer ...`. None was sent, or it is unknown, expired or revoked."
            }
            Self::Forbidden(scope) => return format!("The scope `{scope}` is needed.").into(),
            Self::ForeignSource => {
                "A user is created, and changed by a link, under the credential's own source alone. Find the user by the \
                 link, then change it by its id."
            }
            Self::Faults(_) => "Nothing was changed. Everything that is wrong is listed in `errors`.",
            Self::NoSuchPath => "No resource has this path.",
            Self::NotFound => "Nothing has this name: it never had, or it was deleted.",
            Self::MethodNotAllowed => "The header `Allow` lists the methods that it takes.",
            Self::Refused { taken: true, .. } => {
                "Nothing was changed. A value that one alone may hold is held by another: see `errors`."
            }
            Self::Refused { taken: false, .. } => {
                "Nothing was changed. The values are well formed, and can't be taken: see `errors`."
            }
            Self::OtherVersion { current } => {
                return format!("Nothing was changed. The user has version {current}: read it again.").into();
            }
            Self::TooLarge(limit) => return format!("The body must have at most {limit} bytes.").into(),
            Self::MediaType(accepted) => {
                return format!("The body must be of the media type {accepted}, in UTF-8.").into();
            }
            Self::KeyReused => {
                "Nothing was changed. Use a fresh key for each request, and the same key and request to repeat one."
            }
            Self::RateLimited(_) => "Try again after the seconds of `Retry-After`.",
            Self::Failed => "It is not the request's fault, and nothing was acknowledged.",
            Self::Busy(_) => "Nothing was changed. Try again after the seconds of `Retry-After`.",
            Self::OutcomeUnknown => {
                "The change may or may not have been made. Repeat the request; with the same `Idempotency-Key` it is \
                 applied once."
            }
        })
    }

    fn faults(self) -> Vec<Fault> {
        if let Self::Faults(faults) | Self::Refused { faults, .. } = self { faults } else { Vec::new() }
    }
}

/// The problems that every operation may answer, for the OpenAPI document.
pub(crate) struct Problems;

/// The problems that a change of a user may answer besides, for the OpenAPI document.
pub(crate) struct WriteProblems;

/// That nothing has the name, for the OpenAPI document.
pub(crate) struct NotFound;

/// That another holds a value, for the OpenAPI document.
pub(crate) struct Taken;

impl IntoResponses for Taken {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        documented(&[("409", "The external id is another organisation's of the kind", false)])
    }
}

/// The problems of a body, for the OpenAPI document.
pub(crate) struct BodyProblems;

impl IntoResponses for NotFound {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        documented(&[("404", "Nothing has this name: it never had, or it was deleted", false)])
    }
}

impl IntoResponses for BodyProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        documented(&[
            ("413", "The body is too large", false),
            (
                "415",
                "The body is of another media type; the header `Accept` lists those that are taken",
                false,
            ),
        ])
    }
}

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        documented(&[
            ("400", "The request is at fault; `errors` lists everything that is wrong", false),
            ("401", "No credential, or one that is unknown, expired or revoked", false),
            ("403", "The credential does not allow this", false),
            ("429", "Too many requests", true),
            ("500", "Roster failed", false),
            ("503", "Roster has too much to do, or the outcome is not known", true),
        ])
    }
}

impl IntoResponses for WriteProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        documented(&[
            ("409", "A value that one user alone may hold is another's", false),
            ("412", "The user has another version than `If-Match` says", false),
            (
                "422",
                "The idempotency key was used with another request, or a reference is not registered",
                false,
            ),
        ])
    }
}

fn documented(rows: &[(&str, &str, bool)]) -> BTreeMap<String, RefOr<Response>> {
    openapi::failures(MEDIA_TYPE, &Problem::name(), rows)
}
