//! The decisions: what each kind of change does, given what the store's transaction saw.

mod delete_user;
mod group;
mod idempotent;
mod names;
mod record;
mod references;
mod user;

pub(crate) use delete_user::DeleteUser;
pub(crate) use group::{ChangeGroup, DeleteGroup, GroupSubject};
pub(crate) use idempotent::{Idempotent, answered};
pub use record::ChangeRecord;
pub(crate) use user::{ChangeUser, NewUser, Subject};

use std::sync::Arc;

use crate::error::Refusal;
use crate::store::{Decision, Effect, Outcome, ReadSet, Seen, Target, WriteSet};
use crate::user::User;

/// What every decision can come to early: it must read more.
pub(crate) type Decided = Result<Decision, ReadSet>;

fn refuse(refusal: Refusal) -> Decision {
    Decision::Done { writes: Box::default(), verdict: Err(refusal.into()) }
}

fn done(writes: WriteSet, user: Arc<User>, effect: Effect) -> Decision {
    Decision::Done { writes: Box::new(writes), verdict: Ok(Outcome::User { user, effect, replayed: false }) }
}

/// What must be read to find a user.
fn target_reads(target: &Target) -> ReadSet {
    match target {
        Target::Id(id) => ReadSet { users: vec![*id], ..ReadSet::default() },
        Target::Number(_) | Target::Link(_) | Target::UserName(_) => {
            ReadSet { claims: target.claim().into_iter().collect(), ..ReadSet::default() }
        }
    }
}

/// The user that is named, deleted ones too.
fn find<'a>(target: &Target, seen: &'a Seen) -> Result<Option<&'a Arc<User>>, ReadSet> {
    let id = match (target, target.claim()) {
        (_, Some(claim)) => seen.holder(&claim)?,
        (Target::Id(id), None) => Some(*id),
        (Target::Number(_) | Target::Link(_) | Target::UserName(_), None) => None,
    };
    id.map_or(Ok(None), |id| seen.user(id))
}

/// The living user that is named.
fn find_living<'a>(target: &Target, seen: &'a Seen) -> Result<Option<&'a Arc<User>>, ReadSet> {
    Ok(find(target, seen)?.filter(|user| user.is_living()))
}

/// Refuses unless the user has one of the versions that the caller expects.
fn check_version(user: &User, expected: Option<&[u64]>) -> Result<(), Refusal> {
    match expected {
        Some(versions) if !versions.contains(&user.version) => {
            Err(Refusal::VersionMismatch { current: user.version })
        }
        Some(_) | None => Ok(()),
    }
}
