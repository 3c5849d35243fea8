//! What the OpenAPI document says of a request. Requests are read field by field (`wire`), so that no fault hides another;
//! a test holds the two together.

use serde::Serialize;
use utoipa::ToSchema;

/// An update of a user.
#[derive(ToSchema)]
#[schema(as = ZynchroUpdate)]
pub struct Update {
    /// Data related to the request; may be absent. What else is in it is ignored.
    pub header: Option<RequestHeader>,
    /// What to change.
    pub data: Data,
}

/// Data related to the request.
#[derive(ToSchema)]
#[schema(as = ZynchroRequestHeader, rename_all = "camelCase")]
pub struct RequestHeader {
    /// Any text of at most 255 characters; the answer repeats it. It may be the same in several requests.
    pub transaction_id: Option<TextOrNumber>,
}

/// What to change.
#[derive(ToSchema)]
#[schema(as = ZynchroData, rename_all = "camelCase")]
pub struct Data {
    /// The user to update.
    pub user: User,
    /// The whole list of profiles and clients that the user has access to: it replaces the list.
    #[schema(max_items = 1000)]
    pub clients_profile: Vec<ClientProfile>,
}

/// The user to update. An optional field that is absent or null is left as it is.
#[derive(ToSchema)]
#[schema(as = ZynchroUserUpdate, rename_all = "camelCase")]
pub struct User {
    /// The user's number, which must be that of the path.
    #[schema(minimum = 1)]
    pub id: Option<i64>,
    /// The name of the user.
    #[schema(max_length = 255)]
    pub name: String,
    /// The email of the user.
    #[schema(max_length = 254)]
    pub email: String,
    /// The password of the user.
    #[schema(min_length = 8, max_length = 256, format = Password, write_only)]
    pub password: String,
    /// The telephone of the user.
    #[schema(max_length = 64)]
    pub telephone: String,
    /// The last login date of the user: `MM-dd-yyyy hh:mm:ss AM/PM` in UTC, or RFC 3339.
    #[schema(example = "06-22-2024 05:04:06 PM")]
    pub last_login: Option<String>,
    /// Whether the user has access to the control tower.
    pub is_control_tower: Option<bool>,
}

/// A client that the user may enter, and as what.
#[derive(ToSchema)]
#[schema(as = ZynchroClientProfile, rename_all = "camelCase")]
pub struct ClientProfile {
    /// The client.
    #[schema(minimum = 1)]
    pub client_id: i64,
    /// The profile: a text of 1 to 255 characters, or an integer, which means its decimal text.
    pub profile_id: TextOrNumber,
}

/// A text, or a number that means its text.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ZynchroTextOrNumber)]
pub enum TextOrNumber {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
}
