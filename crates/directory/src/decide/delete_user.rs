//! Deleting a user: it keeps its id, number, links and history, and gives up its user_name and email.

use std::sync::Arc;

use super::group::{Stamper, leave_all};
use super::user::{Stamp, seal_version};
use super::{Decided, check_version, done, find_living, refuse, target_reads};
use crate::clock::Timestamp;
use crate::directory::Rules;
use crate::error::Refusal;
use crate::journal::{Actor, ChangeId, Dialect, EntryKind};
use crate::merge::Merge;
use crate::store::{Claim, ClaimWrite, Decide, Decision, Effect, ReadSet, Seen, Target, UserWrite, WriteSet};
use crate::user::Field;
use crate::value::Value;

/// Deletes a user.
#[derive(Debug, Clone)]
pub(crate) struct DeleteUser {
    pub(crate) change_id: ChangeId,
    pub(crate) now: Timestamp,
    pub(crate) actor: Actor,
    pub(crate) dialect: Dialect,
    pub(crate) rules: Rules,
    pub(crate) target: Target,
    pub(crate) if_version: Option<Vec<u64>>,
}

impl Decide for DeleteUser {
    fn change_id(&self) -> ChangeId {
        self.change_id
    }

    fn reads(&self) -> ReadSet {
        target_reads(&self.target)
    }

    fn reads_to_write(&self) -> ReadSet {
        let Target::Id(id) = self.target else { return ReadSet::default() };
        ReadSet { groups_of: vec![id], ..ReadSet::default() }
    }

    fn decide(&self, seen: &Seen) -> Decision {
        self.try_decide(seen).unwrap_or_else(Decision::ReadMore)
    }
}

impl DeleteUser {
    fn try_decide(&self, seen: &Seen) -> Decided {
        let Some(before) = find_living(&self.target, seen)? else {
            return Ok(refuse(Refusal::NotFound));
        };
        if let Err(refusal) = check_version(before, self.if_version.as_deref()) {
            return Ok(refuse(refusal));
        }
        let by =
            Stamper { change_id: self.change_id, now: self.now, actor: &self.actor, dialect: self.dialect };
        let records = leave_all(by, before.id, seen)?;
        let mut merge = Merge { user: (**before).clone(), changes: Vec::new() };
        merge.user.deleted_at = Some(self.now);
        merge.push(Field::DeletedAt, None, Some(Value::Time(self.now)));
        let stamp = Stamp {
            change_id: self.change_id,
            now: self.now,
            actor: &self.actor,
            dialect: self.dialect,
            kind: EntryKind::Deleted,
        };
        let (user, entry) = seal_version(merge, Some(before), stamp);
        let email = before.profile.email.as_ref().filter(|_| self.rules.unique_email).map(Claim::email);
        let claims = [Claim::user_name(&before.user_name)]
            .into_iter()
            .chain(email)
            .map(|claim| ClaimWrite::Release { claim, holder: user.id })
            .collect();
        let after = Arc::new(user);
        let user = Some(UserWrite { before: Some(Arc::clone(before)), after: Arc::clone(&after), entry });
        Ok(done(WriteSet { user, claims, records }, after, Effect::Deleted))
    }
}
