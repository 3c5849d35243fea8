//! What Roster announces of itself: `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas` (RFC 7644, 4).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use roster_directory::Scope;
use serde_json::Value;

use super::PAGE_SIZES;
use super::bulk::MOST_OPERATIONS;
use crate::call::Call;
use crate::error::ScimError;
use crate::list::ListResponse;
use crate::openapi::{self, ScimErrors};
use crate::schema::documents::{self, Provider};
use crate::schema::{RESOURCE_TYPES, schema_of};
use crate::{Scim, answer, refused};

/// A filter is refused here, so that nobody takes a part for all (RFC 7644, 4).
async fn admit(scim: &Scim, request: Request) -> Result<Call, ScimError> {
    let (call, _) = scim.admit(request, Scope::UsersRead).await?;
    let asked = crate::search::SearchRequest::from_query(call.query(), PAGE_SIZES)?;
    match asked.filter {
        Some(_) => Err(ScimError::of_status(StatusCode::FORBIDDEN, "what is announced can't be filtered")),
        None => Ok(call),
    }
}

fn whole(resources: &[Value]) -> Result<Response, ScimError> {
    Ok(answer::list(ListResponse::whole(resources)?))
}

/// What the service can do
#[utoipa::path(
    get,
    path = "/scim/v2/ServiceProviderConfig",
    operation_id = "scimServiceProviderConfig",
    tag = openapi::DISCOVERY,
    responses(
        (status = 200, description = "What the service can do", body = openapi::Document, content_type = "application/scim+json"),
        ScimErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn config(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let call = admit(&scim, request).await?;
    let provider = Provider {
        most_bulk_operations: MOST_OPERATIONS,
        most_bulk_bytes: scim.options.body_limit,
        most_per_page: PAGE_SIZES.most,
        default_per_page: PAGE_SIZES.default,
    };
    Ok(answer::json(StatusCode::OK, &documents::service_provider_config(&provider, &call.base)))
}

/// The types of resources
#[utoipa::path(
    get,
    path = "/scim/v2/ResourceTypes",
    operation_id = "scimResourceTypes",
    tag = openapi::DISCOVERY,
    responses(
        (status = 200, description = "The types of resources", body = openapi::DocumentList, content_type = "application/scim+json"),
        ScimErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn resource_types(
    State(scim): State<Arc<Scim>>,
    request: Request,
) -> Result<Response, ScimError> {
    let call = admit(&scim, request).await?;
    whole(&documents::resource_types(&call.base))
}

/// One type of resources
#[utoipa::path(
    get,
    path = "/scim/v2/ResourceTypes/{name}",
    operation_id = "scimResourceType",
    tag = openapi::DISCOVERY,
    params(("name" = String, Path, description = "`User` or `Group`", example = "User")),
    responses(
        (status = 200, description = "The type", body = openapi::Document, content_type = "application/scim+json"),
        ScimErrors, openapi::NotFound,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn resource_type(
    State(scim): State<Arc<Scim>>,
    request: Request,
) -> Result<Response, ScimError> {
    let call = admit(&scim, request).await?;
    let name = call.segment().unwrap_or_default();
    let kind = RESOURCE_TYPES.iter().find(|kind| kind.name == name).ok_or_else(refused::not_found)?;
    Ok(answer::json(StatusCode::OK, &documents::resource_type_json(kind, &call.base)))
}

/// The schemas
#[utoipa::path(
    get,
    path = "/scim/v2/Schemas",
    operation_id = "scimSchemas",
    tag = openapi::DISCOVERY,
    responses(
        (status = 200, description = "The schemas", body = openapi::DocumentList, content_type = "application/scim+json"),
        ScimErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn schemas(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let call = admit(&scim, request).await?;
    whole(&documents::schemas(&call.base))
}

/// One schema
#[utoipa::path(
    get,
    path = "/scim/v2/Schemas/{urn}",
    operation_id = "scimSchema",
    tag = openapi::DISCOVERY,
    params(("urn" = String, Path, description = "The URN of the schema", example = "urn:ietf:params:scim:schemas:core:2.0:User")),
    responses(
        (status = 200, description = "The schema", body = openapi::Document, content_type = "application/scim+json"),
        ScimErrors, openapi::NotFound,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn schema(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let call = admit(&scim, request).await?;
    let schema = schema_of(&call.segment().unwrap_or_default()).ok_or_else(refused::not_found)?;
    Ok(answer::json(StatusCode::OK, &documents::schema_json(schema, &call.base)))
}
