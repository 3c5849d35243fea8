//! The answers: what is sent out, in the order of the document.

use serde::Serialize;
use utoipa::ToSchema;

use crate::place::Fault;

/// Whether errors were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ZynchroResultCode)]
pub(crate) enum ResultCode {
    /// None were found.
    Ok,
    /// Some were found.
    Error,
}

/// Data related to the response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ZynchroResponseHeader)]
pub(crate) struct Header {
    /// Whether errors were found.
    pub(crate) result_code: ResultCode,
    /// Which result it is: `ok`, or the name of the status.
    #[schema(value_type = String, example = "ok")]
    pub(crate) message_code: &'static str,
    /// What the message code means.
    #[schema(example = "request ok")]
    pub(crate) message_description: String,
    /// The `transactionId` of the request; null where none was sent.
    #[schema(required = true, max_length = 255)]
    pub(crate) transaction_id: Option<String>,
}

/// The answer to a request that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ZynchroUpdated)]
pub(crate) struct Updated {
    /// Data related to the response.
    pub(crate) header: Header,
    /// What was asked for.
    pub(crate) data: UpdatedData,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ZynchroUpdatedData)]
pub(crate) struct UpdatedData {
    /// True.
    pub(crate) success: bool,
    /// Empty, as nothing went wrong.
    #[schema(value_type = String)]
    pub(crate) message: &'static str,
    /// The user as it is now.
    pub(crate) user: UserOut,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ZynchroUser)]
pub(crate) struct UserOut {
    /// The user's number.
    #[schema(minimum = 1)]
    pub(crate) id: i64,
    /// The name.
    #[schema(required = true, max_length = 511)]
    pub(crate) name: Option<String>,
    /// The email.
    #[schema(required = true, max_length = 254)]
    pub(crate) email: Option<String>,
    /// The telephone.
    #[schema(required = true, max_length = 64)]
    pub(crate) telephone: Option<String>,
    /// When the user last signed in: `MM-dd-yyyy hh:mm:ss AM/PM` in UTC; null where it never did.
    #[schema(
        required = true,
        example = "06-22-2024 05:04:06 PM",
        pattern = "^[0-9]{2}-[0-9]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} [AP]M$"
    )]
    pub(crate) last_login: Option<String>,
    /// Whether the user has access to the control tower.
    pub(crate) is_control_tower: bool,
}

/// The answer to a request with errors in its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ZynchroFieldErrors)]
pub(crate) struct FieldErrors {
    /// Data related to the response.
    pub(crate) header: Header,
    /// All errors of the request; of more than 100 the first 100.
    #[schema(min_items = 1, max_items = 100)]
    pub(crate) errors: Vec<FieldError>,
}

/// An error in a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ZynchroFieldError)]
pub(crate) struct FieldError {
    /// The field with the error; `clientsProfile[1].clientId` inside the list, `body` for the request as a whole.
    pub(crate) field_name: String,
    /// The description of the error. It never holds the value that was sent.
    pub(crate) field_desc: String,
}

impl From<Fault> for FieldError {
    fn from(fault: Fault) -> Self {
        Self { field_name: fault.place.to_string(), field_desc: fault.description }
    }
}

/// The answer to a request that failed in another way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ZynchroFailed)]
pub(crate) struct Failed {
    /// Data related to the response.
    pub(crate) header: Header,
    /// Why it failed.
    pub(crate) data: FailedData,
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ZynchroFailedData)]
pub(crate) struct FailedData {
    /// False.
    pub(crate) success: bool,
    /// Why.
    pub(crate) message: String,
}

/// The answer to a credential that does not suffice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ZynchroTokenError)]
pub(crate) struct TokenError {
    /// The type of the error: `unauthorized`, `invalid_token`, `insufficient_scope` or `access_denied`.
    #[schema(value_type = String)]
    pub(crate) error: &'static str,
    /// The description of the error; for `invalid_token` the token that was sent.
    pub(crate) error_description: String,
    /// The scope that is needed, for `insufficient_scope`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub(crate) scope: Option<&'static str>,
}

impl Header {
    /// Of a request that was done.
    pub(crate) fn ok(transaction_id: Option<String>) -> Self {
        let message_description = "request ok".to_owned();
        Self { result_code: ResultCode::Ok, message_code: "ok", message_description, transaction_id }
    }

    /// Of a request that failed.
    pub(crate) fn error(code: &'static str, description: &str, transaction_id: Option<String>) -> Self {
        Self {
            result_code: ResultCode::Error,
            message_code: code,
            message_description: description.to_owned(),
            transaction_id,
        }
    }
}
