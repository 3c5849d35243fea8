//! What may go wrong, and how it is answered.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use roster_directory as directory;
use roster_directory::{Fault, FaultAt, Field, Refusal};
use roster_wire::{BodyFault, ServerFault, idempotency};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer;
use crate::catalogue::Code;

/// The most faults that an answer lists.
const MOST_DETAILS: usize = 100;

/// When to try again, in seconds, where nothing better is known.
const RETRY_AFTER_SECONDS: u64 = 1;

/// One fault of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AlgorepFault)]
pub(crate) struct Detail {
    /// The JSON key, cut to 64 characters; null for the request as a whole.
    #[schema(value_type = Option<String>, required = true, max_length = 64)]
    pub(crate) field: Option<Cow<'static, str>>,
    /// What is wrong with it. A value that was sent is never part of it.
    #[schema(value_type = String)]
    pub(crate) message: Cow<'static, str>,
    /// Whether it is about a reference to an organisation.
    #[serde(skip)]
    pub(crate) is_reference: bool,
}

impl Detail {
    /// A fault of the field `key`.
    pub(crate) fn at(key: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(key.into()), message: message.into(), is_reference: false }
    }

    /// A fault of the request as a whole.
    pub(crate) fn of_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self { field: None, message: message.into(), is_reference: false }
    }
}

impl From<Fault> for Detail {
    fn from(Fault { at, reason }: Fault) -> Self {
        let field = match at {
            FaultAt::Field(field) => key(field),
            FaultAt::Link(_) => key(Field::Links),
            FaultAt::GrantClient(_) | FaultAt::GrantProfile(_) => key(Field::Grants),
            // Of groups this dialect knows nothing.
            FaultAt::GroupName | FaultAt::Member(_) => None,
        };
        let is_reference = reason.is_about_an_organisation();
        Self { field: field.map(Cow::Borrowed), message: reason.to_string().into(), is_reference }
    }
}

/// The JSON key of a field of the directory, if this dialect has one.
fn key(field: Field) -> Option<&'static str> {
    match field {
        Field::Links => Some("bubbleId"),
        Field::EmailVerified => Some("isMailConfirmed"),
        Field::Language => Some("language"),
        Field::LastLogin => Some("lastConnexion"),
        Field::Email => Some("email"),
        Field::Phone => Some("mobilePhone"),
        Field::ProducerExternalId => Some("producerBubbleId"),
        Field::ProducerId => Some("producerId"),
        Field::SellerExternalId => Some("sellerBubbleId"),
        Field::SellerId => Some("sellerId"),
        Field::OriginExternalId => Some("originBubbleId"),
        Field::OriginId => Some("originId"),
        Field::FamilyName => Some("lastName"),
        Field::GivenName => Some("firstName"),
        Field::Status => Some("status"),
        Field::Role => Some("role"),
        Field::SignedUp => Some("userSignedUp"),
        Field::Avatar => Some("avatar"),
        Field::Staff => Some("isAlgorep"),
        Field::CreatedAt => Some("createdAt"),
        Field::UpdatedAt => Some("updatedAt"),
        Field::UserName
        | Field::DisplayName
        | Field::Active
        | Field::ControlTower
        | Field::Password
        | Field::Grants
        | Field::Elements
        | Field::DeletedAt
        | Field::FormattedName
        | Field::MiddleName
        | Field::HonorificPrefix
        | Field::HonorificSuffix
        | Field::NickName
        | Field::ProfileUrl
        | Field::Title
        | Field::UserType
        | Field::Locale
        | Field::Timezone
        | Field::EmployeeNumber
        | Field::CostCenter
        | Field::Organization
        | Field::Division
        | Field::Department
        | Field::Manager => None,
    }
}

/// Why a request was not answered with a user.
#[derive(Debug)]
pub(crate) enum Refused {
    /// No valid API key.
    Unauthorized,
    /// The key lacks `users:write`.
    Forbidden,
    /// The body is larger than the limit, in bytes.
    TooLarge(usize),
    /// What is wrong with the request: all of it.
    Faults {
        /// One at least.
        details: Vec<Detail>,
        /// Whether this is the answer to an earlier request again.
        replayed: bool,
    },
    /// The idempotency key belongs to another request.
    KeyReused,
    /// Too many requests.
    RateLimited(u64),
    /// The server has too much to do.
    Busy(u64),
    /// The store failed.
    StoreFailed,
    /// The server failed.
    ServerFailed,
    /// The path has no such method.
    MethodNotAllowed,
}

impl From<Vec<Detail>> for Refused {
    fn from(details: Vec<Detail>) -> Self {
        Self::Faults { details, replayed: false }
    }
}

impl From<roster_auth::KeyRefused> for Refused {
    fn from(refused: roster_auth::KeyRefused) -> Self {
        match refused {
            roster_auth::KeyRefused::Unauthorized => Self::Unauthorized,
            roster_auth::KeyRefused::RateLimited { retry_after_seconds } => {
                Self::RateLimited(retry_after_seconds)
            }
            roster_auth::KeyRefused::Failed(error) => error.into(),
        }
    }
}

impl From<directory::Error> for Refused {
    fn from(error: directory::Error) -> Self {
        match error {
            directory::Error::Forbidden(_) => Self::Forbidden,
            directory::Error::Refused(directory::Refused { refusal, replayed }) => match refusal {
                Refusal::Faults(faults) => {
                    Self::Faults { details: faults.into_iter().map(Detail::from).collect(), replayed }
                }
                Refusal::IdempotencyKeyReused => Self::KeyReused,
                // An upsert creates what is not found, and expects no version.
                Refusal::NotFound | Refusal::VersionMismatch { .. } => {
                    tracing::error!(?refusal, "an upsert was refused for what it never asks");
                    Self::ServerFailed
                }
            },
            directory::Error::Overloaded => Self::Busy(RETRY_AFTER_SECONDS),
            directory::Error::Unavailable | directory::Error::Store(_) => {
                tracing::error!(%error, "the store failed");
                Self::StoreFailed
            }
            directory::Error::Internal(_) | directory::Error::Moved | directory::Error::TooSlow => {
                tracing::error!(%error, "the server failed");
                Self::ServerFailed
            }
        }
    }
}

impl From<ServerFault> for Refused {
    fn from(fault: ServerFault) -> Self {
        match fault {
            ServerFault::Panicked => Self::ServerFailed,
            ServerFault::TimedOut => Self::Busy(RETRY_AFTER_SECONDS),
            ServerFault::Overloaded { retry_after_seconds } => Self::Busy(retry_after_seconds),
        }
    }
}

impl Refused {
    /// A body that can't be read, with the limit that it was read with.
    pub(crate) fn body(fault: BodyFault, limit: usize) -> Self {
        match fault {
            BodyFault::TooLarge => Self::TooLarge(limit),
            BodyFault::Broken => vec![Detail::of_request("the body broke off")].into(),
        }
    }
}

/// What went wrong, by the code of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlgorepError)]
pub(crate) struct ErrorBody {
    /// The code.
    error: Code,
    /// The catalogue's text for the code.
    #[schema(value_type = String)]
    message: &'static str,
    /// Every fault of the request, 100 at the most; none, where the request is not at fault.
    #[schema(max_items = 100)]
    details: Vec<Detail>,
}

/// What was refused before the request was looked at: the catalogue has no code for it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlgorepGatewayMessage)]
pub(crate) struct GatewayMessage {
    /// `Unauthorized`, `Forbidden` or `Method Not Allowed`.
    #[schema(value_type = String)]
    message: &'static str,
}

fn coded(status: StatusCode, error: Code, mut details: Vec<Detail>) -> Response {
    details.truncate(MOST_DETAILS);
    answer::json(status, &ErrorBody { error, message: error.text(), details })
}

fn gateway(status: StatusCode, message: &'static str) -> Response {
    answer::json(status, &GatewayMessage { message })
}

fn retry_after(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn faults(details: Vec<Detail>, replayed: bool) -> Response {
    let only_references = details.iter().all(|detail| detail.is_reference);
    let code = if only_references { Code::ProducerNotFound } else { Code::BadRequest };
    idempotency::replayed(coded(StatusCode::BAD_REQUEST, code, details), replayed)
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthorized => {
                let mut response = gateway(StatusCode::UNAUTHORIZED, "Unauthorized");
                let challenge = HeaderValue::from_static("Bearer realm=\"roster\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                response
            }
            Self::Forbidden => gateway(StatusCode::FORBIDDEN, "Forbidden"),
            Self::MethodNotAllowed => gateway(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"),
            Self::TooLarge(limit) => {
                let detail = Detail::of_request(format!("the body must have at most {limit} bytes"));
                coded(StatusCode::PAYLOAD_TOO_LARGE, Code::BadRequest, vec![detail])
            }
            Self::Faults { details, replayed } => faults(details, replayed),
            Self::KeyReused => {
                let detail = Detail::of_request("the Idempotency-Key was used with another request");
                coded(StatusCode::UNPROCESSABLE_ENTITY, Code::BadRequest, vec![detail])
            }
            Self::RateLimited(seconds) => {
                retry_after(coded(StatusCode::TOO_MANY_REQUESTS, Code::UnknownError, Vec::new()), seconds)
            }
            Self::Busy(seconds) => {
                retry_after(coded(StatusCode::SERVICE_UNAVAILABLE, Code::UnknownError, Vec::new()), seconds)
            }
            Self::StoreFailed => coded(StatusCode::INTERNAL_SERVER_ERROR, Code::StoreFailed, Vec::new()),
            Self::ServerFailed => coded(StatusCode::INTERNAL_SERVER_ERROR, Code::UnknownError, Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests;
