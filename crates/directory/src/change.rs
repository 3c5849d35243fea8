//! What a caller wants changed. One type says keep, clear or set, and every dialect uses it.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::Timestamp;
pub use crate::element::ElementsPatch;
use crate::password::PasswordHash;
pub use crate::user::ProfilePatch;
use crate::user::{ExternalId, Grant, Source, UserName};

/// What to do with a field that may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// Leave it as it is.
    #[default]
    Keep,
    /// Make it empty.
    Clear,
    /// Give it this value.
    Set(T),
}

impl<T: Clone + Eq> Change<T> {
    /// Applies the change; what was and what is, if it made a difference.
    pub(crate) fn apply(self, field: &mut Option<T>) -> Option<(Option<T>, Option<T>)> {
        let after = match self {
            Self::Keep => return None,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        };
        if *field == after {
            return None;
        }
        let before = std::mem::replace(field, after.clone());
        Some((before, after))
    }
}

/// What to do with a field that is never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Assign<T> {
    /// Leave it as it is.
    #[default]
    Keep,
    /// Give it this value.
    Set(T),
}

/// How finely a caller tells times: a coarser time that agrees with the stored one is no change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resolution {
    /// As stored.
    #[default]
    Exact,
    /// To the second.
    Second,
}

/// What to do with the password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum PasswordChange {
    /// Leave it as it is.
    #[default]
    Keep,
    /// Take it away.
    Clear,
    /// A password was sent that is not yet verified or hashed: deciding it is `Stale`.
    Pending,
    /// The password was verified against this hash: no change, if the hash is still the stored one.
    Verified {
        /// The hash that was verified against.
        against: PasswordHash,
    },
    /// Store `hash`, if the stored one is still `against`.
    Set {
        /// The new hash.
        hash: PasswordHash,
        /// The stored hash when the new one was made.
        against: Option<PasswordHash>,
    },
}

/// What to do with the grants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum GrantsPatch {
    /// Leave them as they are.
    #[default]
    Keep,
    /// These and no others.
    Replace(BTreeSet<Grant>),
    /// Add some and remove some.
    Edit {
        /// To add.
        add: BTreeSet<Grant>,
        /// To remove.
        remove: BTreeSet<Grant>,
    },
}

/// What to do with the link of each source that is named.
pub type LinksPatch = BTreeMap<Source, Change<ExternalId>>;

/// What becomes of a link that leads to another living user already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TakenLinks {
    /// It is refused: one external id leads to one user.
    #[default]
    Refuse,
    /// The user has it too, and it goes on leading to the other one: SCIM does not ask that external ids be unique.
    Share,
}

/// What a caller wants changed of one user. [`Default`] changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserPatch {
    /// The user_name; clearing it lets it be derived again.
    pub user_name: Change<UserName>,
    /// Whether the user may act.
    pub active: Assign<bool>,
    /// The plain fields.
    pub profile: ProfilePatch,
    /// How finely `profile.last_login` was told.
    pub last_login_resolution: Resolution,
    /// The links.
    pub links: LinksPatch,
    /// What becomes of a link that another user has.
    pub taken_links: TakenLinks,
    /// The grants.
    pub grants: GrantsPatch,
    /// What a user may have several of. A list says what the directory's own value is: it goes before `profile`.
    pub elements: ElementsPatch,
    /// The callers' time of creation; clearing it restores the server's own.
    pub created_at: Change<Timestamp>,
    /// The callers' time of the last update; kept, it moves to now if anything else changed.
    pub updated_at: Assign<Timestamp>,
}
