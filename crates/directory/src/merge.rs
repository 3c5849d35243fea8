//! The merge: a user and a patch in, the user as it is to be and the exact difference out. Pure; rules that need
//! other users or registers are in `decide`.

mod elements;

use std::collections::BTreeSet;

use crate::change::{Assign, Change, GrantsPatch, LinksPatch, Resolution, UserPatch};
use crate::clock::Timestamp;
use crate::journal::FieldChange;
use crate::user::{Field, Grant, Link, User};
use crate::value::{FieldValue, Value};

/// A user under change, with the difference so far.
pub(crate) struct Merge {
    pub(crate) user: User,
    pub(crate) changes: Vec<FieldChange>,
}

impl Merge {
    /// Applies everything of the patch but `user_name` and `updated_at`, which depend on the rest.
    pub(crate) fn new(
        user: User,
        patch: UserPatch,
    ) -> (Self, Change<crate::user::UserName>, Assign<Timestamp>) {
        let UserPatch {
            user_name,
            active,
            mut profile,
            last_login_resolution,
            links,
            taken_links: _,
            grants,
            elements,
            created_at,
            updated_at,
        } = patch;
        let mut merge = Self { user, changes: Vec::new() };
        let elements = elements::split(elements, &mut profile);
        if last_login_resolution == Resolution::Second && merge.same_second(&profile.last_login) {
            profile.last_login = Change::Keep;
        }
        let Self { user, changes } = &mut merge;
        profile.apply(&mut user.profile, &mut |field, before, after| {
            changes.push(FieldChange { field, before, after })
        });
        merge.merge_active(active);
        merge.merge_links(links);
        merge.merge_grants(grants);
        merge.merge_elements(elements);
        merge.merge_created_at(created_at);
        (merge, user_name, updated_at)
    }

    /// A new user's fields that are never empty are recorded, whatever the patch says of them.
    pub(crate) fn record_birth(&mut self) {
        let user = &self.user;
        let values = [
            (Field::Active, Value::Bool(user.active)),
            (Field::CreatedAt, Value::Time(user.created_at)),
            (Field::UpdatedAt, Value::Time(user.updated_at)),
        ];
        for (field, after) in values {
            self.changes.retain(|change| change.field != field);
            self.push(field, None, Some(after));
        }
    }

    /// Whether the field, or an element of it, is another now.
    pub(crate) fn touches(&self, field: Field) -> bool {
        self.changes.iter().any(|change| change.field == field)
    }

    pub(crate) fn push(&mut self, field: Field, before: Option<Value>, after: Option<Value>) {
        self.changes.push(FieldChange { field, before, after });
    }

    /// `updated_at` is the caller's to set; else it moves to now if anything changed.
    pub(crate) fn finish_updated_at(&mut self, updated_at: Assign<Timestamp>, now: Timestamp) {
        let after = match updated_at {
            Assign::Set(time) => time,
            Assign::Keep if self.changes.is_empty() => return,
            Assign::Keep => now.floor_to_millis(),
        };
        let before = std::mem::replace(&mut self.user.updated_at, after);
        if before != after {
            self.push(Field::UpdatedAt, Some(before.to_value()), Some(after.to_value()));
        }
    }

    fn same_second(&self, told: &Change<Timestamp>) -> bool {
        match (told, self.user.profile.last_login) {
            (Change::Set(told), Some(stored)) => told.unix_seconds() == stored.unix_seconds(),
            (Change::Set(_) | Change::Keep | Change::Clear, _) => false,
        }
    }

    fn merge_active(&mut self, active: Assign<bool>) {
        if let Assign::Set(after) = active
            && after != self.user.active
        {
            self.user.active = after;
            self.push(Field::Active, Some(Value::Bool(!after)), Some(Value::Bool(after)));
        }
    }

    fn merge_links(&mut self, links: LinksPatch) {
        for (source, change) in links {
            let mut stored = self.user.links.get(&source).cloned();
            let Some((before, after)) = change.apply(&mut stored) else { continue };
            let value = |external_id| Value::Link(Link { source: source.clone(), external_id });
            if let Some(before) = before {
                self.push(Field::Links, Some(value(before)), None);
                self.user.links.remove(&source);
            }
            if let Some(after) = after {
                self.push(Field::Links, None, Some(value(after.clone())));
                self.user.links.insert(source, after);
            }
        }
    }

    fn merge_grants(&mut self, grants: GrantsPatch) {
        let after: BTreeSet<Grant> = match grants {
            GrantsPatch::Keep => return,
            GrantsPatch::Replace(after) => after,
            GrantsPatch::Edit { add, remove } => {
                self.user.grants.union(&add).filter(|grant| !remove.contains(grant)).cloned().collect()
            }
        };
        let before = std::mem::replace(&mut self.user.grants, after.clone());
        for grant in before.difference(&after) {
            self.push(Field::Grants, Some(Value::Grant(grant.clone())), None);
        }
        for grant in after.difference(&before) {
            self.push(Field::Grants, None, Some(Value::Grant(grant.clone())));
        }
    }

    fn merge_created_at(&mut self, created_at: Change<Timestamp>) {
        let after = match created_at {
            Change::Keep => return,
            Change::Clear => self.user.registered_at.floor_to_millis(),
            Change::Set(time) => time,
        };
        let before = std::mem::replace(&mut self.user.created_at, after);
        if before != after {
            self.push(Field::CreatedAt, Some(before.to_value()), Some(after.to_value()));
        }
    }
}
