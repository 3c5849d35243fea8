//! Pages of users.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use roster_directory::store::{UserFilter, UserQuery};
use roster_directory::{Email, Scope, Timestamp, UserName};

use crate::call::Call;
use crate::convert::user_json;
use crate::fault::Fault;
use crate::problem::{Problems, Refused};
use crate::query::{self, Query};
use crate::wire::UserPage;
use crate::{Rest, answer, cursor, openapi};

const CURSOR: &str = "cursor";

/// List users
///
/// A page of living users, in the order of their ids, which is that of their creation to the millisecond; with
/// `updated_since`, in the order of their last change. Follow `next` (or the header `Link`) until it is null, also past a
/// page that holds fewer users than `limit`: users that come and go meanwhile never make you miss one that stays.
#[utoipa::path(
    get,
    path = "/api/v1/users",
    operation_id = "listUsers",
    tag = openapi::USERS,
    params(
        ("email" = Option<String>, Query, example = "ada@example.com",
            description = "Those with this email address, in any case. A plus in it is written `%2B`"),
        ("user_name" = Option<String>, Query, example = "ada@example.com",
            description = "The one with this user name, in any case"),
        ("updated_since" = Option<String>, Query, format = DateTime, example = "2024-06-22T17:04:06Z",
            description = "Those that the server recorded a change of at this moment (`recorded_at`) or later. When you ask again and again, go back a \
                minute behind the last `recorded_at` that you saw: a change is recorded a moment before it can be read"),
        openapi::Limit,
        openapi::Cursor,
    ),
    responses(
        (status = 200, description = "A page of users", body = UserPage,
            headers(("Link" = String, description = "The next page, as `<path>; rel=\"next\"`; absent where this is the last")),
            example = json!(openapi::user_page())),
        Problems,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn list(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let mut call = rest.admit(request, Scope::UsersRead).await?;
    let query = call.query(&["email", "user_name", "updated_since", "limit", CURSOR]);
    let filter = filter(&mut call, &query);
    let limit = call.limit(&query);
    let place = |text: &str| cursor::user(&filter, text).ok_or(cursor::NOT_OF_THIS_LIST);
    let after = call.parameter(&query, CURSOR, place);
    call.good(Some(()))?;
    let asked = UserQuery { filter: filter.clone(), after, limit };
    let page = rest.directory.list(&call.who, asked).await?;
    let next = page.next.map(|place| cursor::after_user(&filter, place));
    let link = next.as_deref().map(|next| query::with(call.uri(), CURSOR, next));
    let users = page.users.iter().map(|user| user_json(user)).collect();
    Ok(answer::page(&UserPage { users, next }, link.as_deref()))
}

/// The one filter of the query.
fn filter(call: &mut Call, query: &Query) -> UserFilter {
    let filters = ["email", "user_name", "updated_since"];
    for second in filters.into_iter().filter(|name| query.get(name).is_some()).skip(1) {
        call.faults.push(Fault::at_parameter(second, "can't be combined with another filter"));
    }
    let email = call.parameter(query, "email", Email::new).map(UserFilter::Email);
    let user_name = call.parameter(query, "user_name", UserName::new).map(UserFilter::UserName);
    let since = call.parameter(query, "updated_since", Timestamp::parse_rfc3339);
    email.or(user_name).or(since.map(UserFilter::RecordedSince)).unwrap_or(UserFilter::All)
}
