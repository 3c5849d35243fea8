//! What happened to a user.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::MethodRouter;
use roster_directory::{Scope, Target};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::call::whole_number;
use crate::convert::entry_json;
use crate::problem::{NotFound, Problems, Refused};
use crate::wire::HistoryPage;
use crate::{Rest, answer, method_not_allowed, openapi, query};

const AFTER: &str = "after";

/// The routes of histories.
pub(crate) fn router() -> OpenApiRouter<Arc<Rest>> {
    let strict = |methods: MethodRouter<Arc<Rest>>| methods.fallback(method_not_allowed);
    OpenApiRouter::default().routes(routes!(history).map(strict))
}

/// Read a user's history
///
/// Every change of the user, the oldest first: who made it, when, through which protocol, and each field before and after. Deleted
/// users have a history too. Of a password it says that it changed, and nothing else.
#[utoipa::path(
    get,
    path = "/api/v1/users/{id}/history",
    operation_id = "getUserHistory",
    tag = openapi::HISTORY,
    params(
        openapi::Id,
        ("after" = Option<u64>, Query, example = 1,
            description = "Changes after this version: the `version` of the last entry that you have. All, unless said"),
        openapi::Limit,
    ),
    responses(
        (status = 200, description = "A page of the history", body = HistoryPage,
            headers(("Link" = String, description = "The next page, as `<path>; rel=\"next\"`; absent where this is the last")),
            example = json!(openapi::history_page())),
        NotFound,
        Problems,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn history(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let mut call = rest.admit(request, Scope::UsersRead).await?;
    let id = call.user_id();
    let query = call.query(&[AFTER, "limit"]);
    let limit = call.limit(&query);
    let version = |text: &str| {
        let version = whole_number(text).and_then(|version| u64::try_from(version).ok());
        version.ok_or_else(|| format!("must be a whole number from 0 to {}", i64::MAX))
    };
    let after = call.parameter(&query, AFTER, version).unwrap_or_default();
    let id = call.good(id)?;
    // One more than asked for tells whether there is a next page.
    let asked = limit.saturating_add(1);
    let mut entries = rest.directory.history(&call.who, Target::Id(id), after, asked).await?;
    let is_last = entries.len() <= limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| !is_last).map(|(_, entry)| entry.version);
    let link = next.map(|version| query::with(call.uri(), AFTER, &version.to_string()));
    let entries = entries.iter().map(|(position, entry)| entry_json(position, entry)).collect();
    Ok(answer::page(&HistoryPage { entries, next }, link.as_deref()))
}
