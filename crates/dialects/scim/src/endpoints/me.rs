//! `/Me`: the user on whose behalf the sender asks (RFC 7644, 3.11). The answers are those of `/Users/{id}`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use roster_directory::{Scope, UserId};

use crate::Scim;
use crate::call::Call;
use crate::error::ScimError;
use crate::openapi::{self, ScimErrors, ScimUser};

fn me(call: &Call) -> Result<UserId, ScimError> {
    let detail = "the credential is no user's: ask with a token that was given to one";
    call.who.user.ok_or_else(|| ScimError::of_status(StatusCode::NOT_FOUND, detail))
}

/// Read the sender's own user
#[utoipa::path(
    get,
    path = "/scim/v2/Me",
    operation_id = "scimGetMe",
    tag = openapi::USERS,
    params(openapi::Attributes, openapi::ExcludedAttributes, openapi::IfNoneMatch),
    responses(
        (status = 200, description = "The user", body = ScimUser, content_type = "application/scim+json"),
        (status = 304, description = "What you have is current"),
        ScimErrors, openapi::NotFound,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn read(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let (call, _) = scim.admit(request, Scope::UsersRead).await?;
    let id = me(&call)?;
    scim.read_user(&call, id).await
}

/// Replace the sender's own user
#[utoipa::path(
    put,
    path = "/scim/v2/Me",
    operation_id = "scimReplaceMe",
    tag = openapi::USERS,
    params(openapi::Attributes, openapi::ExcludedAttributes, openapi::IfMatch, openapi::IdempotencyKey),
    request_body(content((ScimUser = "application/scim+json", example = json!(openapi::user_example())), (ScimUser = "application/json"))),
    responses(
        (status = 200, description = "The user as it is now", body = ScimUser, content_type = "application/scim+json"),
        ScimErrors, openapi::NotFound, openapi::BodyErrors, openapi::ConflictErrors, openapi::VersionErrors, openapi::KeyErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn replace(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let (call, body) = scim.admit(request, Scope::UsersWrite).await?;
    let id = me(&call)?;
    scim.put_user(&call, body, id).await
}

/// Change the sender's own user
#[utoipa::path(
    patch,
    path = "/scim/v2/Me",
    operation_id = "scimPatchMe",
    tag = openapi::USERS,
    params(openapi::Attributes, openapi::ExcludedAttributes, openapi::IfMatch, openapi::IdempotencyKey),
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
    let id = me(&call)?;
    scim.patch_user(&call, body, id).await
}

/// Delete the sender's own user
#[utoipa::path(
    delete,
    path = "/scim/v2/Me",
    operation_id = "scimDeleteMe",
    tag = openapi::USERS,
    params(openapi::IfMatch, openapi::IdempotencyKey),
    responses(
        (status = 204, description = "The user is deleted"),
        ScimErrors, openapi::NotFound, openapi::VersionErrors, openapi::KeyErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn remove(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let (call, _) = scim.admit(request, Scope::UsersWrite).await?;
    let id = me(&call)?;
    scim.remove_user(&call, id).await
}
