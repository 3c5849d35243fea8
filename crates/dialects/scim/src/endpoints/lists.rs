//! Lists of users and of groups: `GET /Users`, `GET /Groups`, and the same by `POST …/.search` (RFC 7644, 3.4.2 and 3.4.3).

mod cursor;
mod page;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use roster_directory::search::{Condition, Found, From, Search};
use roster_directory::{GroupId, Principal, Scope, UserId};
use uuid::Uuid;

use self::cursor::behind;
use self::page::{Groups, Page, Users};
use super::PAGE_SIZES;
use crate::call::Call;
use crate::error::{ScimError, ScimType};
use crate::openapi::{self, ScimErrors};
use crate::projection::Projection;
use crate::schema::{GROUP, ResourceType, USER};
use crate::search::{SearchRequest, SortOrder, Start};
use crate::{Scim, answer, filter};

/// When a page of groups has so many members, it ends: fewer resources than were asked for may be answered (RFC 7644,
/// 3.4.2.4), and groups have no bound.
const MOST_MEMBERS_ON_A_PAGE: usize = 20_000;

impl Scim {
    /// A page of users. `beside` is the other kind of resource, where the list has both.
    pub(crate) async fn page_of_users(
        &self,
        who: &Principal,
        asked: &SearchRequest,
        beside: Option<&'static ResourceType>,
    ) -> Result<Users, ScimError> {
        let projection = Projection::new(&USER, &asked.attributes, &asked.excluded_attributes)?;
        let condition =
            asked.filter.as_deref().map(|filter| filter::user_condition(filter, &who.source, beside));
        let sort =
            asked.sort_by.as_deref().map(|name| filter::user_sort_key(name, &who.source)).transpose()?;
        let search = search(&USER, condition, sort, asked, UserId)?;
        let Found { page: found, total, more } = self.directory.search_users(who, search).await?;
        let groups = if projection.wants("groups") {
            self.directory.groups_of(who, found.iter().map(|user| user.id).collect()).await?
        } else {
            Default::default()
        };
        let next = found.last().filter(|_| more).map(|user| user.id.0);
        Ok(Users { page: Page { found, projection, total, next }, groups })
    }

    /// A page of groups. `beside` is the other kind of resource, where the list has both.
    pub(crate) async fn page_of_groups(
        &self,
        who: &Principal,
        asked: &SearchRequest,
        beside: Option<&'static ResourceType>,
    ) -> Result<Groups, ScimError> {
        let projection = Projection::new(&GROUP, &asked.attributes, &asked.excluded_attributes)?;
        let condition =
            asked.filter.as_deref().map(|filter| filter::group_condition(filter, &who.source, beside));
        let sort =
            asked.sort_by.as_deref().map(|name| filter::group_sort_key(name, &who.source)).transpose()?;
        let search = search(&GROUP, condition, sort, asked, GroupId)?;
        let Found { page, total, more } = self.directory.search_groups(who, search).await?;
        let wants_members = projection.wants("members");
        let (in_all, mut members) = (page.len(), 0_usize);
        let mut found = Vec::with_capacity(in_all);
        for group in page {
            if members >= MOST_MEMBERS_ON_A_PAGE {
                break;
            }
            let own = if wants_members { self.members(who, group.id).await? } else { Vec::new() };
            members = members.saturating_add(own.len());
            found.push((group, own));
        }
        let goes_on = more || found.len() < in_all;
        let next = found.last().filter(|_| goes_on).map(|(group, _)| group.id.0);
        Ok(Page { found, projection, total, next })
    }

    async fn page(
        &self,
        kind: &'static ResourceType,
        call: &Call,
        asked: &SearchRequest,
    ) -> Result<Response, ScimError> {
        let Call { who, base, .. } = call;
        let list = if kind == &USER {
            let users = self.page_of_users(who, asked, None).await?;
            let mut list = users.page.begin(kind, &asked.start)?;
            users.write(&mut list, who, base);
            list
        } else {
            let groups = self.page_of_groups(who, asked, None).await?;
            let mut list = groups.begin(kind, &asked.start)?;
            groups.write(&mut list, who, base);
            list
        };
        Ok(answer::list(list))
    }

    async fn list(&self, kind: &'static ResourceType, request: Request) -> Result<Response, ScimError> {
        let (call, _) = self.admit(request, Scope::UsersRead).await?;
        let asked = SearchRequest::from_query(call.query(), PAGE_SIZES)?;
        self.page(kind, &call, &asked).await
    }

    async fn search(&self, kind: &'static ResourceType, request: Request) -> Result<Response, ScimError> {
        let (call, body) = self.admit(request, Scope::UsersRead).await?;
        let (sent, _) = call.object(body, self.options.body_limit).await?;
        let asked = SearchRequest::from_message(&sent, PAGE_SIZES)?;
        self.page(kind, &call, &asked).await
    }
}

fn search<T, Key, Id>(
    kind: &ResourceType,
    condition: Option<Result<Condition<T>, ScimError>>,
    sort: Option<Key>,
    asked: &SearchRequest,
    id: impl Fn(Uuid) -> Id,
) -> Result<Search<T, Key, Id>, ScimError> {
    let from = match &asked.start {
        Start::Index(index) => From::Skip(index.saturating_sub(1)),
        Start::Cursor(_) if sort.is_some() => {
            let detail = "sortBy can't be given with a cursor: such a list is in the order of the ids";
            return Err(ScimError::new(ScimType::InvalidValue, detail));
        }
        Start::Cursor(None) => From::After(None),
        Start::Cursor(Some(cursor)) => From::After(Some(id(behind(kind, cursor)?))),
    };
    Ok(Search {
        condition: condition.transpose()?.unwrap_or(Condition::Always(true)),
        sort: sort.map(|key| (key, asked.sort_order == SortOrder::Descending)),
        // A list that is read by cursor is not counted (RFC 9865, 2.3).
        counts: matches!(from, From::Skip(_)),
        from,
        limit: asked.count,
    })
}

/// List users
#[utoipa::path(
    get,
    path = "/scim/v2/Users",
    operation_id = "scimListUsers",
    tag = openapi::USERS,
    params(
        openapi::Filter, openapi::SortBy, openapi::SortOrder, openapi::StartIndex, openapi::Count, openapi::Cursor,
        openapi::Attributes, openapi::ExcludedAttributes,
    ),
    responses(
        (status = 200, description = "A page of users", body = openapi::UserList, content_type = "application/scim+json"),
        ScimErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn users(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    scim.list(&USER, request).await
}

/// List groups
#[utoipa::path(
    get,
    path = "/scim/v2/Groups",
    operation_id = "scimListGroups",
    tag = openapi::GROUPS,
    params(
        openapi::Filter, openapi::SortBy, openapi::SortOrder, openapi::StartIndex, openapi::Count, openapi::Cursor,
        openapi::Attributes, openapi::ExcludedAttributes,
    ),
    responses(
        (status = 200, description = "A page of groups", body = openapi::GroupList, content_type = "application/scim+json"),
        ScimErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn groups(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    scim.list(&GROUP, request).await
}

/// Search users
#[utoipa::path(
    post,
    path = "/scim/v2/Users/.search",
    operation_id = "scimSearchUsers",
    tag = openapi::USERS,
    request_body(content((openapi::SearchMessage = "application/scim+json", example = json!(openapi::search_example())), (openapi::SearchMessage = "application/json"))),
    responses(
        (status = 200, description = "A page of users", body = openapi::UserList, content_type = "application/scim+json"),
        ScimErrors, openapi::BodyErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn search_users(
    State(scim): State<Arc<Scim>>,
    request: Request,
) -> Result<Response, ScimError> {
    scim.search(&USER, request).await
}

/// Search groups
#[utoipa::path(
    post,
    path = "/scim/v2/Groups/.search",
    operation_id = "scimSearchGroups",
    tag = openapi::GROUPS,
    request_body(content((openapi::SearchMessage = "application/scim+json", example = json!(openapi::search_example())), (openapi::SearchMessage = "application/json"))),
    responses(
        (status = 200, description = "A page of groups", body = openapi::GroupList, content_type = "application/scim+json"),
        ScimErrors, openapi::BodyErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn search_groups(
    State(scim): State<Arc<Scim>>,
    request: Request,
) -> Result<Response, ScimError> {
    scim.search(&GROUP, request).await
}
