//! The Postman collection (v2.1), made from the OpenAPI document: every operation with its example, in an order in which they
//! all succeed, each with a test of its status.

mod request;
mod sample;
mod steps;

use serde_json::{Value, json};

use steps::{STEPS, Step};

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

const DESCRIPTION: &str = "Made from Roster's OpenAPI document. Set `baseUrl`, `apiKey` (a key with the scopes `users:read`, \
    `users:write` and `admin`) and `token` (a JWT with the scope `write` and an authority that may update users); the \
    requests then succeed from top to bottom on a directory that has users: `roster serve --demo` prints all three.";

/// What the requests need is derived from the variables: the id of a key stands in the key.
const BEFORE_EACH: &str =
    r#"pm.collectionVariables.set("keyId", (pm.variables.get("apiKey") || "").split("_")[1] || "");"#;

/// Why there is no collection.
#[derive(Debug, thiserror::Error)]
pub enum PostmanError {
    /// The document is not as expected.
    #[error("the OpenAPI document can't be read: {0}")]
    Document(#[from] serde_json::Error),
    /// The steps and the document differ.
    #[error("postman/steps.rs and the routes differ: {}", .0.join(", "))]
    Steps(Vec<String>),
}

/// The collection of a document.
pub fn collection(document: &utoipa::openapi::OpenApi) -> Result<Value, PostmanError> {
    let document = serde_json::to_value(document)?;
    let operations = operations(&document);
    let differing = differing(&operations);
    if !differing.is_empty() {
        return Err(PostmanError::Steps(differing));
    }
    let mut folders: Vec<(&str, Vec<Value>)> = Vec::new();
    for step in STEPS {
        let Some(operation) = operations.iter().find(|operation| operation.id == step.operation) else {
            continue;
        };
        let item = request::item(&document, operation, step);
        match folders.last_mut() {
            Some((folder, items)) if *folder == step.folder => items.push(item),
            Some(_) | None => folders.push((step.folder, vec![item])),
        }
    }
    let folders: Vec<Value> =
        folders.into_iter().map(|(folder, items)| json!({ "name": folder, "item": items })).collect();
    Ok(json!({
        "info": { "name": "Roster", "description": DESCRIPTION, "schema": SCHEMA },
        "item": folders,
        "event": [script("prerequest", &[BEFORE_EACH.to_owned()])],
        "variable": variables(),
    }))
}

/// An operation of the document.
struct Operation<'d> {
    id: &'d str,
    method: &'d str,
    path: &'d str,
    described: &'d Value,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let methods = paths.flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().map(move |(method, described)| (path, method, described))
    });
    let named = methods.filter_map(|(path, method, described)| {
        Some(Operation { id: described.get("operationId")?.as_str()?, method, path, described })
    });
    named.collect()
}

/// The operations that only one of the document and the steps has.
fn differing(operations: &[Operation<'_>]) -> Vec<String> {
    let is_step = |id: &str| STEPS.iter().any(|step| step.operation == id);
    let is_operation = |id: &str| operations.iter().any(|operation| operation.id == id);
    let no_step = operations.iter().map(|operation| operation.id).filter(|id| !is_step(id));
    let no_operation = STEPS.iter().map(|step: &Step| step.operation).filter(|id| !is_operation(id));
    no_step.chain(no_operation).map(str::to_owned).collect()
}

fn variables() -> Value {
    let variables = [
        ("baseUrl", "http://127.0.0.1:7878"),
        ("apiKey", ""),
        ("token", ""),
        ("keyId", ""),
        ("userId", ""),
        ("accessToken", ""),
    ];
    variables.map(|(key, value)| json!({ "key": key, "value": value })).into_iter().collect()
}

/// A script that Postman runs.
fn script(listen: &str, lines: &[String]) -> Value {
    json!({ "listen": listen, "script": { "type": "text/javascript", "exec": lines } })
}
