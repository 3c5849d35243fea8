//! The clients that a user may enter, one by one.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::MethodRouter;
use http::StatusCode;
use roster_directory::{
    self as directory, Applied, Dialect, Effect, FaultAt, Grant, GrantsPatch, ProfileId, Scope, Target,
    Update, UserPatch,
};
use roster_wire::idempotency;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::call::{Call, positive};
use crate::convert::{grant_json, grants_json};
use crate::fault::Fault;
use crate::problem::{NotFound, Problems, Refused, WriteProblems};
use crate::wire::{GrantJson, GrantsJson};
use crate::{Rest, answer, etag, method_not_allowed, openapi};

/// The routes of grants.
pub(crate) fn router() -> OpenApiRouter<Arc<Rest>> {
    let strict = |methods: MethodRouter<Arc<Rest>>| methods.fallback(method_not_allowed);
    OpenApiRouter::default().routes(routes!(list).map(strict)).routes(routes!(add, remove).map(strict))
}

/// List a user's grants
#[utoipa::path(
    get,
    path = "/api/v1/users/{id}/grants",
    operation_id = "listUserGrants",
    tag = openapi::GRANTS,
    params(
        openapi::Id,
        openapi::IfNoneMatch,
    ),
    responses(
        (status = 200, description = "All of the user's grants", body = GrantsJson,
            headers(("ETag" = String, description = "The entity tag of the user's version"))),
        (status = 304, description = "What you have is current"),
        NotFound,
        Problems,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn list(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let mut call = rest.admit(request, Scope::UsersRead).await?;
    let id = call.user_id();
    call.query(&[]);
    let seen = call.seen();
    let target = Target::Id(call.good(id)?);
    let user = rest.directory.get(&call.who, target).await?;
    if seen.is_some_and(|tags| tags.holds(&etag::of(&user))) {
        return Ok(answer::tagged(answer::empty(StatusCode::NOT_MODIFIED), &user));
    }
    Ok(answer::tagged(answer::json(StatusCode::OK, &GrantsJson { grants: grants_json(&user) }), &user))
}

/// Let a user enter a client
///
/// The user may have several profiles at one client. A grant that the user has already is no change.
#[utoipa::path(
    put,
    path = "/api/v1/users/{id}/grants/{client_id}/{profile_id}",
    operation_id = "putUserGrant",
    tag = openapi::GRANTS,
    params(
        openapi::Id,
        ("client_id" = i64, Path, minimum = 1, description = "The client", example = 4),
        ("profile_id" = String, Path, min_length = 1, max_length = 255, description = "The profile, percent-encoded", example = "33"),
        openapi::IfMatch,
        openapi::IdempotencyKey,
    ),
    responses(
        (status = 201, description = "The user has the grant now", body = GrantJson,
            headers(("ETag" = String, description = "The entity tag of the user's version"))),
        (status = 204, description = "The user had the grant already",
            headers(("ETag" = String, description = "The entity tag of the user's version"))),
        NotFound,
        Problems,
        WriteProblems,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn add(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let call = rest.admit(request, Scope::UsersWrite).await?;
    let edit = |grant| GrantsPatch::Edit { add: BTreeSet::from([grant]), remove: BTreeSet::new() };
    let (applied, grant) = rest.edit_grants(call, edit).await?;
    let response = match applied.effect {
        Effect::Updated => answer::json(StatusCode::CREATED, &grant_json(&grant)),
        Effect::Created | Effect::Deleted | Effect::Unchanged => answer::empty(StatusCode::NO_CONTENT),
    };
    Ok(idempotency::replayed(answer::tagged(response, &applied.user), applied.replayed))
}

/// Take a grant from a user
///
/// A grant that the user does not have is no change.
#[utoipa::path(
    delete,
    path = "/api/v1/users/{id}/grants/{client_id}/{profile_id}",
    operation_id = "deleteUserGrant",
    tag = openapi::GRANTS,
    params(
        openapi::Id,
        ("client_id" = i64, Path, minimum = 1, description = "The client", example = 4),
        ("profile_id" = String, Path, min_length = 1, max_length = 255, description = "The profile, percent-encoded", example = "33"),
        openapi::IfMatch,
        openapi::IdempotencyKey,
    ),
    responses(
        (status = 204, description = "The user does not have the grant",
            headers(("ETag" = String, description = "The entity tag of the user's version"))),
        NotFound,
        Problems,
        WriteProblems,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn remove(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let call = rest.admit(request, Scope::UsersWrite).await?;
    let edit = |grant| GrantsPatch::Edit { add: BTreeSet::new(), remove: BTreeSet::from([grant]) };
    let (applied, _) = rest.edit_grants(call, edit).await?;
    let response = answer::tagged(answer::empty(StatusCode::NO_CONTENT), &applied.user);
    Ok(idempotency::replayed(response, applied.replayed))
}

impl Rest {
    async fn edit_grants(
        &self,
        mut call: Call,
        edit: impl FnOnce(Grant) -> GrantsPatch,
    ) -> Result<(Applied, Grant), Refused> {
        let id = call.user_id();
        let grant = call.grant();
        call.query(&[]);
        let if_version = call.if_match(id);
        let key = call.idempotency_key();
        let (id, grant) = call.good(id.zip(grant))?;
        let idempotency = self.idempotency(&call, key, &[]);
        let patch = UserPatch { grants: edit(grant.clone()), ..UserPatch::default() };
        let update = Update { patch, if_version, idempotency, ..Update::default() };
        let applied = self.directory.update(&call.who, Dialect::Rest, Target::Id(id), update).await;
        Ok((applied.map_err(|error| Refused::from_directory(error, in_the_path))?, grant))
    }
}

impl Call {
    fn grant(&mut self) -> Option<Grant> {
        let client_id = self.segment(5, "client_id", positive);
        let profile_id = self.segment(6, "profile_id", ProfileId::new);
        Some(Grant { client_id: client_id?, profile_id: profile_id? })
    }
}

/// These requests have no body: what is wrong with the grant is in the path.
fn in_the_path(fault: directory::Fault) -> Fault {
    let parameter = match &fault.at {
        FaultAt::GrantClient(_) => "client_id",
        FaultAt::GrantProfile(_) => "profile_id",
        FaultAt::Field(_) | FaultAt::Link(_) | FaultAt::GroupName | FaultAt::Member(_) => "id",
    };
    Fault::at_parameter(parameter, fault.reason.to_string())
}
