//! Reading one user, by any of its names.

use serde_json::{Value, json};

use crate::support::{START, Server, path};

const NOBODY: &str = "/api/v1/users/01920c2e-8f6b-7c3a-9d51-2a4f6b8c0e1d";

#[tokio::test]
async fn a_user_is_found_by_id_by_number_and_by_link() {
    let server = Server::start().await;
    let user =
        server.create("a%2Fb%20c", json!({ "email": "ada@example.com", "links": { "okta": "00u" } })).await;
    assert_eq!(user["links"], json!({ "bubble": "a/b c", "okta": "00u" }));
    for path in [
        path(&user),
        "/api/v1/users/by-number/1".to_owned(),
        "/api/v1/users/by-link/bubble/a%2Fb%20c".to_owned(),
        "/api/v1/users/by-link/okta/00u".to_owned(),
    ] {
        let answer = server.get(&path).await;
        assert_eq!(answer.ok(), user, "{path}");
        assert_eq!(answer.header("etag"), Some(&*format!("\"1-{}\"", user["id"].as_str().unwrap())));
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    }
}

#[tokio::test]
async fn a_user_has_every_field_in_the_order_of_the_directory() {
    let server = Server::start().await;
    let user = server.create("1", json!({ "given_name": "Ada" })).await;
    let expected = json!({
        "id": user["id"], "number": 1, "version": 1, "user_name": "1",
        "display_name": null, "given_name": "Ada", "family_name": null,
        "email": null, "email_verified": null, "phone": null, "language": null, "avatar": null,
        "status": null, "role": null, "active": true, "signed_up": null, "staff": null, "control_tower": null,
        "last_login": null,
        "producer_id": null, "producer_external_id": null, "seller_id": null, "seller_external_id": null,
        "origin_id": null, "origin_external_id": null,
        "links": { "bubble": "1" }, "grants": [],
        "created_at": START, "updated_at": START, "recorded_at": "2024-03-01T10:00:00.123000Z",
    });
    // Text, not value: the order is part of the answer.
    assert_eq!(user.to_string(), expected.to_string());
}

#[tokio::test]
async fn who_is_not_there_is_404() {
    let server = Server::start().await;
    let gone = server.create("gone", json!({})).await;
    assert_eq!(server.delete(&path(&gone)).await.status, 204);
    for path in [
        NOBODY,
        &path(&gone),
        "/api/v1/users/by-number/1",
        "/api/v1/users/by-number/9007199254740992",
        "/api/v1/users/by-link/bubble/gone",
        "/api/v1/users/by-link/okta/gone",
    ] {
        server.get(path).await.assert_problem(404, "not-found", &[]);
    }
}

#[tokio::test]
async fn d9_a_name_that_is_none_is_a_fault_of_the_request() {
    let server = Server::start().await;
    let uuid = "id must be a UUID in the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    let number = "number must be a whole number from 1 to 9007199254740992";
    let source = "source must consist of 1 to 64 of the characters a-z, A-Z, 0-9, '.', '_' and '-'";
    for (path, faults) in [
        ("3", &[uuid] as &[_]),
        ("01920c2e8f6b7c3a9d512a4f6b8c0e1d", &[uuid]),
        ("%zz", &["id has a percent sign without two hexadecimal digits after it"]),
        ("by-number/0", &[number]),
        ("by-number/01", &[number]),
        ("by-number/9007199254740993", &[number]),
        ("by-number/-1?x=1", &[number, "x is not a known parameter"]),
        ("by-link/a%20b/%00", &[source, "external_id must not contain control characters"]),
        ("by-link/b/%ff", &["external_id is not UTF-8 after percent-decoding"]),
    ] {
        server.get(&format!("/api/v1/users/{path}")).await.assert_problem(400, "bad-request", faults);
    }
}

#[tokio::test]
async fn who_has_seen_this_version_gets_304() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    let etag = server.get(&user).await.header("etag").unwrap().to_owned();
    let asked = async |tags: &str| server.ask("GET", &user, &[("if-none-match", tags)], "").await;
    for tags in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
        let answer = asked(&tags).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (304, ""), "{tags}");
        assert_eq!(answer.header("etag"), Some(&*etag));
    }
    server.patch(&user, json!({ "phone": "1" })).await.ok();
    let answer = asked(&etag).await;
    assert_eq!(answer.ok()["phone"], "1");
    assert_ne!(answer.header("etag"), Some(&*etag));
    asked("nonsense").await.assert_problem(
        400,
        "bad-request",
        &["If-None-Match must be * or a list of entity tags, each in double quotes, as an ETag header gives it"],
    );
}

#[tokio::test]
async fn a_link_that_leads_to_another_user_has_another_entity_tag() {
    let server = Server::start().await;
    let link = "/api/v1/users/by-link/bubble/1";
    let first = server.create("1", json!({})).await;
    let seen = server.get(link).await.header("etag").unwrap().to_owned();
    server.delete(&path(&first)).await;
    let second = server.create("1", json!({})).await;
    assert_eq!((&first["version"], &second["version"]), (&json!(1), &json!(1)));
    let answer = server.ask("GET", link, &[("if-none-match", &seen)], "").await;
    assert_eq!(answer.ok()["id"], second["id"]);
}

#[tokio::test]
async fn d10_the_password_is_in_no_answer() {
    let server = Server::start().await;
    let created = server.create("1", json!({ "password": "33556567" })).await;
    for path in [path(&created), format!("{}/history", path(&created)), "/api/v1/users".to_owned()] {
        let text = server.get(&path).await.text;
        // The test's own "hash" is the password in hexadecimal.
        assert!(
            !text.contains("33556567") && !text.contains("3333353536353637") && !text.contains("$plain"),
            "{text}"
        );
    }
    assert_eq!(server.passwords.hashed(), 1);
    assert_eq!(created.get("password"), None::<&Value>);
}
