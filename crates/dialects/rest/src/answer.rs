//! From values to responses.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use roster_directory::User;
use serde::Serialize;

use crate::convert::user_json;
use crate::etag;
use crate::problem::{MEDIA_TYPE, Problem};

/// A response with a JSON body.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    typed(status, "application/json", body)
}

/// A problem.
pub(crate) fn problem(problem: &Problem) -> Response {
    typed(problem.status(), MEDIA_TYPE, problem)
}

/// A response without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A user, with its entity tag.
pub(crate) fn user(status: StatusCode, user: &User) -> Response {
    tagged(json(status, &user_json(user)), user)
}

/// The response, with the entity tag of the user that it shows.
pub(crate) fn tagged(mut response: Response, user: &User) -> Response {
    insert(&mut response, header::ETAG, &etag::of(user));
    // Personal data: kept by nobody but the caller, and asked again each time.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// The response, with the path of what was created.
pub(crate) fn located(mut response: Response, path: &str) -> Response {
    insert(&mut response, header::LOCATION, path);
    response
}

/// A page, with a link to the next one if there is one.
pub(crate) fn page(body: &impl Serialize, next: Option<&str>) -> Response {
    let mut response = json(StatusCode::OK, body);
    if let Some(next) = next {
        insert(&mut response, header::LINK, &format!("<{next}>; rel=\"next\""));
    }
    response
}

fn insert(response: &mut Response, name: HeaderName, value: &str) {
    // Every value here is made of ids, numbers and encoded paths.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn typed(status: StatusCode, media_type: &'static str, body: &impl Serialize) -> Response {
    let (status, body) = match serde_json::to_vec(body) {
        Ok(body) => (status, body),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            (StatusCode::INTERNAL_SERVER_ERROR, Vec::new())
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
