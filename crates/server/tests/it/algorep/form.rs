//! A3 to A6 and A8: what a request must look like.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Answer, Roster, algorep_body, raw};

async fn post(roster: &Roster, path: &str) -> Answer {
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: roster\r\nAuthorization: {}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\
         Connection: close\r\n\r\n{{}}",
        roster.key()
    );
    let text = raw::exchange(roster.address(), request.as_bytes());
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{path}: {text}"));
    let status = raw::statuses(head)[0];
    Answer { status, headers: reqwest::header::HeaderMap::new(), body: body.as_bytes().to_vec() }
}

#[tokio::test]
async fn a3_the_path_names_the_user_after_percent_decoding() {
    let roster = Roster::start();
    let longest = "é".repeat(255);
    let encoded_longest = "%C3%A9".repeat(255);
    for (path, external_id) in [
        ("a%2Fb", "a/b"),
        ("a%252Fb", "a%2Fb"),
        ("a+b", "a+b"),
        ("a%20b", "a b"),
        ("%C3%A9", "é"),
        ("a;b=1", "a;b=1"),
        ("%27%20OR%201=1%20--", "' OR 1=1 --"),
        ("..", ".."),
        (".", "."),
        ("%2e%2e", ".."),
        ("ABC", "ABC"),
        ("abc", "abc"),
        ("%F0%9F%91%A9%E2%80%8D%F0%9F%91%A9", "👩\u{200d}👩"),
        ("e%CC%81", "e\u{301}"),
        (encoded_longest.as_str(), longest.as_str()),
    ] {
        let answer = post(&roster, &format!("/users/{path}")).await;
        assert_eq!((answer.status, &answer.json()["bubbleId"]), (200, &json!(external_id)), "{path}");
    }
    // Character for character: nothing above but `..` named one user twice.
    assert_eq!(roster.users().await.len(), 14);
}

#[tokio::test]
async fn a3_a_bad_bubble_id_is_algorep_005() {
    let roster = Roster::start();
    let too_long = "x".repeat(256);
    let too_long_encoded = "%C3%A9".repeat(256);
    for path in [
        "",
        "a%",
        "a%4",
        "a%zz",
        "%%41",
        "%ff%fe",
        "%C0%AF",
        "%ED%A0%80",
        "a%00b",
        "%0A",
        "%7F",
        "%C2%85",
        &too_long,
        &too_long_encoded,
    ] {
        let answer = post(&roster, &format!("/users/{path}")).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("ALGOREP_005")), "{path}");
    }
    assert_snapshot!(post(&roster, "/users/a%zz").await.shown());
    assert!(roster.users().await.is_empty());
}

#[tokio::test]
async fn a3_a_key_names_users_in_its_own_source() {
    let roster = Roster::start();
    let crm = roster.new_key(&["--scopes", "users:write", "--source", "crm"]);
    let mine = roster.upserted("same", &json!({"lastName": "Mine"})).await;
    let request = roster.with(&crm, "POST", "/users/same").header("content-type", "application/json");
    let theirs = Answer::of(request.body(r#"{"lastName":"Theirs"}"#)).await.ok();
    assert_ne!(mine["id"], theirs["id"]);
    assert_eq!(roster.upserted("same", &json!({})).await, mine);
}

#[tokio::test]
async fn a4_the_body_is_json_in_utf_8() {
    let roster = Roster::start();
    for content_type in
        ["application/json", "application/json; charset=utf-8", "Application/JSON;Charset=\"UTF-8\""]
    {
        let request = roster.with(roster.key(), "POST", "/users/a4").header("content-type", content_type);
        assert_eq!(Answer::of(request.body("{}")).await.status, 200, "{content_type}");
    }
    let none = roster.with(roster.key(), "POST", "/users/a4").body("{}");
    assert_snapshot!("content_type", Answer::of(none).await.shown());
    for content_type in
        ["text/plain", "application/json; charset=iso-8859-1", "multipart/form-data", "application/xml"]
    {
        let request = roster.with(roster.key(), "POST", "/users/a4").header("content-type", content_type);
        let answer = Answer::of(request.body("{}")).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("ALGOREP_005")), "{content_type}");
    }
}

#[tokio::test]
async fn a4_a_body_over_the_limit_is_413_and_the_answer_arrives() {
    let roster = Roster::settings().set("body_limit", "2000").start();
    let body = |bytes: usize| {
        let empty = json!({"status": "x", "language": ""}).to_string().len();
        format!("{{\"status\":\"x\",\"language\":\"\"{}}}", " ".repeat(bytes - empty))
    };
    let post = |text: String| Answer::of(roster.upsert_request("a4").body(text));
    assert_eq!(post(body(2000)).await.status, 200);
    let before = roster.everything().await;
    assert_snapshot!(post(body(2001)).await.shown());
    // Far more than any buffer on the way holds: without draining, the answer would be lost with the connection.
    assert_eq!(post(body(8_000_000)).await.status, 413);
    assert_eq!(roster.everything().await, before);
}

#[tokio::test]
async fn a4_the_limit_is_one_mebibyte_unless_configured() {
    let roster = Roster::start();
    let body = |bytes: usize| format!("{{{}}}", " ".repeat(bytes - 2));
    let post = |text: String| Answer::of(roster.upsert_request("a4").body(text));
    assert_eq!(post(body(1 << 20)).await.status, 200);
    assert_eq!(post(body((1 << 20) + 1)).await.status, 413);
}

#[tokio::test]
async fn a4_a_key_given_twice_is_a_fault_of_its_own() {
    let roster = Roster::start();
    for text in [
        r#"{"email":"a@x.example","email":"b@x.example"}"#,
        r#"{"email":"a@x.example","email":"a@x.example"}"#,
        r#"{"email":"a@x.example","\u0065mail":null}"#,
    ] {
        let answer = Answer::of(roster.upsert_request("a4").body(text)).await;
        assert_eq!((answer.status, answer.fields()), (400, vec!["email".to_owned()]), "{text}");
    }
    let text = r#"{"email":1,"email":2,"status":"x","status":"y","language":3}"#;
    assert_snapshot!(Answer::of(roster.upsert_request("a4").body(text)).await.shown());
}

#[tokio::test]
async fn a4_what_is_no_json_object_is_one_fault() {
    let roster = Roster::start();
    for text in
        ["", "null", "[]", "[{}]", "\"x\"", "1", "{} {}", "{,}", "{'a':1}", "{\"a\":NaN}", "{/**/}", "a=1"]
    {
        let answer = Answer::of(roster.upsert_request("a4").body(text)).await;
        assert_eq!((answer.status, answer.fields()), (400, vec!["null".to_owned()]), "{text}");
    }
    assert_snapshot!(Answer::of(roster.upsert_request("a4").body("{\n  \"status\": x}")).await.shown());
    assert!(roster.users().await.is_empty());
}

#[tokio::test]
async fn a4_nesting_is_bounded() {
    let roster = Roster::start();
    for depth in [33, 1_000, 100_000] {
        let text = format!("{{\"status\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let answer = Answer::of(roster.upsert_request("a4").body(text)).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("ALGOREP_005")), "{depth}");
    }
}

#[tokio::test]
async fn a5_an_id_in_the_payload_is_refused_in_any_form() {
    let roster = Roster::start();
    let known = roster.upserted("a5", &json!({})).await;
    for id in [known["id"].clone(), Value::Null, json!(""), json!(1), json!({}), json!([])] {
        let answer = roster.upsert("a5", &json!({"id": id, "status": "changed"})).await;
        assert_eq!((answer.status, answer.fields()), (400, vec!["id".to_owned()]), "{id}");
    }
    assert_snapshot!(roster.upsert("a5", &json!({"id": null})).await.shown());
    assert_eq!(roster.upserted("a5", &json!({})).await, known);
}

#[tokio::test]
async fn a6_an_unknown_key_is_refused_by_name() {
    let roster = Roster::start();
    let long = "k".repeat(1_000);
    let body = json!({"emial": "a@b", "status": "x", long: 1, "Email": null});
    let answer = roster.upsert("a6", &body).await;
    assert_eq!(answer.fields(), ["emial".to_owned(), "k".repeat(64), "Email".to_owned()]);
    assert_snapshot!(answer.shown());
    assert!(roster.users().await.is_empty());
}

#[tokio::test]
async fn a6_unknown_keys_are_ignored_where_the_operator_says_so() {
    let roster = Roster::settings().set("unknown_fields", "ignore").start();
    let body = roster.upserted("a6", &json!({"emial": "a@b", "status": "x"})).await;
    assert_eq!((&body["status"], body.get("emial")), (&json!("x"), None));
    let answer = roster.upsert("a6", &json!({"emial": 1, "id": null})).await;
    assert_eq!(answer.fields(), ["id"], "id is known, and refused");
}

#[tokio::test]
async fn a8_a_bubble_id_in_the_body_must_be_the_paths() {
    let roster = Roster::start();
    let mut body = algorep_body();
    for (bubble_id, status) in [
        (json!("a8"), 200),
        (json!("A8"), 400),
        (json!("a8 "), 400),
        (json!(""), 400),
        (json!(null), 400),
        (json!(8), 400),
        (json!(["a8"]), 400),
    ] {
        body["bubbleId"] = bubble_id.clone();
        let answer = roster.upsert("a8", &body).await;
        assert_eq!(answer.status, status, "{bubble_id}");
        if status == 400 {
            assert_eq!(answer.fields(), ["bubbleId"], "{bubble_id}");
        }
    }
    assert_snapshot!(roster.upsert("a8", &json!({"bubbleId": "another"})).await.shown());
    let answer = Answer::of(roster.upsert_request("a%2Fb").body(r#"{"bubbleId":"a/b"}"#)).await;
    assert_eq!(answer.status, 200, "compared after decoding");
}
