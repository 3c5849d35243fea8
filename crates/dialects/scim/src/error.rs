//! Errors as RFC 7644, 3.12 writes them.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use roster_wire::idempotency;
use serde_json::{Map, Value, json};

use crate::fault::Fault;
use crate::refused;

/// The media type of every body that this dialect answers.
pub(crate) const MEDIA_TYPE: &str = "application/scim+json";

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The most faults that an error lists.
const MOST_FAULTS: usize = 100;

/// What kind of error it is, where the status alone does not say (RFC 7644, table 9; RFC 9865, table 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScimType {
    /// The filter is none, or names what the resource does not have.
    InvalidFilter,
    /// More results than Roster works out.
    TooMany,
    /// Another resource has the value.
    Uniqueness,
    /// The attribute can't be changed so.
    Mutability,
    /// The body is not built as it must be.
    InvalidSyntax,
    /// The path of a PATCH is none, or names what the resource does not have.
    InvalidPath,
    /// The path of a PATCH leads to nothing that could be changed.
    NoTarget,
    /// A value is missing, or is none of its attribute.
    InvalidValue,
    /// The cursor is none of this list.
    InvalidCursor,
    /// The size of the page is none.
    InvalidCount,
}

impl ScimType {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidCursor => "invalidCursor",
            Self::InvalidCount => "invalidCount",
        }
    }

    /// The status that goes with it.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Uniqueness => StatusCode::CONFLICT,
            Self::InvalidFilter
            | Self::TooMany
            | Self::Mutability
            | Self::InvalidSyntax
            | Self::InvalidPath
            | Self::NoTarget
            | Self::InvalidValue
            | Self::InvalidCursor
            | Self::InvalidCount => StatusCode::BAD_REQUEST,
        }
    }
}

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScimError {
    /// The status of the answer.
    pub(crate) status: StatusCode,
    /// What kind of error it is, where the status alone does not say.
    pub(crate) scim_type: Option<ScimType>,
    /// What is wrong, for people. It holds no value that was sent.
    pub(crate) detail: Cow<'static, str>,
    /// When to try again, in seconds, where that may help.
    pub(crate) retry_after: Option<u64>,
    /// Whether this is the answer to an earlier request again.
    pub(crate) replayed: bool,
}

impl ScimError {
    /// An error of that kind.
    pub(crate) fn new(scim_type: ScimType, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { scim_type: Some(scim_type), ..Self::of_status(scim_type.status(), detail) }
    }

    /// An error that the status says all of.
    pub(crate) fn of_status(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, scim_type: None, detail: detail.into(), retry_after: None, replayed: false }
    }

    /// Refuses a request whose values have faults.
    pub(crate) fn check(faults: &[Fault]) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self::of_faults(faults)) }
    }

    /// The error that names the faults of a request's values.
    pub(crate) fn of_faults(faults: &[Fault]) -> Self {
        let named: Vec<String> = faults.iter().take(MOST_FAULTS).map(ToString::to_string).collect();
        let more = match faults.len().saturating_sub(MOST_FAULTS) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Self::new(ScimType::InvalidValue, format!("{}{more}", named.join("; ")))
    }

    /// The body of the answer.
    pub(crate) fn to_json(&self) -> Value {
        let mut body = Map::from_iter([("schemas".to_owned(), json!([ERROR]))]);
        if let Some(scim_type) = self.scim_type {
            body.insert("scimType".to_owned(), scim_type.name().into());
        }
        body.insert("detail".to_owned(), self.detail.as_ref().into());
        // A string, as the RFC has it.
        body.insert("status".to_owned(), self.status.as_str().into());
        body.into()
    }
}

impl IntoResponse for ScimError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json().to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.extend(self.retry_after.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))));
        headers.extend((self.status == StatusCode::UNAUTHORIZED).then(refused::challenge));
        idempotency::replayed(response, self.replayed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_that_of_rfc_7644_section_3_12() {
        let error = ScimError::new(ScimType::Mutability, "id can't be changed");
        assert_eq!(
            error.to_json().to_string(),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"scimType":"mutability","detail":"id can't be changed","status":"400"}"#
        );
        let error = ScimError::of_status(StatusCode::NOT_FOUND, "there is no such user");
        assert_eq!(
            error.to_json().to_string(),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"there is no such user","status":"404"}"#
        );
        let response = ScimError::new(ScimType::Uniqueness, "x").into_response();
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/scim+json");
    }

    #[test]
    fn every_fault_is_named_up_to_a_bound() {
        assert_eq!(ScimError::check(&[]), Ok(()));
        let fault = |n: usize| Fault::new(format!("emails[{n}].value"), "must be a string");
        let error = ScimError::check(&[fault(0), fault(1)]).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidValue));
        assert_eq!(error.detail, "emails[0].value must be a string; emails[1].value must be a string");
        let many: Vec<Fault> = (0..103).map(fault).collect();
        assert!(
            ScimError::of_faults(&many).detail.ends_with("emails[99].value must be a string; and 3 more")
        );
    }
}
