//! Groups of users. A membership is a record of its own, so that a group's size costs nothing where one member comes or
//! goes.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::fold;
use crate::journal::{Actor, ChangeId, Dialect, EntryKind};
use crate::user::{ExternalId, Source, UserId};
use crate::value::{Invalid, Text};

/// The id of a group: made by Roster, never chosen by a caller, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupId(pub Uuid);

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a group is called: 1 to 255 characters; unique by [`crate::fold::fold`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GroupName(Text<255>);

impl GroupName {
    /// Checks `text`.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() { Err(Invalid::Empty) } else { Text::new(text).map(Self) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The form in which names are compared.
    pub fn folded(&self) -> String {
        fold::fold(self.as_str())
    }
}

impl TryFrom<String> for GroupName {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(&text)
    }
}

impl From<GroupName> for String {
    fn from(name: GroupName) -> Self {
        name.as_str().to_owned()
    }
}

/// A group, without its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The id.
    pub id: GroupId,
    /// One more at each change, of its members too; 1 at creation.
    pub version: u64,
    /// What it is called.
    pub display_name: GroupName,
    /// Who calls the group what. Other groups may be called the same.
    pub links: BTreeMap<Source, ExternalId>,
    /// When the server created it.
    pub registered_at: Timestamp,
    /// When the server made this version: strictly increasing.
    pub recorded_at: Timestamp,
}

/// That a user is a member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The group.
    pub group_id: GroupId,
    /// The user.
    pub user_id: UserId,
    /// Since when.
    pub since: Timestamp,
    /// What whoever added it calls the member, if they said.
    pub display: Option<Text<255>>,
}

/// A member as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The user.
    pub user_id: UserId,
    /// What it is called as a member, else its shown name, if it has one.
    pub display: Option<String>,
}

/// What a change did to a group. Its postcard form is kept for ever: new variants go to the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupChange {
    /// It is called so now.
    Named(GroupName),
    /// A source calls it so now, or no longer.
    Linked(Source, Option<ExternalId>),
    /// A user became a member.
    Joined(UserId),
    /// A user is no member any more.
    Left(UserId),
}

/// One change of one group. It holds no personal values, so it is not sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupEntry {
    /// The change.
    pub change_id: ChangeId,
    /// Whose.
    pub group_id: GroupId,
    /// The group's version after it.
    pub version: u64,
    /// What kind.
    pub kind: EntryKind,
    /// When the server recorded it.
    pub recorded_at: Timestamp,
    /// Who made it.
    pub actor: Actor,
    /// Through which protocol.
    pub dialect: Dialect,
    /// What changed.
    pub changes: Vec<GroupChange>,
}

/// The changes as they are stored: a version, then the changes.
#[derive(Serialize, Deserialize)]
enum Payload {
    V1(Vec<GroupChange>),
}

/// The stored form of an entry's changes.
pub fn encode_changes(changes: &[GroupChange]) -> Vec<u8> {
    postcard::to_stdvec(&Payload::V1(changes.to_vec())).unwrap_or_default()
}

/// The changes from their stored form.
pub fn decode_changes(bytes: &[u8]) -> Option<Vec<GroupChange>> {
    let Payload::V1(changes) = postcard::from_bytes(bytes).ok()?;
    Some(changes)
}
