//! Every route of the document is walked: without a credential, with a wrong one, with too little scope, and with the
//! documented example. A route without a row in [`ROUTES`](routes::ROUTES) fails.

mod document;
mod routes;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use document::{body, documented, operation, path};
use routes::{Access, ROUTES, Route};

use crate::harness::{Answer, Roster};

async fn read_document(roster: &Roster) -> Value {
    Answer::of(roster.request("GET", "/openapi.json")).await.ok()
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
    let document = read_document(&roster).await;
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
    let document = read_document(&roster).await;
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
    let document = read_document(&roster).await;
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
    let document = read_document(&roster).await;
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
