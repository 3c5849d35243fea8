//! The Algorep dialect: `POST /users/{UserBubbleId}` creates or changes the user that a Bubble application calls so.
//!
//! Bytes become a `wire.rs` payload, `convert.rs` makes a patch of it with every fault of the request, the directory
//! applies it, and the answer goes the same way back. What may go wrong is in `error.rs`. The use of it is described in
//! `docs/dialects/algorep.md`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod answer;
mod catalogue;
mod convert;
mod error;
mod handlers;
mod openapi;
mod wire;

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use roster_auth::Auth;
use roster_directory::Directory;
use roster_wire::ServerFault;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

pub use catalogue::Code;
pub use roster_wire::UnknownFields;

/// What `""` means in a field where it can be no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmptyString {
    /// The same as `null`.
    #[default]
    Erase,
    /// A fault.
    Refuse,
}

/// The settings of the dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What to do with keys that the document does not list.
    pub unknown_fields: UnknownFields,
    /// What `""` means in a field where it can be no value.
    pub empty_string: EmptyString,
    /// The largest body, in bytes.
    pub body_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            unknown_fields: UnknownFields::default(),
            empty_string: EmptyString::default(),
            body_limit: 1 << 20,
        }
    }
}

/// The dialect, over a directory.
#[derive(Debug, Clone)]
pub struct Algorep {
    /// The directory.
    pub directory: Arc<Directory>,
    /// What knows the API keys.
    pub auth: Arc<Auth>,
    /// The settings.
    pub options: Options,
}

/// The routes of the dialect, with their documentation.
pub fn router() -> OpenApiRouter<Arc<Algorep>> {
    let mut router = OpenApiRouter::default()
        .routes(routes!(handlers::upsert).map(|methods| methods.fallback(handlers::method_not_allowed)))
        // An empty id is a fault of the request, not a path that is nobody's.
        .route("/users/", post(handlers::upsert).fallback(handlers::method_not_allowed));
    openapi::complete(router.get_openapi_mut());
    router
}

/// The answer of this dialect to what goes wrong around its handlers.
pub fn server_fault(fault: ServerFault) -> Response {
    error::Refused::from(fault).into_response()
}
