//! D8: a request that is sent again is answered again, and applied once.

use futures_util::future::join_all;
use roster_directory::Scope;
use serde_json::json;

use crate::support::{Server, path};

const LINK: &str = "/api/v1/users/by-link/bubble/1";
const KEY: [(&str, &str); 1] = [("idempotency-key", "k 1")];

#[tokio::test]
async fn d8_a_creation_is_answered_again_as_it_was() {
    let server = Server::start().await;
    let body = json!({ "phone": "1", "password": "33556567" });
    let first = server.patch_with(LINK, body.clone(), &KEY).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert!(!first.is_replayed());
    server.patch(LINK, json!({ "phone": "2" })).await.ok();
    let again = server.patch_with(LINK, body, &KEY).await;
    assert!(again.is_replayed());
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(
        (again.header("etag"), again.header("location")),
        (first.header("etag"), first.header("location"))
    );
    assert_eq!(server.get(LINK).await.ok()["phone"], "2");
    assert_eq!(server.passwords.hashed(), 1);
}

#[tokio::test]
async fn d8_every_write_of_a_user_is_applied_once() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({ "grants": [{ "client_id": 1, "profile_id": "p" }] })).await);
    let json_type = ("content-type", "application/json");
    for (n, (method, path, body, status)) in [
        ("PATCH", user.clone(), r#"{"phone":"1"}"#, 200),
        ("PUT", format!("{user}/grants/2/p"), "", 201),
        ("DELETE", format!("{user}/grants/1/p"), "", 204),
        ("DELETE", user.clone(), "", 204),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("key-{n}");
        let headers = [json_type, ("idempotency-key", &*key)];
        let first = server.ask(method, &path, &headers, body).await;
        assert_eq!((first.status.as_u16(), first.is_replayed()), (status, false), "{}", first.text);
        let again = server.ask(method, &path, &headers, body).await;
        assert_eq!(
            (again.status, &again.text, again.is_replayed()),
            (first.status, &first.text, true),
            "{method} {path}"
        );
        assert_eq!(again.header("etag"), first.header("etag"));
        let other = server.ask(method, &format!("{path}x"), &headers, body).await;
        assert!([400, 422].contains(&other.status.as_u16()), "{}", other.text);
    }
}

#[tokio::test]
async fn d8_the_key_with_another_request_is_422() {
    let server = Server::start().await;
    server.patch_with(LINK, json!({ "phone": "1" }), &KEY).await;
    let user = path(&server.get(LINK).await.ok());
    for answer in [
        server.patch_with(LINK, json!({ "phone": "2" }), &KEY).await,
        server.patch_with("/api/v1/users/by-link/bubble/2", json!({ "phone": "1" }), &KEY).await,
        server.patch_with(&user, json!({ "phone": "1" }), &KEY).await,
        server.ask("DELETE", &user, &KEY, "").await,
        server.ask("PUT", &format!("{user}/grants/1/p"), &KEY, "").await,
    ] {
        answer.assert_problem(422, "idempotency-key-reused", &[]);
        assert!(!answer.is_replayed());
    }
    assert_eq!(server.get(LINK).await.ok()["version"], 1);
}

#[tokio::test]
async fn d8_what_was_decided_is_kept_and_faults_of_form_are_not() {
    let server = Server::start().await;
    server.create("taken", json!({ "user_name": "ada" })).await;
    let refused = json!({ "user_name": "ada" });
    let first = server.patch_with(LINK, refused.clone(), &KEY).await;
    first.assert_problem(409, "conflict", &["/user_name is held by another user"]);
    let again = server.patch_with(LINK, refused, &KEY).await;
    assert_eq!((&again.text, again.is_replayed()), (&first.text, true));
    let fresh = [("idempotency-key", "fresh")];
    assert_eq!(server.patch_with(LINK, json!({ "phone": 1 }), &fresh).await.status, 400);
    assert_eq!(server.patch_with(LINK, json!({ "phone": "1" }), &fresh).await.status, 201);
}

#[tokio::test]
async fn d8_credentials_come_first_and_keys_are_each_clients_own() {
    let server = Server::start().await;
    assert_eq!(server.patch_with(LINK, json!({}), &KEY).await.status, 201);
    let anybody = [("content-type", "application/json"), KEY[0]];
    server.send("PATCH", LINK, &anybody, "{}").await.assert_problem(401, "unauthorized", &[]);
    let other = format!("Bearer {}", server.new_key("bubble", &[Scope::UsersWrite]).await);
    let answer =
        server.send("PATCH", LINK, &[("authorization", &*other), anybody[0], anybody[1]], "{}").await;
    assert_eq!((answer.status.as_u16(), answer.is_replayed()), (200, false));
}

#[tokio::test]
async fn d8_simultaneous_requests_with_one_key_apply_once() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    let grant = format!("{user}/grants/1/p");
    let answers = join_all((0..8).map(|_| server.ask("PUT", &grant, &KEY, ""))).await;
    assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| !answer.is_replayed()).count(), 1);
}
