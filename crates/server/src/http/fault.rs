//! The answers of paths that belong to no dialect.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use roster_wire::ServerFault;
use serde::Serialize;
use utoipa::ToSchema;

/// A word on what went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// The word.
    #[schema(value_type = String, example = "Not Found")]
    pub message: &'static str,
}

fn answer(status: StatusCode, message: &'static str) -> Response {
    (status, Json(Message { message })).into_response()
}

/// A path that is nobody's.
pub async fn not_found() -> Response {
    answer(StatusCode::NOT_FOUND, "Not Found")
}

/// A request that HTTP itself does not allow. The connection is not used again: what follows on it may be misread.
pub fn bad_request() -> Response {
    let mut response = answer(StatusCode::BAD_REQUEST, "Bad Request");
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Another method on a path of the server's own. The router adds `Allow`.
pub async fn method_not_allowed() -> Response {
    answer(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
}

/// What goes wrong around the server's own handlers.
pub fn server_fault(fault: ServerFault) -> Response {
    match fault {
        ServerFault::Panicked => answer(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        ServerFault::TimedOut => answer(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        ServerFault::Overloaded { retry_after_seconds } => {
            let mut response = answer(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_seconds));
            response
        }
    }
}
