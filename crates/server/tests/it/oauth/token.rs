//! RFC 6749: the grant type `client_credentials`.

use insta::assert_snapshot;
use serde_json::json;

use super::{form, id, may, token};
use crate::harness::{Answer, Roster};

#[tokio::test]
async fn a_key_is_exchanged_for_a_token() {
    let roster = Roster::start();
    roster.upserted("one", &json!({})).await;
    let key = roster.new_key(&["--scopes", "users:read,users:write", "--authorities", "ROLE_SYSTEMADMIN"]);
    let answer = token(&roster, &key, "grant_type=client_credentials").await;
    let body = answer.ok();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(body["scope"], "read write");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(may(&roster, body["access_token"].as_str().unwrap()).await, (200, 200));
    // The part of the key after its id will do as well.
    let secret = key.rsplit_once('_').unwrap().1;
    let request = roster.request("POST", "/oauth/token").basic_auth(id(&key), Some(secret));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(Answer::of(request.body("grant_type=client_credentials")).await.status, 200);
}

#[tokio::test]
async fn z4_a_token_may_no_more_than_its_key() {
    let roster = Roster::start();
    roster.upserted("one", &json!({})).await;
    let plain = roster.new_key(&["--scopes", "users:read,users:write"]);
    let body = token(&roster, &plain, "grant_type=client_credentials").await.ok();
    assert_eq!(may(&roster, body["access_token"].as_str().unwrap()).await, (200, 403), "no authority");

    let key = roster.new_key(&["--scopes", "users:read,users:write", "--authorities", "ROLE_SYSTEMADMIN"]);
    for (scope, expected, allowed) in [
        ("read", "read", (200, 403)),
        ("write", "write", (403, 200)),
        ("write%20read", "read write", (200, 200)),
    ] {
        let body = token(&roster, &key, &format!("grant_type=client_credentials&scope={scope}")).await.ok();
        assert_eq!(body["scope"], expected);
        assert_eq!(may(&roster, body["access_token"].as_str().unwrap()).await, allowed, "{scope}");
    }
    let reader = roster.new_key(&["--scopes", "users:read"]);
    for scope in ["write", "read%20write", "admin", "nothing"] {
        let refused = token(&roster, &reader, &format!("grant_type=client_credentials&scope={scope}")).await;
        assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("invalid_scope")), "{scope}");
    }
}

#[tokio::test]
async fn a_client_that_is_unknown_gets_401() {
    let roster = Roster::start();
    let key = roster.key().to_owned();
    let send = |request: reqwest::RequestBuilder| {
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        Answer::of(request.body("grant_type=client_credentials"))
    };
    let none = send(roster.request("POST", "/oauth/token")).await;
    assert_eq!((none.status, &none.json()["error"]), (401, &json!("invalid_client")));
    assert_snapshot!(none.shown());
    for request in [
        roster.request("POST", "/oauth/token").basic_auth(id(&key), Some("wrong")),
        roster.request("POST", "/oauth/token").basic_auth("nobody", Some(&key)),
        roster.request("POST", "/oauth/token").basic_auth(id(&key), None::<&str>),
        roster.with(&key, "POST", "/oauth/token"),
        roster.with(&format!("Bearer {key}"), "POST", "/oauth/token"),
        roster.with("Basic !!!", "POST", "/oauth/token"),
    ] {
        assert_eq!(send(request).await.shown(), none.shown());
    }
}

#[tokio::test]
async fn a_request_that_is_not_well_formed_gets_400() {
    let roster = Roster::start();
    let key = roster.key().to_owned();
    for (body, error) in [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&client_secret=x", "invalid_request"),
        ("grant_type=client_credentials&client_id=another", "invalid_request"),
        ("grant_type=%ff", "invalid_request"),
        ("grant_type=authorization_code", "unsupported_grant_type"),
        ("grant_type=password&username=a&password=b", "unsupported_grant_type"),
    ] {
        let answer = token(&roster, &key, body).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!(error)), "{body}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let json = form(&roster, "/oauth/token", &key, "").header("content-type", "application/json");
    assert_eq!(Answer::of(json.body("{}")).await.status, 400);
    let large =
        token(&roster, &key, &format!("grant_type=client_credentials&x={}", "x".repeat(100_000))).await;
    assert_eq!(large.status, 413);
    let method = Answer::of(roster.request("GET", "/oauth/token")).await;
    assert_eq!((method.status, method.header("allow")), (405, Some("POST")));
}

#[tokio::test]
async fn a_token_of_a_key_goes_with_the_key_and_lives_no_longer() {
    let mut roster = Roster::start();
    let short = roster.new_key(&["--scopes", "users:read", "--expires", "10m"]);
    let lived = token(&roster, &short, "grant_type=client_credentials").await.ok();
    assert!((1..=600).contains(&lived["expires_in"].as_i64().unwrap()));
    let key = roster.new_key(&["--scopes", "users:read"]);
    let made = token(&roster, &key, "grant_type=client_credentials").await.ok();
    let made = made["access_token"].as_str().unwrap();
    assert_eq!(may(&roster, made).await.0, 200);
    roster.cli(&["key", "revoke", id(&key)]).ok();
    roster.kill_and_restart();
    assert_eq!(may(&roster, made).await.0, 401);
}
