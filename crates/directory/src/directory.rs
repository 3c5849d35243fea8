//! The use cases: what callers of every dialect can ask of the directory.
//!
//! A change is prepared here (time, ids, keys, hashes), decided in the store's transaction, and answered once it is
//! on disk. A handler can't get here without a [`Principal`], and what it may do is decided here again.

pub mod groups;
mod replayed;

use std::sync::Arc;

use crate::access::{Principal, Scope};
use crate::change::{Change, PasswordChange, UserPatch};
use crate::clock::{Clock, Entropy, Timestamp};
use crate::decide::{ChangeRecord, ChangeUser, DeleteUser, Idempotent, NewUser, Subject};
use crate::error::{Error, Fault, Refusal};
use crate::foresight::Foresight;
use crate::idempotency::{Idempotency, IdempotencyKey};
use crate::journal::{Actor, ChangeId, Dialect, Entry, Position};
use crate::password::{Password, PasswordHash, Passwords};
use crate::record::{Record, RecordKey, Register};
use crate::seal::Keyring;
use crate::store::{
    Decide, Decision, Effect, Outcome, RecordWrite, Store, Submitted, Target, UserPage, UserQuery, Verdict,
};
use crate::user::{ExternalId, Link, User, UserId};

/// Whether references must be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum References {
    /// Kept as sent.
    #[default]
    Open,
    /// Refused unless registered.
    Known,
}

impl References {
    /// The name, as stores have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Known => "known",
        }
    }

    /// From the name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Open, Self::Known].into_iter().find(|references| references.name() == name)
    }
}

/// The settings that change what a change means. They are the same for every process over one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// Whether references must be registered.
    pub references: References,
    /// Whether one user alone may hold an email.
    pub unique_email: bool,
}

/// What came of a user's change.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The user after it.
    pub user: Arc<User>,
    /// What it did.
    pub effect: Effect,
    /// Whether an earlier request with the same idempotency key did it.
    pub replayed: bool,
}

/// A change of an existing user.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The fields.
    pub patch: UserPatch,
    /// The password.
    pub password: Change<Password>,
    /// The versions that the caller expects, if it does.
    pub if_version: Option<Vec<u64>>,
    /// The request's idempotency key.
    pub idempotency: Option<Idempotency>,
    /// The version of the user that the patch was made for, if it was made for one: it is never applied to another, and
    /// the caller is told with [`Error::Moved`].
    pub made_for: Option<u64>,
}

/// How often a change is prepared again because the password's hash moved meanwhile.
const MOST_PREPARATIONS: usize = 8;

/// The most users, entries or records on a page.
pub const MOST_ON_A_PAGE: usize = 1_000;

/// The directory.
pub struct Directory {
    store: Arc<dyn Store>,
    keyring: Arc<Keyring>,
    passwords: Arc<dyn Passwords>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    rules: Rules,
    foresight: Foresight,
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Directory {
    /// A directory over `store`, which must be configured with the same rules.
    pub fn new(
        store: Arc<dyn Store>,
        keyring: Arc<Keyring>,
        passwords: Arc<dyn Passwords>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        rules: Rules,
    ) -> Self {
        Self { store, keyring, passwords, clock, entropy, rules, foresight: Foresight::default() }
    }

    /// Marks a request with its idempotency key. The parts are method, route, query and body.
    pub fn idempotency(&self, key: IdempotencyKey, parts: &[&[u8]]) -> Idempotency {
        Idempotency { key, request: self.keyring.request_tag(parts) }
    }

    /// Changes the user that the principal's source calls `external_id`, or creates one.
    pub async fn upsert(
        &self,
        who: &Principal,
        dialect: Dialect,
        external_id: ExternalId,
        patch: UserPatch,
        idempotency: Option<Idempotency>,
    ) -> Result<Applied, Error> {
        let update = Update { patch, idempotency, ..Update::default() };
        self.upsert_with(who, dialect, external_id, update).await
    }

    /// The same with everything that a change may hold. Expected versions are those of an existing user alone: with none
    /// in the list, the user must be a new one.
    pub async fn upsert_with(
        &self,
        who: &Principal,
        dialect: Dialect,
        external_id: ExternalId,
        update: Update,
    ) -> Result<Applied, Error> {
        who.require(Scope::UsersWrite)?;
        let target = Target::Link(Link { source: who.source.clone(), external_id: external_id.clone() });
        let subject = self.upsert_subject(who, external_id)?;
        self.change(who, dialect, subject, &target, update).await
    }

    /// What an upsert would be refused for, besides faults of form. Writes nothing.
    pub async fn upsert_faults(
        &self,
        who: &Principal,
        external_id: ExternalId,
        patch: UserPatch,
    ) -> Result<Vec<Fault>, Error> {
        who.require(Scope::UsersWrite)?;
        let subject = self.upsert_subject(who, external_id)?;
        self.faults(self.change_user(who.actor(), Dialect::Rest, subject, patch, None)).await
    }

    /// Creates a user.
    pub async fn create(&self, who: &Principal, dialect: Dialect, update: Update) -> Result<Applied, Error> {
        who.require(Scope::UsersWrite)?;
        let new = self.new_user()?;
        let target = Target::Id(new.id);
        self.change(who, dialect, Subject::New(new), &target, update).await
    }

    /// Changes an existing user.
    pub async fn update(
        &self,
        who: &Principal,
        dialect: Dialect,
        target: Target,
        update: Update,
    ) -> Result<Applied, Error> {
        who.require(Scope::UsersWrite)?;
        self.change(who, dialect, Subject::Existing(target.clone()), &target, update).await
    }

    /// What an update would be refused for, besides faults of form; nothing where there is no such user. Writes nothing.
    pub async fn update_faults(
        &self,
        who: &Principal,
        target: Target,
        patch: UserPatch,
    ) -> Result<Vec<Fault>, Error> {
        who.require(Scope::UsersWrite)?;
        self.faults(self.change_user(who.actor(), Dialect::Rest, Subject::Existing(target), patch, None))
            .await
    }

    /// Deletes a user.
    pub async fn delete(
        &self,
        who: &Principal,
        dialect: Dialect,
        target: Target,
        if_version: Option<Vec<u64>>,
        idempotency: Option<Idempotency>,
    ) -> Result<Applied, Error> {
        who.require(Scope::UsersWrite)?;
        let now = self.clock.now();
        let change = DeleteUser {
            change_id: self.change_id(now),
            now,
            actor: who.actor(),
            dialect,
            rules: self.rules,
            target,
            if_version,
        };
        self.apply(who, idempotency, change).await
    }

    /// A living user.
    pub async fn get(&self, who: &Principal, target: Target) -> Result<Arc<User>, Error> {
        who.require(Scope::UsersRead)?;
        let user = self.store.user(target).await?;
        user.filter(|user| user.is_living()).ok_or_else(|| Refusal::NotFound.into())
    }

    /// A page of living users.
    pub async fn list(&self, who: &Principal, query: UserQuery) -> Result<UserPage, Error> {
        who.require(Scope::UsersRead)?;
        let limit = query.limit.min(MOST_ON_A_PAGE);
        Ok(self.store.users(UserQuery { limit, ..query }).await?)
    }

    /// A page of a user's history, oldest first: the entries of versions above `after`. Of a deleted user too, by id.
    pub async fn history(
        &self,
        who: &Principal,
        target: Target,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(Position, Entry)>, Error> {
        who.require(Scope::UsersRead)?;
        let by_id = matches!(target, Target::Id(_));
        let user = self.store.user(target).await?.filter(|user| by_id || user.is_living());
        let user = user.ok_or(Refusal::NotFound)?;
        Ok(self.store.history(user.id, after, limit.min(MOST_ON_A_PAGE)).await?)
    }

    /// A record of a register.
    pub async fn record(&self, who: &Principal, key: RecordKey) -> Result<Option<Record>, Error> {
        who.require(Scope::UsersRead)?;
        Ok(self.store.record(key).await?)
    }

    /// A page of a register.
    pub async fn records(
        &self,
        who: &Principal,
        register: Register,
        after: Option<RecordKey>,
        limit: usize,
    ) -> Result<Vec<Record>, Error> {
        who.require(Scope::UsersRead)?;
        Ok(self.store.records(register, after, limit.min(MOST_ON_A_PAGE)).await?)
    }

    /// Registers a record, or writes over the one with its key.
    pub async fn put_record(&self, who: &Principal, record: Record) -> Result<(), Error> {
        who.require(Scope::Admin)?;
        let key = record.key();
        let put = move |current: Option<&Record>| {
            Ok((current != Some(&record)).then(|| RecordWrite::Put(record.clone())))
        };
        self.submit_record(ChangeRecord::new(self.change_id(self.clock.now()), key, put)).await
    }

    /// Removes a record from its register.
    pub async fn remove_record(&self, who: &Principal, key: RecordKey) -> Result<(), Error> {
        who.require(Scope::Admin)?;
        let removed = key.clone();
        let remove = move |current: Option<&Record>| match current {
            Some(_) => Ok(Some(RecordWrite::Remove(removed.clone()))),
            None => Err(Refusal::NotFound),
        };
        self.submit_record(ChangeRecord::new(self.change_id(self.clock.now()), key, remove)).await
    }

    /// Records that a user signed in now, through an API client.
    pub async fn record_sign_in(&self, client: &str, user: UserId) -> Result<(), Error> {
        let mut patch = UserPatch::default();
        patch.profile.last_login = Change::Set(self.clock.now().floor_to_millis());
        let actor = Actor { client: client.to_owned(), user: Some(user) };
        let subject = Subject::Existing(Target::Id(user));
        let change = self.change_user(actor, Dialect::OAuth, subject, patch, None);
        self.try_submit(Arc::new(change)).await.map(|_| ())
    }

    fn change_id(&self, now: Timestamp) -> ChangeId {
        ChangeId(self.entropy.uuid_v7(now))
    }

    fn upsert_subject(&self, who: &Principal, external_id: ExternalId) -> Result<Subject, Error> {
        Ok(Subject::Upsert(Link { source: who.source.clone(), external_id }, self.new_user()?))
    }

    fn new_user(&self) -> Result<NewUser, Error> {
        let id = UserId(self.entropy.uuid_v7(self.clock.now()));
        let data_key =
            self.keyring.new_data_key(&*self.entropy).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(NewUser { id, data_key })
    }

    fn change_user(
        &self,
        actor: Actor,
        dialect: Dialect,
        subject: Subject,
        patch: UserPatch,
        if_version: Option<Vec<u64>>,
    ) -> ChangeUser {
        let now = self.clock.now();
        ChangeUser {
            change_id: self.change_id(now),
            now,
            actor,
            dialect,
            rules: self.rules,
            subject,
            patch,
            password: PasswordChange::Keep,
            if_version,
            made_for: None,
        }
    }

    async fn change(
        &self,
        who: &Principal,
        dialect: Dialect,
        subject: Subject,
        target: &Target,
        update: Update,
    ) -> Result<Applied, Error> {
        let Update { patch, password, if_version, idempotency, made_for } = update;
        let mut change = self.change_user(who.actor(), dialect, subject, patch, if_version);
        change.made_for = made_for;
        let password = match password {
            Change::Keep => return self.apply(who, idempotency, change).await,
            Change::Clear => {
                change.password = PasswordChange::Clear;
                return self.apply(who, idempotency, change).await;
            }
            Change::Set(password) => password,
        };
        change.password = PasswordChange::Pending;
        for _ in 0..MOST_PREPARATIONS {
            // Asked first: a request that is refused, or answered already, costs no hash. A change that was made for another
            // version stays stale, and its maker is told before a hash is made.
            if made_for.is_some() && self.has_moved(target, made_for).await? {
                return Err(Error::Moved);
            }
            let looks = change.password == PasswordChange::Pending || self.foresight.pays();
            if let Some(applied) = self.try_apply(who, idempotency.clone(), change.clone(), looks).await? {
                return Ok(applied);
            }
            change.password = self.prepare_password(target, &password).await?;
        }
        Err(Error::Overloaded)
    }

    async fn has_moved(&self, target: &Target, made_for: Option<u64>) -> Result<bool, Error> {
        let user = self.store.user(target.clone()).await?;
        Ok(user.map(|user| user.version) != made_for)
    }

    /// Verifies the password against the stored hash, or hashes it.
    async fn prepare_password(&self, target: &Target, password: &Password) -> Result<PasswordChange, Error> {
        let user = self.store.user(target.clone()).await?;
        // An upsert's link may still be a deleted user's, whose password is nobody's.
        let living = user.filter(|user| user.is_living());
        let against: Option<PasswordHash> = living.and_then(|user| user.password.clone());
        if let Some(against) = &against
            && self.passwords.verify(password.clone(), against.clone()).await?
        {
            return Ok(PasswordChange::Verified { against: against.clone() });
        }
        Ok(PasswordChange::Set { hash: self.passwords.hash(password.clone()).await?, against })
    }

    async fn apply<D: Decide + 'static>(
        &self,
        who: &Principal,
        idempotency: Option<Idempotency>,
        change: D,
    ) -> Result<Applied, Error> {
        let applied = self.try_apply(who, idempotency, change, self.foresight.pays()).await?;
        // Without a password, it is stale only where it was made for another version.
        applied.ok_or(Error::Moved)
    }

    /// `None` if the change must be prepared again. `looks` says whether it is worth to look before writing.
    async fn try_apply<D: Decide + 'static>(
        &self,
        who: &Principal,
        idempotency: Option<Idempotency>,
        change: D,
        looks: bool,
    ) -> Result<Option<Applied>, Error> {
        let now = self.clock.now();
        let Some(request) = idempotency else {
            return self.try_submit_changed(Arc::new(change), looks).await;
        };
        self.try_submit(Arc::new(Idempotent { change, client: who.client.clone(), request, now })).await
    }

    /// What changes nothing, or is not prepared yet, is decided on a reader's snapshot where that is likely; then the
    /// writer is left alone.
    async fn try_submit_changed(
        &self,
        change: Arc<dyn Decide>,
        looks: bool,
    ) -> Result<Option<Applied>, Error> {
        let seen = if looks { Some(self.store.preview(Arc::clone(&change)).await?) } else { None };
        let applied = match seen {
            Some(Decision::Done { writes, verdict: Ok(outcome) }) if writes.is_empty() => {
                applied(Ok(outcome)).map(Some)
            }
            Some(Decision::Stale) => Ok(None),
            Some(Decision::Done { .. } | Decision::ReadMore(_)) | None => self.try_submit(change).await,
        };
        if let Ok(Some(Applied { effect, .. })) = &applied {
            self.foresight.learn(*effect);
        }
        applied
    }

    async fn try_submit(&self, change: Arc<dyn Decide>) -> Result<Option<Applied>, Error> {
        match self.store.submit(change).await? {
            Submitted::Decided(verdict) => applied(verdict).map(Some),
            Submitted::Stale => Ok(None),
        }
    }

    async fn submit_record(&self, change: ChangeRecord) -> Result<(), Error> {
        match self.store.submit(Arc::new(change)).await? {
            Submitted::Decided(verdict) => verdict.map(|_| ()).map_err(Error::Refused),
            Submitted::Stale => Err(Error::Internal("a record's change was stale".to_owned())),
        }
    }

    async fn faults(&self, change: ChangeUser) -> Result<Vec<Fault>, Error> {
        match self.store.preview(Arc::new(change)).await? {
            Decision::Done { verdict: Err(refused), .. } => Ok(match refused.refusal {
                Refusal::Faults(faults) => faults,
                Refusal::NotFound | Refusal::VersionMismatch { .. } | Refusal::IdempotencyKeyReused => {
                    Vec::new()
                }
            }),
            Decision::Done { verdict: Ok(_), .. } | Decision::Stale | Decision::ReadMore(_) => Ok(Vec::new()),
        }
    }
}

fn applied(verdict: Verdict) -> Result<Applied, Error> {
    match verdict.map_err(Error::Refused)? {
        Outcome::User { user, effect, replayed } => Ok(Applied { user, effect, replayed }),
        Outcome::Record(_) => Err(Error::Internal("a user's change answered a record".to_owned())),
    }
}
