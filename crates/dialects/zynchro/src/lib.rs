//! The Zynchro dialect: `PATCH /zynchro.api.system-config/v1/users/{id}` updates the user with that number.
//!
//! Bytes become what came in (`wire`), `convert` makes a patch of it with every fault of the request, the directory
//! applies it, and the answer (`envelope`) goes back. What may go wrong is in `error`. The use of it is described in
//! `docs/dialects/zynchro.md`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod convert;
mod envelope;
mod error;
mod grants;
mod handlers;
mod last_login;
mod number;
mod openapi;
mod place;
pub mod schema;
mod transaction_id;
mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use http::Uri;
use roster_auth::Auth;
use roster_directory::Directory;
use roster_wire::ServerFault;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

pub use roster_wire::UnknownFields;

/// The settings of the dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What to do with keys that the document does not list. In `header` they are always passed over.
    pub unknown_fields: UnknownFields,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// The authorities that may update users: a token needs one of them. With none of them here nobody may.
    pub admin_authorities: BTreeSet<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            unknown_fields: UnknownFields::default(),
            body_limit: 1 << 20,
            admin_authorities: BTreeSet::from(["ROLE_SYSTEMADMIN".to_owned()]),
        }
    }
}

/// The dialect, over a directory.
#[derive(Debug, Clone)]
pub struct Zynchro {
    /// The directory.
    pub directory: Arc<Directory>,
    /// What knows the tokens.
    pub auth: Arc<Auth>,
    /// The settings.
    pub options: Options,
}

/// The routes of the dialect, with their documentation.
pub fn router() -> OpenApiRouter<Arc<Zynchro>> {
    let mut router = OpenApiRouter::default()
        .routes(routes!(handlers::update_user).map(|methods| methods.fallback(handlers::method_not_allowed)));
    openapi::complete(router.get_openapi_mut());
    router
}

/// The answer of this dialect to what goes wrong around its handlers, for a request to `uri`. The body was not read, so the
/// `transactionId` is the query's.
pub fn server_fault(fault: ServerFault, uri: &Uri) -> Response {
    error::RefusedRequest::unread(fault.into(), uri).into_response()
}
