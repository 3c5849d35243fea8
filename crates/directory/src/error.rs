//! What can go wrong. Each dialect maps these in one exhaustive match.

use serde::{Deserialize, Serialize};

use crate::access::Scope;
use crate::store::StoreError;
use crate::user::{Field, Grant, Source, UserId};

/// Where a fault is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultAt {
    /// At a field.
    Field(#[serde(with = "field_as_number")] Field),
    /// At the client of a grant.
    GrantClient(Grant),
    /// At the profile of a grant.
    GrantProfile(Grant),
    /// At the link of a source. What the source calls the user is not part of it: refusals are kept with idempotency
    /// keys, and hold no personal values.
    Link(Source),
    /// At the name of a group.
    GroupName,
    /// At a member of a group.
    Member(UserId),
}

/// Why a value that is well formed can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Reason {
    /// Another user has it.
    #[error("is held by another user")]
    Taken,
    /// No such organisation is registered.
    #[error("names no registered organisation of its kind")]
    UnknownOrganisation,
    /// The two halves name different organisations.
    #[error("names another organisation than the other half of the pair")]
    OtherOrganisation,
    /// No such client is registered.
    #[error("names no registered client")]
    UnknownClient,
    /// No such profile is registered.
    #[error("names no registered profile")]
    UnknownProfile,
    /// More elements than a user may have.
    #[error("has more elements than a user may have")]
    TooMany,
    /// No such user is there.
    #[error("names no user")]
    UnknownUser,
}

impl Reason {
    /// Whether it is about a reference to an organisation.
    pub fn is_about_an_organisation(self) -> bool {
        match self {
            Self::UnknownOrganisation | Self::OtherOrganisation => true,
            Self::Taken | Self::UnknownClient | Self::UnknownProfile | Self::TooMany | Self::UnknownUser => {
                false
            }
        }
    }
}

/// One thing that is wrong with a request, found where the change was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Where.
    pub at: FaultAt,
    /// Why.
    pub reason: Reason,
}

/// A change was decided, and refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// No such user, or no such record.
    NotFound,
    /// These values can't be taken; every one is named.
    Faults(Vec<Fault>),
    /// The user has another version than the caller expected.
    VersionMismatch {
        /// The version that it has.
        current: u64,
    },
    /// The idempotency key was used with another request.
    IdempotencyKeyReused,
}

/// A refusal as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// Whether an earlier request with the same idempotency key was refused so, and this is its answer again.
    pub replayed: bool,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, replayed: false }
    }
}

/// Why the directory did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The principal lacks a scope.
    #[error("the scope {0} is needed")]
    Forbidden(Scope),
    /// The change was decided and refused.
    #[error("the change was refused")]
    Refused(Refused),
    /// Too much waits already: try again after so many seconds. Nothing was changed.
    #[error("the directory is busy")]
    Overloaded,
    /// The answer of the store was lost: the change may or may not have been made.
    #[error("the outcome of the change is not known")]
    Unavailable,
    /// The user or the group has another version than the change was made for: to be made again. Nothing was changed.
    #[error("the change was made for another version")]
    Moved,
    /// A search took longer than a search may.
    #[error("the search took too long")]
    TooSlow,
    /// The store failed; the text is for the log, never for the caller.
    #[error("the store failed: {0}")]
    Store(String),
    /// A fault of Roster itself; the text is for the log, never for the caller.
    #[error("internal error: {0}")]
    Internal(String),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Self::Overloaded,
            StoreError::Unavailable(_) => Self::Unavailable,
            StoreError::TooSlow => Self::TooSlow,
            StoreError::Failed(context) => Self::Store(context),
        }
    }
}

mod field_as_number {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::user::Field;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
    pub(super) fn serialize<S: Serializer>(field: &Field, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(field.id())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Field, D::Error> {
        let id = u16::deserialize(deserializer)?;
        Field::from_id(id).ok_or_else(|| D::Error::custom("unknown field"))
    }
}
