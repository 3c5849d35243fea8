//! What the changes of a batch come to: each row is written once, whoever wrote it how often.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use roster_directory::element::ElementId;
use roster_directory::record::{Record, RecordKey};
use roster_directory::store::{Claim, ClaimWrite, RecordWrite, UserWrite, WriteSet};
use roster_directory::{ChangeId, Entry, ExternalId, Grant, GroupId, Source, User, UserId};

use crate::elements::State;

/// A user before the batch and after it.
pub(crate) struct NetUser {
    pub(crate) before: Option<Arc<User>>,
    pub(crate) after: Arc<User>,
}

/// What a batch writes. Everything is in the order of its keys, so that two processes lock rows in one order.
#[derive(Default)]
pub(crate) struct Net {
    pub(crate) users: BTreeMap<UserId, NetUser>,
    /// The external id (`None` once taken away), and the version that changed it last.
    pub(crate) links: BTreeMap<(UserId, Source), (Option<ExternalId>, u64)>,
    /// Whether granted, and the version that changed it last.
    pub(crate) grants: BTreeMap<(UserId, Grant), (bool, u64)>,
    /// What the element is, and the version that changed it last.
    pub(crate) elements: BTreeMap<(UserId, ElementId), (State, u64)>,
    /// Every entry, with the user whose key seals it.
    pub(crate) entries: Vec<(Arc<User>, Entry)>,
    /// Who holds the claim before the batch and after it.
    pub(crate) claims: BTreeMap<Claim, (Option<UserId>, Option<UserId>)>,
    pub(crate) records: BTreeMap<RecordKey, RecordWrite>,
}

/// A change as a journal tells of it, by which a batch is found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// The journal of a user.
    User(UserId, ChangeId),
    /// The journal of a group.
    Group(GroupId, ChangeId),
}

impl Net {
    /// Adds what the next change writes.
    pub(crate) fn add(&mut self, writes: WriteSet) {
        let WriteSet { user, claims, records } = writes;
        if let Some(write) = user {
            self.add_user(write);
        }
        for write in claims {
            self.add_claim(write);
        }
        for write in records {
            let key = match &write {
                RecordWrite::Put(record) => record.key(),
                RecordWrite::Remove(key) => key.clone(),
            };
            if let RecordWrite::Remove(RecordKey::Group(id)) = write {
                // Its memberships go with it, those that the batch made among them.
                self.records.retain(|key, _| !matches!(key, RecordKey::Membership(group, _) if *group == id));
            }
            self.records.insert(key, write);
        }
    }

    /// The changes that a journal tells of.
    pub(crate) fn changes(&self) -> Vec<Told> {
        let of_users = self.entries.iter().map(|(user, entry)| Told::User(user.id, entry.change_id));
        let of_groups = self.records.values().filter_map(|write| match write {
            RecordWrite::Put(Record::GroupEntry(entry)) => Some(Told::Group(entry.group_id, entry.change_id)),
            RecordWrite::Put(_) | RecordWrite::Remove(_) => None,
        });
        of_users.chain(of_groups).collect()
    }

    /// The groups of a user, from those that it was in before the batch.
    pub(crate) fn groups_of(&self, user: UserId, mut before: BTreeSet<GroupId>) -> BTreeSet<GroupId> {
        for (key, write) in &self.records {
            let RecordKey::Membership(group, member) = key else { continue };
            if *member == user {
                match write {
                    RecordWrite::Put(_) => before.insert(*group),
                    RecordWrite::Remove(_) => before.remove(group),
                };
            }
        }
        before
    }

    fn add_user(&mut self, write: UserWrite) {
        let UserWrite { before, after, entry } = write;
        self.add_links(before.as_deref(), &after);
        self.add_grants(before.as_deref(), &after);
        self.add_elements(before.as_deref(), &after);
        self.entries.push((Arc::clone(&after), entry));
        self.users
            .entry(after.id)
            .and_modify(|net| net.after = Arc::clone(&after))
            .or_insert_with(|| NetUser { before, after });
    }

    fn add_links(&mut self, before: Option<&User>, after: &User) {
        let none = Default::default();
        let old = before.map_or(&none, |user| &user.links);
        for source in old.keys().chain(after.links.keys()) {
            let external_id = after.links.get(source);
            if old.get(source) != external_id {
                self.links.insert((after.id, source.clone()), (external_id.cloned(), after.version));
            }
        }
    }

    fn add_grants(&mut self, before: Option<&User>, after: &User) {
        let none = Default::default();
        let old = before.map_or(&none, |user| &user.grants);
        for grant in old.symmetric_difference(&after.grants) {
            let granted = after.grants.contains(grant);
            self.grants.insert((after.id, grant.clone()), (granted, after.version));
        }
    }

    fn add_elements(&mut self, before: Option<&User>, after: &User) {
        let old = before.map_or(&[][..], |user| &user.elements);
        for element in after.elements.iter().filter(|element| !old.contains(element)) {
            let state = State::There(element.clone());
            self.elements.insert((after.id, element.id), (state, after.version));
        }
        for element in old.iter().filter(|old| after.elements.iter().all(|kept| kept.id != old.id)) {
            let state = State::TakenAway(element.attribute);
            self.elements.insert((after.id, element.id), (state, after.version));
        }
    }

    fn add_claim(&mut self, write: ClaimWrite) {
        let (claim, before, after) = match write {
            ClaimWrite::Take { claim, holder } => (claim, None, Some(holder)),
            ClaimWrite::Move { claim, from, to } => (claim, Some(from), Some(to)),
            ClaimWrite::Release { claim, holder } => (claim, Some(holder), None),
        };
        self.claims.entry(claim).and_modify(|(_, last)| *last = after).or_insert((before, after));
    }
}
