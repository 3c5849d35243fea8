//! The one port: what the directory asks of a store, and what a store is given to decide.
//!
//! A change is a [`Decide`]: pure, made outside the store, decided inside its transaction over what was [`Seen`]
//! there. A store may decide many changes in one transaction, each over what the earlier ones left ([`Seen::apply`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::directory::Rules;
use crate::error::Refused;
use crate::fold;
use crate::group::{Group, GroupEntry, GroupId, GroupName, Member, Membership};
use crate::journal::{ChangeId, Entry, Position};
use crate::record::{Record, RecordKey, Register};
use crate::search::{Found, FoundUsers, GroupSearch, UserSearch};
use crate::user::{ExternalId, Link, Number, Source, User, UserId, UserName};
use crate::value::Email;

/// Names a user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// By id.
    Id(UserId),
    /// By number.
    Number(Number),
    /// By what a source calls the user.
    Link(Link),
    /// By user_name.
    UserName(UserName),
}

impl Target {
    /// The claim that leads to the user, unless it is named by its id.
    pub fn claim(&self) -> Option<Claim> {
        match self {
            Self::Id(_) => None,
            Self::Number(number) => Some(Claim::Number(*number)),
            Self::Link(link) => Some(Claim::Link(link.clone())),
            Self::UserName(name) => Some(Claim::user_name(name)),
        }
    }
}

/// Something that one user alone may hold. The store keeps it unique: `user_keys(kind, key)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// A source's external id.
    Link(Link),
    /// A number.
    Number(Number),
    /// A user_name, folded.
    UserName(String),
    /// An email, folded; with `unique_email` alone.
    Email(String),
}

impl Claim {
    /// The claim on a user_name.
    pub fn user_name(name: &UserName) -> Self {
        Self::UserName(fold::fold(name.as_str()))
    }

    /// The claim on an email.
    pub fn email(email: &Email) -> Self {
        Self::Email(fold::fold(email.as_str()))
    }

    /// The stored kind. These numbers never change.
    pub fn kind(&self) -> i64 {
        match self {
            Self::Link(_) => 1,
            Self::Number(_) => 2,
            Self::UserName(_) => 3,
            Self::Email(_) => 4,
        }
    }

    /// The stored key: `source:external id`, decimal digits, or the folded text.
    pub fn key(&self) -> String {
        match self {
            Self::Link(link) => format!("{}:{}", link.source, link.external_id),
            Self::Number(number) => number.to_string(),
            Self::UserName(folded) | Self::Email(folded) => folded.clone(),
        }
    }

    /// From the stored kind and key.
    pub fn from_stored(kind: i64, key: &str) -> Option<Self> {
        match kind {
            1 => {
                let (source, external_id) = key.split_once(':')?;
                let source = Source::new(source).ok()?;
                Some(Self::Link(Link { source, external_id: ExternalId::new(external_id).ok()? }))
            }
            2 => key.parse().ok().and_then(|number| Number::new(number).ok()).map(Self::Number),
            3 => Some(Self::UserName(key.to_owned())),
            4 => Some(Self::Email(key.to_owned())),
            _ => None,
        }
    }

    /// Whether the user has what is claimed. A deleted user keeps its number and its links.
    pub fn is_of(&self, user: &User) -> bool {
        match self {
            Self::Link(link) => user.external_id(&link.source) == Some(&link.external_id),
            Self::Number(number) => *number == user.number,
            Self::UserName(folded) => user.is_living() && *folded == fold::fold(user.user_name.as_str()),
            Self::Email(folded) => user.email_folded().as_ref() == Some(folded),
        }
    }

    /// The version of the folding rules that made the key, if any did.
    pub fn folding(&self) -> Option<u32> {
        match self {
            Self::Link(_) | Self::Number(_) => None,
            Self::UserName(_) | Self::Email(_) => Some(fold::FOLDING),
        }
    }
}

/// What a decision needs to see. A claim brings its holder along.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadSet {
    /// Claims, with the users that hold them.
    pub claims: Vec<Claim>,
    /// Users by id.
    pub users: Vec<UserId>,
    /// Records.
    pub records: Vec<RecordKey>,
    /// Users whose groups are wanted. The groups themselves are not brought along.
    pub groups_of: Vec<UserId>,
    /// The number of the next user.
    pub number: bool,
}

impl ReadSet {
    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        let Self { claims, users, records, groups_of, number } = self;
        claims.is_empty() && users.is_empty() && records.is_empty() && groups_of.is_empty() && !number
    }
}

/// What was read inside the transaction, with what the earlier changes of the batch left.
#[derive(Debug, Default)]
pub struct Seen {
    claims: HashMap<Claim, Option<UserId>>,
    users: HashMap<UserId, Option<Arc<User>>>,
    records: HashMap<RecordKey, Option<Record>>,
    groups_of: HashMap<UserId, BTreeSet<GroupId>>,
    next_number: Option<Number>,
}

impl Seen {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The part of `wanted` that was not read yet.
    #[must_use]
    pub fn missing(&self, wanted: ReadSet) -> ReadSet {
        ReadSet {
            claims: wanted.claims.into_iter().filter(|claim| !self.claims.contains_key(claim)).collect(),
            users: wanted.users.into_iter().filter(|id| !self.users.contains_key(id)).collect(),
            records: wanted.records.into_iter().filter(|key| !self.records.contains_key(key)).collect(),
            groups_of: wanted.groups_of.into_iter().filter(|id| !self.groups_of.contains_key(id)).collect(),
            number: wanted.number && self.next_number.is_none(),
        }
    }

    /// The store read a claim: who holds it.
    pub fn put_claim(&mut self, claim: Claim, holder: Option<UserId>) {
        self.claims.insert(claim, holder);
    }

    /// The store read a user, deleted ones too.
    pub fn put_user(&mut self, id: UserId, user: Option<Arc<User>>) {
        self.users.insert(id, user);
    }

    /// The store read a record.
    pub fn put_record(&mut self, key: RecordKey, record: Option<Record>) {
        self.records.insert(key, record);
    }

    /// The store read which groups a user is a member of.
    pub fn put_groups_of(&mut self, user: UserId, groups: BTreeSet<GroupId>) {
        self.groups_of.insert(user, groups);
    }

    /// The store read the number of the next user.
    pub fn put_next_number(&mut self, number: Number) {
        self.next_number = Some(number);
    }

    /// The number of the next user after everything that was applied; `None` if it was never read.
    pub fn next_number(&self) -> Option<Number> {
        self.next_number
    }

    /// Whether that user was read.
    pub fn has_user(&self, id: UserId) -> bool {
        self.users.contains_key(&id)
    }

    /// The user, if it was read and is there.
    pub fn user_read(&self, id: UserId) -> Option<&Arc<User>> {
        self.users.get(&id).and_then(Option::as_ref)
    }

    /// That all of it was read. A decision that needs much asks for it at once: a store is asked a few times only.
    pub(crate) fn require(&self, wanted: ReadSet) -> Result<(), ReadSet> {
        let missing = self.missing(wanted);
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    }

    /// Who holds the claim.
    pub(crate) fn holder(&self, claim: &Claim) -> Result<Option<UserId>, ReadSet> {
        let missing = || ReadSet { claims: vec![claim.clone()], ..ReadSet::default() };
        self.claims.get(claim).copied().ok_or_else(missing)
    }

    /// The user with that id, deleted ones too.
    pub(crate) fn user(&self, id: UserId) -> Result<Option<&Arc<User>>, ReadSet> {
        let missing = || ReadSet { users: vec![id], ..ReadSet::default() };
        self.users.get(&id).map(Option::as_ref).ok_or_else(missing)
    }

    /// The record with that key.
    pub(crate) fn record(&self, key: &RecordKey) -> Result<Option<&Record>, ReadSet> {
        let missing = || ReadSet { records: vec![key.clone()], ..ReadSet::default() };
        self.records.get(key).map(Option::as_ref).ok_or_else(missing)
    }

    /// The groups that a user is a member of.
    pub(crate) fn groups_of(&self, user: UserId) -> Result<&BTreeSet<GroupId>, ReadSet> {
        let missing = || ReadSet { groups_of: vec![user], ..ReadSet::default() };
        self.groups_of.get(&user).ok_or_else(missing)
    }

    /// The group with that id.
    pub(crate) fn group(&self, id: GroupId) -> Result<Option<&Group>, ReadSet> {
        Ok(as_group(self.record(&RecordKey::Group(id))?))
    }

    /// The number for a new user.
    pub(crate) fn number(&self) -> Result<Number, ReadSet> {
        self.next_number.ok_or(ReadSet { number: true, ..ReadSet::default() })
    }

    /// Lets later decisions of the batch see what this one writes.
    pub fn apply(&mut self, writes: &WriteSet) {
        if let Some(UserWrite { before, after, .. }) = &writes.user {
            self.users.insert(after.id, Some(Arc::clone(after)));
            if before.is_none() {
                self.next_number = after.number.next().or(self.next_number);
            }
        }
        for write in &writes.claims {
            match write {
                ClaimWrite::Take { claim, holder } | ClaimWrite::Move { claim, to: holder, .. } => {
                    self.claims.insert(claim.clone(), Some(*holder));
                }
                ClaimWrite::Release { claim, .. } => {
                    self.claims.insert(claim.clone(), None);
                }
            }
        }
        for write in &writes.records {
            self.apply_record(write);
        }
    }

    fn apply_record(&mut self, write: &RecordWrite) {
        match write {
            RecordWrite::Put(Record::Organisation(_)) | RecordWrite::Remove(RecordKey::Organisation(..)) => {
                self.forget(|key| matches!(key, RecordKey::OrganisationByExternalId(..)));
            }
            RecordWrite::Put(Record::Group(_)) => self.forget(is_other_name_of_a_group),
            RecordWrite::Remove(RecordKey::Group(id)) => {
                // Its memberships go with it.
                self.forget(is_other_name_of_a_group);
                self.forget(|key| matches!(key, RecordKey::Membership(group, _) if group == id));
                self.groups_of.values_mut().for_each(|groups| {
                    groups.remove(id);
                });
            }
            RecordWrite::Put(Record::Membership(Membership { group_id, user_id, .. })) => {
                if let Some(groups) = self.groups_of.get_mut(user_id) {
                    groups.insert(*group_id);
                }
            }
            RecordWrite::Remove(RecordKey::Membership(group_id, user_id)) => {
                if let Some(groups) = self.groups_of.get_mut(user_id) {
                    groups.remove(group_id);
                }
            }
            RecordWrite::Put(_) | RecordWrite::Remove(_) => {}
        }
        match write {
            RecordWrite::Put(record) => self.records.insert(record.key(), Some(record.clone())),
            RecordWrite::Remove(key) => self.records.insert(key.clone(), None),
        };
    }

    /// What was seen by another name than the one that is written is read again.
    fn forget(&mut self, is_stale: impl Fn(&RecordKey) -> bool) {
        self.records.retain(|key, _| !is_stale(key));
    }
}

fn is_other_name_of_a_group(key: &RecordKey) -> bool {
    matches!(key, RecordKey::GroupByName(_))
}

/// The group that a record is.
pub(crate) fn as_group(record: Option<&Record>) -> Option<&Group> {
    match record {
        Some(Record::Group(group)) => Some(group),
        Some(_) | None => None,
    }
}

/// A user before and after a change, with the entry that records it.
#[derive(Debug, Clone)]
pub struct UserWrite {
    /// The user as it was seen; `None` for a new one. The store writes only if it still has this version.
    pub before: Option<Arc<User>>,
    /// The user as it is to be.
    pub after: Arc<User>,
    /// The journal entry. Its `changes` are exactly the difference.
    pub entry: Entry,
}

/// What to do with a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimWrite {
    /// Nobody holds it: take it.
    Take {
        /// The claim.
        claim: Claim,
        /// Who takes it.
        holder: UserId,
    },
    /// A deleted user holds it: take it over.
    Move {
        /// The claim.
        claim: Claim,
        /// Who holds it.
        from: UserId,
        /// Who takes it over.
        to: UserId,
    },
    /// Give it up.
    Release {
        /// The claim.
        claim: Claim,
        /// Who holds it.
        holder: UserId,
    },
}

/// What to do with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordWrite {
    /// Write it, over the one with the same key if there is one.
    Put(Record),
    /// Remove it.
    Remove(RecordKey),
}

/// Everything that one change writes, in one transaction.
#[derive(Debug, Clone, Default)]
pub struct WriteSet {
    /// The user.
    pub user: Option<UserWrite>,
    /// The claims. Releases come first.
    pub claims: Vec<ClaimWrite>,
    /// The records. They are written after the user.
    pub records: Vec<RecordWrite>,
}

impl WriteSet {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.user.is_none() && self.claims.is_empty() && self.records.is_empty()
    }
}

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// It created the user.
    Created,
    /// It changed the user.
    Updated,
    /// It deleted the user.
    Deleted,
    /// It changed nothing.
    Unchanged,
}

impl Effect {
    /// Every effect.
    pub const ALL: [Self; 4] = [Self::Created, Self::Updated, Self::Deleted, Self::Unchanged];

    /// The name, as stores have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Unchanged => "unchanged",
        }
    }

    /// From the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effect| effect.name() == name)
    }
}

/// What came of a change that was not refused.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A user's change.
    User {
        /// The user after it.
        user: Arc<User>,
        /// What it did.
        effect: Effect,
        /// Whether an earlier request with the same idempotency key did it.
        replayed: bool,
    },
    /// A record's change: the record after it, or before its removal.
    Record(Option<Record>),
}

/// What came of a change.
pub type Verdict = Result<Outcome, Refused>;

/// What a [`Decide`] says to what it saw.
#[derive(Debug)]
pub enum Decision {
    /// Write this (maybe nothing), then answer that.
    Done {
        /// To write.
        writes: Box<WriteSet>,
        /// To answer, once it is on disk.
        verdict: Verdict,
    },
    /// Read this as well, then ask again.
    ReadMore(ReadSet),
    /// What was prepared outside (a password's hash) no longer fits: prepare again.
    Stale,
}

/// A change, to be decided in the store's transaction. Pure: no I/O, no clock; it may be asked again.
pub trait Decide: Send + Sync {
    /// The id of the change.
    fn change_id(&self) -> ChangeId;
    /// What it will surely read, even if it comes to nothing.
    fn reads(&self) -> ReadSet;
    /// What it mostly reads besides if it writes: a store that reads it at once need not ask twice.
    fn reads_to_write(&self) -> ReadSet {
        ReadSet::default()
    }
    /// Decides over what was seen.
    fn decide(&self, seen: &Seen) -> Decision;
}

/// What came of a submitted change.
#[derive(Debug)]
pub enum Submitted {
    /// It was decided, and what it wrote is on disk.
    Decided(Verdict),
    /// It must be prepared again. Nothing was written.
    Stale,
}

/// Why a store did not answer. The texts are for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Too much waits already. Nothing was written.
    #[error("the write queue is full")]
    Overloaded,
    /// The store went away with the change in flight: it may or may not be on disk.
    #[error("the outcome is not known: {0}")]
    Unavailable(String),
    /// A search took longer than a search may.
    #[error("the search took too long")]
    TooSlow,
    /// The store failed. Nothing was acknowledged.
    #[error("{0}")]
    Failed(String),
}

/// Which users to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserFilter {
    /// All, by id.
    All,
    /// Those with this email, compared as [`fold::fold`] does, by id.
    Email(Email),
    /// The one with this user_name.
    UserName(UserName),
    /// Those recorded at or after this moment, by (recorded_at, id).
    RecordedSince(Timestamp),
}

/// A page of users: living ones alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserQuery {
    /// Which.
    pub filter: UserFilter,
    /// Where the page before ended: its [`UserPage::next`].
    pub after: Option<Place>,
    /// The most users of the page.
    pub limit: usize,
}

/// A place in a list of users.
pub type Place = (Timestamp, UserId);

/// A page of a list of users.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserPage {
    /// The users, in the order of the list.
    pub users: Vec<Arc<User>>,
    /// Behind what the next page begins; `None` at the end of the list. A page may hold fewer users than asked for, even
    /// none, and others follow all the same.
    pub next: Option<Place>,
}

/// The groups that users are members of, by user; of one that is in none there may be no entry.
pub type GroupsOf = BTreeMap<UserId, Vec<(GroupId, GroupName)>>;

/// A store of the directory.
///
/// Every method answers for what is committed; a change is answered once it is on disk.
pub trait Store: Send + Sync {
    /// Decides a change in a transaction and writes it.
    fn submit(&self, change: Arc<dyn Decide>) -> BoxFuture<'_, Result<Submitted, StoreError>>;
    /// Decides a change on a snapshot that begins now, and writes nothing. Never answers `ReadMore`.
    fn preview(&self, change: Arc<dyn Decide>) -> BoxFuture<'_, Result<Decision, StoreError>>;
    /// A user, deleted ones too (by id alone: a deleted user's claims may be another's).
    fn user(&self, target: Target) -> BoxFuture<'_, Result<Option<Arc<User>>, StoreError>>;
    /// A page of living users.
    fn users(&self, query: UserQuery) -> BoxFuture<'_, Result<UserPage, StoreError>>;
    /// A page of a user's journal, oldest first: the entries of versions above `after`.
    fn history(
        &self,
        user: UserId,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<(Position, Entry)>, StoreError>>;
    /// Living users that fit, with the page's place in a consistent view. An error that says so if it took too long.
    fn search_users(&self, search: UserSearch) -> BoxFuture<'_, Result<FoundUsers, StoreError>>;
    /// Groups that fit.
    fn search_groups(&self, search: GroupSearch) -> BoxFuture<'_, Result<Found<Group>, StoreError>>;
    /// A page of a group's members behind an id, in the order of their ids: living users alone.
    fn members(
        &self,
        group: GroupId,
        after: Option<UserId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Member>, StoreError>>;
    /// The groups of each of these users, in the order of their ids.
    fn groups_of(&self, users: Vec<UserId>) -> BoxFuture<'_, Result<GroupsOf, StoreError>>;
    /// A page of a group's journal, oldest first: the entries of versions above `after`. Of a deleted group too.
    fn group_history(
        &self,
        group: GroupId,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<GroupEntry>, StoreError>>;
    /// A record.
    fn record(&self, key: RecordKey) -> BoxFuture<'_, Result<Option<Record>, StoreError>>;
    /// A page of a register, in the order of its keys.
    fn records(
        &self,
        register: Register,
        after: Option<RecordKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Record>, StoreError>>;
    /// Removes at most `limit` records (idempotency, revoked tokens) that expired before `now`; how many it removed.
    fn sweep(&self, now: Timestamp, limit: usize) -> BoxFuture<'_, Result<usize, StoreError>>;
    /// The rules that the store was last configured with.
    fn rules(&self) -> BoxFuture<'_, Result<Rules, StoreError>>;
    /// Sets the rules. Turning `unique_email` on claims every living user's email, or answers the emails that several
    /// users hold (at most 100) and changes nothing; turning it off releases the claims.
    fn configure(&self, rules: Rules) -> BoxFuture<'_, Result<Result<(), Vec<Email>>, StoreError>>;
    /// Whether the store can read and write.
    fn ready(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}
