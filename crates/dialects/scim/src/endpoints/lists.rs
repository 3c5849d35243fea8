//! Lists of users and of groups: `GET /Users`, `GET /Groups`, and the same by `POST …/.search` (RFC 7644, 3.4.2 and 3.4.3).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use roster_directory::search::{Condition, From, Search};
use roster_directory::{GroupId, Principal, Scope, UserId};
use uuid::Uuid;

use super::PAGE_SIZES;
use crate::call::Call;
use crate::convert::from_user::UserResource;
use crate::convert::group::GroupResource;
use crate::error::{ScimError, ScimType};
use crate::list::{ListResponse, Resources};
use crate::openapi::{self, ScimErrors};
use crate::projection::Projection;
use crate::representation;
use crate::schema::{GROUP, ResourceType, USER};
use crate::search::{SearchRequest, SortOrder, Start};
use crate::{Scim, answer, filter};

/// When a page of groups has so many members, it ends: fewer resources than were asked for may be answered (RFC 7644,
/// 3.4.2.4), and groups have no bound.
const MOST_MEMBERS_ON_A_PAGE: usize = 20_000;

/// Some of a list, and how many the whole has if they were counted.
pub(crate) struct Page {
    /// The resources, written down as they are answered.
    pub(crate) resources: Resources,
    /// How many there are in all.
    pub(crate) total: Option<u64>,
    /// The last one, where others follow.
    next: Option<Uuid>,
}

impl Scim {
    /// A page of users. `beside` is the other kind of resource, where the list has both.
    pub(crate) async fn page_of_users(
        &self,
        who: &Principal,
        base: &str,
        asked: &SearchRequest,
        beside: Option<&'static ResourceType>,
    ) -> Result<Page, ScimError> {
        let projection = Projection::new(&USER, &asked.attributes, &asked.excluded_attributes)?;
        let condition =
            asked.filter.as_deref().map(|filter| filter::user_condition(filter, &who.source, beside));
        let sort =
            asked.sort_by.as_deref().map(|name| filter::user_sort_key(name, &who.source)).transpose()?;
        let search = search(&USER, condition, sort, asked, UserId)?;
        let found = self.directory.search_users(who, search).await?;
        let groups = if projection.wants("groups") {
            self.directory.groups_of(who, found.page.iter().map(|user| user.id).collect()).await?
        } else {
            Default::default()
        };
        let mut resources = Resources::with_capacity(found.page.len());
        for user in &found.page {
            let groups = groups.get(&user.id).map_or(&[][..], Vec::as_slice);
            let shown = UserResource { user, groups, source: &who.source, base };
            representation::write(resources.next(), &shown, &projection);
        }
        Ok(Page {
            resources,
            total: found.total,
            next: found.page.last().filter(|_| found.more).map(|user| user.id.0),
        })
    }

    /// A page of groups. `beside` is the other kind of resource, where the list has both.
    pub(crate) async fn page_of_groups(
        &self,
        who: &Principal,
        base: &str,
        asked: &SearchRequest,
        beside: Option<&'static ResourceType>,
    ) -> Result<Page, ScimError> {
        let projection = Projection::new(&GROUP, &asked.attributes, &asked.excluded_attributes)?;
        let condition =
            asked.filter.as_deref().map(|filter| filter::group_condition(filter, &who.source, beside));
        let sort =
            asked.sort_by.as_deref().map(|name| filter::group_sort_key(name, &who.source)).transpose()?;
        let search = search(&GROUP, condition, sort, asked, GroupId)?;
        let found = self.directory.search_groups(who, search).await?;
        let wants_members = projection.wants("members");
        let mut resources = Resources::default();
        let (mut last, mut members) = (None, 0_usize);
        for group in &found.page {
            if members >= MOST_MEMBERS_ON_A_PAGE {
                break;
            }
            let own = if wants_members { self.members(who, group.id).await? } else { Vec::new() };
            let shown = GroupResource { group, members: &own, source: &who.source, base };
            representation::write(resources.next(), &shown, &projection);
            members = members.saturating_add(own.len());
            last = Some(group.id.0);
        }
        let goes_on = found.more || resources.len() < found.page.len();
        Ok(Page { resources, total: found.total, next: last.filter(|_| goes_on) })
    }

    async fn page(
        &self,
        kind: &'static ResourceType,
        call: &Call,
        asked: &SearchRequest,
    ) -> Result<Response, ScimError> {
        let page = if kind == &USER {
            self.page_of_users(&call.who, &call.base, asked, None).await?
        } else {
            self.page_of_groups(&call.who, &call.base, asked, None).await?
        };
        let Page { resources, total, next } = page;
        let page = match asked.start {
            Start::Index(index) => ListResponse::by_index(resources, total, index),
            Start::Cursor(_) => ListResponse::by_cursor(resources, next.map(|id| cursor(kind, id))),
        };
        answer::list(&page)
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

/// Where a page ends, in a form that says nothing to callers: the first letter of the kind, and an id.
fn cursor(kind: &ResourceType, id: Uuid) -> String {
    let letter = kind.name.as_bytes().first().copied().unwrap_or_default();
    URL_SAFE_NO_PAD.encode([&[letter], id.as_bytes().as_slice()].concat())
}

fn behind(kind: &ResourceType, cursor: &str) -> Result<Uuid, ScimError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let id = bytes.as_deref().and_then(<[u8]>::split_first).and_then(|(letter, id)| {
        Some(*letter).filter(|letter| kind.name.as_bytes().first() == Some(letter))?;
        Uuid::from_slice(id).ok()
    });
    id.ok_or_else(|| ScimError::new(ScimType::InvalidCursor, "the cursor is none of this list"))
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
