//! What happened: one entry for each change, in one order.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::user::{Field, UserId};
use crate::value::Value;

/// The id of a change, made before the store is asked: a change that is tried again is found by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeId(pub Uuid);

/// The protocol that a change came through. The numbers are in the journal and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Dialect {
    /// Algorep's upsert.
    Algorep,
    /// Zynchro's update.
    Zynchro,
    /// Roster's own JSON API.
    Rest,
    /// The command line.
    Cli,
    /// The token endpoint, which records a sign-in.
    OAuth,
    /// SCIM 2.0.
    Scim,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 6] = [Self::Algorep, Self::Zynchro, Self::Rest, Self::Cli, Self::OAuth, Self::Scim];

    /// The name, as the journal has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Algorep => "algorep",
            Self::Zynchro => "zynchro",
            Self::Rest => "rest",
            Self::Cli => "cli",
            Self::OAuth => "oauth",
            Self::Scim => "scim",
        }
    }

    /// From the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }
}

/// Who made a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The API client: a key's id, an OAuth client id, or `cli`.
    pub client: String,
    /// The user on whose behalf, where known.
    pub user: Option<UserId>,
}

/// What kind of change an entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// The user was created.
    Created,
    /// Fields of the user changed.
    Updated,
    /// The user was deleted.
    Deleted,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Created, Self::Updated, Self::Deleted];

    /// The name, as the journal has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }

    /// From the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One field, or one element of a set, before and after. Of a password both are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Which field.
    pub field: Field,
    /// What it was; for links and grants the element that was removed.
    pub before: Option<Value>,
    /// What it is; for links and grants the element that was added.
    pub after: Option<Value>,
}

/// One change of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The change.
    pub change_id: ChangeId,
    /// Whose.
    pub user_id: UserId,
    /// The user's version after it.
    pub version: u64,
    /// What kind.
    pub kind: EntryKind,
    /// When the server recorded it.
    pub recorded_at: Timestamp,
    /// Who made it.
    pub actor: Actor,
    /// Through which protocol.
    pub dialect: Dialect,
    /// What changed; `None` when the user's key was destroyed, and the values with it.
    pub changes: Option<Vec<FieldChange>>,
}

impl Entry {
    /// The numbers of the fields that changed, each once, in order: what stays readable without the user's key.
    pub fn field_ids(&self) -> Vec<u16> {
        let mut ids: Vec<u16> = self.changes.iter().flatten().map(|change| change.field.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The same as the journal's column shows them: `5,13`.
    pub fn field_ids_text(&self) -> String {
        let mut text = String::with_capacity(64);
        for id in self.field_ids() {
            let comma = if text.is_empty() { "" } else { "," };
            // Writing to a String can't fail.
            let _ = write!(text, "{comma}{id}");
        }
        text
    }
}

/// Where an entry stands in the feed. Once a reader was given position `n` of a stream, no entry ever appears at or
/// below it; numbers may skip. A restore starts a new epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The epoch of the store.
    pub epoch: Uuid,
    /// The stream; SQLite has the stream 0 alone.
    pub stream: u16,
    /// The position in the stream.
    pub n: i64,
}

/// The payload of an entry as it is sealed: a version, then the changes. Kept readable for ever.
#[derive(Serialize, Deserialize)]
enum Payload {
    V1(Vec<(u16, Option<Value>, Option<Value>)>),
}

/// The changes in the form that is sealed.
pub fn encode_changes(changes: &[FieldChange]) -> Vec<u8> {
    let rows = changes.iter().map(|c| (c.field.id(), c.before.clone(), c.after.clone())).collect();
    postcard::to_stdvec(&Payload::V1(rows)).unwrap_or_default()
}

/// The changes from the form that is sealed. Fields of a newer Roster are left out.
pub fn decode_changes(bytes: &[u8]) -> Option<Vec<FieldChange>> {
    let Payload::V1(rows) = postcard::from_bytes(bytes).ok()?;
    let change = |(id, before, after)| Some(FieldChange { field: Field::from_id(id)?, before, after });
    Some(rows.into_iter().filter_map(change).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These bytes are on disks: if this fails, the format changed.
    #[test]
    fn the_payload_keeps_its_bytes() {
        let changes = vec![
            FieldChange { field: Field::Email, before: None, after: Some(Value::Text("a@b".into())) },
            FieldChange { field: Field::Staff, before: Some(Value::Bool(true)), after: None },
        ];
        let bytes = [0, 2, 5, 0, 1, 0, 3, b'a', b'@', b'b', 14, 1, 1, 1, 0];
        assert_eq!(encode_changes(&changes), bytes);
        assert_eq!(decode_changes(&bytes), Some(changes));
    }

    /// During an upgrade an older Roster reads the entries of a newer one.
    #[test]
    fn a_field_that_is_not_known_is_left_out() {
        let email = FieldChange { field: Field::Email, before: None, after: Some(Value::Text("a".into())) };
        let bytes = [0, 2, 99, 0, 1, 0, 1, b'n', 5, 0, 1, 0, 1, b'a'];
        assert_eq!(decode_changes(&bytes), Some(vec![email]));
    }
}
