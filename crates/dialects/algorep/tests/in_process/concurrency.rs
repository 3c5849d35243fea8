//! Many at once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a10_any_number_of_simultaneous_posts_for_one_new_id_make_one_user() {
    let server = Server::start().await;
    let answers = join_all((0..64).map(|n| server.post("u1", json!({ "role": format!("{n}") })))).await;
    let ids: BTreeSet<String> = answers.iter().map(|answer| answer.user()["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(server.stored("u1").await.unwrap().version, 64);
    server.post("u2", json!({})).await.user();
    assert_eq!(server.stored("u2").await.unwrap().number.get(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a10_posts_that_touch_different_fields_all_stick() {
    let server = Server::start().await;
    let fields = ["language", "mobilePhone", "lastName", "firstName", "status", "role", "producerBubbleId"];
    join_all(fields.map(|field| server.post("u1", json!({ field: field })))).await.iter().for_each(
        |answer| {
            answer.user();
        },
    );
    let user: Value = server.post("u1", json!({})).await.user();
    for field in fields {
        assert_eq!(user[field], field);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d8_simultaneous_requests_with_one_idempotency_key_apply_once() {
    let server = Server::start().await;
    let headers = [("authorization", server.key.as_str()), ("idempotency-key", "k")];
    let answers = join_all((0..16).map(|_| server.post_with("/users/u1", "{}", &headers))).await;
    let first = answers[0].user();
    assert!(answers.iter().all(|answer| answer.user() == first));
    assert_eq!(answers.iter().filter(|answer| !answer.is_replayed()).count(), 1);
    assert_eq!(server.stored("u1").await.unwrap().version, 1);
}
