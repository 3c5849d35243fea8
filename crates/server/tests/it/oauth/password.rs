//! The password grant, where it is configured.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{id, may, token};
use crate::harness::{Answer, Roster, now, zynchro_body};

/// A server that offers the grant to one key, and a user `ann@example.org` who has a password.
async fn with_grant() -> (Roster, String) {
    let mut roster = Roster::start();
    let key = roster.new_key(&["--scopes", "users:read,users:write"]);
    roster.upserted("one", &json!({"email": "ann@example.org"})).await;
    let mut body = zynchro_body();
    body["data"]["user"]["email"] = json!("ann@example.org");
    roster.update(1, &body).await.ok();
    roster.restart_with("password_grant", "true");
    roster.restart_with("password_keys", id(&key));
    (roster, key)
}

const FORM: &str = "grant_type=password&username=ann@example.org&password=33556567";

#[tokio::test]
async fn it_is_off_unless_configured() {
    let roster = Roster::start();
    let refused = token(&roster, roster.key(), FORM).await;
    assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("unsupported_grant_type")));
}

#[tokio::test]
async fn a_user_signs_in_and_last_login_is_set() {
    let (roster, key) = with_grant().await;
    let start = now();
    let answer = token(&roster, &key, FORM).await.ok();
    assert_eq!(answer["scope"], "read write");
    let user = roster.numbered(1).await;
    let last_login: jiff::Timestamp = user["last_login"].as_str().unwrap().parse().unwrap();
    assert!(last_login.as_millisecond() >= start.as_millisecond() && last_login <= now());
    let history = roster.history(user["id"].as_str().unwrap()).await;
    assert_eq!(history.last().unwrap()["dialect"], "oauth");
    assert_eq!(history.last().unwrap()["actor"]["user"], user["id"]);
    // Authorities come from the operator, who has named nobody.
    assert_eq!(may(&roster, answer["access_token"].as_str().unwrap()).await, (200, 403));
}

#[tokio::test]
async fn z4_a_user_that_the_operator_names_has_authorities() {
    let (mut roster, key) = with_grant().await;
    roster.restart_with(
        "password_users",
        "[{ user = \"ann@example.org\", authorities = [\"ROLE_SYSTEMADMIN\"] }]",
    );
    let answer = token(&roster, &key, FORM).await.ok();
    let made = answer["access_token"].as_str().unwrap().to_owned();
    assert_eq!(may(&roster, &made).await, (200, 200));
    // The update above sent the same password and another email: it is the password that counts for the token.
    let mut body = zynchro_body();
    body["data"]["user"]["password"] = json!("another password");
    roster.update(1, &body).await.ok();
    assert_eq!(may(&roster, &made).await.0, 401, "its user's password changed since");
}

#[tokio::test]
async fn every_refused_sign_in_is_told_the_same() {
    let (roster, key) = with_grant().await;
    roster.upserted("two", &json!({"email": "no-password@example.org"})).await;
    let wrong =
        token(&roster, &key, "grant_type=password&username=ann@example.org&password=wrong-password").await;
    assert_eq!((wrong.status, &wrong.json()["error"]), (400, &json!("invalid_grant")));
    assert_snapshot!(wrong.shown());
    for form in [
        "grant_type=password&username=nobody@example.org&password=33556567",
        "grant_type=password&username=no-password@example.org&password=33556567",
        "grant_type=password&username=ann@example.org&password=3",
        "grant_type=password&username=one&password=33556567",
    ] {
        assert_eq!(token(&roster, &key, form).await.shown(), wrong.shown(), "{form}");
    }
    let user = roster.numbered(1).await;
    let patch =
        roster.with(roster.admin(), "PATCH", &format!("/api/v1/users/{}", user["id"].as_str().unwrap()));
    let patch = patch.header("content-type", "application/merge-patch+json").body(r#"{"active":false}"#);
    Answer::of(patch).await.ok();
    assert_eq!(token(&roster, &key, FORM).await.shown(), wrong.shown(), "an inactive user");
    assert_eq!(roster.numbered(1).await["last_login"], Value::Null);
    let other = roster.new_key(&["--scopes", "users:read"]);
    assert_eq!(token(&roster, &other, FORM).await.json()["error"], "unauthorized_client");
}
