//! What the document prints, and what is answered to it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Answer, Roster, fixture, fixture_json};

/// A server with users 1 to 3, the third of whom signed in when the document says.
pub async fn with_three_users() -> Roster {
    let roster = Roster::start();
    for id in ["one", "two", "three"] {
        roster.upserted(id, &json!({"lastConnexion": "2024-06-22T17:04:06Z"})).await;
    }
    roster
}

fn keys(json: &Value) -> Vec<&str> {
    json.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_documented_request_gets_the_documented_answer() {
    let roster = with_three_users().await;
    let answer =
        Answer::of(roster.update_request("3").body(fixture("zynchro/fixtures/update.request.json"))).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.ok();
    let mut expected = fixture_json("zynchro/fixtures/update.response.json");
    for part in ["", "/header", "/data", "/data/user"] {
        let (body, expected) = (body.pointer(part).unwrap(), expected.pointer(part).unwrap());
        assert_eq!(keys(body), keys(expected), "the document's order in {part}");
    }
    // The example answers false to a request of true; what is now stored is answered.
    expected["data"]["user"]["isControlTower"] = json!(true);
    assert_eq!(body, expected);
    assert_snapshot!(answer.shown());

    assert_eq!(
        roster.numbered(3).await["grants"],
        json!([
            {"client_id": 33, "profile_id": "1"},
            {"client_id": 38, "profile_id": "1"},
        ])
    );
}

#[tokio::test]
async fn the_documented_faults_get_the_documented_answer() {
    let roster = with_three_users().await;
    let body = json!({"header": {"transactionId": "123455566677788"}, "data": {"user": {}}});
    let answer = roster.update(3, &body).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json(), fixture_json("zynchro/fixtures/update.errors.json"));
    assert_snapshot!(answer.shown());
}

#[tokio::test]
async fn another_method_gets_405_and_another_path_404() {
    let roster = Roster::start();
    let path = "/zynchro.api.system-config/v1/users/3";
    let token = format!("Bearer {}", roster.token());
    for method in ["GET", "PUT", "POST", "DELETE", "OPTIONS"] {
        let answer = Answer::of(roster.with(&token, method, path)).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("PATCH")), "{method}");
    }
    assert_snapshot!(Answer::of(roster.with(&token, "PUT", path)).await.shown());
    for path in ["/zynchro.api.system-config/v1/users", "/zynchro.api.system-config/v2/users/3"] {
        let answer = Answer::of(roster.with(&token, "PATCH", path)).await;
        assert_eq!((answer.status, answer.json()), (404, json!({"message": "Not Found"})), "{path}");
    }
}
