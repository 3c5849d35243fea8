//! What the changes of a batch come to: each row is written once, whoever wrote it how often.

use std::collections::BTreeMap;
use std::sync::Arc;

use roster_directory::record::RecordKey;
use roster_directory::store::{Claim, ClaimWrite, RecordWrite, UserWrite, WriteSet};
use roster_directory::{ChangeId, Entry, ExternalId, Grant, Source, User, UserId};

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
    /// Every entry, with the user whose key seals it.
    pub(crate) entries: Vec<(Arc<User>, Entry)>,
    /// Who holds the claim before the batch and after it.
    pub(crate) claims: BTreeMap<Claim, (Option<UserId>, Option<UserId>)>,
    pub(crate) records: BTreeMap<RecordKey, RecordWrite>,
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
            self.records.insert(key, write);
        }
    }

    /// The changes that the journal tells of, by which a batch is found again.
    pub(crate) fn changes(&self) -> Vec<(UserId, ChangeId)> {
        self.entries.iter().map(|(user, entry)| (user.id, entry.change_id)).collect()
    }

    fn add_user(&mut self, write: UserWrite) {
        let UserWrite { before, after, entry } = write;
        self.add_links(before.as_deref(), &after);
        self.add_grants(before.as_deref(), &after);
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

    fn add_claim(&mut self, write: ClaimWrite) {
        let (claim, before, after) = match write {
            ClaimWrite::Take { claim, holder } => (claim, None, Some(holder)),
            ClaimWrite::Move { claim, from, to } => (claim, Some(from), Some(to)),
            ClaimWrite::Release { claim, holder } => (claim, Some(holder), None),
        };
        self.claims.entry(claim).and_modify(|(_, last)| *last = after).or_insert((before, after));
    }
}
