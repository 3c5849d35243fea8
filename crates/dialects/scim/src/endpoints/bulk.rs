//! `POST /Bulk`: many changes in one request (RFC 7644, 3.7). Each is made by itself, in the order of the request; one that
//! names what a later one creates (`bulkId:…`) waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use roster_directory::{GroupId, Principal, Scope, UserId};
use roster_wire::etag::Tags;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::users::Edit;
use crate::answer::Shown;
use crate::call::Conditions;
use crate::convert::tag;
use crate::error::{ScimError, ScimType};
use crate::json::{check_schema, member};
use crate::openapi::{self, ScimErrors};
use crate::schema::{GROUP, ResourceType, USER};
use crate::{Scim, answer, refused};

const BULK_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const BULK_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// The most operations of one request.
pub(crate) const MOST_OPERATIONS: usize = 1_000;

/// Make many changes at once
#[utoipa::path(
    post,
    path = "/scim/v2/Bulk",
    operation_id = "scimBulk",
    tag = openapi::BULK,
    request_body(content((openapi::BulkMessage = "application/scim+json", example = json!(openapi::bulk_example())), (openapi::BulkMessage = "application/json"))),
    responses(
        (status = 200, description = "What came of each operation that was tried", body = openapi::Document, content_type = "application/scim+json"),
        ScimErrors, openapi::BodyErrors,
    ),
    security(("roster_bearer" = [])),
)]
pub(crate) async fn bulk(State(scim): State<Arc<Scim>>, request: Request) -> Result<Response, ScimError> {
    let (call, body) = scim.admit_any(request, &[Scope::UsersWrite, Scope::GroupsWrite]).await?;
    call.refuse_idempotency_key()?;
    let (sent, _) = call.object(body, scim.options.body_limit).await?;
    let (operations, fail_on_errors) = read(&sent)?;
    let mut run = Run { scim: &scim, who: &call.who, base: &call.base, created: BTreeMap::new(), errors: 0 };
    let results = run.all(operations, fail_on_errors).await;
    let body = json!({ "schemas": [BULK_RESPONSE], "Operations": results });
    Ok(answer::json(StatusCode::OK, &body))
}

/// An operation as it was sent.
struct Operation {
    method: String,
    path: String,
    bulk_id: Option<String>,
    version: Option<String>,
    data: Value,
}

fn read(sent: &Map<String, Value>) -> Result<(Vec<Operation>, Option<u64>), ScimError> {
    let syntax = |detail: &'static str| ScimError::new(ScimType::InvalidSyntax, detail);
    check_schema(sent, BULK_REQUEST)?;
    let fail_on_errors = match member(sent, "failOnErrors") {
        None | Some(Value::Null) => None,
        Some(most) => Some(most.as_u64().ok_or_else(|| syntax("failOnErrors must be a whole number"))?),
    };
    let operations = member(sent, "Operations").and_then(Value::as_array);
    let operations = operations.ok_or_else(|| syntax("Operations must be a list"))?;
    if operations.len() > MOST_OPERATIONS {
        return Err(refused::too_large(format!("a request must have at most {MOST_OPERATIONS} operations")));
    }
    let mut seen = BTreeSet::new();
    let mut read = Vec::with_capacity(operations.len());
    for operation in operations {
        let operation = operation.as_object().ok_or_else(|| syntax("an operation must be an object"))?;
        let text = |name| member(operation, name).and_then(Value::as_str).map(str::to_owned);
        let bulk_id = text("bulkId");
        if bulk_id.as_ref().is_some_and(|id| !seen.insert(id.clone())) {
            return Err(syntax("a bulkId must be given to one operation alone"));
        }
        read.push(Operation {
            method: text("method").unwrap_or_default().to_ascii_uppercase(),
            path: text("path").unwrap_or_default(),
            bulk_id,
            version: text("version"),
            data: member(operation, "data").cloned().unwrap_or(Value::Null),
        });
    }
    Ok((read, fail_on_errors))
}

/// A request that is being carried out.
struct Run<'r> {
    scim: &'r Scim,
    who: &'r Principal,
    base: &'r str,
    /// What became of the operations with a bulkId: the new id, or nothing.
    created: BTreeMap<String, Option<String>>,
    errors: u64,
}

/// What came of an operation.
struct Done {
    status: StatusCode,
    location: Option<String>,
    version: Option<u64>,
    id: Option<String>,
}

impl Run<'_> {
    /// The results, in the order of the request, of all operations that were tried.
    async fn all(&mut self, operations: Vec<Operation>, fail_on_errors: Option<u64>) -> Vec<Value> {
        let mut results: Vec<Option<Value>> = operations.iter().map(|_| None).collect();
        let mut waiting: Vec<(usize, Operation)> = operations.into_iter().enumerate().collect();
        while !waiting.is_empty() {
            let to_come: BTreeSet<String> =
                waiting.iter().filter_map(|(_, operation)| operation.bulk_id.clone()).collect();
            let mut later = Vec::new();
            let before = waiting.len();
            for (index, operation) in waiting {
                if self.waits(&operation, &to_come) {
                    later.push((index, operation));
                    continue;
                }
                if let Some(result) = results.get_mut(index) {
                    *result = Some(self.one(operation).await);
                }
                if fail_on_errors.is_some_and(|most| most > 0 && self.errors >= most) {
                    return results.into_iter().flatten().collect();
                }
            }
            if later.len() == before {
                // They wait for one another.
                for (index, operation) in later {
                    let detail = "names by its bulkId what can't be made before it";
                    let error = ScimError {
                        status: StatusCode::CONFLICT,
                        ..ScimError::new(ScimType::InvalidValue, detail)
                    };
                    if let Some(result) = results.get_mut(index) {
                        *result = Some(self.told(&operation, Err(error)));
                    }
                }
                break;
            }
            waiting = later;
        }
        results.into_iter().flatten().collect()
    }

    /// Whether the operation names what is still to come.
    fn waits(&self, operation: &Operation, to_come: &BTreeSet<String>) -> bool {
        let mut named = Vec::new();
        references(&operation.data, &mut named);
        named.extend(
            operation.path.rsplit('/').next().and_then(|id| id.strip_prefix("bulkId:")).map(str::to_owned),
        );
        let own = operation.bulk_id.as_ref();
        named.iter().any(|id| to_come.contains(id) && !self.created.contains_key(id) && Some(id) != own)
    }

    async fn one(&mut self, mut operation: Operation) -> Value {
        let done = match resolve(&mut operation, &self.created) {
            Ok(()) => self.carry_out(&operation).await,
            Err(error) => Err(error),
        };
        if let Some(bulk_id) = &operation.bulk_id {
            let id = done.as_ref().ok().and_then(|done| done.id.clone());
            self.created.insert(bulk_id.clone(), id);
        }
        self.told(&operation, done)
    }

    fn told(&mut self, operation: &Operation, done: Result<Done, ScimError>) -> Value {
        let mut result = Map::new();
        let mut say = |name: &str, value: Option<Value>| {
            result.extend(value.map(|value| (name.to_owned(), value)));
        };
        let named = Some(&operation.path).filter(|path| path.rsplit('/').next().is_some_and(is_id));
        let named = named.map(|path| Value::from(format!("{}{path}", self.base)));
        say("method", Some(operation.method.clone().into()));
        say("bulkId", operation.bulk_id.clone().map(Value::from));
        match done {
            Ok(Done { status, location, version, id: _ }) => {
                say("version", version.map(|version| tag(version).into()));
                say("location", location.map(Value::from).or(named));
                say("status", Some(status.as_str().into()));
            }
            Err(error) => {
                self.errors += 1;
                say("location", named);
                say("status", Some(error.status.as_str().into()));
                say("response", Some(error.to_json()));
            }
        }
        result.into()
    }

    async fn carry_out(&self, operation: &Operation) -> Result<Done, ScimError> {
        let (kind, id) = target(&operation.path)?;
        let conditions = Conditions { if_match: versions(operation.version.as_deref())?, idempotency: None };
        if kind == &USER {
            self.who.require(Scope::UsersWrite)?;
            self.user(operation, id, conditions).await
        } else {
            self.who.require(Scope::GroupsWrite)?;
            self.group(operation, id, conditions.if_match).await
        }
    }

    async fn user(
        &self,
        operation: &Operation,
        id: Option<Uuid>,
        conditions: Conditions,
    ) -> Result<Done, ScimError> {
        let Self { scim, who, base, .. } = *self;
        let shown = match (operation.method.as_str(), id) {
            ("POST", None) => {
                let shown = scim.create_user(who, base, data(operation)?, conditions).await?;
                return Ok(done(StatusCode::CREATED, shown));
            }
            ("PUT", Some(id)) => {
                scim.edit_user(who, base, UserId(id), &Edit::put(data(operation)?)?, conditions).await?
            }
            ("PATCH", Some(id)) => {
                scim.edit_user(who, base, UserId(id), &Edit::patch(data(operation)?)?, conditions).await?
            }
            ("DELETE", Some(id)) => {
                scim.delete_user(who, UserId(id), conditions).await?;
                return Ok(deleted());
            }
            (_, _) => return Err(no_such_method()),
        };
        Ok(done(StatusCode::OK, shown))
    }

    async fn group(
        &self,
        operation: &Operation,
        id: Option<Uuid>,
        if_match: Option<Vec<u64>>,
    ) -> Result<Done, ScimError> {
        let Self { scim, who, base, .. } = *self;
        let group = match (operation.method.as_str(), id) {
            ("POST", None) => {
                let shown = scim.create_group(who, base, data(operation)?).await?;
                return Ok(done(StatusCode::CREATED, shown));
            }
            ("PUT", Some(id)) => scim.replace_group(who, GroupId(id), data(operation)?, if_match).await?,
            ("PATCH", Some(id)) => scim.patch_group(who, GroupId(id), data(operation)?, if_match).await?,
            ("DELETE", Some(id)) => {
                let dialect = roster_directory::Dialect::Scim;
                scim.directory.delete_group(who, dialect, GroupId(id), if_match).await?;
                return Ok(deleted());
            }
            (_, _) => return Err(no_such_method()),
        };
        // The members are not answered, so they are not read.
        Ok(done(StatusCode::OK, scim.show_group(who, base, &group, false).await?))
    }
}

fn done(status: StatusCode, shown: Shown) -> Done {
    let id = shown.resource.get("id").and_then(Value::as_str).map(str::to_owned);
    Done { status, location: Some(shown.location), version: Some(shown.version), id }
}

fn deleted() -> Done {
    Done { status: StatusCode::NO_CONTENT, location: None, version: None, id: None }
}

fn no_such_method() -> ScimError {
    let detail =
        "method must be POST with the path of an endpoint, or PUT, PATCH or DELETE with that of a resource";
    ScimError::new(ScimType::InvalidSyntax, detail)
}

fn data(operation: &Operation) -> Result<&Map<String, Value>, ScimError> {
    let fault = || ScimError::new(ScimType::InvalidSyntax, "data must be an object");
    operation.data.as_object().ok_or_else(fault)
}

fn versions(version: Option<&str>) -> Result<Option<Vec<u64>>, ScimError> {
    let Some(version) = version else { return Ok(None) };
    let mut headers = http::HeaderMap::new();
    let fault = |why: &'static str| ScimError::new(ScimType::InvalidValue, format!("version {why}"));
    let value = http::HeaderValue::from_str(version).map_err(|_| fault(roster_wire::etag::NO_TAGS))?;
    headers.insert(http::header::IF_MATCH, value);
    let tags = Tags::read(&headers, &http::header::IF_MATCH).map_err(fault)?;
    Ok(tags.and_then(|tags| tags.versions()))
}

/// What a path leads to: `/Users`, or `/Users/ID`.
fn target(path: &str) -> Result<(&'static ResourceType, Option<Uuid>), ScimError> {
    let mut parts = path.trim_matches('/').splitn(2, '/');
    let endpoint = parts.next().unwrap_or_default();
    let kind = [&USER, &GROUP].into_iter().find(|kind| kind.endpoint.trim_start_matches('/') == endpoint);
    let kind =
        kind.ok_or_else(|| ScimError::new(ScimType::InvalidPath, "path must begin with /Users or /Groups"))?;
    match parts.next() {
        None => Ok((kind, None)),
        Some(id) => Uuid::try_parse(id).map(|id| (kind, Some(id))).map_err(|_| refused::not_found()),
    }
}

fn is_id(segment: &str) -> bool {
    Uuid::try_parse(segment).is_ok()
}

/// The bulkIds that are named in a value.
fn references(value: &Value, named: &mut Vec<String>) {
    match value {
        Value::String(text) => named.extend(text.strip_prefix("bulkId:").map(str::to_owned)),
        Value::Array(of) => of.iter().for_each(|value| references(value, named)),
        Value::Object(of) => of.values().for_each(|value| references(value, named)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Puts the new ids where their bulkIds are named.
fn resolve(operation: &mut Operation, created: &BTreeMap<String, Option<String>>) -> Result<(), ScimError> {
    if let Some((before, bulk_id)) = operation.path.rsplit_once("bulkId:") {
        operation.path = format!("{before}{}", id_of(bulk_id, created)?);
    }
    put_ids(&mut operation.data, created)
}

fn put_ids(value: &mut Value, created: &BTreeMap<String, Option<String>>) -> Result<(), ScimError> {
    match value {
        Value::String(text) => {
            if let Some(bulk_id) = text.strip_prefix("bulkId:") {
                *text = id_of(bulk_id, created)?;
            }
            Ok(())
        }
        Value::Array(of) => of.iter_mut().try_for_each(|value| put_ids(value, created)),
        Value::Object(of) => of.values_mut().try_for_each(|value| put_ids(value, created)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn id_of(bulk_id: &str, created: &BTreeMap<String, Option<String>>) -> Result<String, ScimError> {
    created.get(bulk_id).cloned().flatten().ok_or_else(|| {
        let detail = "a bulkId that is named is that of no operation which created something";
        ScimError { status: StatusCode::CONFLICT, ..ScimError::new(ScimType::InvalidValue, detail) }
    })
}
