//! Replaying a group's history, independently of the decisions that made it.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use crate::clock::Timestamp;
use crate::group::{Group, GroupChange, GroupEntry, GroupName};
use crate::journal::EntryKind;
use crate::user::{ExternalId, Source, UserId};

/// What a group's entries so far make of it.
#[derive(Debug, Default)]
pub struct GroupReplay {
    version: u64,
    first_recorded_at: Option<Timestamp>,
    recorded_at: Option<Timestamp>,
    deleted: bool,
    name: Option<GroupName>,
    links: BTreeMap<Source, ExternalId>,
    members: BTreeSet<UserId>,
}

impl GroupReplay {
    /// How many members the history leaves.
    pub fn members(&self) -> usize {
        self.members.len()
    }

    /// Whether the history leaves that user a member.
    pub fn has_member(&self, user: UserId) -> bool {
        self.members.contains(&user)
    }

    /// Applies the next entry.
    pub fn step(&mut self, entry: &GroupEntry, findings: &mut Findings) {
        let place = format!("journal of group {}, version {}", entry.group_id, entry.version);
        findings.expect(
            entry.version == self.version + 1,
            &place,
            "it is not the version after the one before",
        );
        findings.expect(
            self.recorded_at.is_none_or(|before| entry.recorded_at > before),
            &place,
            "it was not recorded after the one before",
        );
        findings.expect(
            (entry.kind == EntryKind::Created) == (entry.version == 1),
            &place,
            "the first entry, and no other, creates",
        );
        findings.expect(!self.deleted, &place, "it changes a deleted group");
        self.version = entry.version;
        self.recorded_at = Some(entry.recorded_at);
        self.first_recorded_at = self.first_recorded_at.or(self.recorded_at);
        self.deleted |= entry.kind == EntryKind::Deleted;
        for change in &entry.changes {
            let follows = self.apply(change);
            findings.expect(follows, &place, "what it changes does not follow from the entry before");
        }
    }

    /// Whether the change is one.
    fn apply(&mut self, change: &GroupChange) -> bool {
        match change {
            GroupChange::Named(name) => self.name.replace(name.clone()).as_ref() != Some(name),
            GroupChange::Linked(source, Some(id)) => {
                self.links.insert(source.clone(), id.clone()).as_ref() != Some(id)
            }
            GroupChange::Linked(source, None) => self.links.remove(source).is_some(),
            GroupChange::Joined(user) => self.members.insert(*user),
            GroupChange::Left(user) => self.members.remove(user),
        }
    }

    /// That the group is not there any more.
    pub fn expect_deleted(&self, place: &str, findings: &mut Findings) {
        findings.expect(self.deleted, place, "there is no such group, and its history does not delete it");
    }

    /// Compares what came of it with the group.
    pub fn compare(&self, group: &Group, findings: &mut Findings) {
        let place = format!("group {}", group.id);
        findings.expect(!self.deleted, &place, "its history deletes it");
        findings.expect(self.version == group.version, &place, "its version is not that of its history");
        findings.expect(
            self.recorded_at == Some(group.recorded_at)
                && self.first_recorded_at == Some(group.registered_at),
            &place,
            "it was recorded at other times than its history",
        );
        findings.expect(
            self.name.as_ref() == Some(&group.display_name),
            &place,
            "its name is not what its history says",
        );
        findings.expect(self.links == group.links, &place, "its links are not what its history says");
    }
}
