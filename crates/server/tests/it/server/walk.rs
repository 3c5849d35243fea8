//! Every route of the document is walked: without a credential, with a wrong one, with too little scope, and with the
//! documented example. A route without a row in [`ROUTES`] fails.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Answer, Roster};

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Access {
    /// Nothing.
    Open,
    /// An API key in the manner of the Algorep document.
    AlgorepKey,
    /// A token in the manner of the Zynchro document.
    ZynchroToken,
    /// A credential with the scope.
    Rest(&'static str),
    /// An API key's id and secret as HTTP Basic.
    OAuthClient,
}

/// A route, what it asks, and what its documented example is answered, once and again. The rows are in an order in which the
/// examples can be sent: what is read is there by then.
struct Route {
    method: &'static str,
    template: &'static str,
    access: Access,
    statuses: &'static [u16],
}

const fn route(
    method: &'static str,
    template: &'static str,
    access: Access,
    statuses: &'static [u16],
) -> Route {
    Route { method, template, access, statuses }
}

const READ: Access = Access::Rest("users:read");
const WRITE: Access = Access::Rest("users:write");
const ADMIN: Access = Access::Rest("admin");

const ROUTES: &[Route] = &[
    route("GET", "/livez", Access::Open, &[200]),
    route("GET", "/readyz", Access::Open, &[200]),
    route("GET", "/metrics", Access::Open, &[200]),
    route("GET", "/openapi.json", Access::Open, &[200]),
    route("GET", "/docs", Access::Open, &[200]),
    route("POST", "/oauth/token", Access::OAuthClient, &[200, 200]),
    route("POST", "/oauth/revoke", Access::OAuthClient, &[200, 200]),
    route("POST", "/users/{UserBubbleId}", Access::AlgorepKey, &[200, 200]),
    route("PATCH", "/zynchro.api.system-config/v1/users/{id}", Access::ZynchroToken, &[200, 200]),
    route("PATCH", "/api/v1/users/by-link/{source}/{external_id}", WRITE, &[200, 200]),
    route("GET", "/api/v1/users", READ, &[200]),
    route("GET", "/api/v1/users/{id}", READ, &[200]),
    route("GET", "/api/v1/users/by-number/{number}", READ, &[200]),
    route("GET", "/api/v1/users/by-link/{source}/{external_id}", READ, &[200]),
    route("PATCH", "/api/v1/users/{id}", WRITE, &[200, 200]),
    route("GET", "/api/v1/users/{id}/history", READ, &[200]),
    route("GET", "/api/v1/users/{id}/grants", READ, &[200]),
    route("PUT", "/api/v1/users/{id}/grants/{client_id}/{profile_id}", WRITE, &[201, 204]),
    route("DELETE", "/api/v1/users/{id}/grants/{client_id}/{profile_id}", WRITE, &[204, 204]),
    route("PUT", "/api/v1/organisations/{kind}/{id}", ADMIN, &[201, 200]),
    route("GET", "/api/v1/organisations/{kind}", READ, &[200]),
    route("GET", "/api/v1/organisations/{kind}/{id}", READ, &[200]),
    route("DELETE", "/api/v1/organisations/{kind}/{id}", ADMIN, &[204, 404]),
    route("PUT", "/api/v1/clients/{id}", ADMIN, &[201, 200]),
    route("GET", "/api/v1/clients", READ, &[200]),
    route("GET", "/api/v1/clients/{id}", READ, &[200]),
    route("DELETE", "/api/v1/clients/{id}", ADMIN, &[204, 404]),
    route("PUT", "/api/v1/profiles/{id}", ADMIN, &[201, 200]),
    route("GET", "/api/v1/profiles", READ, &[200]),
    route("GET", "/api/v1/profiles/{id}", READ, &[200]),
    route("DELETE", "/api/v1/profiles/{id}", ADMIN, &[204, 404]),
    route("DELETE", "/api/v1/users/{id}", WRITE, &[204, 404]),
];

async fn document(roster: &Roster) -> Value {
    Answer::of(roster.request("GET", "/openapi.json")).await.ok()
}

/// The operation of a route.
fn operation<'a>(document: &'a Value, route: &Route) -> &'a Value {
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
fn path(document: &Value, route: &Route, user: &str) -> String {
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
        let is_user = name == "id" && route.template.starts_with("/api/v1/users/");
        path = path.replace(&format!("{{{name}}}"), if is_user { user } else { &example });
    }
    path
}

/// The media type and the documented example of a request's body, if it has one.
fn body(document: &Value, route: &Route) -> Option<(String, String)> {
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

async fn with_users() -> (Roster, String) {
    let roster = Roster::start();
    for id in ["one", "two", "three"] {
        roster.upserted(id, &json!({})).await;
    }
    // The documented example of a link, which is then a user that is there.
    let user = roster.upserted("1708861331497x933611102973227500", &json!({})).await;
    (roster, user["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn every_route_has_a_row_and_every_row_a_route() {
    let roster = Roster::start();
    let document = document(&roster).await;
    let methods = ["get", "put", "post", "patch", "delete", "head", "options", "trace"];
    let documented: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let named = item.as_object().unwrap().keys().filter(|key| methods.contains(&key.as_str()));
            named.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
        })
        .collect();
    let rows: BTreeSet<(String, String)> =
        ROUTES.iter().map(|route| (route.method.to_owned(), route.template.to_owned())).collect();
    assert_eq!(documented, rows);
    assert_eq!(rows.len(), ROUTES.len(), "no route has two rows");
    for route in ROUTES {
        let secured =
            operation(&document, route)["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
        assert_eq!(secured, route.access != Access::Open, "{} {}", route.method, route.template);
    }
}

/// A request to a route as its example has it, with a credential.
fn request(
    roster: &Roster,
    document: &Value,
    route: &Route,
    user: &str,
    credential: Credential,
) -> reqwest::RequestBuilder {
    let path = path(document, route, user);
    let mut request = roster.request(route.method, &path);
    request = match credential {
        Credential::None => request,
        Credential::Header(value) => request.header("authorization", value),
        Credential::Basic(id, secret) => request.basic_auth(id, Some(secret)),
    };
    match body(document, route) {
        Some((media_type, body)) => request.header("content-type", media_type).body(body),
        None => request,
    }
}

enum Credential {
    None,
    Header(String),
    Basic(String, String),
}

/// A credential that may do everything that the route asks.
fn good(roster: &Roster, access: Access) -> Credential {
    let admin = roster.admin().to_owned();
    match access {
        Access::Open => Credential::None,
        Access::AlgorepKey | Access::Rest(_) => Credential::Header(admin),
        Access::ZynchroToken => Credential::Header(format!("Bearer {}", roster.token())),
        Access::OAuthClient => Credential::Basic(admin.split('_').nth(1).unwrap().to_owned(), admin),
    }
}

#[tokio::test]
async fn a_credential_is_asked_for_everywhere_but_where_none_is_needed() {
    let (roster, user) = with_users().await;
    let document = document(&roster).await;
    let before = roster.everything().await;
    let forged = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjk5OTk5OTk5OTl9.AAAA";
    for route in ROUTES.iter().filter(|route| route.access != Access::Open) {
        let named = format!("{} {}", route.method, route.template);
        let wrong = [
            Credential::None,
            Credential::Header("nobody".to_owned()),
            Credential::Header(
                "Bearer roster_nobody_00000000000000000000000000000000000000000000000".to_owned(),
            ),
            Credential::Header(format!("Bearer {forged}")),
            Credential::Basic("nobody".to_owned(), "nothing".to_owned()),
        ];
        for credential in wrong {
            let answer = Answer::of(request(&roster, &document, route, &user, credential)).await;
            assert_eq!(answer.status, 401, "{named}: {}", answer.shown());
            assert!(answer.header("www-authenticate").is_some(), "{named}");
            documented(&document, route, &answer);
        }
        // A HEAD or an OPTIONS finds no more out than the method itself.
        let head = Answer::of(roster.request("HEAD", &path(&document, route, &user))).await;
        assert!(matches!(head.status, 401 | 405), "{named}: HEAD is {}", head.status);
    }
    assert_eq!(roster.everything().await, before);
}

#[tokio::test]
async fn too_little_scope_is_too_little_everywhere() {
    let (roster, user) = with_users().await;
    let document = document(&roster).await;
    let before = roster.everything().await;
    let reader = roster.reader().to_owned();
    let writer = roster.new_key(&["--scopes", "users:write"]);
    let both = roster.key().to_owned();
    let token = |scope: &str| format!("Bearer {}", roster.new_token(&["--scope", scope]));
    let (read_token, write_token) = (token("read"), token("write"));
    for route in ROUTES {
        let named = format!("{} {}", route.method, route.template);
        let too_little = match route.access {
            // An OAuth client may ask for a token for what its key may: there is no scope to lack.
            Access::Open | Access::OAuthClient => Vec::new(),
            Access::AlgorepKey => vec![reader.clone()],
            Access::ZynchroToken => vec![read_token.clone()],
            Access::Rest("users:read") => vec![writer.clone(), write_token.clone()],
            Access::Rest("users:write") => vec![reader.clone(), read_token.clone()],
            Access::Rest(_) => {
                vec![reader.clone(), writer.clone(), both.clone(), read_token.clone(), write_token.clone()]
            }
        };
        for credential in too_little {
            let answer =
                Answer::of(request(&roster, &document, route, &user, Credential::Header(credential))).await;
            assert_eq!(answer.status, 403, "{named}: {}", answer.shown());
            documented(&document, route, &answer);
        }
    }
    assert_eq!(roster.everything().await, before);
}

#[tokio::test]
async fn every_documented_example_is_answered_as_documented() {
    let (roster, user) = with_users().await;
    let document = document(&roster).await;
    for route in ROUTES {
        for expected in route.statuses {
            let named = format!("{} {}", route.method, route.template);
            let answer =
                Answer::of(request(&roster, &document, route, &user, good(&roster, route.access))).await;
            assert_eq!(answer.status, *expected, "{named}: {}", answer.shown());
            documented(&document, route, &answer);
        }
        // What the server adds to the examples: another method says which there are.
        let other = Answer::of(roster.request("TRACE", &path(&document, route, &user))).await;
        assert_eq!(other.status, 405, "{}", route.template);
        let allow: BTreeSet<&str> = other.header("allow").unwrap().split(',').map(str::trim).collect();
        let of_path: BTreeSet<&str> =
            ROUTES.iter().filter(|one| one.template == route.template).map(|one| one.method).collect();
        assert!(
            of_path.is_subset(&allow)
                && allow.is_subset(&of_path.union(&BTreeSet::from(["HEAD"])).copied().collect())
        );
    }
}

/// The status is in the document, and so are the media type and, of an object, every member that is answered.
fn documented(document: &Value, route: &Route, answer: &Answer) {
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
