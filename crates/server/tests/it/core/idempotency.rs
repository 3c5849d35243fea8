//! D8: a request that is sent again is answered again.

use serde_json::json;

use crate::harness::{Answer, Roster};

async fn send(roster: &Roster, credential: &str, id: &str, body: &str) -> Answer {
    let request =
        roster.with(credential, "POST", &format!("/users/{id}")).header("content-type", "application/json");
    Answer::of(request.header("idempotency-key", "d8").body(body.to_owned())).await
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

#[tokio::test]
async fn d8_credentials_are_checked_before_the_key() {
    let roster = Roster::start();
    let key = roster.new_key(&["--scopes", "users:write"]);
    assert_eq!(send(&roster, &key, "d8", "{}").await.status, 200);
    assert!(is_replayed(&send(&roster, &key, "d8", "{}").await));
    roster.cli(&["key", "revoke", key.split('_').nth(1).unwrap()]).ok();
    roster.until_revoked(&key).await;
    assert_eq!(send(&roster, &key, "d8", "{}").await.status, 401);
    assert_eq!(send(&roster, roster.reader(), "d8", "{}").await.status, 403);
}

#[tokio::test]
async fn d8_a_key_belongs_to_its_api_client() {
    let roster = Roster::start();
    let (one, two) =
        (roster.new_key(&["--scopes", "users:write"]), roster.new_key(&["--scopes", "users:write"]));
    assert!(!is_replayed(&send(&roster, &one, "d8", r#"{"status":"1"}"#).await));
    let other = send(&roster, &two, "d8", r#"{"status":"2"}"#).await;
    assert_eq!((other.status, is_replayed(&other)), (200, false));
}

#[tokio::test]
async fn d8_a_fault_of_form_is_not_kept() {
    let roster = Roster::start();
    let key = roster.key().to_owned();
    assert_eq!(send(&roster, &key, "d8", r#"{"status":1}"#).await.status, 400);
    let mended = send(&roster, &key, "d8", r#"{"status":"1"}"#).await;
    assert_eq!((mended.status, is_replayed(&mended)), (200, false));
}

#[tokio::test]
async fn d8_a_refusal_that_was_decided_is_kept() {
    let roster = Roster::settings().set("unique_email", "true").start();
    roster.upserted("holder", &json!({"email": "a@b"})).await;
    let key = roster.key().to_owned();
    let body = r#"{"email":"a@b"}"#;
    let refused = send(&roster, &key, "d8", body).await;
    assert_eq!((refused.status, is_replayed(&refused)), (400, false));
    roster.upserted("holder", &json!({"email": null})).await;
    let again = send(&roster, &key, "d8", body).await;
    assert_eq!((again.status, is_replayed(&again), &again.body), (400, true, &refused.body));
}

#[tokio::test]
async fn d8_a_key_is_remembered_across_a_restart_and_holds_no_answer() {
    let mut roster = Roster::start();
    let key = roster.key().to_owned();
    let first = send(&roster, &key, "d8", r#"{"email":"sealed@example.org"}"#).await;
    assert_eq!(roster.sql("SELECT count(*) FROM idempotency"), ["1"]);
    // Of the user's own row the address can be told; so it is taken away, and the record alone could still have it.
    roster.upserted("d8", &json!({"email": null})).await;
    let stored = roster.stored_bytes();
    let holds = |text: &[u8]| stored.windows(text.len()).any(|window| window == text);
    assert!(!holds(b"sealed@") && holds(b"d8"), "the control: what is not sealed is found");
    roster.kill_and_restart();
    let again = send(&roster, &key, "d8", r#"{"email":"sealed@example.org"}"#).await;
    assert_eq!((is_replayed(&again), again.body), (true, first.body));
}
