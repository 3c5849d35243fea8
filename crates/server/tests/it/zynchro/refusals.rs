//! Z12, Z13, and the faults that keep the envelope.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::answers::with_three_users;
use crate::harness::{Answer, Roster, zynchro_body};

/// Checks what the contract says of every fault that keeps the envelope.
fn envelope(answer: &Answer, status: u16, code: &str) {
    let body = answer.json();
    assert_eq!((answer.status, &body["header"]["messageCode"]), (status, &json!(code)), "{}", answer.shown());
    assert_eq!(body["header"]["resultCode"], "error");
    assert_eq!(body["data"]["success"], false);
    assert_eq!(body["data"]["message"], body["header"]["messageDescription"]);
    assert!(body["data"]["message"].as_str().is_some_and(|message| !message.is_empty()));
    assert_eq!((body["data"].get("user"), body.get("errors")), (None, None));
}

/// It was lost where what surrounds the handlers refused: here the time of the request runs out.
#[tokio::test]
async fn z6_the_transaction_id_of_the_query_is_repeated_by_what_surrounds_the_handlers() {
    let roster = Roster::settings().set("request_timeout", "1s").start();
    let user = Value::from_iter([("header", json!({})), ("data", zynchro_body()["data"].clone())]);
    roster.upserted("one", &json!({})).await;
    let held = roster.hold_writers();
    let answer = Answer::of(roster.update_request("1?transaction_id=77").body(user.to_string())).await;
    envelope(&answer, 503, "SERVICE_UNAVAILABLE");
    assert_eq!(answer.json()["header"]["transactionId"], "77");
    drop(held);
}

#[tokio::test]
async fn z12_a_repeated_request_is_answered_again_and_done_once() {
    let roster = with_three_users().await;
    let send = |key: &'static str, id: &'static str, body: Value| {
        Answer::of(roster.update_request(id).header("idempotency-key", key).body(body.to_string()))
    };
    let first = send("k", "3", zynchro_body()).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (200, None));
    let mut other = zynchro_body();
    other["data"]["user"]["name"] = json!("Later");
    roster.update(3, &other).await.ok();
    let before = roster.everything().await;
    let again = send("k", "3", zynchro_body()).await;
    assert_eq!((again.json(), again.header("idempotent-replayed")), (first.json(), Some("true")));
    let reused = send("k", "3", other).await;
    envelope(&reused, 422, "IDEMPOTENCY_KEY_REUSED");
    envelope(&send("k", "2", zynchro_body()).await, 422, "IDEMPOTENCY_KEY_REUSED");
    assert_snapshot!(reused.shown());
    assert_eq!(roster.everything().await, before);
}

#[tokio::test]
async fn z12_a_refusal_is_replayed_too() {
    let roster = Roster::start();
    let send = || {
        Answer::of(roster.update_request("1").header("idempotency-key", "k").body(zynchro_body().to_string()))
    };
    envelope(&send().await, 404, "NOT_FOUND");
    roster.upserted("one", &json!({})).await;
    let again = send().await;
    envelope(&again, 404, "NOT_FOUND");
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn z13_refusals_come_in_their_order() {
    let roster = Roster::settings().set("body_limit", "1000").set("unique_email", "true").start();
    roster.upserted("one", &json!({})).await;
    roster.upserted("two", &json!({"email": "held@example.org"})).await;
    let token = roster.token().to_owned();
    let reader = roster.new_token(&["--scope", "read"]);
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(2000));
    let mut held = zynchro_body();
    held["data"]["user"]["email"] = json!("held@example.org");
    let send = |credential: Option<&str>, content_type: &str, id: &str, body: &str| {
        let path = format!("/zynchro.api.system-config/v1/users/{id}");
        let mut request = roster.request("PATCH", &path).header("content-type", content_type);
        if let Some(credential) = credential {
            request = request.header("authorization", format!("Bearer {credential}"));
        }
        Answer::of(request.body(body.to_owned()))
    };
    assert_eq!(send(None, "text/plain", "x", &large).await.status, 401);
    assert_eq!(send(Some(&reader), "text/plain", "x", &large).await.status, 403);
    let too_large = send(Some(&token), "text/plain", "x", &large).await;
    envelope(&too_large, 413, "PAYLOAD_TOO_LARGE");
    let unsupported = send(Some(&token), "text/plain", "x", "{").await;
    envelope(&unsupported, 415, "UNSUPPORTED_MEDIA_TYPE");
    let bad = send(Some(&token), "application/json", "x", "{}").await;
    assert_eq!((bad.status, bad.field_names().len()), (400, 6), "path and body faults together");
    assert_eq!(send(Some(&token), "application/json", "9", "{}").await.status, 400);
    let missing = send(Some(&token), "application/json", "9", &held.to_string()).await;
    envelope(&missing, 404, "NOT_FOUND");
    let conflict = send(Some(&token), "application/json", "1", &held.to_string()).await;
    envelope(&conflict, 409, "CONFLICT");
    for (name, answer) in [
        ("payload_too_large", too_large),
        ("unsupported_media_type", unsupported),
        ("bad_request", bad),
        ("not_found", missing),
        ("conflict", conflict),
    ] {
        assert_snapshot!(name, answer.shown());
    }
}

#[tokio::test]
async fn a_token_over_its_rate_gets_429() {
    let roster = Roster::settings().set("key_rate_limit", "6").start();
    roster.upserted("one", &json!({})).await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(roster.update(1, &zynchro_body()).await);
    }
    let refused =
        answers.iter().find(|answer| answer.status != 200).expect("twenty at once are over six a minute");
    envelope(refused, 429, "TOO_MANY_REQUESTS");
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds));
    assert_snapshot!(refused.shown());
}

#[tokio::test]
async fn a_full_write_queue_gets_503() {
    use futures_util::StreamExt as _;
    // The server's own chores (the key's last use, the sweep) may take two places for a moment.
    let roster = Roster::settings().set("write_queue", "4").start();
    roster.upserted("one", &json!({})).await;
    roster.update(1, &zynchro_body()).await.ok();
    let held = roster.hold_writers();
    let bodies: Vec<Value> = (0..32)
        .map(|n| {
            let mut body = zynchro_body();
            body["data"]["user"]["name"] = json!(format!("name {n}"));
            body
        })
        .collect();
    let mut updates: futures_util::stream::FuturesUnordered<_> =
        bodies.iter().map(|body| roster.update(1, body)).collect();
    let refused = updates.next().await.unwrap();
    envelope(&refused, 503, "SERVICE_UNAVAILABLE");
    assert!(refused.header("retry-after").is_some());
    drop(held);
    let statuses: Vec<u16> = updates.map(|answer| answer.status).collect().await;
    assert!(
        statuses.contains(&200) && statuses.iter().all(|status| [200, 503].contains(status)),
        "{statuses:?}"
    );
    assert_snapshot!(refused.shown());
}

#[tokio::test]
async fn a_store_that_fails_gets_500_and_nothing_is_told_of_the_inside() {
    let roster = Roster::start();
    roster.upserted("one", &json!({})).await;
    roster.update(1, &zynchro_body()).await.ok();
    // The user's row can't be written any more. (It need not be read: the user is cached.)
    roster.sql("ALTER TABLE users RENAME TO lost");
    let mut body = zynchro_body();
    body["data"]["user"]["telephone"] = json!("0102030405");
    let answer = roster.update(1, &body).await;
    envelope(&answer, 500, "INTERNAL_SERVER_ERROR");
    for inside in ["sql", "users", "table", "lost"] {
        assert!(!answer.text().to_lowercase().contains(inside), "{}", answer.text());
    }
    assert_snapshot!(answer.shown());
}
