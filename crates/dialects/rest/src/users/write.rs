//! Changing and deleting users.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use roster_directory::{self as directory, Applied, Dialect, Effect, Link, Scope, Target, Update};
use roster_wire::idempotency;

use crate::call::Call;
use crate::fault::Fault;
use crate::patch::{PatchRequest, patch_from_json};
use crate::problem::{BodyProblems, NotFound, Problems, Refused, Why, WriteProblems};
use crate::wire::UserJson;
use crate::{Rest, answer, openapi};

/// What a patch may be sent as.
const PATCH_TYPES: &str = "application/merge-patch+json, application/json";

/// Change a user
///
/// A JSON merge patch (RFC 7396): a field that is absent is left as it is, `null` clears it, a value replaces it. `links` is
/// patched source by source; `grants` is replaced as a whole. A request that is refused changes nothing, and its answer names
/// every fault; one that changes nothing makes no new version.
#[utoipa::path(
    patch,
    path = "/api/v1/users/{id}",
    operation_id = "patchUser",
    tag = openapi::USERS,
    params(
        openapi::Id,
        openapi::IfMatch,
        openapi::IdempotencyKey,
    ),
    request_body(content(
        (openapi::UserMergePatch = "application/merge-patch+json", example = json!(openapi::patch())),
        (openapi::UserMergePatch = "application/json"),
    )),
    responses(
        (status = 200, description = "The user as it is now", body = UserJson,
            headers(
                ("ETag" = String, description = "The entity tag of this version"),
                ("Idempotent-Replayed" = bool, description = "`true` where this is the answer to an earlier request again")),
            example = json!(openapi::user())),
        NotFound,
        BodyProblems,
        Problems,
        WriteProblems,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn change(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let mut call = rest.admit(request, Scope::UsersWrite).await?;
    let body = call.read_body(rest.options.body_limit, PATCH_TYPES).await?;
    let id = call.user_id();
    call.query(&[]);
    let if_version = call.if_match(id);
    let key = call.idempotency_key();
    let mut asked = patch_from_json(&body);
    call.faults.append(&mut asked.faults);
    if !call.faults.is_empty() {
        let found = match id {
            Some(id) => rest.directory.update_faults(&call.who, Target::Id(id), asked.patch.clone()).await,
            None => Ok(Vec::new()),
        };
        return Err(all_faults(call, &asked, found));
    }
    let id = call.good(id)?;
    let idempotency = rest.idempotency(&call, key, &body);
    let (patch, password) = (asked.patch.clone(), asked.password.clone());
    let update = Update { patch, password, if_version, idempotency, made_for: None };
    let applied = rest.directory.update(&call.who, Dialect::Rest, Target::Id(id), update).await;
    let applied = applied.map_err(|error| located(error, &asked))?;
    Ok(idempotency::replayed(answer::user(StatusCode::OK, &applied.user), applied.replayed))
}

/// Create or change a user by what a source calls it
///
/// Changes the user that the source calls so, as `PATCH /api/v1/users/{id}` does; where there is none, creates it. The source
/// must be the credential's own. Any number of simultaneous requests for one new external id make one user.
#[utoipa::path(
    patch,
    path = "/api/v1/users/by-link/{source}/{external_id}",
    operation_id = "patchUserByLink",
    tag = openapi::USERS,
    params(
        ("source" = String, Path, description = "The credential's own source: `bubble`, unless the key was made with another", example = "bubble"),
        ("external_id" = String, Path, min_length = 1, max_length = 255, example = "1708861331497x933611102973227500",
            description = "What the source calls the user, percent-encoded (a slash in it as `%2F`); compared character for character"),
        ("If-None-Match" = Option<String>, Header, description = "`*` creates, and never changes: where the user is there already, the answer is 412"),
        openapi::IdempotencyKey,
    ),
    request_body(content(
        (openapi::UserMergePatch = "application/merge-patch+json", example = json!(openapi::patch())),
        (openapi::UserMergePatch = "application/json"),
    )),
    responses(
        (status = 200, description = "The user as it is now", body = UserJson,
            headers(
                ("ETag" = String, description = "The entity tag of this version"),
                ("Idempotent-Replayed" = bool, description = "`true` where this is the answer to an earlier request again")),
            example = json!(openapi::user())),
        (status = 201, description = "The user, who was created", body = UserJson,
            headers(
                ("Location" = String, description = "The user's own path"),
                ("ETag" = String, description = "The entity tag of this version"),
                ("Idempotent-Replayed" = bool, description = "`true` where this is the answer to an earlier request again"))),
        BodyProblems,
        Problems,
        WriteProblems,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn change_by_link(
    State(rest): State<Arc<Rest>>,
    request: Request,
) -> Result<Response, Refused> {
    let mut call = rest.admit(request, Scope::UsersWrite).await?;
    let link = call.link();
    if link.as_ref().is_some_and(|link| link.source != call.who.source) {
        return Err(Why::ForeignSource.into());
    }
    let body = call.read_body(rest.options.body_limit, PATCH_TYPES).await?;
    call.query(&[]);
    // A new user has no version yet, and no existing one has version 0.
    let if_version = call.must_be_new().then(|| vec![0]);
    let key = call.idempotency_key();
    let mut asked = patch_from_json(&body);
    keep_the_name(link.as_ref(), &mut asked);
    call.faults.append(&mut asked.faults);
    if !call.faults.is_empty() {
        let found = match &link {
            Some(link) => {
                let (external_id, patch) = (link.external_id.clone(), asked.patch.clone());
                rest.directory.upsert_faults(&call.who, external_id, patch).await
            }
            None => Ok(Vec::new()),
        };
        return Err(all_faults(call, &asked, found));
    }
    let link = call.good(link)?;
    let idempotency = rest.idempotency(&call, key, &body);
    let (patch, password) = (asked.patch.clone(), asked.password.clone());
    let update = Update { patch, password, if_version, idempotency, made_for: None };
    let applied = rest.directory.upsert_with(&call.who, Dialect::Rest, link.external_id, update).await;
    Ok(upserted(&applied.map_err(|error| located(error, &asked))?))
}

/// Delete a user
///
/// The user is gone for every caller; its id, its number and its history stay, and are never given to another. An upsert of one
/// of its external ids creates a new user.
#[utoipa::path(
    delete,
    path = "/api/v1/users/{id}",
    operation_id = "deleteUser",
    tag = openapi::USERS,
    params(
        openapi::Id,
        openapi::IfMatch,
        openapi::IdempotencyKey,
    ),
    responses(
        (status = 204, description = "The user is deleted",
            headers(("Idempotent-Replayed" = bool, description = "`true` where this is the answer to an earlier request again"))),
        NotFound,
        Problems,
        WriteProblems,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn remove(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let mut call = rest.admit(request, Scope::UsersWrite).await?;
    let id = call.user_id();
    call.query(&[]);
    let if_version = call.if_match(id);
    let key = call.idempotency_key();
    let target = Target::Id(call.good(id)?);
    let idempotency = rest.idempotency(&call, key, &[]);
    let applied = rest.directory.delete(&call.who, Dialect::Rest, target, if_version, idempotency).await?;
    Ok(idempotency::replayed(answer::empty(StatusCode::NO_CONTENT), applied.replayed))
}

/// A user must not lose the name that it is addressed by.
fn keep_the_name(link: Option<&Link>, asked: &mut PatchRequest) {
    let Some(Link { source, external_id }) = link else { return };
    if let Some(change) = asked.patch.links.get(source)
        && *change != directory::Change::Set(external_id.clone())
    {
        let pointer = crate::fault::pointer("/links", source.as_str());
        asked.faults.push(Fault::at_pointer(pointer, "must equal the external id of the path"));
    }
}

/// The faults that the request shows by itself, with those that the directory finds in the rest of it.
fn all_faults(
    mut call: Call,
    asked: &PatchRequest,
    found: Result<Vec<directory::Fault>, directory::Error>,
) -> Refused {
    match found {
        Ok(found) => {
            let found: Vec<Fault> = found.into_iter().map(|fault| asked.locate(fault)).collect();
            let is_new = |fault: &Fault| !call.faults.iter().any(|known| known.is_where(fault));
            let found: Vec<Fault> = found.into_iter().filter(is_new).collect();
            call.faults.extend(found);
        }
        // The request is at fault whatever the directory would say to the rest of it.
        Err(error) => tracing::warn!(%error, "the faults of a request may not be all"),
    }
    Why::Faults(call.faults).into()
}

fn located(error: directory::Error, asked: &PatchRequest) -> Refused {
    Refused::from_directory(error, |fault| asked.locate(fault))
}

fn upserted(applied: &Applied) -> Response {
    let response = match applied.effect {
        Effect::Created => {
            let path = format!("/api/v1/users/{}", applied.user.id);
            answer::located(answer::user(StatusCode::CREATED, &applied.user), &path)
        }
        Effect::Updated | Effect::Deleted | Effect::Unchanged => answer::user(StatusCode::OK, &applied.user),
    };
    idempotency::replayed(response, applied.replayed)
}
