//! The clients that users may be let into.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use roster_directory::Text;
use roster_directory::record::{Record, RecordKey, Register, RegisteredClient};

use crate::call::{Call, positive};
use crate::convert::client_json;
use crate::problem::{BodyProblems, NotFound, Problems, Refused};
use crate::wire::{ClientJson, ClientPage};
use crate::{Rest, answer, openapi};

/// List the clients
#[utoipa::path(
    get,
    path = "/api/v1/clients",
    operation_id = "listClients",
    tag = openapi::REGISTERS,
    params(openapi::Limit, openapi::Cursor),
    responses(
        (status = 200, description = "A page of clients, by id", body = ClientPage,
            headers(("Link" = String, description = "The next page, as `<path>; rel=\"next\"`; absent where this is the last"))),
        Problems,
    ),
    security(("roster_bearer" = [])),
)]
pub(super) async fn list(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let page = rest.record_page(request, |_| Some(Register::Clients)).await?;
    let clients = page.records.iter().filter_map(client_json).collect();
    Ok(answer::page(&ClientPage { clients, next: page.next }, page.link.as_deref()))
}

/// Read a client
#[utoipa::path(
    get,
    path = "/api/v1/clients/{id}",
    operation_id = "getClient",
    tag = openapi::REGISTERS,
    params(("id" = i64, Path, minimum = 1, description = "The client's id", example = 4)),
    responses((status = 200, description = "The client", body = ClientJson), NotFound, Problems),
    security(("roster_bearer" = [])),
)]
pub(super) async fn show(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let record = rest.show_record(request, |call| call.client_id().map(RecordKey::Client)).await?;
    Ok(answer::json(StatusCode::OK, &client_json(&record)))
}

/// Register a client, or write over it
///
/// A client that users may then be let into. `id` may be sent back as it was read.
#[utoipa::path(
    put,
    path = "/api/v1/clients/{id}",
    operation_id = "putClient",
    tag = openapi::REGISTERS,
    params(("id" = i64, Path, minimum = 1, description = "The client's id: yours to choose", example = 4)),
    request_body(content = ClientJson, content_type = "application/json"),
    responses(
        (status = 200, description = "The client was registered before", body = ClientJson),
        (status = 201, description = "The client is registered now", body = ClientJson),
        BodyProblems, Problems,
    ),
    security(("roster_bearer" = [])),
)]
pub(super) async fn put(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    let (status, record) = rest
        .register(request, Call::client_id, |id, body| {
            body.same("id", |sent| sent.integer().value() == id);
            let name = body.required("name", Text::new);
            Some(Record::Client(RegisteredClient { id: id?, name: name? }))
        })
        .await?;
    Ok(answer::json(status, &client_json(&record)))
}

/// Remove a client from the register
///
/// Users that were let into it keep their grants.
#[utoipa::path(
    delete,
    path = "/api/v1/clients/{id}",
    operation_id = "deleteClient",
    tag = openapi::REGISTERS,
    params(("id" = i64, Path, minimum = 1, description = "The client's id", example = 4)),
    responses((status = 204, description = "The client is registered no more"), NotFound, Problems),
    security(("roster_bearer" = [])),
)]
pub(super) async fn remove(State(rest): State<Arc<Rest>>, request: Request) -> Result<Response, Refused> {
    rest.unregister(request, |call| call.client_id().map(RecordKey::Client)).await
}

impl Call {
    fn client_id(&mut self) -> Option<i64> {
        self.segment(3, "id", positive)
    }
}
