//! What the service can do (RFC 7643, 5, and RFC 9865, 4).

use serde_json::{Value, json};

const SERVICE_PROVIDER_CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// The limits that the service announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Provider {
    /// The most operations of a bulk request.
    pub(crate) most_bulk_operations: usize,
    /// The largest bulk request, in bytes.
    pub(crate) most_bulk_bytes: usize,
    /// The most resources that one answer lists.
    pub(crate) most_per_page: usize,
    /// How many it lists where the request does not say.
    pub(crate) default_per_page: usize,
}

/// The document of `/ServiceProviderConfig`. `base` is the URL below which the endpoints are, without a slash at its end.
pub(crate) fn service_provider_config(provider: &Provider, base: &str) -> Value {
    json!({
        "schemas": [SERVICE_PROVIDER_CONFIG],
        "patch": { "supported": true },
        "bulk": {
            "supported": true,
            "maxOperations": provider.most_bulk_operations,
            "maxPayloadSize": provider.most_bulk_bytes,
        },
        "filter": { "supported": true, "maxResults": provider.most_per_page },
        "changePassword": { "supported": true },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": provider.default_per_page,
            "maxPageSize": provider.most_per_page,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "A bearer token in the header Authorization: an API key of Roster, or a JWT that it trusts.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig"),
        },
    })
}
