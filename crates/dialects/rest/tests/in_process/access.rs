//! Who may ask, what is nobody's, and in which order a request is refused.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use roster_auth::{IssueToken, Rate};
use roster_dialect_rest::Options;
use roster_directory::{Scope, Scopes};
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::support::{Server, Setup, path};

const ID: &str = "01920c2e-8f6b-7c3a-9d51-2a4f6b8c0e1d";

/// Every route, with the scope that it needs.
pub(crate) fn routes() -> Vec<(&'static str, String, Scope)> {
    let user = format!("/api/v1/users/{ID}");
    let organisation = format!("/api/v1/organisations/producer/{ID}");
    vec![
        ("GET", "/api/v1/users".to_owned(), Scope::UsersRead),
        ("GET", user.clone(), Scope::UsersRead),
        ("PATCH", user.clone(), Scope::UsersWrite),
        ("DELETE", user.clone(), Scope::UsersWrite),
        ("GET", "/api/v1/users/by-number/1".to_owned(), Scope::UsersRead),
        ("GET", "/api/v1/users/by-link/bubble/1".to_owned(), Scope::UsersRead),
        ("PATCH", "/api/v1/users/by-link/bubble/1".to_owned(), Scope::UsersWrite),
        ("GET", format!("{user}/history"), Scope::UsersRead),
        ("GET", format!("{user}/grants"), Scope::UsersRead),
        ("PUT", format!("{user}/grants/1/2"), Scope::UsersWrite),
        ("DELETE", format!("{user}/grants/1/2"), Scope::UsersWrite),
        ("GET", "/api/v1/organisations/producer".to_owned(), Scope::UsersRead),
        ("GET", organisation.clone(), Scope::UsersRead),
        ("PUT", organisation.clone(), Scope::Admin),
        ("DELETE", organisation, Scope::Admin),
        ("GET", "/api/v1/clients".to_owned(), Scope::UsersRead),
        ("GET", "/api/v1/clients/1".to_owned(), Scope::UsersRead),
        ("PUT", "/api/v1/clients/1".to_owned(), Scope::Admin),
        ("DELETE", "/api/v1/clients/1".to_owned(), Scope::Admin),
        ("GET", "/api/v1/profiles".to_owned(), Scope::UsersRead),
        ("GET", "/api/v1/profiles/1".to_owned(), Scope::UsersRead),
        ("PUT", "/api/v1/profiles/1".to_owned(), Scope::Admin),
        ("DELETE", "/api/v1/profiles/1".to_owned(), Scope::Admin),
    ]
}

#[tokio::test]
async fn without_a_valid_credential_every_route_answers_401() {
    let server = Server::start().await;
    for (method, path, _) in routes() {
        for headers in
            [&[] as &[_], &[("authorization", "Bearer nonsense")], &[("authorization", "Basic YTpi")]]
        {
            let answer = server.send(method, &path, headers, "{").await;
            answer.assert_problem(401, "unauthorized", &[]);
            assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"roster\""), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn with_too_little_scope_every_route_answers_403() {
    let server = Server::start().await;
    for (method, path, needed) in routes() {
        for scope in [Scope::UsersRead, Scope::UsersWrite] {
            let key = server.new_key("bubble", &[scope]).await;
            let authorization = format!("Bearer {key}");
            // Neither the path's nor the body's faults are looked at before.
            let answer = server.send(method, &path, &[("authorization", &authorization)], "{").await;
            assert_eq!(answer.status == 403, scope != needed, "{method} {path} {scope}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_token_does_as_well_as_a_key() {
    let server = Server::start().await;
    let scopes = Scopes::from([Scope::UsersRead]);
    let token = server.auth.issue(&IssueToken { scopes, ..IssueToken::new("ada") }).unwrap();
    let authorization = format!("Bearer {}", token.expose_secret());
    let answer = server.send("GET", "/api/v1/users", &[("authorization", &authorization)], "").await;
    assert_eq!(answer.ok(), json!({ "users": [], "next": null }));
    let answer =
        server.send("DELETE", &format!("/api/v1/users/{ID}"), &[("authorization", &authorization)], "").await;
    answer.assert_problem(403, "forbidden", &[]);
}

#[tokio::test]
async fn other_methods_answer_405_with_the_methods_that_are_taken() {
    let server = Server::start().await;
    for (method, path, allow) in [
        ("POST", "/api/v1/users".to_owned(), "GET,HEAD"),
        ("PUT", format!("/api/v1/users/{ID}"), "GET,HEAD,PATCH,DELETE"),
        ("DELETE", "/api/v1/users/by-link/bubble/1".to_owned(), "GET,HEAD,PATCH"),
        ("POST", format!("/api/v1/users/{ID}/history"), "GET,HEAD"),
        ("GET", format!("/api/v1/users/{ID}/grants/1/2"), "PUT,DELETE"),
        ("PATCH", "/api/v1/clients/1".to_owned(), "GET,HEAD,PUT,DELETE"),
    ] {
        let answer = server.ask(method, &path, &[], "").await;
        answer.assert_problem(405, "method-not-allowed", &[]);
        let sorted = |list: &str| {
            let mut methods: Vec<String> = list.split(',').map(str::to_owned).collect();
            methods.sort();
            methods
        };
        assert_eq!(sorted(answer.header("allow").unwrap()), sorted(allow), "{method} {path}");
    }
}

#[tokio::test]
async fn a_path_below_the_api_that_is_nobodys_answers_404() {
    let server = Server::start().await;
    for path in ["/api/v1", "/api/v1/", "/api/v1/user", "/api/v1/users/", "/api/v1/users/by-link/bubble/a/b"]
    {
        server.get(path).await.assert_problem(404, "not-found", &[]);
        server.ask("POST", path, &[], "").await.assert_problem(404, "not-found", &[]);
    }
}

#[tokio::test]
async fn the_order_of_refusals_is_403_413_415_400() {
    let server = Server::with(Setup { options: Options { body_limit: 20 }, ..Setup::default() }).await;
    let user = "/api/v1/users/nonsense";
    let large = json!({ "given_name": "A name that is rather long" }).to_string();
    let reader = format!("Bearer {}", server.new_key("bubble", &[Scope::UsersRead]).await);
    let xml = ("content-type", "text/xml");
    server.send("PATCH", user, &[("authorization", &reader), xml], &large).await.assert_problem(
        403,
        "forbidden",
        &[],
    );
    server.ask("PATCH", user, &[xml], &large).await.assert_problem(413, "too-large", &[]);
    let answer = server.ask("PATCH", user, &[xml], "{").await;
    answer.assert_problem(415, "unsupported-media-type", &[]);
    assert_eq!(answer.header("accept"), Some("application/merge-patch+json, application/json"));
    let answer = server
        .patch_with(
            &format!("{user}?a=1"),
            json!({ "email": 1 }),
            &[("if-match", "x"), ("idempotency-key", "é")],
        )
        .await;
    answer.assert_problem(
        400,
        "bad-request",
        &[
            "id must be a UUID in the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "a is not a known parameter",
            "If-Match must be * or a list of entity tags, each in double quotes, as an ETag header gives it",
            "Idempotency-Key must consist of printable ASCII characters",
            "/email must be a string or null",
        ],
    );
}

#[tokio::test]
async fn both_media_types_are_taken_in_utf_8() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    for (media_type, status) in [
        ("application/merge-patch+json", 200),
        ("application/json", 200),
        ("Application/Merge-Patch+JSON; charset=UTF-8", 200),
        ("application/json; charset=latin1", 415),
        ("application/json-patch+json", 415),
        ("text/plain", 415),
    ] {
        let answer = server.ask("PATCH", &user, &[("content-type", media_type)], "{}").await;
        assert_eq!(answer.status, status, "{media_type}");
    }
    assert_eq!(server.ask("PATCH", &user, &[], "{}").await.status, 415);
}

#[tokio::test]
async fn too_many_requests_answer_429_with_retry_after() {
    let requests = Some(Rate::per_minute(NonZeroU32::MIN));
    let auth = roster_auth::Options { requests, ..Default::default() };
    let server = Server::with(Setup { auth, ..Setup::default() }).await;
    server.get("/api/v1/users").await.ok();
    let answer = server.get("/api/v1/users").await;
    answer.assert_problem(429, "too-many-requests", &[]);
    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
}

#[tokio::test]
async fn a_failing_store_answers_500_and_tells_nothing_of_the_inside() {
    let fails = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&fails);
    let instrument: roster_store_sqlite::Instrument = Arc::new(move |connection| {
        let fails = Arc::clone(&switch);
        let deny_inserts = move |context: AuthContext<'_>| {
            let is_insert = matches!(context.action, AuthAction::Insert { .. });
            if is_insert && fails.load(Ordering::SeqCst) { Authorization::Deny } else { Authorization::Allow }
        };
        connection.authorizer(Some(deny_inserts)).unwrap();
    });
    let server = Server::with(Setup { instrument: Some(instrument), ..Setup::default() }).await;
    fails.store(true, Ordering::SeqCst);
    let answer = server.patch("/api/v1/users/by-link/bubble/1", json!({ "given_name": "Ada" })).await;
    answer.assert_problem(500, "failed", &[]);
    for inside in ["Ada", "users", "authoriz", "SQL"] {
        assert!(!answer.text.contains(inside), "{}", answer.text);
    }
    assert_eq!(server.get("/api/v1/users").await.ok()["users"], json!([]));
}
