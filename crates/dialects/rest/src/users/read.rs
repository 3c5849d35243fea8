//! One user, by any of its names.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use roster_directory::{ExternalId, Invalid, Link, Number, Scope, Source, Target};

use crate::call::{Call, whole_number};
use crate::problem::{NotFound, Problems, Refused};
use crate::wire::UserJson;
use crate::{Rest, answer, etag, openapi};

/// Read a user
#[utoipa::path(
    get,
    path = "/api/v1/users/{id}",
    operation_id = "getUser",
    tag = openapi::USERS,
    params(
        openapi::Id,
        openapi::IfNoneMatch,
    ),
    responses(
        (status = 200, description = "The user", body = UserJson,
            headers(("ETag" = String, description = "The entity tag of this version, for `If-None-Match` and `If-Match`")),
            example = json!(openapi::user())),
        (status = 304, description = "What you have is current"),
        NotFound,
        Problems,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn by_id(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let mut call = rest.admit(request, Scope::UsersRead).await?;
    let target = call.user_id().map(Target::Id);
    rest.show(call, target).await
}

/// Read a user by its number
#[utoipa::path(
    get,
    path = "/api/v1/users/by-number/{number}",
    operation_id = "getUserByNumber",
    tag = openapi::USERS,
    params(
        ("number" = i64, Path, minimum = 1, maximum = 9_007_199_254_740_992_i64, description = "The user's number", example = 3),
        openapi::IfNoneMatch,
    ),
    responses(
        (status = 200, description = "The user", body = UserJson,
            headers(("ETag" = String, description = "The entity tag of this version, for `If-None-Match` and `If-Match`")),
            example = json!(openapi::user())),
        (status = 304, description = "What you have is current"),
        NotFound,
        Problems,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn by_number(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let mut call = rest.admit(request, Scope::UsersRead).await?;
    let number = |text: &str| whole_number(text).map_or(Err(Invalid::Number(Number::MAX)), Number::new);
    let target = call.segment(4, "number", number).map(Target::Number);
    rest.show(call, target).await
}

/// Read a user by what a source calls it
#[utoipa::path(
    get,
    path = "/api/v1/users/by-link/{source}/{external_id}",
    operation_id = "getUserByLink",
    tag = openapi::USERS,
    params(
        ("source" = String, Path, description = "The source: 1 to 64 of the characters a-z, A-Z, 0-9, `.`, `_`, `-`", example = "bubble"),
        ("external_id" = String, Path, min_length = 1, max_length = 255, example = "1708861331497x933611102973227500",
            description = "What the source calls the user, percent-encoded (a slash in it as `%2F`); compared character for character"),
        openapi::IfNoneMatch,
    ),
    responses(
        (status = 200, description = "The user", body = UserJson,
            headers(("ETag" = String, description = "The entity tag of this version, for `If-None-Match` and `If-Match`")),
            example = json!(openapi::user())),
        (status = 304, description = "What you have is current"),
        NotFound,
        Problems,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn by_link(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let mut call = rest.admit(request, Scope::UsersRead).await?;
    let target = call.link().map(Target::Link);
    rest.show(call, target).await
}

impl Call {
    /// The link in `/api/v1/users/by-link/{source}/{external_id}`.
    pub(super) fn link(&mut self) -> Option<Link> {
        let source = self.segment(4, "source", Source::new);
        let external_id = self.segment(5, "external_id", ExternalId::new);
        Some(Link { source: source?, external_id: external_id? })
    }
}

impl Rest {
    async fn show(&self, mut call: Call, target: Option<Target>) -> Result<Response, Refused> {
        call.query(&[]);
        let seen = call.seen();
        let target = call.good(target)?;
        let user = self.directory.get(&call.who, target).await?;
        if seen.is_some_and(|tags| tags.holds(&etag::of(&user))) {
            return Ok(answer::tagged(answer::empty(StatusCode::NOT_MODIFIED), &user));
        }
        Ok(answer::user(StatusCode::OK, &user))
    }
}
