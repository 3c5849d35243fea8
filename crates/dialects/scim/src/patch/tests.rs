//! What clients send, and what is to come of it.

mod arbitrary;
mod clients;
mod elements;
mod refused;
mod rfc;

use serde_json::{Value, json};

use super::*;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const DIRECTORY: &str = "urn:roster:scim:schemas:extension:directory:1.0:User";

fn patched(resource: &Value, operations: Value) -> Result<Value, ScimError> {
    let message = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    });
    let request = PatchRequest::new(message.as_object().unwrap())?;
    apply(&request, resource.as_object().unwrap()).map(Value::Object)
}

/// Carries out the operations on a resource and compares with what is expected.
#[track_caller]
fn check(resource: Value, operations: Value, expected: Value) {
    assert_eq!(patched(&resource, operations.clone()).as_ref(), Ok(&expected), "{operations}");
}
