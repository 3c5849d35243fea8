//! The documentation of the routes: `/openapi.json`, and a page that shows it and needs nothing else.

use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderName, HeaderValue, header};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::fault;
use super::health::TAG;
use crate::openapi;

const PAGE: &str = include_str!("../../assets/docs.html");
const STYLE: &str = include_str!("../../assets/docs.css");
const SCRIPT: &str = include_str!("../../assets/docs.js");

/// Nothing from elsewhere, and nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/openapi.json` and `/docs`.
pub fn router() -> OpenApiRouter {
    let file = |media_type: &'static str, text: &'static str| {
        get(move || async move { asset(media_type, text) }).fallback(fault::method_not_allowed)
    };
    OpenApiRouter::default()
        .routes(routes!(document).map(|methods| methods.fallback(fault::method_not_allowed)))
        .routes(routes!(page).map(|methods| methods.fallback(fault::method_not_allowed)))
        .route("/docs/docs.css", file("text/css; charset=utf-8", STYLE))
        .route("/docs/docs.js", file("text/javascript; charset=utf-8", SCRIPT))
}

/// This document
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = TAG,
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value, content_type = "application/json",
        example = json!({"openapi": "3.1.0"}))),
)]
async fn document() -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], openapi::json()).into_response()
}

/// A page that shows this document
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "docs",
    tag = TAG,
    responses((status = 200, description = "The page; it needs nothing from the network", body = String, content_type = "text/html")),
)]
async fn page() -> Response {
    asset("text/html; charset=utf-8", PAGE)
}

fn asset(media_type: &'static str, text: &'static str) -> Response {
    let headers: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text).into_response()
}
