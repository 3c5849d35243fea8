//! The server's own endpoints: whether it lives, whether it is ready, and its metrics.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use roster_auth::PasswordPool;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::tag::TagBuilder;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::fault::{self, Message};
use super::metrics::Metrics;
use crate::store::AnyStore;

/// The tag of the server's own operations.
pub(crate) const TAG: &str = "Operations";

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
struct Status {
    /// `ok`.
    #[schema(value_type = String, example = "ok")]
    status: &'static str,
}

/// What the endpoints look at.
#[derive(Debug, Clone)]
pub struct Health {
    /// The store.
    pub store: AnyStore,
    /// The threads that hash passwords.
    pub passwords: Arc<PasswordPool>,
    /// The metrics.
    pub metrics: Arc<Metrics>,
}

/// `/livez`, `/readyz` and `/metrics`.
pub fn router() -> OpenApiRouter<Health> {
    let mut router = OpenApiRouter::default()
        .routes(routes!(livez).map(|methods| methods.fallback(fault::method_not_allowed)))
        .routes(routes!(readyz).map(|methods| methods.fallback(fault::method_not_allowed)))
        .routes(routes!(metrics).map(|methods| methods.fallback(fault::method_not_allowed)));
    let tag = TagBuilder::new()
        .name(TAG)
        .description(Some("The server's own endpoints. They take no credential"))
        .build();
    router.get_openapi_mut().tags.get_or_insert_default().push(tag);
    router
}

/// Whether the server lives
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "livez",
    tag = TAG,
    responses((status = 200, description = "It answers", body = inline(Status), example = json!({"status": "ok"}))),
)]
async fn livez() -> Response {
    Json(Status { status: "ok" }).into_response()
}

/// Whether the server can read and write
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = TAG,
    responses(
        (status = 200, description = "It can", body = inline(Status), example = json!({"status": "ok"})),
        (status = 503, description = "It can't; the log says why", body = Message),
    ),
)]
async fn readyz(State(health): State<Health>) -> Response {
    match health.store.shared().ready().await {
        Ok(()) => livez().await,
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, Json(Message { message: "Service Unavailable" }))
                .into_response()
        }
    }
}

/// Metrics for Prometheus
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = TAG,
    responses((status = 200, description = "The text format of Prometheus", body = String, content_type = "text/plain")),
)]
async fn metrics(State(health): State<Health>) -> Response {
    let text = health.metrics.render(health.store.activity(), health.passwords.unanswered());
    ([(header::CONTENT_TYPE, TEXT)], text).into_response()
}
