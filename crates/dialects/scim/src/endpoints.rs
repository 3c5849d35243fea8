//! The endpoints: a file for each, and what they do in functions that a bulk request calls as well.

pub(crate) mod bulk;
pub(crate) mod discovery;
pub(crate) mod groups;
pub(crate) mod lists;
pub(crate) mod me;
pub(crate) mod root;
pub(crate) mod users;

use axum::response::Response;
use http::StatusCode;
use roster_wire::idempotency;

use crate::answer::{self, Shown};
use crate::error::ScimError;
use crate::projection::Projection;
use crate::schema::ResourceType;
use crate::search::{self, PageSizes};

/// The page sizes of every list: as many as a page of REST has, unless said; such a page takes less than two gets (`bench/scim.py`).
pub(crate) const PAGE_SIZES: PageSizes = PageSizes { default: 50, most: 1_000 };

/// How often a change is made again because somebody else was quicker.
const MOST_ATTEMPTS: usize = 64;

/// What of a resource its caller wants, by the query.
fn projection(kind: &'static ResourceType, query: &str) -> Result<Projection, ScimError> {
    let [attributes, excluded] = search::names_of_query(query)?;
    Projection::new(kind, &attributes, &excluded)
}

/// The response to a change, or to a look.
fn respond(status: StatusCode, shown: Shown) -> Response {
    let Shown { json, tag, location, replayed } = shown;
    let response = answer::written(status, json);
    let response = answer::located(answer::tagged(response, &tag), &location);
    idempotency::replayed(response, replayed)
}
