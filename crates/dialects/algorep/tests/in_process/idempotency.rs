//! `Idempotency-Key`.

use serde_json::json;

use crate::support::{Answer, Server};

impl Server {
    async fn post_once(&self, key: &str, path: &str, body: &str) -> Answer {
        self.post_with(path, body, &[("authorization", &self.key), ("idempotency-key", key)]).await
    }
}

#[tokio::test]
async fn a16_a_repeated_request_is_answered_again_and_applied_once() {
    let server = Server::start().await;
    let first = server.post_once("k", "/users/u1", r#"{"role":"a"}"#).await;
    assert!(!first.is_replayed());
    server.post("u1", json!({ "role": "b" })).await.user();
    let again = server.post_once("k", "/users/u1", r#"{"role":"a"}"#).await;
    assert!(again.is_replayed());
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(server.stored("u1").await.unwrap().profile.role.as_ref().unwrap().as_str(), "b");
}

#[tokio::test]
async fn a16_a_key_with_another_request_is_422() {
    let server = Server::start().await;
    server.post_once("k", "/users/u1", "{}").await.user();
    for (path, body) in [("/users/u2", "{}"), ("/users/u1", "{ }"), ("/users/u1?a=b", "{}")] {
        let answer = server.post_once("k", path, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.faults()),
            (422, ("ALGOREP_005".to_owned(), vec![None])),
            "{path}"
        );
        assert!(!answer.is_replayed());
    }
    assert!(server.stored("u2").await.is_none());
    let other = server.new_key("bubble", &[roster_directory::Scope::UsersWrite], None).await;
    let answer =
        server.post_with("/users/u2", "{}", &[("authorization", &other), ("idempotency-key", "k")]).await;
    assert!(!answer.is_replayed());
    answer.user();
}

#[tokio::test]
async fn d8_faults_of_form_and_missing_rights_are_not_kept() {
    let server = Server::start().await;
    assert_eq!(server.post_once("k", "/users/u1", r#"{"role":1}"#).await.status, 400);
    let answer =
        server.post_with("/users/u1", "{}", &[("authorization", "x"), ("idempotency-key", "k")]).await;
    assert_eq!(answer.status, 401);
    let fresh = server.post_once("k", "/users/u1", "{}").await;
    fresh.user();
    assert!(!fresh.is_replayed());
}

#[tokio::test]
async fn d8_a_key_is_free_again_after_24_hours() {
    let server = Server::start().await;
    server.post_once("k", "/users/u1", "{}").await.user();
    server.clock.advance_seconds(24 * 60 * 60 - 1);
    assert!(server.post_once("k", "/users/u1", "{}").await.is_replayed());
    server.clock.advance_seconds(2);
    let answer = server.post_once("k", "/users/u2", "{}").await;
    answer.user();
    assert!(!answer.is_replayed());
}
