//! What the OpenAPI document says is what the dialect does.

use serde_json::{Value, json};

use crate::rig::{Rig, USER_3, changed};
use roster_dialect_zynchro::router;

const PATH: &str = "/zynchro.api.system-config/v1/users/{id}";

fn document() -> Value {
    serde_json::to_value(router().into_openapi()).unwrap()
}

#[test]
fn every_status_and_the_token_are_described() {
    let document = document();
    let operation = &document["paths"][PATH]["patch"];
    let statuses: Vec<&str> =
        operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["200", "400", "401", "403", "404", "409", "413", "415", "422", "429", "500", "503"];
    assert_eq!(statuses, expected);
    assert_eq!(operation["security"], json!([{"zynchro_token": []}]));
    let scheme = &document["components"]["securitySchemes"]["zynchro_token"];
    assert_eq!((&scheme["type"], &scheme["scheme"]), (&json!("http"), &json!("bearer")));
    let body = &operation["requestBody"]["content"]["application/json"];
    assert_eq!(body["example"], crate::rig::documented());
    for status in ["200", "400", "401"] {
        assert!(
            operation["responses"][status]["content"]["application/json"]["example"].is_object(),
            "{status}"
        );
    }
}

/// The members of a schema that a request may have.
fn members<'a>(document: &'a Value, schema: &str) -> Vec<&'a str> {
    let schema = &document["components"]["schemas"][schema];
    schema["properties"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_members_that_are_described_are_those_that_are_read() {
    let (rig, document) = (Rig::new().await, document());
    for (schema, pointer) in [
        ("ZynchroUpdate", ""),
        ("ZynchroData", "/data"),
        ("ZynchroUserUpdate", "/data/user"),
        ("ZynchroClientProfile", "/data/clientsProfile/0"),
    ] {
        let described = members(&document, schema);
        for key in described.iter().copied().chain(["surplus"]) {
            let body = changed(|request| {
                let object = request.pointer_mut(pointer).unwrap();
                object[key] = object.get(key).cloned().unwrap_or(Value::Null);
            });
            let answer = rig.patch(USER_3, &body).await;
            assert_eq!(answer.status, if key == "surplus" { 400 } else { 200 }, "{schema}.{key}");
        }
        // And the other way round: nothing is read that is not described.
        let known = crate::rig::documented();
        let sent = known.pointer(pointer).unwrap().as_object().unwrap();
        assert!(sent.keys().all(|key| described.contains(&key.as_str())), "{schema}");
    }
    assert_eq!(
        members(&document, "ZynchroUserUpdate"),
        ["id", "name", "email", "password", "telephone", "lastLogin", "isControlTower"]
    );
    assert_eq!(
        members(&document, "ZynchroUser"),
        ["id", "name", "email", "telephone", "lastLogin", "isControlTower"]
    );
}

#[test]
fn what_is_required_is_what_is_missed() {
    let document = document();
    let required = |schema: &str| document["components"]["schemas"][schema]["required"].clone();
    assert_eq!(required("ZynchroUpdate"), json!(["data"]));
    assert_eq!(required("ZynchroData"), json!(["user", "clientsProfile"]));
    assert_eq!(required("ZynchroUserUpdate"), json!(["name", "email", "password", "telephone"]));
    assert_eq!(required("ZynchroClientProfile"), json!(["clientId", "profileId"]));
    assert_eq!(
        required("ZynchroUser"),
        json!(["id", "name", "email", "telephone", "lastLogin", "isControlTower"])
    );
    assert_eq!(required("ZynchroTokenError"), json!(["error", "error_description"]));
}
