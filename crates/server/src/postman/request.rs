//! One operation as an item of the collection.

use serde_json::{Value, json};

use super::sample::{given, of_schema, resolve};
use super::steps::Step;
use super::{Operation, script};

/// The item of a step.
pub(super) fn item(document: &Value, operation: &Operation<'_>, step: &Step) -> Value {
    let request = request(document, operation, step);
    let name = operation.described.get("summary").and_then(Value::as_str).unwrap_or(operation.id);
    json!({
        "name": name,
        "event": [script("test", &tests(operation, step))],
        "response": answers(operation, &request),
        "request": request,
    })
}

/// A test of the status, which is one of those of success unless the step says otherwise; and what later requests need is kept.
fn tests(operation: &Operation<'_>, step: &Step) -> Vec<String> {
    let statuses = match step.refused {
        Some(status) => vec![status.to_string()],
        None => successes(operation).map(|(status, _)| status.to_owned()).collect::<Vec<_>>(),
    };
    let mut lines = vec![
        format!("pm.test(\"{} answers {}\", () => {{", operation.id, statuses.join(" or ")),
        format!("    pm.expect(pm.response.code).to.be.oneOf([{}]);", statuses.join(", ")),
        "});".to_owned(),
    ];
    if let Some((variable, member)) = step.save {
        lines.push(format!("pm.collectionVariables.set(\"{variable}\", pm.response.json()[\"{member}\"]);"));
    }
    lines
}

/// The answers of success.
fn successes<'d>(operation: &Operation<'d>) -> impl Iterator<Item = (&'d str, &'d Value)> {
    let answers = operation.described.get("responses").and_then(Value::as_object).into_iter().flatten();
    answers.map(|(status, answer)| (status.as_str(), answer)).filter(|(status, _)| status.starts_with('2'))
}

fn request(document: &Value, operation: &Operation<'_>, step: &Step) -> Value {
    let (media_type, body) = match body(document, operation, step) {
        Some((media_type, body)) => (Some(media_type), Some(body)),
        None => (None, None),
    };
    let mut headers: Vec<Value> = media_type
        .map(|media_type| json!({ "key": "Content-Type", "value": media_type }))
        .into_iter()
        .collect();
    headers.extend(parameters(document, operation, step, "header"));
    let mut request = json!({
        "method": operation.method.to_ascii_uppercase(),
        "header": headers,
        "url": url(document, operation, step),
        "auth": auth(document, operation),
        "description": operation.described.get("description").cloned().unwrap_or_default(),
    });
    if let (Some(body), Some(request)) = (body, request.as_object_mut()) {
        request.insert("body".to_owned(), body);
    }
    request
}

fn url(document: &Value, operation: &Operation<'_>, step: &Step) -> Value {
    // Postman writes `{id}` as `:id`.
    let segments: Vec<String> =
        operation.path.split('/').skip(1).map(|segment| segment.replace('{', ":").replace('}', "")).collect();
    json!({
        "raw": format!("{{{{baseUrl}}}}/{}", segments.join("/")),
        "host": ["{{baseUrl}}"],
        "path": segments,
        "query": parameters(document, operation, step, "query"),
        "variable": parameters(document, operation, step, "path"),
    })
}

/// The parameters of a place. Those that are not required are there, and not sent.
fn parameters(document: &Value, operation: &Operation<'_>, step: &Step, place: &str) -> Vec<Value> {
    let described = operation.described.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let here = described.filter(|parameter| parameter.get("in").and_then(Value::as_str) == Some(place));
    let shown = here.map(|parameter| {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
        let set = step.set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
        let schema = parameter.get("schema").map(|schema| resolve(document, schema));
        let example = given(parameter).or_else(|| schema.and_then(given)).map(text);
        let mut shown = json!({
            "key": name,
            "value": set.or(example).unwrap_or_default(),
            "description": parameter.get("description").cloned().unwrap_or_default(),
        });
        let is_required = parameter.get("required").and_then(Value::as_bool) == Some(true);
        if let Some(shown) = shown.as_object_mut().filter(|_| !is_required) {
            shown.insert("disabled".to_owned(), true.into());
        }
        shown
    });
    shown.collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn body(document: &Value, operation: &Operation<'_>, step: &Step) -> Option<(String, Value)> {
    let content = operation.described.pointer("/requestBody/content")?.as_object()?;
    let with_example = content.iter().find(|(_, media)| given(media).is_some());
    let (media_type, media) = with_example.or_else(|| content.iter().next())?;
    if !step.form.is_empty() {
        let fields =
            step.form.iter().map(|(key, value)| json!({ "key": key, "value": value, "type": "text" }));
        return Some((
            media_type.clone(),
            json!({ "mode": "urlencoded", "urlencoded": fields.collect::<Vec<_>>() }),
        ));
    }
    let example = given(media).cloned();
    let example = example
        .unwrap_or_else(|| media.get("schema").map_or(Value::Null, |schema| of_schema(document, schema, 0)));
    let raw = serde_json::to_string_pretty(&example).unwrap_or_default();
    Some((
        media_type.clone(),
        json!({ "mode": "raw", "raw": raw, "options": { "raw": { "language": "json" } } }),
    ))
}

/// How the request is authenticated, by the variables of the collection.
fn auth(document: &Value, operation: &Operation<'_>) -> Value {
    let schemes = operation.described.get("security").and_then(Value::as_array).into_iter().flatten();
    let names = schemes.filter_map(Value::as_object).flat_map(|scheme| scheme.keys());
    let scheme = names.filter_map(|name| document.pointer("/components/securitySchemes")?.get(name)).next();
    let field = |name: &str| scheme.and_then(|scheme| scheme.get(name)).and_then(Value::as_str);
    let pair = |key: &str, value: &str| json!({ "key": key, "value": value, "type": "string" });
    match (field("type"), field("scheme"), field("bearerFormat")) {
        (Some("apiKey"), _, _) => json!({ "type": "apikey", "apikey": [
            pair("key", field("name").unwrap_or_default()), pair("value", "{{apiKey}}"), pair("in", "header"),
        ] }),
        (Some("http"), Some("basic"), _) => {
            json!({ "type": "basic", "basic": [pair("username", "{{keyId}}"), pair("password", "{{apiKey}}")] })
        }
        (Some("http"), Some("bearer"), Some("JWT")) => {
            json!({ "type": "bearer", "bearer": [pair("token", "{{token}}")] })
        }
        (Some("http"), Some("bearer"), _) => {
            json!({ "type": "bearer", "bearer": [pair("token", "{{apiKey}}")] })
        }
        _ => json!({ "type": "noauth" }),
    }
}

/// The documented answers of success, for those who read the collection.
fn answers(operation: &Operation<'_>, request: &Value) -> Vec<Value> {
    let shown = successes(operation).filter_map(|(status, answer)| {
        let (media_type, media) = answer.get("content")?.as_object()?.iter().next()?;
        let example = given(media)?;
        Some(json!({
            "name": answer.get("description").cloned().unwrap_or_default(),
            "originalRequest": request,
            "code": status.parse::<u16>().ok()?,
            "header": [{ "key": "Content-Type", "value": media_type }],
            "body": example.as_str().map_or_else(|| serde_json::to_string_pretty(example).unwrap_or_default(), str::to_owned),
        }))
    });
    shown.collect()
}
