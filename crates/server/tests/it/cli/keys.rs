//! `roster key`, `roster token`, `roster secret`.

use serde_json::{Value, json};

use crate::harness::{Answer, Roster, roster};

fn id(key: &str) -> &str {
    key.split('_').nth(1).unwrap()
}

async fn status(roster: &Roster, key: &str) -> u16 {
    Answer::of(roster.with(key, "GET", "/api/v1/users")).await.status
}

#[tokio::test]
async fn a_key_is_printed_once_and_alone_on_stdout() {
    let roster = Roster::start();
    let created = roster
        .cli(&[
            "key",
            "create",
            "nightly job",
            "--scopes",
            "users:read",
            "--source",
            "crm",
            "--expires",
            "90d",
        ])
        .ok();
    let key = created.line();
    assert!(key.starts_with("roster_") && key.split('_').count() == 3, "{key}");
    assert!(!created.stderr.contains(key));
    assert_eq!(status(&roster, key).await, 200, "it is good at once");

    for listed in [roster.cli(&["key", "list"]).ok(), roster.cli(&["key", "list", "--json"]).ok()] {
        assert!(listed.stdout.contains(id(key)) && listed.stdout.contains("nightly job"));
        assert!(!listed.stdout.contains(key) && !listed.stdout.contains(key.rsplit_once('_').unwrap().1));
    }
    let listed = roster.cli(&["key", "list", "--json"]).ok().json();
    let listed = listed.as_array().unwrap().iter().find(|listed| listed["id"] == id(key)).unwrap();
    assert_eq!((&listed["source"], &listed["scopes"]), (&json!("crm"), &json!(["users:read"])));
    assert!(listed["expires_at"].is_string() && listed["revoked_at"].is_null());
    let json = roster.cli(&["key", "create", "j", "--scopes", "users:read", "--json"]).ok().json();
    assert_eq!(status(&roster, json["key"].as_str().unwrap()).await, 200);
}

#[tokio::test]
async fn a_revoked_key_is_refused_by_a_running_server_and_after_a_restart() {
    let mut roster = Roster::start();
    let key = roster.new_key(&["--scopes", "users:read"]);
    assert_eq!(status(&roster, &key).await, 200);
    roster.cli(&["key", "revoke", id(&key)]).ok();
    roster.until_revoked(&key).await;
    roster.kill_and_restart();
    assert_eq!(status(&roster, &key).await, 401);
    let listed = roster.cli(&["key", "list", "--json"]).ok().json();
    assert!(
        listed
            .as_array()
            .unwrap()
            .iter()
            .any(|listed| listed["id"] == id(&key) && listed["revoked_at"].is_string())
    );
    roster.cli(&["key", "rotate", id(&key)]).failed();
}

#[tokio::test]
async fn the_last_use_of_a_key_is_recorded() {
    let mut roster = Roster::start();
    let key = roster.new_key(&["--scopes", "users:read"]);
    let last_use = |roster: &Roster| {
        let listed = roster.cli(&["key", "list", "--json"]).ok().json();
        listed.as_array().unwrap().iter().find(|listed| listed["id"] == id(&key)).unwrap()["last_used_at"]
            .clone()
    };
    assert_eq!(last_use(&roster), Value::Null);
    assert_eq!(status(&roster, &key).await, 200);
    roster.stop();
    roster.restart();
    assert!(last_use(&roster).is_string());
}

#[tokio::test]
async fn what_a_key_can_not_be_is_told() {
    let roster = Roster::start();
    for arguments in [
        &["key", "create", "x"][..],
        &["key", "create", "x", "--scopes", ""],
        &["key", "create", "x", "--scopes", "users:all"],
        &["key", "create", "x", "--scopes", "users:read", "--source", "no such source"],
        &["key", "create", "x", "--scopes", "users:read", "--expires", "soon"],
        &["key", "create", "x", "--scopes", "users:read", "--expires", "-1h"],
        &["key", "revoke", "nobody"],
        &["key", "rotate", "nobody"],
        &["token", "issue"],
        &["token", "issue", "--user-name", "x", "--scope", "users:read"],
        &["token", "issue", "--user-name", "x", "--subject", "999"],
    ] {
        let refused = roster.cli(arguments).failed();
        assert!(refused.stdout.is_empty() && !refused.stderr.is_empty(), "{arguments:?}: {refused:?}");
    }
}

#[tokio::test]
async fn a_key_made_before_the_first_start_is_good() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("new");
    let key = roster(&data, &["key", "create", "first", "--scopes", "users:read,users:write"]).ok();
    let server = Roster::settings().on(data).start();
    assert_eq!(status(&server, key.line()).await, 200);
}

#[tokio::test]
async fn a_token_of_a_user_goes_with_the_user() {
    let roster = Roster::start();
    let user = roster.upserted("one", &json!({"email": "one@example.org"})).await;
    let id = user["id"].as_str().unwrap();
    let subjects = [id, "1", "one@example.org", "link:bubble:one"];
    let tokens: Vec<String> =
        subjects.iter().map(|subject| roster.new_token(&["--scope", "read", "--subject", subject])).collect();
    let read = |token: &str| {
        let request = roster.with(&format!("Bearer {token}"), "GET", "/api/v1/users");
        async move { Answer::of(request).await.status }
    };
    for token in &tokens {
        assert_eq!(read(token).await, 200);
    }
    let patch = |body: &'static str| {
        let request = roster.with(roster.admin(), "PATCH", &format!("/api/v1/users/{id}"));
        Answer::of(request.header("content-type", "application/merge-patch+json").body(body))
    };
    patch(r#"{"active":false}"#).await.ok();
    assert_eq!(read(&tokens[0]).await, 401, "inactive");
    patch(r#"{"active":true}"#).await.ok();
    assert_eq!(read(&tokens[0]).await, 200);
    patch(r#"{"password":"another password"}"#).await.ok();
    assert_eq!(read(&tokens[0]).await, 401, "its password changed since");
    let token = roster.new_token(&["--scope", "read", "--subject", "1"]);
    assert_eq!(read(&token).await, 200);
    roster.cli(&["user", "delete", "1"]).ok();
    assert_eq!(read(&token).await, 401, "deleted");
}
