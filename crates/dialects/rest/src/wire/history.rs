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
    /// Through which protocol: `algorep`, `zynchro`, `rest`, `cli` or `oauth` (a sign-in at the token endpoint).
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
}
