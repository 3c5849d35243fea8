//! What Entra ID sends, as "Develop a SCIM endpoint" and "Known issues with SCIM 2.0 protocol compliance" print it, and what is
//! known of it beside.

mod groups;
mod patches;
mod users;
mod values;

use serde_json::{Value, json};

use super::{Client, ENTERPRISE, USER};

pub const WORK: &str = "Test_User_11bb11bb-cc22-dd33-ee44-55ff55ff55ff@testuser.com";

/// The documented body of a creation.
pub fn documented() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "Test_User_00aa00aa-bb11-cc22-dd33-44ee44ee44ee",
        "active": true,
        "emails": [{"primary": true, "type": "work", "value": WORK}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName"},
        "roles": [],
    })
}

pub async fn created(entra: &Client<'_>) -> Value {
    entra.created("/Users", &documented()).await
}

/// One operation on one path.
pub fn operation(op: &str, path: &str, value: Value) -> Value {
    json!([{"op": op, "path": path, "value": value}])
}
