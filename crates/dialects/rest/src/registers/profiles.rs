//! The profiles that users may have at clients.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use roster_directory::record::{Record, RecordKey, Register, RegisteredProfile};
use roster_directory::{ProfileId, Text};

use crate::call::Call;
use crate::convert::profile_json;
use crate::problem::{BodyProblems, NotFound, Problems, Refused};
use crate::wire::{ProfileJson, ProfilePage};
use crate::{Rest, answer, openapi};

/// List the profiles
#[utoipa::path(
    get,
    path = "/api/v1/profiles",
    operation_id = "listProfiles",
    tag = openapi::REGISTERS,
    params(openapi::Limit, openapi::Cursor),
    responses(
        (status = 200, description = "A page of profiles, by id", body = ProfilePage,
            headers(("Link" = String, description = "The next page, as `<path>; rel=\"next\"`; absent where this is the last"))),
        Problems,
    ),
    security(("roster_bearer" = [])),
)]
pub(super) async fn list(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let page = rest.record_page(request, |_| Some(Register::Profiles)).await?;
    let profiles = page.records.iter().filter_map(profile_json).collect();
    Ok(answer::page(&ProfilePage { profiles, next: page.next }, page.link.as_deref()))
}

/// Read a profile
#[utoipa::path(
    get,
    path = "/api/v1/profiles/{id}",
    operation_id = "getProfile",
    tag = openapi::REGISTERS,
    params(("id" = String, Path, min_length = 1, max_length = 255, description = "The profile's id, percent-encoded", example = "33")),
    responses((status = 200, description = "The profile", body = ProfileJson), NotFound, Problems),
    security(("roster_bearer" = [])),
)]
pub(super) async fn show(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let record = rest.show_record(request, |call| call.profile_id().map(RecordKey::Profile)).await?;
    Ok(answer::json(StatusCode::OK, &profile_json(&record)))
}

/// Register a profile, or write over it
///
/// A profile that users may then have at clients. `id` may be sent back as it was read.
#[utoipa::path(
    put,
    path = "/api/v1/profiles/{id}",
    operation_id = "putProfile",
    tag = openapi::REGISTERS,
    params(("id" = String, Path, min_length = 1, max_length = 255, example = "33",
        description = "The profile's id, percent-encoded: yours to choose")),
    request_body(content = ProfileJson, content_type = "application/json"),
    responses(
        (status = 200, description = "The profile was registered before", body = ProfileJson),
        (status = 201, description = "The profile is registered now", body = ProfileJson),
        BodyProblems, Problems,
    ),
    security(("roster_bearer" = [])),
)]
pub(super) async fn put(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let (status, record) = rest
        .register(request, Call::profile_id, |id, body| {
            body.same("id", |sent| sent.text().value() == id.as_ref().map(ProfileId::as_str));
            let name = body.required("name", Text::new);
            Some(Record::Profile(RegisteredProfile { id: id?, name: name? }))
        })
        .await?;
    Ok(answer::json(status, &profile_json(&record)))
}

/// Remove a profile from the register
///
/// Users that have it keep their grants.
#[utoipa::path(
    delete,
    path = "/api/v1/profiles/{id}",
    operation_id = "deleteProfile",
    tag = openapi::REGISTERS,
    params(("id" = String, Path, min_length = 1, max_length = 255, description = "The profile's id, percent-encoded", example = "33")),
    responses((status = 204, description = "The profile is registered no more"), NotFound, Problems),
    security(("roster_bearer" = [])),
)]
pub(super) async fn remove(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    rest.unregister(request, |call| call.profile_id().map(RecordKey::Profile)).await
}

impl Call {
    fn profile_id(&mut self) -> Option<ProfileId> {
        self.segment(3, "id", ProfileId::new)
    }
}
