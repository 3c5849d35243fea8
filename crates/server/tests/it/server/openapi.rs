//! The document of all routes.

use serde_json::Value;

use crate::harness::{Answer, Roster, repository, roster_openapi};

#[tokio::test]
async fn the_document_at_openapi_json_is_the_one_that_is_checked_in() {
    let roster = Roster::start();
    let served = Answer::of(roster.request("GET", "/openapi.json")).await;
    assert_eq!(served.header("content-type"), Some("application/json"));
    let checked_in = std::fs::read_to_string(repository().join("docs/openapi.json")).unwrap();
    assert!(served.text() == checked_in, "docs/openapi.json is not what the code says; run scripts/openapi");
    assert!(roster_openapi(&[]) == checked_in, "`roster openapi` prints the same");
}

#[test]
fn the_postman_collection_is_the_one_that_is_checked_in() {
    let checked_in =
        std::fs::read_to_string(repository().join("docs/roster.postman_collection.json")).unwrap();
    assert!(
        roster_openapi(&["--postman"]) == checked_in,
        "the collection is not what the code says; run scripts/openapi"
    );
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    let roster = Roster::start();
    let document = Answer::of(roster.request("GET", "/openapi.json")).await.ok();
    assert_eq!(document["openapi"].as_str().unwrap()[..4], *"3.1.");
    let mut followed = 0;
    follow(&document, &document, &mut followed);
    assert!(followed > 20);
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
        {
            let id = operation["operationId"]
                .as_str()
                .unwrap_or_else(|| panic!("{method} {path} has no operationId"));
            assert!(ids.insert(id.to_owned()), "{id} comes twice");
            for scheme in operation["security"].as_array().into_iter().flatten() {
                let name = scheme.as_object().unwrap().keys().next().unwrap();
                assert!(
                    document["components"]["securitySchemes"].get(name).is_some(),
                    "{method} {path}: {name}"
                );
            }
        }
    }
}

fn follow(document: &Value, value: &Value, followed: &mut usize) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let pointer =
                    reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} is elsewhere"));
                assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                *followed += 1;
            }
            members.values().for_each(|value| follow(document, value, followed));
        }
        Value::Array(values) => values.iter().for_each(|value| follow(document, value, followed)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
