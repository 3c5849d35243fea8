//! Creating, changing and deleting groups, and leaving them.
//!
//! A change of the members reads and writes a record of each member that comes or goes, and the group itself, whose version
//! it is; never the others.

use std::collections::{BTreeMap, BTreeSet};

use super::{Decided, refuse};
use crate::change::{Assign, Change};
use crate::clock::Timestamp;
use crate::error::{Fault, FaultAt, Reason, Refusal};
use crate::group::{Group, GroupChange, GroupEntry, GroupId, GroupName, Membership};
use crate::journal::{Actor, ChangeId, Dialect, EntryKind};
use crate::record::{Record, RecordKey};
use crate::store::{Decide, Decision, Outcome, ReadSet, RecordWrite, Seen, WriteSet, as_group};
use crate::user::{Source, UserId};
use crate::value::Text;

/// Which group a change is about.
#[derive(Debug, Clone)]
pub(crate) enum GroupSubject {
    /// A new one.
    New(GroupId),
    /// An existing one.
    Existing {
        /// Its id.
        id: GroupId,
        /// The versions that the caller expects, if it does.
        if_version: Option<Vec<u64>>,
        /// The version that the change was made for; it is `Stale` if the group has another.
        made_for: Option<u64>,
    },
}

impl GroupSubject {
    fn id(&self) -> GroupId {
        match self {
            Self::New(id) | Self::Existing { id, .. } => *id,
        }
    }
}

/// Creates or changes a group.
#[derive(Debug, Clone)]
pub(crate) struct ChangeGroup {
    pub(crate) change_id: ChangeId,
    pub(crate) now: Timestamp,
    pub(crate) actor: Actor,
    pub(crate) dialect: Dialect,
    pub(crate) subject: GroupSubject,
    pub(crate) display_name: Assign<GroupName>,
    pub(crate) link: Option<(Source, Change<crate::user::ExternalId>)>,
    pub(crate) add: BTreeMap<UserId, Option<Text<255>>>,
    pub(crate) remove: BTreeSet<UserId>,
}

impl Decide for ChangeGroup {
    fn change_id(&self) -> ChangeId {
        self.change_id
    }

    fn reads(&self) -> ReadSet {
        let id = self.subject.id();
        let member = |user: &UserId| RecordKey::Membership(id, *user);
        let mut records: Vec<RecordKey> = self.add.keys().chain(&self.remove).map(member).collect();
        if let GroupSubject::Existing { .. } = self.subject {
            records.push(RecordKey::Group(id));
        }
        if let Assign::Set(name) = &self.display_name {
            records.push(RecordKey::GroupByName(name.folded()));
        }
        ReadSet { records, users: self.add.keys().copied().collect(), ..ReadSet::default() }
    }

    fn decide(&self, seen: &Seen) -> Decision {
        self.try_decide(seen).unwrap_or_else(Decision::ReadMore)
    }
}

impl ChangeGroup {
    fn try_decide(&self, seen: &Seen) -> Decided {
        seen.require(self.reads())?;
        let mut changes = Vec::new();
        let before = match &self.subject {
            GroupSubject::New(_) => None,
            GroupSubject::Existing { id, if_version, made_for } => {
                let Some(group) = seen.group(*id)? else { return Ok(refuse(Refusal::NotFound)) };
                if if_version.as_ref().is_some_and(|versions| !versions.contains(&group.version)) {
                    return Ok(refuse(Refusal::VersionMismatch { current: group.version }));
                }
                if made_for.is_some_and(|version| version != group.version) {
                    return Ok(Decision::Stale);
                }
                Some(group)
            }
        };
        let faults = self.faults(seen)?;
        if !faults.is_empty() {
            return Ok(refuse(Refusal::Faults(faults)));
        }
        let Some(mut group) = self.named(before, &mut changes) else {
            // A new group without a name can't be made: a dialect refuses it before.
            return Ok(refuse(Refusal::NotFound));
        };
        self.link(&mut group, &mut changes);
        let mut records = self.move_members(group.id, seen, &mut changes)?;
        if before.is_some() && changes.is_empty() {
            return Ok(answer(WriteSet::default(), Some(Record::Group(group))));
        }
        let kind = if before.is_some() { EntryKind::Updated } else { EntryKind::Created };
        let by =
            Stamper { change_id: self.change_id, now: self.now, actor: &self.actor, dialect: self.dialect };
        let entry = by.stamp(&mut group, kind, changes);
        records.insert(0, RecordWrite::Put(Record::Group(group.clone())));
        records.push(RecordWrite::Put(entry));
        Ok(answer(WriteSet { records, ..WriteSet::default() }, Some(Record::Group(group))))
    }

    /// Everything that can't be taken.
    fn faults(&self, seen: &Seen) -> Result<Vec<Fault>, ReadSet> {
        let id = self.subject.id();
        let mut faults = Vec::new();
        let is_anothers = |key| Ok(as_group(seen.record(&key)?).is_some_and(|other| other.id != id));
        if let Assign::Set(name) = &self.display_name
            && is_anothers(RecordKey::GroupByName(name.folded()))?
        {
            faults.push(Fault { at: FaultAt::GroupName, reason: Reason::Taken });
        }
        for user in self.add.keys() {
            if seen.user(*user)?.is_none_or(|user| !user.is_living()) {
                faults.push(Fault { at: FaultAt::Member(*user), reason: Reason::UnknownUser });
            }
        }
        Ok(faults)
    }

    /// The group with its name; `None` of a new one that was given none.
    fn named(&self, before: Option<&Group>, changes: &mut Vec<GroupChange>) -> Option<Group> {
        let name = match &self.display_name {
            Assign::Keep => None,
            Assign::Set(name) => {
                Some(name.clone()).filter(|name| before.is_none_or(|b| b.display_name != *name))
            }
        };
        changes.extend(name.clone().map(GroupChange::Named));
        match (before.cloned(), name) {
            (Some(group), None) => Some(group),
            (Some(group), Some(display_name)) => Some(Group { display_name, ..group }),
            (None, name) => Some(Group {
                id: self.subject.id(),
                version: 0,
                display_name: name?,
                links: BTreeMap::new(),
                registered_at: self.now,
                recorded_at: self.now,
            }),
        }
    }

    fn link(&self, group: &mut Group, changes: &mut Vec<GroupChange>) {
        let Some((source, change)) = self.link.clone() else { return };
        let mut stored = group.links.remove(&source);
        if change.apply(&mut stored).is_some() {
            changes.push(GroupChange::Linked(source.clone(), stored.clone()));
        }
        if let Some(external_id) = stored {
            group.links.insert(source, external_id);
        }
    }

    fn move_members(
        &self,
        group_id: GroupId,
        seen: &Seen,
        changes: &mut Vec<GroupChange>,
    ) -> Result<Vec<RecordWrite>, ReadSet> {
        let mut writes = Vec::new();
        for user_id in self.remove.iter().filter(|user| !self.add.contains_key(user)) {
            let key = RecordKey::Membership(group_id, *user_id);
            if seen.record(&key)?.is_some() {
                writes.push(RecordWrite::Remove(key));
                changes.push(GroupChange::Left(*user_id));
            }
        }
        for (user_id, display) in &self.add {
            if seen.record(&RecordKey::Membership(group_id, *user_id))?.is_none() {
                let (user_id, display) = (*user_id, display.clone());
                let member = Membership { group_id, user_id, since: self.now, display };
                writes.push(RecordWrite::Put(Record::Membership(member)));
                changes.push(GroupChange::Joined(user_id));
            }
        }
        Ok(writes)
    }
}

/// Deletes a group with its memberships. Its journal stays.
#[derive(Debug, Clone)]
pub(crate) struct DeleteGroup {
    pub(crate) change_id: ChangeId,
    pub(crate) now: Timestamp,
    pub(crate) actor: Actor,
    pub(crate) dialect: Dialect,
    pub(crate) id: GroupId,
    pub(crate) if_version: Option<Vec<u64>>,
}

impl Decide for DeleteGroup {
    fn change_id(&self) -> ChangeId {
        self.change_id
    }

    fn reads(&self) -> ReadSet {
        ReadSet { records: vec![RecordKey::Group(self.id)], ..ReadSet::default() }
    }

    fn decide(&self, seen: &Seen) -> Decision {
        self.try_decide(seen).unwrap_or_else(Decision::ReadMore)
    }
}

impl DeleteGroup {
    fn try_decide(&self, seen: &Seen) -> Decided {
        let Some(mut group) = seen.group(self.id)?.cloned() else { return Ok(refuse(Refusal::NotFound)) };
        if self.if_version.as_ref().is_some_and(|versions| !versions.contains(&group.version)) {
            return Ok(refuse(Refusal::VersionMismatch { current: group.version }));
        }
        let by =
            Stamper { change_id: self.change_id, now: self.now, actor: &self.actor, dialect: self.dialect };
        let entry = by.stamp(&mut group, EntryKind::Deleted, Vec::new());
        let records = vec![RecordWrite::Remove(RecordKey::Group(self.id)), RecordWrite::Put(entry)];
        Ok(answer(WriteSet { records, ..WriteSet::default() }, Some(Record::Group(group))))
    }
}

/// What a user that is deleted writes: it leaves its groups, and each has an entry that says so.
pub(super) fn leave_all(by: Stamper<'_>, user: UserId, seen: &Seen) -> Result<Vec<RecordWrite>, ReadSet> {
    let groups = seen.groups_of(user)?;
    seen.require(ReadSet {
        records: groups.iter().map(|id| RecordKey::Group(*id)).collect(),
        ..ReadSet::default()
    })?;
    let mut writes = Vec::new();
    for id in groups {
        let Some(mut group) = seen.group(*id)?.cloned() else { continue };
        let entry = by.stamp(&mut group, EntryKind::Updated, vec![GroupChange::Left(user)]);
        writes.push(RecordWrite::Put(Record::Group(group)));
        writes.push(RecordWrite::Remove(RecordKey::Membership(*id, user)));
        writes.push(RecordWrite::Put(entry));
    }
    Ok(writes)
}

/// What an entry says of its change besides what changed.
#[derive(Clone, Copy)]
pub(super) struct Stamper<'a> {
    pub(super) change_id: ChangeId,
    pub(super) now: Timestamp,
    pub(super) actor: &'a Actor,
    pub(super) dialect: Dialect,
}

impl Stamper<'_> {
    /// Gives the group its next version and the time it is recorded at, and makes the entry of the change.
    fn stamp(self, group: &mut Group, kind: EntryKind, changes: Vec<GroupChange>) -> Record {
        if group.version > 0 {
            group.recorded_at = self.now.max(group.recorded_at.plus_micros(1));
        }
        group.version = group.version.saturating_add(1);
        Record::GroupEntry(Box::new(GroupEntry {
            change_id: self.change_id,
            group_id: group.id,
            version: group.version,
            kind,
            recorded_at: group.recorded_at,
            actor: self.actor.clone(),
            dialect: self.dialect,
            changes,
        }))
    }
}

fn answer(writes: WriteSet, record: Option<Record>) -> Decision {
    Decision::Done { writes: Box::new(writes), verdict: Ok(Outcome::Record(record)) }
}
