//! What the document prints, and what is answered to it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Answer, Roster, fixture, fixture_json};

const DOCUMENTED: &str = "1708861331497x933611102973227500";

fn keys(json: &Value) -> Vec<&str> {
    json.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_documented_request_gets_the_documented_answer() {
    let roster = Roster::start();
    let request = roster.upsert_request(DOCUMENTED).body(fixture("algorep/fixtures/upsert.request.json"));
    let answer = Answer::of(request).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let mut body = answer.ok();
    let mut expected = fixture_json("algorep/fixtures/upsert.response.json");
    assert_eq!(keys(&body), keys(&expected), "the document's order");
    let id = body["id"].take();
    expected["id"].take();
    assert_eq!(body, expected);
    assert_ne!(id, json!("50658c1e-356e-4407-b120-d110552292d8"), "the example's id is an example");
    assert_snapshot!(answer.shown());
}

#[tokio::test]
async fn a9_an_unknown_bubble_id_creates_a_user_with_every_field_answered() {
    let roster = Roster::start();
    let answer = roster.upsert("new", &json!({})).await;
    let body = answer.ok();
    assert_eq!(keys(&body), keys(&fixture_json("algorep/fixtures/upsert.response.json")));
    let id = uuid::Uuid::try_parse(body["id"].as_str().unwrap()).unwrap();
    assert_eq!(id.get_version_num(), 7);
    assert_eq!(body["bubbleId"], "new");
    for (key, value) in body.as_object().unwrap() {
        let is_filled = ["id", "bubbleId", "createdAt", "updatedAt"].contains(&key.as_str());
        assert_eq!(value.is_null(), !is_filled, "{key}");
    }
    assert_snapshot!(answer.shown());

    let again = roster.upserted("new", &json!({"status": "1"})).await;
    assert_eq!(again["id"], body["id"], "the next one updates");
    let other = roster.upserted("newer", &json!({})).await;
    assert_ne!(other["id"], body["id"]);
}

#[tokio::test]
async fn a9_no_caller_chooses_an_id() {
    let roster = Roster::start();
    let first = roster.upserted("first", &json!({"lastName": "First"})).await;
    let id = first["id"].as_str().unwrap().to_owned();
    // An id or a number of another user is an external id like any other.
    for external_id in [id.as_str(), "1", "me", "admin"] {
        let other = roster.upserted(external_id, &json!({"lastName": "Other"})).await;
        assert_ne!(other["id"], first["id"], "{external_id}");
        assert_eq!(other["bubbleId"], external_id);
    }
    assert_eq!(roster.upserted("first", &json!({})).await, first);
}

#[tokio::test]
async fn another_method_gets_405_and_another_path_404() {
    let roster = Roster::start();
    for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
        let answer = Answer::of(roster.with(roster.key(), method, "/users/x")).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
    assert_snapshot!("method", Answer::of(roster.with(roster.key(), "PUT", "/users/x")).await.shown());
    assert_snapshot!("path", Answer::of(roster.with(roster.key(), "POST", "/nobody/x")).await.shown());
    for path in ["/users/a/b", "/Users/a", "/user/a", "//users/a", "/"] {
        let answer = Answer::of(roster.with(roster.key(), "POST", path)).await;
        assert_eq!((answer.status, answer.json()), (404, json!({"message": "Not Found"})), "{path}");
    }
}
