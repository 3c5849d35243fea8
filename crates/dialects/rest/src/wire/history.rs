//! What goes out of a history.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::GrantJson;

/// A page of a user's history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryPage)]
pub(crate) struct HistoryPage {
    /// The entries, the oldest first.
    pub(crate) entries: Vec<EntryJson>,
    /// What `after` is to be for the next page; null where this is the last.
    #[schema(required = true)]
    pub(crate) next: Option<u64>,
}

/// One change of one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = HistoryEntry)]
pub struct EntryJson {
    /// Where the entry stands among the changes of all users.
    pub position: PositionJson,
    /// The user's version after the change.
    #[schema(minimum = 1)]
    pub version: u64,
    /// The id of the change.
    pub change_id: Uuid,
    /// What kind of change: `created`, `updated` or `deleted`.
    #[schema(value_type = String, example = "updated")]
    pub kind: &'static str,
    /// When the server recorded it.
    #[schema(format = DateTime)]
    pub recorded_at: String,
    /// Who made it.
    pub actor: ActorJson,
    /// Through which protocol: `algorep`, `zynchro`, `rest`, `cli`, `oauth` (a sign-in at the token endpoint) or `scim`.
    #[schema(value_type = String, example = "rest")]
    pub dialect: &'static str,
    /// What changed; null once the person was erased, and the values with it.
    #[schema(required = true)]
    pub changes: Option<Vec<ChangeJson>>,
}

/// Where an entry stands. Positions of one epoch and stream grow, and may skip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Position)]
pub struct PositionJson {
    /// The epoch: another one after a restore.
    pub epoch: Uuid,
    /// The stream.
    pub stream: u16,
    /// The position in the stream.
    pub n: i64,
}

/// Who made a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Actor)]
pub struct ActorJson {
    /// The API client: a key's id, an OAuth client id, or `cli`.
    pub client: String,
    /// The id of the user on whose behalf, where known.
    #[schema(required = true)]
    pub user: Option<Uuid>,
}

/// One field, or one element of the links or the grants, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = FieldChange)]
pub enum ChangeJson {
    /// A field whose values are kept.
    Values {
        /// The field.
        #[schema(value_type = String, example = "email")]
        field: &'static str,
        /// What it was, or the element that was removed; null for nothing.
        #[schema(required = true)]
        before: Option<ValueJson>,
        /// What it is, or the element that was added; null for nothing.
        #[schema(required = true)]
        after: Option<ValueJson>,
    },
    /// The password: that it changed, and nothing else.
    Secret {
        /// The field.
        #[schema(value_type = String, example = "password")]
        field: &'static str,
        /// Always true.
        changed: bool,
    },
}

/// A value in a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = HistoryValue)]
pub enum ValueJson {
    /// A text, a time or a UUID.
    Text(String),
    /// A truth value.
    Bool(bool),
    /// A link.
    Link {
        /// Who calls the user so.
        source: String,
        /// What it calls the user.
        external_id: String,
    },
    /// A grant.
    Grant(GrantJson),
    /// The deleted user that a link was taken over from.
    Holder {
        /// The deleted user's id.
        taken_over_from: Uuid,
    },
    /// An element of what a user may have several of.
    Element(Box<ElementJson>),
}

/// An element of what a user may have several of: an address, a phone number, a role. What it does not say is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Element)]
pub struct ElementJson {
    /// Which of the user's elements it is; never given to another.
    pub element: u32,
    /// Of which attribute, by its name in SCIM.
    #[schema(value_type = String, example = "emails")]
    pub attribute: &'static str,
    /// Whether its value is the user's own email, phone, avatar or role, which has entries of its own.
    pub is_own: bool,
    /// The value; absent where it is the user's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What kind it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(example = "work")]
    pub kind: Option<String>,
    /// What people are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// Whether it was called the primary one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary: Option<bool>,
    /// Of an address the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// Of an address the street.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    /// Of an address the town.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// Of an address the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Of an address the postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Of an address the country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}
