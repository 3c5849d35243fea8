//! What the OpenAPI document says of the dialect, besides the operation.

use serde_json::Value;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;

/// The tag of the dialect's operations.
pub(crate) const TAG: &str = "Algorep";

/// The documented request.
const REQUEST: &str = include_str!("../examples/upsert.request.json");
/// The documented answer to it.
const RESPONSE: &str = include_str!("../examples/upsert.response.json");

/// The documented request, as an example.
pub(crate) fn request() -> Value {
    serde_json::from_str(REQUEST).unwrap_or_default()
}

/// The documented answer, as an example.
pub(crate) fn response() -> Value {
    serde_json::from_str(RESPONSE).unwrap_or_default()
}

/// Adds the tag and the security scheme.
pub(crate) fn complete(document: &mut OpenApi) {
    let tag = TagBuilder::new()
        .name(TAG)
        .description(Some("The Algorep dialect: upsert a user by its Bubble id"))
        .build();
    document.tags.get_or_insert_default().push(tag);
    let key = ApiKeyValue::with_description(
        "Authorization",
        "An API key with the scope `users:write`: the bare key, or `Bearer <API key>`",
    );
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("algorep_api_key", SecurityScheme::ApiKey(ApiKey::Header(key)));
}
