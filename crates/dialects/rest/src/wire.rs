//! What goes out.

mod history;
mod registers;

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub use history::{ActorJson, ChangeJson, ElementJson, EntryJson, PositionJson, ValueJson};
pub use registers::{ClientJson, OrganisationJson, ProfileJson};

pub(crate) use history::HistoryPage;
pub(crate) use registers::{ClientPage, OrganisationPage, ProfilePage};

/// A user. A field without a value is null, or absent where it says so; the password is never shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserJson {
    /// The id: made by Roster, never changed, never reused.
    pub id: Uuid,
    /// The number: unique, in order of creation, never reused.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_992_i64)]
    pub number: i64,
    /// One more at each change; 1 at creation.
    #[schema(minimum = 1)]
    pub version: u64,
    /// What the user signs in as: unique. Where nobody has set it, it is the email, else an external id, else the id.
    #[schema(min_length = 1, max_length = 255)]
    pub user_name: String,
    /// The name as others see it.
    #[schema(required = true, max_length = 255)]
    pub display_name: Option<String>,
    /// The given name.
    #[schema(required = true, max_length = 255)]
    pub given_name: Option<String>,
    /// The family name.
    #[schema(required = true, max_length = 255)]
    pub family_name: Option<String>,
    /// The email address.
    #[schema(required = true, max_length = 254)]
    pub email: Option<String>,
    /// Whether the address was confirmed.
    #[schema(required = true)]
    pub email_verified: Option<bool>,
    /// The phone number, as sent.
    #[schema(required = true, max_length = 64)]
    pub phone: Option<String>,
    /// The language, as sent.
    #[schema(required = true, max_length = 64)]
    pub language: Option<String>,
    /// Where the picture is.
    #[schema(required = true, max_length = 2048, pattern = "^(https?:)?//")]
    pub avatar: Option<String>,
    /// The status, free text.
    #[schema(required = true, max_length = 64)]
    pub status: Option<String>,
    /// The role, free text.
    #[schema(required = true, max_length = 64)]
    pub role: Option<String>,
    /// Whether the user may act: an inactive user's tokens are refused.
    pub active: bool,
    /// Whether the user signed up.
    #[schema(required = true)]
    pub signed_up: Option<bool>,
    /// Whether the user is of the operator's own staff.
    #[schema(required = true)]
    pub staff: Option<bool>,
    /// Whether the user may enter the control tower.
    #[schema(required = true)]
    pub control_tower: Option<bool>,
    /// When the user last signed in.
    #[schema(required = true, format = DateTime)]
    pub last_login: Option<String>,
    /// The producer's id.
    #[schema(required = true)]
    pub producer_id: Option<Uuid>,
    /// What the sources call the producer.
    #[schema(required = true, max_length = 255)]
    pub producer_external_id: Option<String>,
    /// The seller's id.
    #[schema(required = true)]
    pub seller_id: Option<Uuid>,
    /// What the sources call the seller.
    #[schema(required = true, max_length = 255)]
    pub seller_external_id: Option<String>,
    /// The origin's id.
    #[schema(required = true)]
    pub origin_id: Option<Uuid>,
    /// What the sources call the origin.
    #[schema(required = true, max_length = 255)]
    pub origin_external_id: Option<String>,
    /// The whole name, as it is written. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024, nullable = false)]
    pub formatted_name: Option<String>,
    /// The middle name. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, nullable = false)]
    pub middle_name: Option<String>,
    /// What stands before the name (`Dr.`). Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, nullable = false)]
    pub honorific_prefix: Option<String>,
    /// What stands behind the name (`III`). Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, nullable = false)]
    pub honorific_suffix: Option<String>,
    /// What friends say. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, nullable = false)]
    pub nick_name: Option<String>,
    /// Where the user's page is. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2048, nullable = false)]
    pub profile_url: Option<String>,
    /// The job's title. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, nullable = false)]
    pub title: Option<String>,
    /// What kind of user (`Contractor`). Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, nullable = false)]
    pub user_type: Option<String>,
    /// For numbers and dates, as sent (`en-US`). Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, nullable = false)]
    pub locale: Option<String>,
    /// The time zone, as sent (`Europe/Paris`). Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, nullable = false)]
    pub timezone: Option<String>,
    /// What the employer counts the user as. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, nullable = false)]
    pub employee_number: Option<String>,
    /// The cost centre. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, nullable = false)]
    pub cost_center: Option<String>,
    /// The organisation. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, nullable = false)]
    pub organization: Option<String>,
    /// The division. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, nullable = false)]
    pub division: Option<String>,
    /// The department. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, nullable = false)]
    pub department: Option<String>,
    /// Who manages the user, as the caller names them. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255, nullable = false)]
    pub manager: Option<String>,
    /// Who calls the user what: from source to external id.
    #[schema(example = json!({"bubble": "1708861331497x933611102973227500"}))]
    pub links: BTreeMap<String, String>,
    /// The clients that the user may enter, and as what.
    #[schema(max_items = 1000)]
    pub grants: Vec<GrantJson>,
    /// When the user was created, as the callers say; else when the server created it.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the user was last updated, as the callers say; else when the server last changed it.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When the server made this version: strictly increasing for each user.
    #[schema(format = DateTime)]
    pub recorded_at: String,
    /// When the user was deleted. Absent from a living user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    pub deleted_at: Option<String>,
}

/// A client that a user may enter, and as what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Grant)]
pub struct GrantJson {
    /// The client.
    #[schema(minimum = 1, example = 4)]
    pub client_id: i64,
    /// The profile that the user has there.
    #[schema(min_length = 1, max_length = 255, example = "33")]
    pub profile_id: String,
}

/// A page of users.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserPage)]
pub(crate) struct UserPage {
    /// The users.
    pub(crate) users: Vec<UserJson>,
    /// The cursor of the next page; null where this is the last.
    #[schema(required = true)]
    pub(crate) next: Option<String>,
}

/// A user's grants.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Grants)]
pub(crate) struct GrantsJson {
    /// The grants, by client, then by profile.
    pub(crate) grants: Vec<GrantJson>,
}
