//! `POST /.search`: users and groups in one list (RFC 7644, 3.4.3), the users first.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use roster_directory::Scope;

use super::PAGE_SIZES;
use crate::error::{ScimError, ScimType};
use crate::list::{Head, ListResponse};
use crate::openapi::{self, ScimErrors};
use crate::schema::{GROUP, USER};
use crate::search::{SearchRequest, Start};
use crate::{Scim, answer, filter};

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
    // An order by what one kind has alone is none of the other's.
    let (of_users, of_groups) = match asked.sort_by.as_deref() {
        None => (true, true),
        Some(name) => {
            let users = filter::user_sort_key(name, &call.who.source);
            let groups = filter::group_sort_key(name, &call.who.source);
            if let (Err(error), Err(_)) = (&users, &groups) {
                return Err(error.clone());
            }
            (users.is_ok(), groups.is_ok())
        }
    };
    let sort_by = |is_one: bool| asked.sort_by.clone().filter(|_| is_one);
    let users = SearchRequest { sort_by: sort_by(of_users), ..asked.clone() };
    let users = scim.page_of_users(&call.who, &users, Some(&GROUP)).await?;
    let users_in_all = users.page.total.unwrap_or_default();
    let groups = SearchRequest {
        start: Start::Index(index.saturating_sub(users_in_all).max(1)),
        count: asked.count.saturating_sub(users.page.len()),
        sort_by: sort_by(of_groups),
        ..asked.clone()
    };
    let groups = scim.page_of_groups(&call.who, &groups, Some(&USER)).await?;
    let mut list = ListResponse::new(&Head {
        total_results: Some(users_in_all.saturating_add(groups.total.unwrap_or_default())),
        start_index: Some(index),
        items_per_page: users.page.len().saturating_add(groups.len()),
        next_cursor: None,
    })?;
    users.write(&mut list, &call.who, &call.base);
    groups.write(&mut list, &call.who, &call.base);
    Ok(answer::list(list))
}
