//! Users as they are created, changed and deleted: by their endpoints, and by the operations of a bulk request.

use roster_directory::{
    Applied, Change, Dialect, Error, GroupId, GroupName, Principal, Refusal, Scope, Target, Update, User,
    UserId,
};
use serde_json::{Map, Value};

use super::super::MOST_ATTEMPTS;
use crate::Scim;
use crate::answer::Shown;
use crate::call::{Call, Conditions};
use crate::convert::from_user::UserResource;
use crate::convert::to_patch::{self, Asked};
use crate::error::ScimError;
use crate::patch::{self, PatchRequest};
use crate::projection::Projection;
use crate::representation;
use crate::resource::{self, Resource};
use crate::schema::USER;

/// What becomes of a user's resource.
pub(crate) enum Edit {
    /// It is to have these values; what they do not name stays.
    Put(Resource),
    /// These operations are carried out.
    Patch(PatchRequest),
}

impl Edit {
    /// Reads the body of a PUT.
    pub(crate) fn put(sent: &Map<String, Value>) -> Result<Self, ScimError> {
        let mut faults = Vec::new();
        let resource = resource::whole(&USER, sent, &mut faults);
        ScimError::check(&faults)?;
        Ok(Self::Put(resource))
    }

    /// Reads the body of a PATCH.
    pub(crate) fn patch(sent: &Map<String, Value>) -> Result<Self, ScimError> {
        PatchRequest::new(sent).map(Self::Patch)
    }

    /// Whether it says what the user signs in as: then that is chosen, and no longer derived.
    fn names_the_user(&self) -> bool {
        match self {
            Self::Put(_) => true,
            Self::Patch(request) => request.is_about("userName"),
        }
    }

    fn apply(&self, before: &Resource) -> Result<Resource, ScimError> {
        match self {
            Self::Put(sent) => Ok(resource::overlay(before, sent)),
            Self::Patch(request) => patch::apply(request, before),
        }
    }
}

impl Scim {
    /// Creates a user.
    pub(crate) async fn create_user(
        &self,
        who: &Principal,
        sent: &Map<String, Value>,
        conditions: Conditions,
    ) -> Result<Applied, ScimError> {
        let mut faults = Vec::new();
        let resource = resource::whole(&USER, sent, &mut faults);
        let Asked { patch, password } =
            to_patch::patch(&Resource::new(), &resource, &who.source, &mut faults);
        ScimError::check(&faults)?;
        let update = Update { patch, password, idempotency: conditions.idempotency, ..Update::default() };
        Ok(self.directory.create(who, Dialect::Scim, update).await?)
    }

    /// Changes a user. Where somebody else was quicker, the change is made again for what the user is then.
    pub(crate) async fn edit_user(
        &self,
        who: &Principal,
        base: &str,
        id: UserId,
        edit: &Edit,
        conditions: Conditions,
    ) -> Result<Applied, ScimError> {
        for _ in 0..MOST_ATTEMPTS {
            let update = match self.prepare(who, base, id, edit, &conditions).await {
                Ok(update) => update,
                // What was done once may be impossible now, and is answered as it was then.
                Err(error) => {
                    let Some(request) = &conditions.idempotency else { return Err(error) };
                    return self.directory.replayed(who, request).await?.ok_or(error);
                }
            };
            match self.directory.update(who, Dialect::Scim, Target::Id(id), update).await {
                Err(Error::Moved) => {}
                applied => return Ok(applied?),
            }
        }
        Err(Error::Moved.into())
    }

    /// The change that an edit is for the user as it is now.
    async fn prepare(
        &self,
        who: &Principal,
        base: &str,
        id: UserId,
        edit: &Edit,
        Conditions { if_match, idempotency }: &Conditions,
    ) -> Result<Update, ScimError> {
        let user = self.directory.get(&self.reader(who), Target::Id(id)).await?;
        // Told before the edit is tried: for another version it may well be one that can't be made.
        if if_match.as_ref().is_some_and(|versions| !versions.contains(&user.version)) {
            return Err(Error::from(Refusal::VersionMismatch { current: user.version }).into());
        }
        let before = UserResource { user: &user, groups: &[], source: &who.source, base };
        let before = representation::resource(&before)?;
        let after = edit.apply(&before)?;
        let mut faults = Vec::new();
        let Asked { mut patch, password } = to_patch::patch(&before, &after, &who.source, &mut faults);
        ScimError::check(&faults)?;
        if edit.names_the_user() && patch.user_name == Change::Keep {
            patch.user_name = Change::Set(user.user_name.clone());
        }
        Ok(Update {
            patch,
            password,
            if_version: if_match.clone(),
            idempotency: idempotency.clone(),
            made_for: Some(user.version),
        })
    }

    /// Deletes a user. Whether this is the answer to an earlier request again.
    pub(crate) async fn delete_user(
        &self,
        who: &Principal,
        id: UserId,
        conditions: Conditions,
    ) -> Result<bool, ScimError> {
        let Conditions { if_match, idempotency } = conditions;
        let applied =
            self.directory.delete(who, Dialect::Scim, Target::Id(id), if_match, idempotency).await?;
        Ok(applied.replayed)
    }

    /// The user after a change, with its groups: its entity tag is that of a read.
    pub(crate) async fn changed_user(
        &self,
        call: &Call,
        Applied { user, effect: _, replayed }: Applied,
        projection: &Projection,
    ) -> Result<Shown, ScimError> {
        let groups = self.groups_of(&call.who, user.id).await?;
        Ok(Shown { replayed, ..show(call, &user, &groups, projection) })
    }

    /// The user as it was found, with its groups where they are wanted.
    pub(crate) async fn found_user(
        &self,
        call: &Call,
        user: &User,
        projection: &Projection,
    ) -> Result<Shown, ScimError> {
        let wants_groups = projection.wants("groups");
        let groups = if wants_groups { self.groups_of(&call.who, user.id).await? } else { Vec::new() };
        Ok(show(call, user, &groups, projection))
    }

    /// The groups that a user is a member of.
    pub(crate) async fn groups_of(
        &self,
        who: &Principal,
        id: UserId,
    ) -> Result<Vec<(GroupId, GroupName)>, ScimError> {
        let groups = self.directory.groups_of(&self.reader(who), vec![id]).await?.remove(&id);
        Ok(groups.unwrap_or_default())
    }

    /// Whoever may write is answered what was written, also without the scope to read.
    pub(crate) fn reader(&self, who: &Principal) -> Principal {
        let mut who = who.clone();
        who.scopes.insert(Scope::UsersRead);
        who
    }
}

fn show(call: &Call, user: &User, groups: &[(GroupId, GroupName)], projection: &Projection) -> Shown {
    Shown::new(&UserResource { user, groups, source: &call.who.source, base: &call.base }, projection)
}
