//! Users: list, read, change, delete.

mod list;
mod read;
mod write;

use axum::routing::MethodRouter;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::{Rest, method_not_allowed};
use std::sync::Arc;

/// The routes of users.
pub(crate) fn router() -> OpenApiRouter<Arc<Rest>> {
    let strict = |methods: MethodRouter<Arc<Rest>>| methods.fallback(method_not_allowed);
    OpenApiRouter::default()
        .routes(routes!(list::list).map(strict))
        .routes(routes!(read::by_id, write::change, write::remove).map(strict))
        .routes(routes!(read::by_number).map(strict))
        .routes(routes!(read::by_link, write::change_by_link).map(strict))
}
