//! Roster's own JSON API at `/api/v1`: users, their history, their grants, and the registers.
//!
//! A file for each resource. A handler lets the sender in (`call.rs`), reads the request to its last fault, makes one call on
//! the directory, and converts back (`convert.rs`). What may go wrong is in `problem.rs`. The use of it is described in
//! `docs/dialects/rest.md`. [`user_json`], [`entry_json`] and [`patch_from_json`] are for the command line too, which shows
//! and takes the same JSON.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod answer;
mod call;
mod convert;
mod cursor;
mod etag;
mod fault;
mod grants;
mod history;
mod openapi;
mod patch;
mod problem;
mod query;
mod reader;
mod registers;
mod users;
mod wire;

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use roster_auth::Auth;
use roster_directory::Directory;
use roster_wire::ServerFault;
use utoipa_axum::router::OpenApiRouter;

pub use convert::{client_json, entry_json, organisation_json, profile_json, user_json};
pub use fault::Fault;
pub use patch::{PatchRequest, patch_from_json};
pub use wire::{
    ActorJson, ChangeJson, ClientJson, ElementJson, EntryJson, GrantJson, OrganisationJson, PositionJson,
    ProfileJson, UserJson, ValueJson,
};

use problem::{Refused, Why};

/// The settings of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The largest body, in bytes.
    pub body_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { body_limit: 1 << 20 }
    }
}

/// The API, over a directory.
#[derive(Debug, Clone)]
pub struct Rest {
    /// The directory.
    pub directory: Arc<Directory>,
    /// What knows the credentials.
    pub auth: Arc<Auth>,
    /// The settings.
    pub options: Options,
}

/// The routes of the API, with their documentation.
pub fn router() -> OpenApiRouter<Arc<Rest>> {
    let mut router = OpenApiRouter::default()
        .merge(users::router())
        .merge(history::router())
        .merge(grants::router())
        .merge(registers::router())
        .route("/api/v1", any(no_such_path))
        .route("/api/v1/", any(no_such_path))
        .route("/api/v1/{*path}", any(no_such_path));
    openapi::complete(router.get_openapi_mut());
    router
}

/// The answer of this API to what goes wrong around its handlers.
pub fn server_fault(fault: ServerFault) -> Response {
    Refused::from(fault).into_response()
}

/// Another method on a path of this API. The router adds `Allow`.
async fn method_not_allowed() -> Refused {
    Why::MethodNotAllowed.into()
}

/// A path below this API's that is nobody's.
async fn no_such_path() -> Refused {
    Why::NoSuchPath.into()
}
