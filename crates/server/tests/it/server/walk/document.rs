//! What the document says of a route: its example, and what its answers may be.

use std::collections::BTreeSet;

use serde_json::Value;

use super::routes::Route;
use crate::harness::Answer;

/// The operation of a route.
pub fn operation<'a>(document: &'a Value, route: &Route) -> &'a Value {
    &document["paths"][route.template][route.method.to_lowercase()]
}

/// Parameters of an operation, those of the path item too, with references followed.
fn parameters<'a>(document: &'a Value, route: &Route) -> Vec<&'a Value> {
    let of_item = document["paths"][route.template]["parameters"].as_array().into_iter().flatten();
    let of_operation = operation(document, route)["parameters"].as_array().into_iter().flatten();
    of_item.chain(of_operation).map(|parameter| resolved(document, parameter)).collect()
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference =
        value["$ref"].as_str().and_then(|reference| document.pointer(reference.strip_prefix('#')?));
    reference.unwrap_or(value)
}

/// The path with the documented examples in it; `user` is the id of a user that is there.
pub fn path(document: &Value, route: &Route, user: &str) -> String {
    let mut path = route.template.to_owned();
    for parameter in parameters(document, route).into_iter().filter(|parameter| parameter["in"] == "path") {
        let name = parameter["name"].as_str().unwrap();
        let schema = resolved(document, &parameter["schema"]);
        let examples =
            [&parameter["example"], &schema["example"], &schema["examples"][0], &schema["enum"][0]];
        let example = match examples.into_iter().find(|example| !example.is_null()) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None if schema["format"] == "uuid" => "50658c1e-356e-4407-b120-d110552292d8".to_owned(),
            None => panic!("{} {}: {name} has no example", route.method, route.template),
        };
        let is_user = name == "id"
            && ["/api/v1/users/", "/scim/v2/Users/"].iter().any(|start| route.template.starts_with(start));
        path = path.replace(&format!("{{{name}}}"), if is_user { user } else { &example });
    }
    path
}

/// The media type and the documented example of a request's body, if it has one.
pub fn body(document: &Value, route: &Route) -> Option<(String, String)> {
    let content = operation(document, route)["requestBody"]["content"].as_object()?;
    let has_example = |described: &Value| described.get("example").or(described.get("examples")).is_some();
    let with_example = content.iter().find(|(_, described)| has_example(described));
    let (media_type, described) = with_example.or(content.iter().next()).unwrap();
    if media_type == "application/x-www-form-urlencoded" {
        let form =
            if route.template.ends_with("token") { "grant_type=client_credentials" } else { "token=a.b.c" };
        return Some((media_type.clone(), form.to_owned()));
    }
    let example =
        described.get("example").or_else(|| described["examples"].as_object()?.values().next()?.get("value"));
    let example = example.cloned();
    let example = example.unwrap_or_else(|| example_of(document, resolved(document, &described["schema"])));
    Some((media_type.clone(), example.to_string()))
}

/// The object that the examples of a schema's properties make.
fn example_of(document: &Value, schema: &Value) -> Value {
    let properties = schema["properties"].as_object().unwrap_or_else(|| panic!("no properties in {schema}"));
    let writable = properties.iter().filter(|(_, property)| property["readOnly"] != true);
    let example = |property: &Value| {
        let property = resolved(document, property).clone();
        if property["example"].is_null() {
            property["examples"][0].clone()
        } else {
            property["example"].clone()
        }
    };
    Value::Object(writable.map(|(name, property)| (name.clone(), example(property))).collect())
}

/// The status is in the document, and so are the media type and, of an object, every member that is answered.
pub fn documented(document: &Value, route: &Route, answer: &Answer) {
    let named = format!("{} {}: {}", route.method, route.template, answer.status);
    let described = resolved(document, &operation(document, route)["responses"][answer.status.to_string()]);
    assert!(described.is_object(), "{named} is not documented");
    let Some(content) = described["content"].as_object() else {
        assert!(answer.body.is_empty(), "{named} has a body that is not documented: {}", answer.text());
        return;
    };
    let media_type = answer.header("content-type").unwrap_or_else(|| panic!("{named} has no type"));
    let media_type = media_type.split(';').next().unwrap();
    let described =
        content.get(media_type).unwrap_or_else(|| panic!("{named}: {media_type} is not documented"));
    if media_type.ends_with("json") && !route.template.ends_with("openapi.json") {
        let schema = resolved(document, &described["schema"]);
        let Some(properties) = schema["properties"].as_object() else { return };
        let members: BTreeSet<String> = answer.json().as_object().unwrap().keys().cloned().collect();
        let known: BTreeSet<String> = properties.keys().cloned().collect();
        assert!(members.is_subset(&known), "{named}: {members:?} and not {known:?}");
        for required in schema["required"].as_array().into_iter().flatten() {
            assert!(members.contains(required.as_str().unwrap()), "{named}: {required} is required");
        }
    }
}
