//! What the OpenAPI document says of the dialect.

use roster_dialect_algorep::{Code, router};
use serde_json::{Value, json};

const REQUEST: &str = include_str!("../../examples/upsert.request.json");
const RESPONSE: &str = include_str!("../../examples/upsert.response.json");

fn document() -> Value {
    serde_json::to_value(router().into_openapi()).unwrap()
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_document_shows_the_documented_examples_and_their_fields_in_order() {
    let document = document();
    let post = &document["paths"]["/users/{UserBubbleId}"]["post"];
    let request: Value = serde_json::from_str(REQUEST).unwrap();
    let response: Value = serde_json::from_str(RESPONSE).unwrap();
    assert_eq!(post["requestBody"]["content"]["application/json"]["example"], request);
    assert_eq!(post["responses"]["200"]["content"]["application/json"]["example"], response);
    let schemas = &document["components"]["schemas"];
    assert_eq!(keys(&schemas["AlgorepUpsert"]["properties"]), keys(&request));
    assert_eq!(schemas["AlgorepUpsert"]["required"], Value::Null);
    assert_eq!(keys(&schemas["AlgorepUser"]["properties"]), keys(&response));
    assert_eq!(schemas["AlgorepUser"]["required"], json!(keys(&response)));
}

#[test]
fn the_document_lists_all_28_codes_with_their_texts_and_the_key() {
    let document = document();
    let schema = &document["components"]["schemas"]["AlgorepErrorCode"];
    let description = schema["description"].as_str().unwrap();
    let listed = schema["enum"].as_array().unwrap();
    assert_eq!((listed.len(), Code::ALL.len()), (28, 28));
    for code in Code::ALL {
        assert!(listed.contains(&json!(code.code())));
        assert!(description.contains(&format!("`{}`: {}", code.code(), code.text())), "{code:?}");
    }
    let key = &document["components"]["securitySchemes"]["algorep_api_key"];
    assert_eq!((&key["in"], &key["name"]), (&json!("header"), &json!("Authorization")));
}
