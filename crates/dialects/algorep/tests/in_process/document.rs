//! What the OpenAPI document says of the dialect.

use std::sync::Arc;

use roster_dialect_algorep::{Algorep, Code, Options, router};
use serde_json::{Value, json};

use crate::support::Server;

const REQUEST: &str = include_str!("../../examples/upsert.request.json");
const RESPONSE: &str = include_str!("../../examples/upsert.response.json");

async fn document() -> Value {
    let server = Server::start().await;
    let dialect = Algorep {
        directory: Arc::clone(&server.directory),
        auth: Arc::clone(&server.auth),
        options: Options::default(),
    };
    serde_json::to_value(router(dialect).into_openapi()).unwrap()
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_document_shows_the_documented_examples_and_their_fields_in_order() {
    let document = document().await;
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

#[tokio::test]
async fn the_document_lists_all_28_codes_with_their_texts_and_the_key() {
    let document = document().await;
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
