//! `/Users` and `/Users/{id}` (RFC 7644, 3.3 to 3.6).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use roster_directory::{
    Applied, Change, Dialect, Error, Principal, Refusal, Scope, Target, Update, User, UserId,
};
use serde_json::{Map, Value};

use super::{MOST_ATTEMPTS, projection, respond};
use crate::answer::{self, Shown};
use crate::call::{Call, Conditions};
use crate::convert::from_user;
use crate::convert::to_patch::{self, Asked};
use crate::error::ScimError;
use crate::openapi::{self, ScimErrors, ScimUser};
use crate::patch::{self, PatchRequest};
use crate::projection::Projection;
use crate::resource::{self, Resource};
use crate::schema::USER;
use crate::{PatchAnswer, Scim};

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
        let resource = resource::canonicalise(&USER, sent, &mut faults);
        resource::require(&USER, &resource, &mut faults);
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
        base: &str,
        sent: &Map<String, Value>,
        conditions: Conditions,
    ) -> Result<Shown, ScimError> {
        let mut faults = Vec::new();
        let resource = resource::canonicalise(&USER, sent, &mut faults);
        if faults.is_empty() {
            resource::require(&USER, &resource, &mut faults);
        }
        let Asked { patch, password } =
            to_patch::patch(&Resource::new(), &resource, &who.source, &mut faults);
        ScimError::check(&faults)?;
        let update = Update { patch, password, idempotency: conditions.idempotency, ..Update::default() };
        let applied = self.directory.create(who, Dialect::Scim, update).await?;
        self.shown(who, base, applied).await
    }

    /// Changes a user. Where somebody else was quicker, the change is made again for what the user is then.
    pub(crate) async fn edit_user(
        &self,
        who: &Principal,
        base: &str,
        id: UserId,
        edit: &Edit,
        conditions: Conditions,
    ) -> Result<Shown, ScimError> {
        for _ in 0..MOST_ATTEMPTS {
            let update = match self.prepare(who, base, id, edit, &conditions).await {
                Ok(update) => update,
                // What was done once may be impossible now, and is answered as it was then.
                Err(error) => {
                    let Some(request) = &conditions.idempotency else { return Err(error) };
                    let earlier = self.directory.replayed(who, request).await?;
                    return self.shown(who, base, earlier.ok_or(error)?).await;
                }
            };
            match self.directory.update(who, Dialect::Scim, Target::Id(id), update).await {
                Err(Error::Moved) => {}
                applied => return self.shown(who, base, applied?).await,
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
        let before = from_user::resource(&user, &[], &who.source, base);
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

    async fn shown(&self, who: &Principal, base: &str, applied: Applied) -> Result<Shown, ScimError> {
        let Applied { user, effect: _, replayed } = applied;
        let shown = self.show_user(who, base, &user, true).await?;
        Ok(Shown { replayed, ..shown })
    }

    /// The user's resource, with its groups where they are wanted.
    pub(crate) async fn show_user(
        &self,
        who: &Principal,
        base: &str,
        user: &User,
        with_groups: bool,
    ) -> Result<Shown, ScimError> {
        let groups = if with_groups {
            self.directory.groups_of(&self.reader(who), vec![user.id]).await?.remove(&user.id)
        } else {
            None
        };
        Ok(Shown::new(from_user::resource(user, &groups.unwrap_or_default(), &who.source, base)))
    }

    /// Whoever may write is answered what was written, also without the scope to read.
    pub(crate) fn reader(&self, who: &Principal) -> Principal {
        let mut who = who.clone();
        who.scopes.insert(Scope::UsersRead);
        who
    }

    /// Whether a PATCH is answered without the resource: who asks for attributes is answered them (RFC 7644, 3.5.2).
    pub(crate) fn answers_nothing(&self, projection: &Projection) -> bool {
        self.options.patch_answer == PatchAnswer::NoContent && projection.is_default()
    }

    /// The answer to a change, as the settings want it (RFC 7644, 3.5.2).
    fn patched(&self, shown: Shown, projection: &Projection) -> Response {
        if self.answers_nothing(projection) {
            let response = answer::tagged(answer::empty(StatusCode::NO_CONTENT), &shown.tag);
            return answer::replayed(response, shown.replayed);
        }
        respond(StatusCode::OK, shown, projection)
    }
}

/// Create a user
#[utoipa::path(
    post,
    path = "/scim/v2/Users",
    operation_id = "scimCreateUser",
    tag = openapi::USERS,
    params(openapi::Attributes, openapi::ExcludedAttributes, openapi::IdempotencyKey),
    request_body(content((ScimUser = "application/scim+json", example = json!(openapi::user_example())), (ScimUser = "application/json"))),
    responses(
        (status = 201, description = "The user, who was created", body = ScimUser, content_type = "application/scim+json"),
        ScimErrors, openapi::BodyErrors, openapi::ConflictErrors, openapi::KeyErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn create(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let (call, body) = scim.admit(request, Scope::UsersWrite).await?;
    let projection = projection(&USER, call.query())?;
    let (sent, bytes) = call.object(body, scim.options.body_limit).await?;
    let conditions = scim.conditions(&call, &bytes)?;
    let shown = scim.create_user(&call.who, &call.base, &sent, conditions).await?;
    Ok(respond(StatusCode::CREATED, shown, &projection))
}

/// Read a user
#[utoipa::path(
    get,
    path = "/scim/v2/Users/{id}",
    operation_id = "scimGetUser",
    tag = openapi::USERS,
    params(openapi::Id, openapi::Attributes, openapi::ExcludedAttributes, openapi::IfNoneMatch),
    responses(
        (status = 200, description = "The user", body = ScimUser, content_type = "application/scim+json"),
        (status = 304, description = "What you have is current"),
        ScimErrors, openapi::NotFound,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn read(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let (call, _) = scim.admit(request, Scope::UsersRead).await?;
    let id = UserId(call.id()?);
    scim.read_user(&call, id).await
}

/// Replace a user
///
/// What the body does not name is left as it is: `null`, `""` and `[]` erase. A list that is sent replaces the whole list.
#[utoipa::path(
    put,
    path = "/scim/v2/Users/{id}",
    operation_id = "scimReplaceUser",
    tag = openapi::USERS,
    params(openapi::Id, openapi::Attributes, openapi::ExcludedAttributes, openapi::IfMatch, openapi::IdempotencyKey),
    request_body(content((ScimUser = "application/scim+json", example = json!(openapi::user_example())), (ScimUser = "application/json"))),
    responses(
        (status = 200, description = "The user as it is now", body = ScimUser, content_type = "application/scim+json"),
        ScimErrors, openapi::NotFound, openapi::BodyErrors, openapi::ConflictErrors, openapi::VersionErrors, openapi::KeyErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn replace(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let (call, body) = scim.admit(request, Scope::UsersWrite).await?;
    let id = UserId(call.id()?);
    scim.put_user(&call, body, id).await
}

/// Change a user
///
/// Some operations, all of them or none (RFC 7644, 3.5.2).
#[utoipa::path(
    patch,
    path = "/scim/v2/Users/{id}",
    operation_id = "scimPatchUser",
    tag = openapi::USERS,
    params(openapi::Id, openapi::Attributes, openapi::ExcludedAttributes, openapi::IfMatch, openapi::IdempotencyKey),
    request_body(content((openapi::PatchOp = "application/scim+json", example = json!(openapi::user_patch_example())), (openapi::PatchOp = "application/json"))),
    responses(
        (status = 200, description = "The user as it is now", body = ScimUser, content_type = "application/scim+json"),
        (status = 204, description = "The user is changed, where the setting `scim_patch_response` is `no_content`"),
        ScimErrors, openapi::NotFound, openapi::BodyErrors, openapi::ConflictErrors, openapi::VersionErrors, openapi::KeyErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn change(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let (call, body) = scim.admit(request, Scope::UsersWrite).await?;
    let id = UserId(call.id()?);
    scim.patch_user(&call, body, id).await
}

/// Delete a user
#[utoipa::path(
    delete,
    path = "/scim/v2/Users/{id}",
    operation_id = "scimDeleteUser",
    tag = openapi::USERS,
    params(openapi::Id, openapi::IfMatch, openapi::IdempotencyKey),
    responses(
        (status = 204, description = "The user is deleted, and leaves its groups"),
        ScimErrors, openapi::NotFound, openapi::VersionErrors, openapi::KeyErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn remove(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let (call, _) = scim.admit(request, Scope::UsersWrite).await?;
    let id = UserId(call.id()?);
    scim.remove_user(&call, id).await
}

/// What each method does to a user that is named by its path, or is the sender itself.
impl Scim {
    pub(crate) async fn read_user(&self, call: &Call, id: UserId) -> Result<Response, ScimError> {
        let projection = projection(&USER, call.query())?;
        let user = self.directory.get(&call.who, Target::Id(id)).await?;
        let shown = self.show_user(&call.who, &call.base, &user, projection.wants("groups")).await?;
        if call.has_seen(&shown.tag)? {
            return Ok(answer::not_modified(&shown.tag));
        }
        Ok(respond(StatusCode::OK, shown, &projection))
    }

    pub(crate) async fn put_user(&self, call: &Call, body: Body, id: UserId) -> Result<Response, ScimError> {
        let projection = projection(&USER, call.query())?;
        let (sent, bytes) = call.object(body, self.options.body_limit).await?;
        let conditions = self.conditions(call, &bytes)?;
        let edit = Edit::put(&sent)?;
        let shown = self.edit_user(&call.who, &call.base, id, &edit, conditions).await?;
        Ok(respond(StatusCode::OK, shown, &projection))
    }

    pub(crate) async fn patch_user(
        &self,
        call: &Call,
        body: Body,
        id: UserId,
    ) -> Result<Response, ScimError> {
        let projection = projection(&USER, call.query())?;
        let (sent, bytes) = call.object(body, self.options.body_limit).await?;
        let conditions = self.conditions(call, &bytes)?;
        let edit = Edit::patch(&sent)?;
        let shown = self.edit_user(&call.who, &call.base, id, &edit, conditions).await?;
        Ok(self.patched(shown, &projection))
    }

    pub(crate) async fn remove_user(&self, call: &Call, id: UserId) -> Result<Response, ScimError> {
        let conditions = self.conditions(call, &[])?;
        let replayed = self.delete_user(&call.who, id, conditions).await?;
        Ok(answer::replayed(answer::empty(StatusCode::NO_CONTENT), replayed))
    }
}
