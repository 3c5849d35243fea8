//! What the OpenAPI document says of the API.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::access::routes;
use crate::support::Server;

/// Each operation with its method and path.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &'_ Value)| -> Vec<(String, String)> {
        item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())).collect()
    };
    let names: Vec<(String, String)> = paths.iter().flat_map(of_path).collect();
    names
        .into_iter()
        .map(|(method, path)| {
            let operation = &document["paths"][&path][method.to_lowercase()];
            (method, path, operation)
        })
        .collect()
}

#[tokio::test]
async fn every_documented_operation_is_walked_without_a_credential() {
    let server = Server::start().await;
    let fits = |template: &str, path: &str| {
        let parts = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
        let (template, path) = (parts(template), parts(path));
        template.len() == path.len() && template.iter().zip(&path).all(|(t, p)| t.starts_with('{') || t == p)
    };
    let operations = operations(&server.document);
    for (method, template, _) in &operations {
        let walked = routes().iter().any(|(walked, path, _)| walked == method && fits(template, path));
        assert!(walked, "{method} {template} is not in `routes`");
    }
    assert_eq!(operations.len(), routes().len());
}

#[tokio::test]
async fn every_operation_says_what_it_does_what_it_needs_and_what_may_go_wrong() {
    let server = Server::start().await;
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&server.document) {
        assert!(operation["summary"].is_string() && operation["tags"].is_array(), "{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path}");
        assert_eq!(operation["security"], json!([{ "roster_bearer": [] }]));
        for status in ["400", "401", "403", "429", "500", "503"] {
            let content = &operation["responses"][status]["content"]["application/problem+json"];
            assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem", "{method} {path} {status}");
        }
        let parameters: Vec<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        for part in path.split('/').filter_map(|part| part.strip_prefix('{')) {
            assert!(parameters.contains(&part.trim_end_matches('}')), "{method} {path} {part}");
        }
    }
}

#[tokio::test]
async fn every_schema_that_is_named_is_there() {
    let server = Server::start().await;
    let text = server.document.to_string();
    let schemas = server.document["components"]["schemas"].as_object().unwrap();
    for named in text.split("#/components/schemas/").skip(1) {
        let name = named.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
    assert!(schemas.contains_key("Problem"));
    assert!(server.document["components"]["securitySchemes"]["roster_bearer"].is_object());
}

#[tokio::test]
async fn the_example_of_a_user_has_the_fields_of_a_user() {
    let server = Server::start().await;
    let user = server.create("1", json!({})).await;
    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let read = &server.document["paths"]["/api/v1/users/{id}"]["get"];
    let example = &read["responses"]["200"]["content"]["application/json"]["example"];
    assert_eq!(fields(example), fields(&user));
    let schema = &server.document["components"]["schemas"]["User"];
    let required: Vec<&str> =
        schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(required, fields(&user));
    let mut documented = fields(&schema["properties"]);
    documented.retain(|name| {
        let may_be_absent = schema["properties"][name]["description"].as_str().unwrap().contains("Absent");
        !may_be_absent
    });
    assert_eq!(documented, required);
    // The example of a change is one.
    let change = &server.document["paths"]["/api/v1/users/{id}"]["patch"]["requestBody"]["content"];
    let body = &change["application/merge-patch+json"]["example"];
    let answer = server.patch(&crate::support::path(&user), body.clone()).await;
    assert_eq!(answer.ok()["phone"], example["phone"]);
}

#[tokio::test]
async fn the_schema_of_a_merge_patch_says_what_may_be_null() {
    let server = Server::start().await;
    let schema = &server.document["components"]["schemas"]["UserMergePatch"];
    let takes_null =
        |property: &Value| property["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
    let user = crate::support::path(&server.create("1", json!({})).await);
    for (name, property) in schema["properties"].as_object().unwrap() {
        let answer = server.patch(&user, json!({ name: null })).await;
        assert_eq!(answer.status == 200, takes_null(property), "{name}");
    }
    assert!(takes_null(&schema["properties"]["links"]["additionalProperties"]));
    assert_eq!(schema["properties"]["email"]["maxLength"], 254);
    assert_eq!(schema.get("required"), None);
}
