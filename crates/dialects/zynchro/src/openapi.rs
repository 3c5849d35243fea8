//! What the OpenAPI document says of the dialect, besides the operation.

use serde_json::{Value, json};
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;

/// The tag of the dialect's operations.
pub(crate) const TAG: &str = "Zynchro";

/// The documented request.
pub(crate) fn request() -> Value {
    serde_json::from_str(include_str!("../examples/update.request.json")).unwrap_or_default()
}

/// The documented answer to it.
pub(crate) fn response() -> Value {
    serde_json::from_str(include_str!("../examples/update.response.json")).unwrap_or_default()
}

/// The documented answer to a request without its required fields.
pub(crate) fn errors() -> Value {
    serde_json::from_str(include_str!("../examples/update.errors.json")).unwrap_or_default()
}

/// The documented answer to a request without a token.
pub(crate) fn unauthorized() -> Value {
    json!({
        "error": "unauthorized",
        "error_description": "Full authentication is required to access this resource",
    })
}

/// Adds the tag and the security scheme.
pub(crate) fn complete(document: &mut OpenApi) {
    let tag = TagBuilder::new()
        .name(TAG)
        .description(Some("The Zynchro dialect: update a user by its number"))
        .build();
    document.tags.get_or_insert_default().push(tag);
    let mut token = Http::new(HttpAuthScheme::Bearer);
    token.bearer_format = Some("JWT".to_owned());
    token.description =
        Some("A token with the scope `write` and an authority that may update users".to_owned());
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("zynchro_token", SecurityScheme::Http(token));
}
