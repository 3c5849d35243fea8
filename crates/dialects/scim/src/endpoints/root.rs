//! `POST /.search`: users and groups in one list (RFC 7644, 3.4.3), the users first.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use roster_directory::Scope;

use super::PAGE_SIZES;
use super::lists::Page;
use crate::error::{ScimError, ScimType};
use crate::list::ListResponse;
use crate::openapi::{self, ScimErrors};
use crate::search::{SearchRequest, Start};
use crate::{Scim, answer};

/// Search users and groups
#[utoipa::path(
    post,
    path = "/scim/v2/.search",
    operation_id = "scimSearch",
    tag = openapi::SEARCH,
    request_body(content((openapi::SearchMessage = "application/scim+json", example = json!(openapi::search_example())), (openapi::SearchMessage = "application/json"))),
    responses(
        (status = 200, description = "A page of users and groups", body = openapi::DocumentList, content_type = "application/scim+json"),
        ScimErrors, openapi::BodyErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn search(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let (call, body) = scim.admit(request, Scope::UsersRead).await?;
    let (sent, _) = call.object(body, scim.options.body_limit).await?;
    let asked = SearchRequest::from_message(&sent, PAGE_SIZES)?;
    let Start::Index(index) = asked.start else {
        let detail = "a search of users and groups together is read by startIndex alone";
        return Err(ScimError::new(ScimType::InvalidCursor, detail));
    };
    let (users, groups_alone) = match scim.page_of_users(&call.who, &call.base, &asked).await {
        Ok(users) => (users, None),
        // What no user has, a group may.
        Err(error) if is_of_the_other(&error) => (Page::none(), Some(error)),
        Err(error) => return Err(error),
    };
    let in_all = users.total.unwrap_or_default();
    let taken = users.resources.len();
    let groups = SearchRequest {
        start: Start::Index(index.saturating_sub(in_all).max(1)),
        count: asked.count.saturating_sub(taken),
        ..asked
    };
    let groups = match (scim.page_of_groups(&call.who, &call.base, &groups).await, groups_alone) {
        (Ok(groups), _) => groups,
        (Err(error), None) if is_of_the_other(&error) => Page::none(),
        (Err(error), None) => return Err(error),
        (Err(_), Some(first)) => return Err(first),
    };
    let mut resources = users.resources;
    resources.extend(groups.resources);
    let total = in_all.saturating_add(groups.total.unwrap_or_default());
    let list =
        ListResponse { resources, total_results: Some(total), start_index: Some(index), next_cursor: None };
    Ok(answer::json(StatusCode::OK, &list.into_json()))
}

/// Whether a filter or an order may be one of the other kind of resource.
fn is_of_the_other(error: &ScimError) -> bool {
    matches!(error.scim_type, Some(ScimType::InvalidFilter | ScimType::InvalidPath))
}
