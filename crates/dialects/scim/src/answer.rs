//! From resources to responses.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::error::MEDIA_TYPE;
use crate::list::ListResponse;
use crate::projection::Projection;
use crate::refused;
use crate::representation::{self, Represent};

/// A resource as it is after a request, or was found.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// What of it is answered, written down.
    pub(crate) json: Vec<u8>,
    /// Its entity tag.
    pub(crate) tag: String,
    /// Where it is.
    pub(crate) location: String,
    /// Whether this is the answer to an earlier request again.
    pub(crate) replayed: bool,
}

impl Shown {
    /// What of a resource is answered.
    pub(crate) fn new(shown: &impl Represent, projection: &Projection) -> Self {
        let mut json = Vec::new();
        let tag = representation::write(&mut json, shown, projection);
        Self { json, tag, location: shown.url().to_string(), replayed: false }
    }
}

/// A response with a body.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(json) => written(status, json),
        Err(error) => refused::unwritable(&error).into_response(),
    }
}

/// A page of a list.
pub(crate) fn list(page: ListResponse) -> Response {
    written(StatusCode::OK, page.into_json())
}

/// A response whose body is written down.
pub(crate) fn written(status: StatusCode, json: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = status;
    insert(&mut response, header::CONTENT_TYPE, MEDIA_TYPE);
    // Personal data: kept by nobody but the caller, and asked again each time.
    insert(&mut response, header::CACHE_CONTROL, "private, no-cache");
    response
}

/// A response without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A response without a body, to one who has this version already.
pub(crate) fn not_modified(tag: &str) -> Response {
    tagged(empty(StatusCode::NOT_MODIFIED), tag)
}

/// The response, with the entity tag of what it shows.
pub(crate) fn tagged(mut response: Response, tag: &str) -> Response {
    insert(&mut response, header::ETAG, tag);
    response
}

/// The response, with where what it shows is.
pub(crate) fn located(mut response: Response, location: &str) -> Response {
    insert(&mut response, header::LOCATION, location);
    response
}

fn insert(response: &mut Response, name: HeaderName, value: &str) {
    // Every value here is made of ids, numbers, encoded paths, and the host: which is a header's value as it came.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
