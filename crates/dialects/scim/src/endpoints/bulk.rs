//! `POST /Bulk`: many changes in one request (RFC 7644, 3.7). Each is made by itself, in the order of the request; one that
//! names what a later one creates (`bulkId:…`) waits for it.

mod message;
mod order;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use roster_directory::{GroupId, Principal, Scope, UserId};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use self::message::{Operation, read, resolve, target, versions};
use self::order::{Order, order};
use super::users::Edit;
use crate::call::Conditions;
use crate::convert::from_user::UserResource;
use crate::convert::group::GroupResource;
use crate::error::{ScimError, ScimType};
use crate::openapi::{self, ScimErrors};
use crate::representation::Represent;
use crate::schema::USER;
use crate::{Scim, answer, refused};

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
    let until = Instant::now().checked_add(scim.options.bulk_time);
    let (call, body) = scim.admit_any(request, &[Scope::UsersWrite, Scope::GroupsWrite]).await?;
    call.refuse_idempotency_key()?;
    let (sent, _) = call.object(body, scim.options.body_limit).await?;
    let (operations, fail_on_errors) = read(&sent)?;
    let mut run =
        Run { scim: &scim, who: &call.who, base: &call.base, until, created: BTreeMap::new(), errors: 0 };
    let results = run.all(operations, fail_on_errors).await;
    let body = json!({ "schemas": [BULK_RESPONSE], "Operations": results });
    Ok(answer::json(StatusCode::OK, &body))
}

/// A request that is being carried out.
struct Run<'r> {
    scim: &'r Scim,
    who: &'r Principal,
    base: &'r str,
    /// When no operation is begun any more; nothing, if that is beyond all time.
    until: Option<Instant>,
    /// What became of the operations with a bulkId: the new id, or nothing.
    created: BTreeMap<String, Option<String>>,
    errors: u64,
}

/// What came of an operation.
struct Done {
    status: StatusCode,
    location: Option<String>,
    version: Option<String>,
    id: Option<String>,
}

impl Run<'_> {
    /// The results, in the order of the request, of all operations but those that `fail_on_errors` left undone.
    async fn all(&mut self, operations: Vec<Operation>, fail_on_errors: Option<u64>) -> Vec<Value> {
        let Order { ready, entangled } = order(&operations);
        let steps = ready.into_iter().map(|index| (index, true));
        let steps = steps.chain(entangled.into_iter().map(|index| (index, false)));
        let mut operations: Vec<Option<Operation>> = operations.into_iter().map(Some).collect();
        let mut results: BTreeMap<usize, Value> = BTreeMap::new();
        for (index, can_be_made) in steps {
            let Some(operation) = operations.get_mut(index).and_then(Option::take) else { continue };
            let result = if self.until.is_some_and(|until| Instant::now() >= until) {
                self.told(&operation, Err(refused::not_tried()))
            } else if can_be_made {
                self.one(operation).await
            } else {
                self.told(&operation, Err(entangled_with_others()))
            };
            results.insert(index, result);
            if fail_on_errors.is_some_and(|most| most > 0 && self.errors >= most) {
                break;
            }
        }
        results.into_values().collect()
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
        let named = target(&operation.path).ok().and_then(|(kind, id)| Some((kind, id?)));
        let named = named.map(|(kind, id)| Value::from(format!("{}{}/{id}", self.base, kind.endpoint)));
        say("method", Some(operation.method.clone().into()));
        say("bulkId", operation.bulk_id.clone().map(Value::from));
        match done {
            Ok(Done { status, location, version, id: _ }) => {
                say("version", version.map(Value::from));
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
        let (status, applied) = match (operation.method.as_str(), id) {
            ("POST", None) => {
                (StatusCode::CREATED, scim.create_user(who, data(operation)?, conditions).await?)
            }
            ("PUT", Some(id)) => {
                let edit = Edit::put(data(operation)?)?;
                (StatusCode::OK, scim.edit_user(who, base, UserId(id), &edit, conditions).await?)
            }
            ("PATCH", Some(id)) => {
                let edit = Edit::patch(data(operation)?)?;
                (StatusCode::OK, scim.edit_user(who, base, UserId(id), &edit, conditions).await?)
            }
            ("DELETE", Some(id)) => {
                scim.delete_user(who, UserId(id), conditions).await?;
                return Ok(deleted());
            }
            (_, _) => return Err(no_such_method()),
        };
        let groups = scim.groups_of(who, applied.user.id).await?;
        let shown = UserResource { user: &applied.user, groups: &groups, source: &who.source, base };
        Ok(done(status, &shown))
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
                let group = scim.create_group(who, data(operation)?).await?;
                // The entity tag of the whole tells of the members: it is that of a read.
                let members = scim.members(who, group.id).await?;
                let shown = GroupResource { group: &group, members: &members, source: &who.source, base };
                return Ok(done(StatusCode::CREATED, &shown));
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
        // A group of any size is changed at the same cost: its members are not read for the tag, whose version `If-Match` takes.
        let shown = GroupResource { group: &group, members: &[], source: &who.source, base };
        Ok(done(StatusCode::OK, &shown))
    }
}

fn done(status: StatusCode, shown: &impl Represent) -> Done {
    let url = shown.url();
    Done { status, location: Some(url.to_string()), version: Some(shown.tag()), id: Some(url.id.to_string()) }
}

fn deleted() -> Done {
    Done { status: StatusCode::NO_CONTENT, location: None, version: None, id: None }
}

/// They wait for one another.
fn entangled_with_others() -> ScimError {
    let detail = "names by its bulkId what can't be made before it";
    ScimError { status: StatusCode::CONFLICT, ..ScimError::new(ScimType::InvalidValue, detail) }
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
