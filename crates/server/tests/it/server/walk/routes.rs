//! The table of routes that are walked.

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Access {
    /// Nothing.
    Open,
    /// An API key in the manner of the Algorep document.
    AlgorepKey,
    /// A token in the manner of the Zynchro document.
    ZynchroToken,
    /// A credential with the scope.
    Rest(&'static str),
    /// An API key's id and secret as HTTP Basic.
    OAuthClient,
}

/// A route, what it asks, and what its documented example is answered, once and again. The rows are in an order in which the
/// examples can be sent: what is read is there by then.
pub struct Route {
    pub method: &'static str,
    pub template: &'static str,
    pub access: Access,
    pub statuses: &'static [u16],
}

const fn route(
    method: &'static str,
    template: &'static str,
    access: Access,
    statuses: &'static [u16],
) -> Route {
    Route { method, template, access, statuses }
}

const READ: Access = Access::Rest("users:read");
const WRITE: Access = Access::Rest("users:write");
const GROUPS: Access = Access::Rest("groups:write");
const ADMIN: Access = Access::Rest("admin");

pub const ROUTES: &[Route] = &[
    route("GET", "/livez", Access::Open, &[200]),
    route("GET", "/readyz", Access::Open, &[200]),
    route("GET", "/metrics", Access::Open, &[200]),
    route("GET", "/openapi.json", Access::Open, &[200]),
    route("GET", "/docs", Access::Open, &[200]),
    route("POST", "/oauth/token", Access::OAuthClient, &[200, 200]),
    route("POST", "/oauth/revoke", Access::OAuthClient, &[200, 200]),
    route("POST", "/users/{UserBubbleId}", Access::AlgorepKey, &[200, 200]),
    route("PATCH", "/zynchro.api.system-config/v1/users/{id}", Access::ZynchroToken, &[200, 200]),
    route("PATCH", "/api/v1/users/by-link/{source}/{external_id}", WRITE, &[200, 200]),
    route("GET", "/api/v1/users", READ, &[200]),
    route("GET", "/api/v1/users/{id}", READ, &[200]),
    route("GET", "/api/v1/users/by-number/{number}", READ, &[200]),
    route("GET", "/api/v1/users/by-link/{source}/{external_id}", READ, &[200]),
    route("PATCH", "/api/v1/users/{id}", WRITE, &[200, 200]),
    route("GET", "/api/v1/users/{id}/history", READ, &[200]),
    route("GET", "/api/v1/users/{id}/grants", READ, &[200]),
    route("PUT", "/api/v1/users/{id}/grants/{client_id}/{profile_id}", WRITE, &[201, 204]),
    route("DELETE", "/api/v1/users/{id}/grants/{client_id}/{profile_id}", WRITE, &[204, 204]),
    route("PUT", "/api/v1/organisations/{kind}/{id}", ADMIN, &[201, 200]),
    route("GET", "/api/v1/organisations/{kind}", READ, &[200]),
    route("GET", "/api/v1/organisations/{kind}/{id}", READ, &[200]),
    route("DELETE", "/api/v1/organisations/{kind}/{id}", ADMIN, &[204, 404]),
    route("PUT", "/api/v1/clients/{id}", ADMIN, &[201, 200]),
    route("GET", "/api/v1/clients", READ, &[200]),
    route("GET", "/api/v1/clients/{id}", READ, &[200]),
    route("DELETE", "/api/v1/clients/{id}", ADMIN, &[204, 404]),
    route("PUT", "/api/v1/profiles/{id}", ADMIN, &[201, 200]),
    route("GET", "/api/v1/profiles", READ, &[200]),
    route("GET", "/api/v1/profiles/{id}", READ, &[200]),
    route("DELETE", "/api/v1/profiles/{id}", ADMIN, &[204, 404]),
    route("GET", "/scim/v2/ServiceProviderConfig", READ, &[200]),
    route("GET", "/scim/v2/ResourceTypes", READ, &[200]),
    route("GET", "/scim/v2/ResourceTypes/{name}", READ, &[200]),
    route("GET", "/scim/v2/Schemas", READ, &[200]),
    route("GET", "/scim/v2/Schemas/{urn}", READ, &[200]),
    route("GET", "/scim/v2/Users", READ, &[200]),
    route("POST", "/scim/v2/Users/.search", READ, &[200]),
    route("GET", "/scim/v2/Users/{id}", READ, &[200]),
    route("PUT", "/scim/v2/Users/{id}", WRITE, &[200, 200]),
    route("PATCH", "/scim/v2/Users/{id}", WRITE, &[200, 200]),
    // The user that was put has the name.
    route("POST", "/scim/v2/Users", WRITE, &[409]),
    route("POST", "/scim/v2/Groups", GROUPS, &[201, 409]),
    route("GET", "/scim/v2/Groups", READ, &[200]),
    route("POST", "/scim/v2/Groups/.search", READ, &[200]),
    route("GET", "/scim/v2/Groups/{id}", READ, &[404]),
    route("PUT", "/scim/v2/Groups/{id}", GROUPS, &[404]),
    route("PATCH", "/scim/v2/Groups/{id}", GROUPS, &[404]),
    route("DELETE", "/scim/v2/Groups/{id}", GROUPS, &[404]),
    route("POST", "/scim/v2/.search", READ, &[200]),
    route("POST", "/scim/v2/Bulk", WRITE, &[200, 200]),
    // An API key is no user's.
    route("GET", "/scim/v2/Me", READ, &[404]),
    route("PUT", "/scim/v2/Me", WRITE, &[404]),
    route("PATCH", "/scim/v2/Me", WRITE, &[404]),
    route("DELETE", "/scim/v2/Me", WRITE, &[404]),
    route("DELETE", "/scim/v2/Users/{id}", WRITE, &[204, 404]),
    route("DELETE", "/api/v1/users/{id}", WRITE, &[404]),
];
