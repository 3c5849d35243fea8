//! The registers: what users may refer to where `references = "known"`.

mod clients;
mod organisations;
mod profiles;

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use axum::routing::MethodRouter;
use http::StatusCode;
use roster_directory::record::{Record, RecordKey, Register};
use roster_directory::{self as directory, Scope};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::call::Call;
use crate::fault::Fault;
use crate::problem::{Refused, Why};
use crate::reader::{self, Reader};
use crate::{Rest, answer, cursor, method_not_allowed, query};

const CURSOR: &str = "cursor";
/// What a record may be sent as.
const RECORD_TYPES: &str = "application/json";

/// The routes of the registers.
pub(crate) fn router() -> OpenApiRouter<Arc<Rest>> {
    let strict = |methods: MethodRouter<Arc<Rest>>| methods.fallback(method_not_allowed);
    OpenApiRouter::default()
        .routes(routes!(organisations::list).map(strict))
        .routes(routes!(organisations::show, organisations::put, organisations::remove).map(strict))
        .routes(routes!(clients::list).map(strict))
        .routes(routes!(clients::show, clients::put, clients::remove).map(strict))
        .routes(routes!(profiles::list).map(strict))
        .routes(routes!(profiles::show, profiles::put, profiles::remove).map(strict))
}

/// A page of a register.
struct RecordPage {
    records: Vec<Record>,
    next: Option<String>,
    /// The path of the next page.
    link: Option<String>,
}

impl Rest {
    async fn record_page(
        &self,
        request: Request,
        register: impl FnOnce(&mut Call) -> Option<Register>,
    ) -> Result<RecordPage, Refused> {
        let mut call = self.admit(request, Scope::UsersRead).await?;
        let register = register(&mut call);
        let query = call.query(&["limit", CURSOR]);
        let limit = call.limit(&query);
        let place = |text: &str| {
            let place = register.and_then(|register| cursor::record(register, text));
            place.ok_or(cursor::NOT_OF_THIS_LIST)
        };
        let after = call.parameter(&query, CURSOR, place);
        let register = call.good(register)?;
        // One more than asked for tells whether there is a next page.
        let asked = limit.saturating_add(1);
        let mut records = self.directory.records(&call.who, register, after, asked).await?;
        let is_last = records.len() <= limit;
        records.truncate(limit);
        let end = records.last().filter(|_| !is_last);
        let next = end.and_then(|record| cursor::after_record(register, &record.key()));
        let link = next.as_deref().map(|next| query::with(call.uri(), CURSOR, next));
        Ok(RecordPage { records, next, link })
    }

    async fn show_record(
        &self,
        request: Request,
        key: impl FnOnce(&mut Call) -> Option<RecordKey>,
    ) -> Result<Record, Refused> {
        let mut call = self.admit(request, Scope::UsersRead).await?;
        let key = key(&mut call);
        call.query(&[]);
        let key = call.good(key)?;
        self.directory.record(&call.who, key).await?.ok_or_else(|| Why::NotFound.into())
    }

    /// Registers what `read` makes of what the path says and of the body; what was registered, and whether it is new.
    async fn register<P>(
        &self,
        request: Request,
        path: impl FnOnce(&mut Call) -> P,
        read: impl FnOnce(P, &mut Reader<'_, '_, '_>) -> Option<Record>,
    ) -> Result<(StatusCode, Record), Refused> {
        let mut call = self.admit(request, Scope::Admin).await?;
        let body = call.read_body(self.options.body_limit, RECORD_TYPES).await?;
        call.query(&[]);
        let named = path(&mut call);
        let mut faults = Vec::new();
        let mut record = None;
        if let Some(object) = reader::object(&body, &mut faults) {
            let mut reader = Reader::new(&object, "", &mut faults);
            record = read(named, &mut reader);
            reader.finish(&[]);
        }
        call.faults.append(&mut faults);
        let record = call.good(record)?;
        // Between this and the write another may register it: then both are told that they did.
        let is_new = self.directory.record(&call.who, record.key()).await?.is_none();
        let done = self.directory.put_record(&call.who, record.clone()).await;
        done.map_err(|error| Refused::from_directory(error, in_the_body))?;
        Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, record))
    }

    async fn unregister(
        &self,
        request: Request,
        key: impl FnOnce(&mut Call) -> Option<RecordKey>,
    ) -> Result<Response, Refused> {
        let mut call = self.admit(request, Scope::Admin).await?;
        let key = key(&mut call);
        call.query(&[]);
        let key = call.good(key)?;
        self.directory.remove_record(&call.who, key).await?;
        Ok(answer::empty(StatusCode::NO_CONTENT))
    }
}

/// An organisation's external id is all that may be another's.
fn in_the_body(_: directory::Fault) -> Fault {
    Fault::at_pointer("/external_id", "is held by another organisation of the kind")
}
