//! What is measured.

use serde::{Deserialize, Serialize};

/// An operation, which each contender speaks in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    /// Create a user.
    Create,
    /// An upsert that changes one field.
    Change,
    /// An upsert that creates a user, and one that changes one field, in turns.
    Mixed,
    /// An upsert that changes nothing.
    Repeat,
    /// A merge patch by id: two fields, and the grants.
    Patch,
    /// A user by id.
    Get,
    /// The users with an email.
    Search,
    /// The first 50 users.
    FirstPage,
    /// The last 50 users.
    LastPage,
    /// An update that sets another password.
    Password,
}

impl Operation {
    pub(crate) const ALL: [Self; 10] = [
        Self::Create,
        Self::Change,
        Self::Mixed,
        Self::Repeat,
        Self::Patch,
        Self::Get,
        Self::Search,
        Self::FirstPage,
        Self::LastPage,
        Self::Password,
    ];

    /// What the tables call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "upsert, one field changed",
            Self::Mixed => "upsert, half create, half change",
            Self::Repeat => "upsert, nothing changed",
            Self::Patch => "merge patch by id, with grants",
            Self::Get => "get by id",
            Self::Search => "search by email",
            Self::FirstPage => "list, first page of 50",
            Self::LastPage => "list, last page of 50",
            Self::Password => "change a password",
        }
    }

    /// Whether it may write.
    pub(crate) fn writes(self) -> bool {
        match self {
            Self::Create | Self::Change | Self::Mixed | Self::Repeat | Self::Patch | Self::Password => true,
            Self::Get | Self::Search | Self::FirstPage | Self::LastPage => false,
        }
    }

    /// Whether it answers a page.
    pub(crate) fn lists(self) -> bool {
        matches!(self, Self::FirstPage | Self::LastPage)
    }
}
