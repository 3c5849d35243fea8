//! `/Groups` and `/Groups/{id}` (RFC 7644, 3.3 to 3.6).

mod edit;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use roster_directory::{Dialect, GroupId, Scope};
use serde_json::{Map, Value};

use super::{projection, respond};
use crate::Scim;
use crate::answer;
use crate::call::Call;
use crate::convert::tag;
use crate::error::ScimError;
use crate::openapi::{self, ScimErrors, ScimGroup};
use crate::projection::Projection;
use crate::schema::GROUP;

/// A request to replace or change a group.
struct Edit {
    call: Call,
    projection: Projection,
    id: GroupId,
    sent: Map<String, Value>,
    if_match: Option<Vec<u64>>,
}

impl Scim {
    async fn admit_edit(&self, request: Request) -> Result<Edit, ScimError> {
        let (call, body) = self.admit(request, Scope::GroupsWrite).await?;
        call.refuse_idempotency_key()?;
        let projection = projection(&GROUP, call.query())?;
        let id = GroupId(call.id()?);
        let (sent, _) = call.object(body, self.options.body_limit).await?;
        let if_match = call.if_match()?;
        Ok(Edit { call, projection, id, sent, if_match })
    }
}

/// Create a group
#[utoipa::path(
    post,
    path = "/scim/v2/Groups",
    operation_id = "scimCreateGroup",
    tag = openapi::GROUPS,
    params(openapi::Attributes, openapi::ExcludedAttributes),
    request_body(content((ScimGroup = "application/scim+json", example = json!(openapi::group_example())), (ScimGroup = "application/json"))),
    responses(
        (status = 201, description = "The group, which was created", body = ScimGroup, content_type = "application/scim+json"),
        ScimErrors, openapi::BodyErrors, openapi::ConflictErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn create(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let (call, body) = scim.admit(request, Scope::GroupsWrite).await?;
    call.refuse_idempotency_key()?;
    let projection = projection(&GROUP, call.query())?;
    let (sent, _) = call.object(body, scim.options.body_limit).await?;
    let group = scim.create_group(&call.who, &sent).await?;
    let shown = scim.found_group(&call, &group, &projection).await?;
    Ok(respond(StatusCode::CREATED, shown))
}

/// Read a group
#[utoipa::path(
    get,
    path = "/scim/v2/Groups/{id}",
    operation_id = "scimGetGroup",
    tag = openapi::GROUPS,
    params(openapi::Id, openapi::Attributes, openapi::ExcludedAttributes, openapi::IfNoneMatch),
    responses(
        (status = 200, description = "The group", body = ScimGroup, content_type = "application/scim+json"),
        (status = 304, description = "What you have is current"),
        ScimErrors, openapi::NotFound,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn by_id(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let (call, _) = scim.admit(request, Scope::UsersRead).await?;
    let projection = projection(&GROUP, call.query())?;
    let group = scim.directory.group(&call.who, GroupId(call.id()?)).await?;
    let shown = scim.found_group(&call, &group, &projection).await?;
    if call.has_seen(&shown.tag)? {
        return Ok(answer::not_modified(&shown.tag));
    }
    Ok(respond(StatusCode::OK, shown))
}

/// Replace a group
///
/// What the body does not name is left as it is. `members` that are sent replace all members.
#[utoipa::path(
    put,
    path = "/scim/v2/Groups/{id}",
    operation_id = "scimReplaceGroup",
    tag = openapi::GROUPS,
    params(openapi::Id, openapi::Attributes, openapi::ExcludedAttributes, openapi::IfMatch),
    request_body(content((ScimGroup = "application/scim+json", example = json!(openapi::group_example())), (ScimGroup = "application/json"))),
    responses(
        (status = 200, description = "The group as it is now", body = ScimGroup, content_type = "application/scim+json"),
        ScimErrors, openapi::NotFound, openapi::BodyErrors, openapi::ConflictErrors, openapi::VersionErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn replace(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let Edit { call, projection, id, sent, if_match } = scim.admit_edit(request).await?;
    let group = scim.replace_group(&call.who, id, &sent, if_match).await?;
    let shown = scim.found_group(&call, &group, &projection).await?;
    Ok(respond(StatusCode::OK, shown))
}

/// Change a group
///
/// Some operations, all of them or none (RFC 7644, 3.5.2). To add or remove a member costs the same in a group of any size;
/// ask with `excludedAttributes=members` for an answer that does, too.
#[utoipa::path(
    patch,
    path = "/scim/v2/Groups/{id}",
    operation_id = "scimPatchGroup",
    tag = openapi::GROUPS,
    params(openapi::Id, openapi::Attributes, openapi::ExcludedAttributes, openapi::IfMatch),
    request_body(content((openapi::PatchOp = "application/scim+json", example = json!(openapi::group_patch_example())), (openapi::PatchOp = "application/json"))),
    responses(
        (status = 200, description = "The group as it is now", body = ScimGroup, content_type = "application/scim+json"),
        (status = 204, description = "The group is changed, where the setting `scim_patch_response` is `no_content`"),
        ScimErrors, openapi::NotFound, openapi::BodyErrors, openapi::ConflictErrors, openapi::VersionErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn change(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let Edit { call, projection, id, sent, if_match } = scim.admit_edit(request).await?;
    let group = scim.patch_group(&call.who, id, &sent, if_match).await?;
    if scim.answers_nothing(&projection) {
        return Ok(answer::tagged(answer::empty(StatusCode::NO_CONTENT), &tag(group.version)));
    }
    let shown = scim.found_group(&call, &group, &projection).await?;
    Ok(respond(StatusCode::OK, shown))
}

/// Delete a group
#[utoipa::path(
    delete,
    path = "/scim/v2/Groups/{id}",
    operation_id = "scimDeleteGroup",
    tag = openapi::GROUPS,
    params(openapi::Id, openapi::IfMatch),
    responses(
        (status = 204, description = "The group is deleted; its members are in it no longer"),
        ScimErrors, openapi::NotFound, openapi::VersionErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn remove(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let (call, _) = scim.admit(request, Scope::GroupsWrite).await?;
    call.refuse_idempotency_key()?;
    scim.directory.delete_group(&call.who, Dialect::Scim, GroupId(call.id()?), call.if_match()?).await?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
