//! SCIM 2.0 (RFC 7643, RFC 7644) with pages by cursor (RFC 9865), below `/scim/v2`.
//!
//! One table of attributes (`schema`) says what a resource may hold; the announced schemas, the reading of bodies
//! (`resource`), PATCH (`patch`, `group_patch`) and the choice of what is answered (`projection`) all follow it. They
//! work on resources in *canonical form*: JSON objects whose attributes are spelt as in the table, have the types of the
//! table, and hold `null` where a caller erased something. No value that was sent is ever part of a fault.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod answer;
#[cfg(test)]
mod arbitrary;
mod call;
mod condition;
mod convert;
mod endpoints;
mod error;
mod fault;
mod filter;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod grammar;
mod group_patch;
mod json;
mod list;
mod openapi;
mod patch;
mod path;
mod projection;
mod refused;
mod representation;
mod resource;
mod schema;
mod search;

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, any};
use http::StatusCode;
use roster_auth::Auth;
use roster_directory::Directory;
use roster_wire::ServerFault;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use endpoints::{bulk, discovery, groups, lists, me, root, users};
use error::ScimError;

/// Where the endpoints are.
const ROOT: &str = "/scim/v2";

/// What a PATCH is answered with (RFC 7644, 3.5.2 allows both).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PatchAnswer {
    /// 200 and the resource.
    #[default]
    Resource,
    /// 204 and nothing.
    NoContent,
}

/// The settings of the dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// What a PATCH is answered with.
    pub patch_answer: PatchAnswer,
    /// How long a bulk request begins operations. It is to be less than what the server gives a request: what came of those
    /// that are done must still be answered.
    pub bulk_time: Duration,
}

/// The dialect, over a directory.
#[derive(Debug, Clone)]
pub struct Scim {
    /// The directory.
    pub directory: Arc<Directory>,
    /// What knows the credentials.
    pub auth: Arc<Auth>,
    /// The settings.
    pub options: Options,
}

/// The routes of the dialect, with their documentation.
pub fn router() -> OpenApiRouter<Arc<Scim>> {
    let strict = |methods: MethodRouter<Arc<Scim>>| methods.fallback(method_not_allowed);
    let mut router = OpenApiRouter::default()
        .routes(routes!(lists::users, users::create).map(strict))
        .routes(routes!(users::read, users::replace, users::change, users::remove).map(strict))
        .routes(routes!(lists::search_users).map(strict))
        .routes(routes!(lists::groups, groups::create).map(strict))
        .routes(routes!(groups::by_id, groups::replace, groups::change, groups::remove).map(strict))
        .routes(routes!(lists::search_groups).map(strict))
        .routes(routes!(root::search).map(strict))
        .routes(routes!(bulk::bulk).map(strict))
        .routes(routes!(me::read, me::replace, me::change, me::remove).map(strict))
        .routes(routes!(discovery::config).map(strict))
        .routes(routes!(discovery::resource_types).map(strict))
        .routes(routes!(discovery::resource_type).map(strict))
        .routes(routes!(discovery::schemas).map(strict))
        .routes(routes!(discovery::schema).map(strict))
        .route(ROOT, any(no_such_path))
        .route("/scim/v2/", any(no_such_path))
        .route("/scim/v2/{*path}", any(no_such_path));
    openapi::complete(router.get_openapi_mut());
    router
}

/// The answer of this dialect to what goes wrong around its handlers.
pub fn server_fault(fault: ServerFault) -> Response {
    refused::server_fault(fault)
}

/// Another method on a path of this dialect. The router adds `Allow`.
async fn method_not_allowed() -> Response {
    ScimError::of_status(StatusCode::METHOD_NOT_ALLOWED, "the endpoint has no such method").into_response()
}

/// A path below this dialect's that is nobody's.
async fn no_such_path() -> Response {
    refused::not_found().into_response()
}
