//! A15 to A17: refusals change nothing, in a known order; and what was sent twice is done once.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Answer, Roster};

async fn keyed(roster: &Roster, key: &str, id: &str, body: &str) -> Answer {
    let request = roster.upsert_request(id).header("idempotency-key", key).body(body.to_owned());
    Answer::of(request).await
}

fn replayed(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

#[tokio::test]
async fn a15_a_refused_request_changes_nothing_and_consumes_no_number() {
    let roster = Roster::start();
    roster.upserted("one", &json!({"status": "1"})).await;
    let before = roster.everything().await;
    for id in ["one", "new"] {
        let half = json!({"status": "2", "lastName": "x", "email": "none", "unknown": 1});
        assert_eq!(roster.upsert(id, &half).await.status, 400);
    }
    assert_eq!(roster.everything().await, before);
    let two = roster.upserted("two", &json!({})).await;
    assert_eq!(roster.user(two["id"].as_str().unwrap()).await["number"], 2);
}

#[tokio::test]
async fn a16_a_repeated_request_is_answered_again_and_done_once() {
    let roster = Roster::start();
    let first = keyed(&roster, "k1", "a16", r#"{"status":"1"}"#).await;
    assert_eq!((first.status, replayed(&first)), (200, false));
    roster.upserted("a16", &json!({"status": "2"})).await;
    let before = roster.everything().await;
    let again = keyed(&roster, "k1", "a16", r#"{"status":"1"}"#).await;
    assert!(replayed(&again));
    assert_eq!(again.json(), first.json(), "the answer of then");
    assert_snapshot!("replayed", again.shown());
    assert_eq!(roster.everything().await, before);

    for (id, body) in
        [("a16", r#"{"status":"3"}"#), ("other", r#"{"status":"1"}"#), ("a16", r#"{"status": "1"}"#)]
    {
        let reused = keyed(&roster, "k1", id, body).await;
        assert_eq!((reused.status, &reused.json()["error"]), (422, &json!("ALGOREP_005")), "{id} {body}");
    }
    assert_snapshot!("reused", keyed(&roster, "k1", "a16", "{}").await.shown());
    assert_eq!(roster.everything().await, before);
}

#[tokio::test]
async fn a16_a_bad_key_is_a_fault_of_the_request() {
    let roster = Roster::start();
    for key in ["", "é", &"k".repeat(256)] {
        let answer = keyed(&roster, key, "a16", "{}").await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("ALGOREP_005")), "{key}");
    }
    let longest = "~ ".repeat(127) + "k";
    assert_eq!(keyed(&roster, &longest, "a16", "{}").await.status, 200);
    let twice = roster.upsert_request("a16").header("idempotency-key", "a").header("idempotency-key", "b");
    assert_eq!(Answer::of(twice.body("{}")).await.status, 400);
}

#[tokio::test]
async fn a17_refusals_come_in_their_order() {
    let roster = Roster::settings().set("body_limit", "1000").set("references", "known").start();
    let (reader, key) = (roster.reader().to_owned(), roster.key().to_owned());
    let large = format!("{{\"a\":1,\"status\":\"{}\"}}", "x".repeat(2000));
    let send = |credential: Option<&str>, content_type: &str, body: &str| {
        let mut request = roster.request("POST", "/users/a%zz").header("content-type", content_type);
        if let Some(credential) = credential {
            request = request.header("authorization", credential);
        }
        Answer::of(request.body(body.to_owned()))
    };
    assert_eq!(send(None, "text/plain", &large).await.status, 401);
    assert_eq!(send(Some(&reader), "text/plain", &large).await.status, 403);
    assert_eq!(send(Some(&key), "text/plain", &large).await.status, 413);
    assert_eq!(send(Some(&key), "text/plain", "{").await.status, 400);
}

#[tokio::test]
async fn a17_the_details_name_every_fault_of_form_and_of_reference() {
    let roster = Roster::settings().set("references", "known").set("unique_email", "true").start();
    roster.upserted("holder", &json!({"email": "held@example.org"})).await;
    let references = json!({"producerBubbleId": "p", "originId": "50658c1e-356e-4407-b120-d110552292d8"});
    let answer = roster.upsert("a17", &references).await;
    assert_eq!((&answer.json()["error"], answer.fields().len()), (&json!("ALGOREP_004"), 2));

    let body = json!({
        "producerBubbleId": "p", "email": "held@example.org", "status": 1, "unknown": 1, "lastName": "x".repeat(256),
    });
    let answer = roster.upsert("a17", &body).await;
    let mut fields = answer.fields();
    fields.sort_unstable();
    assert_eq!(fields, ["email", "lastName", "producerBubbleId", "status", "unknown"]);
    assert_eq!(answer.json()["error"], "ALGOREP_005");
    assert_snapshot!(answer.shown());

    let email = json!({"producerBubbleId": "p", "email": "held@example.org"});
    assert_eq!(roster.upsert("a17", &email).await.json()["error"], "ALGOREP_005", "not references alone");
}

#[tokio::test]
async fn a17_faults_of_path_and_body_come_together() {
    let roster = Roster::start();
    let request = roster.upsert_request("%00").header("idempotency-key", "").body(r#"{"status":1}"#);
    let answer = Answer::of(request).await;
    assert_eq!((answer.status, answer.fields().len()), (400, 3), "{}", answer.shown());
    assert_snapshot!(answer.shown());
}

#[tokio::test]
async fn a_hundred_faults_are_listed_and_no_value_is_echoed() {
    let roster = Roster::start();
    let mut body = serde_json::Map::new();
    for n in 0..150 {
        body.insert(format!("unknown-{n}"), json!("seCret-value"));
    }
    for field in ["email", "producerId", "createdAt", "avatar", "isAlgorep"] {
        body.insert(field.to_owned(), json!("seCret-value"));
    }
    let answer = roster.upsert("faults", &Value::Object(body)).await;
    assert_eq!((answer.status, answer.fields().len()), (400, 100));
    assert!(!answer.text().contains("seCret"));
}
