//! From the message of a bulk request to its operations, and what they name.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use roster_wire::etag::Tags;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::MOST_OPERATIONS;
use crate::call::read_id;
use crate::error::{ScimError, ScimType};
use crate::json::{check_schema, member};
use crate::refused;
use crate::schema::{GROUP, ResourceType, USER};

const BULK_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// An operation as it was sent.
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) bulk_id: Option<String>,
    pub(super) version: Option<String>,
    pub(super) data: Value,
    /// The bulkIds that it names.
    pub(super) names: BTreeSet<String>,
}

/// Reads the message of a bulk request, and at how many errors it is to end.
pub(super) fn read(sent: &Map<String, Value>) -> Result<(Vec<Operation>, Option<u64>), ScimError> {
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
    for sent in operations {
        let operation = operation(sent)?;
        if operation.bulk_id.as_ref().is_some_and(|id| !seen.insert(id.clone())) {
            return Err(syntax("a bulkId must be given to one operation alone"));
        }
        read.push(operation);
    }
    Ok((read, fail_on_errors))
}

fn operation(sent: &Value) -> Result<Operation, ScimError> {
    let sent = sent.as_object().ok_or_else(|| syntax("an operation must be an object"))?;
    // What is of another type must not pass for absent: without its version a deletion would be one of any version.
    let text = |name: &str| match member(sent, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(syntax("method, path, bulkId and version of an operation must be strings"))
        }
    };
    let path = text("path")?.unwrap_or_default();
    let data = member(sent, "data").cloned().unwrap_or(Value::Null);
    let mut names = BTreeSet::new();
    references(&data, &mut names);
    names.extend(path.rsplit('/').next().and_then(|id| id.strip_prefix("bulkId:")).map(str::to_owned));
    Ok(Operation {
        method: text("method")?.unwrap_or_default().to_ascii_uppercase(),
        path,
        bulk_id: text("bulkId")?,
        version: text("version")?,
        data,
        names,
    })
}

fn syntax(detail: &'static str) -> ScimError {
    ScimError::new(ScimType::InvalidSyntax, detail)
}

/// The versions that an operation expects, if it does.
pub(super) fn versions(version: Option<&str>) -> Result<Option<Vec<u64>>, ScimError> {
    let Some(version) = version else { return Ok(None) };
    let mut headers = http::HeaderMap::new();
    let fault = |why: &'static str| ScimError::new(ScimType::InvalidValue, format!("version {why}"));
    let value = http::HeaderValue::from_str(version).map_err(|_| fault(roster_wire::etag::NO_TAGS))?;
    headers.insert(http::header::IF_MATCH, value);
    let tags = Tags::read(&headers, &http::header::IF_MATCH).map_err(fault)?;
    Ok(tags.and_then(|tags| tags.versions()))
}

/// What a path leads to: `/Users`, or `/Users/ID`.
pub(super) fn target(path: &str) -> Result<(&'static ResourceType, Option<Uuid>), ScimError> {
    let mut parts = path.trim_matches('/').splitn(2, '/');
    let endpoint = parts.next().unwrap_or_default();
    let kind = [&USER, &GROUP].into_iter().find(|kind| kind.endpoint.trim_start_matches('/') == endpoint);
    let kind =
        kind.ok_or_else(|| ScimError::new(ScimType::InvalidPath, "path must begin with /Users or /Groups"))?;
    match parts.next() {
        None => Ok((kind, None)),
        Some(id) => read_id(id).map(|id| (kind, Some(id))).ok_or_else(refused::not_found),
    }
}

/// The bulkIds that are named in a value.
fn references(value: &Value, named: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => named.extend(text.strip_prefix("bulkId:").map(str::to_owned)),
        Value::Array(of) => of.iter().for_each(|value| references(value, named)),
        Value::Object(of) => of.values().for_each(|value| references(value, named)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Puts the new ids where their bulkIds are named.
pub(super) fn resolve(
    operation: &mut Operation,
    created: &BTreeMap<String, Option<String>>,
) -> Result<(), ScimError> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_text_does_not_pass_for_absent() {
        let sent = |operation: Value| {
            let message = json!({ "Operations": [operation] });
            read(message.as_object().unwrap()).map(|_| ()).map_err(|error| error.scim_type)
        };
        for name in ["method", "path", "bulkId", "version"] {
            for value in [json!(1), json!(true), json!(["x"]), json!({})] {
                let operation = json!({ "method": "DELETE", "path": "/Users/1", name: value });
                assert_eq!(sent(operation), Err(Some(ScimType::InvalidSyntax)), "{name}");
            }
            assert_eq!(sent(json!({ "method": "DELETE", "path": "/Users/1", name: null })), Ok(()), "{name}");
        }
    }

    #[test]
    fn a_path_leads_to_an_endpoint_or_to_a_resource() {
        const ID: &str = "018df975-bfdb-7e89-af30-963784ae0865";
        for path in [format!("/Users/{ID}"), format!("Users/{ID}"), format!("//Users/{ID}/")] {
            let (kind, id) = target(&path).unwrap();
            assert_eq!(
                (kind.endpoint, id.map(|id| id.to_string())),
                ("/Users", Some(ID.to_owned())),
                "{path}"
            );
        }
        assert_eq!(target("/Groups"), Ok((&GROUP, None)));
        assert_eq!(target(&format!("/Users//{ID}")), Err(refused::not_found()));
        assert_eq!(target(&format!("/Users/{}", ID.replace('-', ""))), Err(refused::not_found()));
    }
}
