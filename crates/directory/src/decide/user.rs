//! Creating and changing a user.

use std::sync::Arc;

use super::{Decided, check_version, done, find, find_living, names, references, refuse, target_reads};
use crate::change::{Change, GrantsPatch, PasswordChange, UserPatch};
use crate::clock::Timestamp;
use crate::directory::Rules;
use crate::error::{Fault, FaultAt, Reason, Refusal};
use crate::journal::{Actor, ChangeId, Dialect, Entry, EntryKind};
use crate::merge::Merge;
use crate::password::PasswordHash;
use crate::seal::WrappedKey;
use crate::store::{
    Claim, ClaimWrite, Decide, Decision, Effect, ReadSet, RecordWrite, Seen, Target, UserWrite, WriteSet,
};
use crate::user::{Field, FieldVersions, Link, MOST_GRANTS, Number, Profile, User, UserId, UserName};
use crate::value::Value;

/// What a new user would get, made outside the store.
#[derive(Debug, Clone)]
pub(crate) struct NewUser {
    pub(crate) id: UserId,
    pub(crate) data_key: WrappedKey,
}

/// Whom a change is about.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    /// A new user.
    New(NewUser),
    /// The user with this link, or a new one.
    Upsert(Link, NewUser),
    /// An existing user.
    Existing(Target),
}

/// Creates or changes a user.
#[derive(Debug, Clone)]
pub(crate) struct ChangeUser {
    pub(crate) change_id: ChangeId,
    pub(crate) now: Timestamp,
    pub(crate) actor: Actor,
    pub(crate) dialect: Dialect,
    pub(crate) rules: Rules,
    pub(crate) subject: Subject,
    pub(crate) patch: UserPatch,
    pub(crate) password: PasswordChange,
    pub(crate) if_version: Option<Vec<u64>>,
    /// The version that the patch was made for; the change is `Stale` if the user has another.
    pub(crate) made_for: Option<u64>,
}

impl Decide for ChangeUser {
    fn change_id(&self) -> ChangeId {
        self.change_id
    }

    fn reads(&self) -> ReadSet {
        match &self.subject {
            Subject::Upsert(link, _) => target_reads(&Target::Link(link.clone())),
            Subject::Existing(target) => target_reads(target),
            Subject::New(_) => ReadSet { number: true, ..ReadSet::default() },
        }
    }

    fn reads_to_write(&self) -> ReadSet {
        // A new user's name will be one of these.
        let email = set(&self.patch.profile.email).and_then(|email| UserName::new(email.as_str()).ok());
        let name = set(&self.patch.user_name).cloned().or(email);
        ReadSet { claims: name.as_ref().map(Claim::user_name).into_iter().collect(), ..ReadSet::default() }
    }

    fn decide(&self, seen: &Seen) -> Decision {
        self.try_decide(seen).unwrap_or_else(Decision::ReadMore)
    }
}

/// The value that a change sets.
fn set<T>(change: &Change<T>) -> Option<&T> {
    match change {
        Change::Set(value) => Some(value),
        Change::Keep | Change::Clear => None,
    }
}

impl ChangeUser {
    fn try_decide(&self, seen: &Seen) -> Decided {
        let mut patch = self.patch.clone();
        let before = match &self.subject {
            Subject::New(_) => None,
            Subject::Existing(target) => match find_living(target, seen)? {
                Some(user) => Some(Arc::clone(user)),
                None => return Ok(refuse(Refusal::NotFound)),
            },
            Subject::Upsert(link, _) => {
                let holder =
                    find(&Target::Link(link.clone()), seen)?.filter(|user| user.is_living()).cloned();
                if holder.is_none() {
                    patch.links.insert(link.source.clone(), Change::Set(link.external_id.clone()));
                }
                holder
            }
        };
        if let Some(user) = &before
            && let Err(refusal) = check_version(user, self.if_version.as_deref())
        {
            return Ok(refuse(refusal));
        }
        if let (Some(user), Some(version)) = (&before, self.made_for)
            && user.version != version
        {
            return Ok(Decision::Stale);
        }
        match (before, &self.subject) {
            (Some(user), _) => self.merge_and_write(Some(&user), (*user).clone(), patch, seen),
            (None, Subject::Upsert(_, new) | Subject::New(new)) => {
                let blank = self.blank(new, seen.number()?);
                self.merge_and_write(None, blank, patch, seen)
            }
            (None, Subject::Existing(_)) => Ok(refuse(Refusal::NotFound)),
        }
    }

    /// A new user before its first patch, as version 0.
    fn blank(&self, new: &NewUser, number: Number) -> User {
        let (now, now_ms) = (self.now, self.now.floor_to_millis());
        User {
            id: new.id,
            number,
            version: 0,
            // The last resort of the derivation, which replaces it where it can.
            user_name: new.id.into(),
            user_name_chosen: false,
            active: true,
            profile: Profile::default(),
            links: Default::default(),
            grants: Default::default(),
            elements: Vec::new(),
            last_element: 0,
            password: None,
            created_at: now_ms,
            updated_at: now_ms,
            registered_at: now,
            recorded_at: now,
            deleted_at: None,
            data_key: new.data_key.clone(),
            field_versions: FieldVersions::default(),
        }
    }

    fn merge_and_write(
        &self,
        before: Option<&Arc<User>>,
        user: User,
        patch: UserPatch,
        seen: &Seen,
    ) -> Decided {
        let wanted_grants = patch.grants.clone();
        let taken_links = patch.taken_links;
        let (mut merge, user_name, updated_at) = Merge::new(user, patch);
        let mut faults = Vec::new();
        let (mut claims, mut records) = (Vec::new(), Vec::new());
        names::merge_user_name(&mut merge, before.is_none(), user_name, seen)?;
        names::claim_names(
            &mut merge,
            before.map(|user| &**user),
            (self.rules, taken_links),
            seen,
            (&mut claims, &mut records),
            &mut faults,
        )?;
        self.check_references(&merge, &wanted_grants, seen, &mut faults)?;
        if !faults.is_empty() {
            return Ok(refuse(Refusal::Faults(faults)));
        }
        if self.merge_password(&mut merge).is_err() {
            return Ok(Decision::Stale);
        }
        merge.finish_updated_at(updated_at, self.now);
        match before {
            Some(user) if merge.changes.is_empty() => {
                Ok(done(WriteSet::default(), Arc::clone(user), Effect::Unchanged))
            }
            Some(_) => Ok(self.write(before, merge, (claims, records), EntryKind::Updated, Effect::Updated)),
            None => {
                merge.record_birth();
                claims.push(ClaimWrite::Take {
                    claim: Claim::Number(merge.user.number),
                    holder: merge.user.id,
                });
                Ok(self.write(before, merge, (claims, records), EntryKind::Created, Effect::Created))
            }
        }
    }

    fn check_references(
        &self,
        merge: &Merge,
        wanted: &GrantsPatch,
        seen: &Seen,
        faults: &mut Vec<Fault>,
    ) -> Result<(), ReadSet> {
        if merge.user.grants.len() > MOST_GRANTS {
            faults.push(Fault { at: FaultAt::Field(Field::Grants), reason: Reason::TooMany });
        }
        let whole = match self.subject {
            Subject::Upsert(..) | Subject::New(_) => true,
            Subject::Existing(_) => false,
        };
        references::check(self.rules, merge, whole, wanted, seen, faults)
    }

    /// The password comes last: it is the one thing that is prepared outside. `Err` if it no longer fits.
    fn merge_password(&self, merge: &mut Merge) -> Result<(), ()> {
        let fits = |against: Option<&PasswordHash>| {
            if merge.user.password.as_ref() == against { Ok(()) } else { Err(()) }
        };
        let after = match &self.password {
            PasswordChange::Keep => return Ok(()),
            PasswordChange::Pending => return Err(()),
            PasswordChange::Verified { against } => return fits(Some(against)),
            PasswordChange::Clear => None,
            PasswordChange::Set { hash, against } => {
                fits(against.as_ref())?;
                Some(hash.clone())
            }
        };
        if merge.user.password != after {
            merge.user.password = after;
            merge.push(Field::Password, None, None);
        }
        Ok(())
    }

    fn write(
        &self,
        before: Option<&Arc<User>>,
        merge: Merge,
        (claims, records): (Vec<ClaimWrite>, Vec<RecordWrite>),
        kind: EntryKind,
        effect: Effect,
    ) -> Decision {
        let (user, entry) = seal_version(merge, before.map(|user| &**user), self.stamp(kind));
        let after = Arc::new(user);
        let user = Some(UserWrite { before: before.cloned(), after: Arc::clone(&after), entry });
        done(WriteSet { user, claims, records }, after, effect)
    }

    fn stamp(&self, kind: EntryKind) -> Stamp<'_> {
        Stamp { change_id: self.change_id, now: self.now, actor: &self.actor, dialect: self.dialect, kind }
    }
}

/// What an entry says of its change besides the values.
pub(super) struct Stamp<'a> {
    pub(super) change_id: ChangeId,
    pub(super) now: Timestamp,
    pub(super) actor: &'a Actor,
    pub(super) dialect: Dialect,
    pub(super) kind: EntryKind,
}

/// Gives the merged user its version and the time it is recorded at, and makes the entry of the change.
pub(super) fn seal_version(merge: Merge, before: Option<&User>, stamp: Stamp<'_>) -> (User, Entry) {
    let Merge { mut user, changes } = merge;
    user.version = before.map_or(0, |user| user.version).saturating_add(1);
    user.recorded_at = before.map_or(stamp.now, |user| stamp.now.max(user.recorded_at.plus_micros(1)));
    for change in &changes {
        user.field_versions.set(change.field, user.version);
    }
    let entry = Entry {
        change_id: stamp.change_id,
        user_id: user.id,
        version: user.version,
        kind: stamp.kind,
        recorded_at: user.recorded_at,
        actor: stamp.actor.clone(),
        dialect: stamp.dialect,
        changes: Some(changes),
    };
    (user, entry)
}

/// The element of a links change that was added.
pub(super) fn added_link(after: Option<&Value>) -> Option<&Link> {
    match after {
        Some(Value::Link(link)) => Some(link),
        Some(
            Value::Text(_)
            | Value::Bool(_)
            | Value::Time(_)
            | Value::Uuid(_)
            | Value::Grant(_)
            | Value::Holder(_)
            | Value::Element(_),
        )
        | None => None,
    }
}
