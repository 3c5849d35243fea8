//! Organisations, by kind.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use roster_directory::record::{Organisation, OrganisationKind, Record, RecordKey, Register};
use roster_directory::value::parse_uuid;
use roster_directory::{ExternalId, Text};
use uuid::Uuid;

use crate::call::Call;
use crate::convert::organisation_json;
use crate::problem::{BodyProblems, NotFound, Problems, Refused, Taken};
use crate::wire::{OrganisationJson, OrganisationPage};
use crate::{Rest, answer, openapi};

/// List the organisations of a kind
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{kind}",
    operation_id = "listOrganisations",
    tag = openapi::REGISTERS,
    params(openapi::Kind, openapi::Limit, openapi::Cursor),
    responses(
        (status = 200, description = "A page of organisations, by id", body = OrganisationPage,
            headers(("Link" = String, description = "The next page, as `<path>; rel=\"next\"`; absent where this is the last"))),
        Problems,
    ),
    security(("roster_bearer" = [])),
)]
pub(super) async fn list(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let page = rest.record_page(request, |call| call.kind().map(Register::Organisations)).await?;
    let organisations = page.records.iter().filter_map(organisation_json).collect();
    Ok(answer::page(&OrganisationPage { organisations, next: page.next }, page.link.as_deref()))
}

/// Read an organisation
#[utoipa::path(
    get,
    path = "/api/v1/organisations/{kind}/{id}",
    operation_id = "getOrganisation",
    tag = openapi::REGISTERS,
    params(openapi::Kind, ("id" = Uuid, Path, description = "The organisation's id")),
    responses((status = 200, description = "The organisation", body = OrganisationJson), NotFound, Problems),
    security(("roster_bearer" = [])),
)]
pub(super) async fn show(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let record = rest.show_record(request, Call::organisation_key).await?;
    Ok(answer::json(StatusCode::OK, &organisation_json(&record)))
}

/// Register an organisation, or write over it
///
/// A producer, seller or origin that users may then refer to by either of its ids. An external id is one organisation's alone
/// within its kind. `kind` and `id` may be sent back as they were read.
#[utoipa::path(
    put,
    path = "/api/v1/organisations/{kind}/{id}",
    operation_id = "putOrganisation",
    tag = openapi::REGISTERS,
    params(openapi::Kind, ("id" = Uuid, Path, description = "The organisation's id: yours to choose")),
    request_body(content = OrganisationJson, content_type = "application/json"),
    responses(
        (status = 200, description = "The organisation was registered before", body = OrganisationJson),
        (status = 201, description = "The organisation is registered now", body = OrganisationJson),
        Taken, BodyProblems, Problems,
    ),
    security(("roster_bearer" = [])),
)]
pub(super) async fn put(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let (status, record) = rest
        .register(
            request,
            |call| (call.kind(), call.organisation_id()),
            |(kind, id), body| {
                body.same("kind", |sent| sent.text().value() == kind.map(OrganisationKind::name));
                body.same("id", |sent| sent.text().value().and_then(|sent| parse_uuid(sent).ok()) == id);
                let external_id = body.required("external_id", ExternalId::new);
                let name = body.required("name", Text::new);
                let (kind, id, external_id, name) = (kind?, id?, external_id?, name?);
                Some(Record::Organisation(Organisation { kind, id, external_id, name }))
            },
        )
        .await?;
    Ok(answer::json(status, &organisation_json(&record)))
}

/// Remove an organisation from its register
///
/// Users that refer to it keep what they have.
#[utoipa::path(
    delete,
    path = "/api/v1/organisations/{kind}/{id}",
    operation_id = "deleteOrganisation",
    tag = openapi::REGISTERS,
    params(openapi::Kind, ("id" = Uuid, Path, description = "The organisation's id")),
    responses((status = 204, description = "The organisation is registered no more"), NotFound, Problems),
    security(("roster_bearer" = [])),
)]
pub(super) async fn remove(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    rest.unregister(request, Call::organisation_key).await
}

impl Call {
    fn kind(&mut self) -> Option<OrganisationKind> {
        let known =
            |text: &str| OrganisationKind::from_name(text).ok_or("must be producer, seller or origin");
        self.segment(3, "kind", known)
    }

    fn organisation_id(&mut self) -> Option<Uuid> {
        self.segment(4, "id", parse_uuid)
    }

    fn organisation_key(&mut self) -> Option<RecordKey> {
        let (kind, id) = (self.kind(), self.organisation_id());
        Some(RecordKey::Organisation(kind?, id?))
    }
}
