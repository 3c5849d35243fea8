//! `/Users` and `/Users/{id}` (RFC 7644, 3.3 to 3.6).

mod edit;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use roster_directory::{Scope, Target, UserId};
use roster_wire::idempotency;

pub(crate) use self::edit::Edit;
use super::{projection, respond};
use crate::answer::{self, Shown};
use crate::call::Call;
use crate::error::ScimError;
use crate::openapi::{self, ScimErrors, ScimUser};
use crate::projection::Projection;
use crate::schema::USER;
use crate::{PatchAnswer, Scim};

impl Scim {
    /// Whether a PATCH is answered without the resource: who asks for attributes is answered them (RFC 7644, 3.5.2).
    pub(crate) fn answers_nothing(&self, projection: &Projection) -> bool {
        self.options.patch_answer == PatchAnswer::NoContent && projection.is_default()
    }

    /// The answer to a change, as the settings want it (RFC 7644, 3.5.2).
    fn patched(&self, shown: Shown, projection: &Projection) -> Response {
        if self.answers_nothing(projection) {
            let response = answer::tagged(answer::empty(StatusCode::NO_CONTENT), &shown.tag);
            return idempotency::replayed(response, shown.replayed);
        }
        respond(StatusCode::OK, shown)
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
    let created = scim.create_user(&call.who, &sent, conditions).await?;
    Ok(respond(StatusCode::CREATED, scim.changed_user(&call, created, &projection).await?))
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
        let shown = self.found_user(call, &user, &projection).await?;
        if call.has_seen(&shown.tag)? {
            return Ok(answer::not_modified(&shown.tag));
        }
        Ok(respond(StatusCode::OK, shown))
    }

    pub(crate) async fn put_user(&self, call: &Call, body: Body, id: UserId) -> Result<Response, ScimError> {
        let projection = projection(&USER, call.query())?;
        let (sent, bytes) = call.object(body, self.options.body_limit).await?;
        let conditions = self.conditions(call, &bytes)?;
        let edit = Edit::put(&sent)?;
        let changed = self.edit_user(&call.who, &call.base, id, &edit, conditions).await?;
        Ok(respond(StatusCode::OK, self.changed_user(call, changed, &projection).await?))
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
        let changed = self.edit_user(&call.who, &call.base, id, &edit, conditions).await?;
        Ok(self.patched(self.changed_user(call, changed, &projection).await?, &projection))
    }

    pub(crate) async fn remove_user(&self, call: &Call, id: UserId) -> Result<Response, ScimError> {
        let conditions = self.conditions(call, &[])?;
        let replayed = self.delete_user(&call.who, id, conditions).await?;
        Ok(idempotency::replayed(answer::empty(StatusCode::NO_CONTENT), replayed))
    }
}
