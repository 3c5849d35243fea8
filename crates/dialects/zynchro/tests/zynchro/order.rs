//! Which refusal comes first (Z13), and what the answers keep.

use axum::body::Body;
use http::{HeaderValue, Method};
use roster_auth::IssueToken;
use roster_dialect_zynchro::Options;
use roster_directory::{Rules, Scope, Scopes};
use serde_json::{Value, json};

use crate::rig::{Answer, Rig, USER_3, changed, documented};

fn code(answer: &Answer) -> (u16, Option<String>, Value) {
    let header = &answer.json()["header"];
    let code = header["messageCode"].as_str().map(str::to_owned);
    (answer.status.as_u16(), code, header["transactionId"].clone())
}

#[tokio::test]
async fn z13_the_order_of_refusals() {
    let rig = Rig::with(Rules::default(), Options { body_limit: 500, ..Options::default() }).await;
    let nobody = "/zynchro.api.system-config/v1/users/0?transaction_id=42";
    // Everything is wrong with it; what is mended is taken out, one by one.
    let request = || {
        let mut request = rig.request(nobody, &"x".repeat(501));
        request.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
        request.headers_mut().insert("idempotency-key", HeaderValue::from_static(""));
        request
    };
    let mut unauthorized = request();
    unauthorized.headers_mut().remove("authorization");
    assert_eq!(rig.send(unauthorized).await.status, 401);

    let mut forbidden = request();
    let token = rig.issue(&IssueToken { scopes: Scopes::from([Scope::UsersRead]), ..IssueToken::new("u") });
    forbidden.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    assert_eq!(rig.send(forbidden).await.status, 403);

    let too_large = rig.send(request()).await;
    assert_eq!(code(&too_large), (413, Some("PAYLOAD_TOO_LARGE".to_owned()), json!("42")));

    let mut unsupported = request();
    *unsupported.body_mut() = Body::from("x".repeat(500));
    let unsupported = rig.send(unsupported).await;
    assert_eq!(code(&unsupported), (415, Some("UNSUPPORTED_MEDIA_TYPE".to_owned()), json!("42")));

    let mut faulty = request();
    *faulty.body_mut() = Body::from("x");
    faulty.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    let faulty = rig.send(faulty).await;
    assert_eq!(faulty.faulty(), (400, ["body", "id", "Idempotency-Key"].map(str::to_owned).to_vec()));
    assert_eq!(faulty.json()["header"]["transactionId"], "42");

    let missing = rig.patch("/zynchro.api.system-config/v1/users/4", &documented().to_string()).await;
    assert_eq!(code(&missing), (404, Some("NOT_FOUND".to_owned()), json!("123456")));
    assert_eq!(rig.versions().await, [1, 1, 1]);
}

#[tokio::test]
async fn z5_a_number_that_no_user_can_have_is_not_found() {
    let rig = Rig::new().await;
    for number in ["4", "9007199254740992", "9007199254740993", "9223372036854775807"] {
        let path = format!("/zynchro.api.system-config/v1/users/{number}");
        let answer = rig.patch(&path, &documented().to_string()).await;
        assert_eq!(code(&answer).0, 404, "{number}");
        let faulty = changed(|request| request["data"]["user"]["name"] = Value::Null);
        assert_eq!(rig.patch(&path, &faulty).await.faulty(), (400, vec!["name".to_owned()]), "{number}");
    }
}

#[tokio::test]
async fn z6_the_transaction_id_comes_back() {
    let rig = Rig::new().await;
    let with_query = format!("{USER_3}?transaction_id=12233445666");
    for (header, query, answered) in [
        (json!({"transactionId": "REQ000001"}), true, json!("REQ000001")),
        (json!({"transactionId": 7}), true, json!("7")),
        (json!({"transactionId": null}), true, json!("12233445666")),
        (json!({}), true, json!("12233445666")),
        (Value::Null, true, json!("12233445666")),
        (json!({}), false, Value::Null),
    ] {
        let body = changed(|request| request["header"] = header);
        let answer = rig.patch(if query { &with_query } else { USER_3 }, &body).await;
        assert_eq!(code(&answer), (200, Some("ok".to_owned()), answered), "{body}");
    }
    let body = changed(|request| request["header"]["transactionId"] = json!(true));
    let answer = rig.patch(&with_query, &body).await;
    assert_eq!(answer.faulty(), (400, vec!["transactionId".to_owned()]));
    assert_eq!(answer.json()["header"]["transactionId"], Value::Null);
}

#[tokio::test]
async fn z6_it_may_repeat() {
    let rig = Rig::new().await;
    for name in ["one", "two"] {
        let body = changed(|request| request["data"]["user"]["name"] = json!(name));
        assert_eq!(rig.patch(USER_3, &body).await.json()["data"]["user"]["name"], name);
    }
}

#[tokio::test]
async fn another_method_is_answered_in_the_envelope_with_allow() {
    let rig = Rig::new().await;
    for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::HEAD] {
        let mut request = rig.request(&format!("{USER_3}?transaction_id=42"), "");
        *request.method_mut() = method.clone();
        let answer = rig.send(request).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("PATCH"), "{method}");
        if method != Method::HEAD {
            assert_eq!(code(&answer), (405, Some("METHOD_NOT_ALLOWED".to_owned()), json!("42")));
        }
    }
}

#[tokio::test]
async fn the_content_type_is_json() {
    let rig = Rig::new().await;
    for (value, status) in [
        (Some("application/json"), 200),
        (Some("application/json; charset=utf-8"), 200),
        (Some("APPLICATION/JSON;charset=\"UTF-8\""), 200),
        (Some("application/json; charset=iso-8859-1"), 415),
        (Some("application/merge-patch+json"), 415),
        (Some("text/plain"), 415),
        (None, 415),
    ] {
        let mut request = rig.request(USER_3, &documented().to_string());
        request.headers_mut().remove("content-type");
        if let Some(value) = value {
            request.headers_mut().insert("content-type", HeaderValue::from_static(value));
        }
        assert_eq!(rig.send(request).await.status, status, "{value:?}");
    }
}
