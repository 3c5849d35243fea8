//! Z5 to Z7: the path, the transaction id, the envelope.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::answers::with_three_users;
use crate::harness::{Answer, Roster, zynchro_body};

#[tokio::test]
async fn z5_the_id_is_a_number_without_leading_zeros() {
    let roster = with_three_users().await;
    for id in [
        "0",
        "-1",
        "+3",
        "03",
        "3.0",
        "3e0",
        "x",
        "%33x",
        "",
        "9223372036854775808",
        "99999999999999999999999",
        "3%20",
        "%D9%A3",
        "0x3",
        "three",
    ] {
        let answer = Answer::of(roster.update_request(id).body(zynchro_body().to_string())).await;
        if id.is_empty() && answer.status == 404 {
            continue;
        }
        assert_eq!((answer.status, answer.field_names()), (400, vec!["id".to_owned()]), "{id}");
    }
    assert_snapshot!(Answer::of(roster.update_request("03").body(zynchro_body().to_string())).await.shown());
    for (id, status) in
        [("3", 200), ("%33", 200), ("4", 404), ("9223372036854775807", 404), ("9007199254740993", 404)]
    {
        let answer = Answer::of(roster.update_request(id).body(zynchro_body().to_string())).await;
        assert_eq!(answer.status, status, "{id}");
    }
}

/// The transaction id that is answered to this body and query.
async fn answered(roster: &Roster, query: &str, body: &str) -> (u16, Value) {
    let answer = Answer::of(roster.update_request(&format!("3{query}")).body(body.to_owned())).await;
    (answer.status, answer.json()["header"]["transactionId"].clone())
}

#[tokio::test]
async fn z6_the_transaction_id_is_echoed() {
    let roster = with_three_users().await;
    let with = |id: Value| {
        let mut body = zynchro_body();
        body["header"] = json!({"transactionId": id});
        body.to_string()
    };
    let none = |header: Value| {
        let mut body = zynchro_body();
        body["header"] = header;
        body.to_string()
    };
    let longest = "é".repeat(255);
    for (query, body, expected) in [
        ("", with(json!("123456")), json!("123456")),
        ("", with(json!("")), json!("")),
        ("", with(json!(longest)), json!(longest)),
        ("", with(json!(123455566677788_i64)), json!("123455566677788")),
        ("", with(Value::Null), Value::Null),
        ("", none(json!({})), Value::Null),
        ("?transaction_id=12233445666", none(json!({})), json!("12233445666")),
        ("?transaction_id=12233445666", with(Value::Null), json!("12233445666")),
        ("?transaction_id=12233445666", with(json!("body")), json!("body")),
        ("?other=1&transaction_id=a%20b%C3%A9", none(json!({})), json!("a bé")),
    ] {
        assert_eq!(answered(&roster, query, &body).await, (200, expected), "{query} {body}");
    }
    // A number keeps its spelling.
    let spelt = zynchro_body().to_string().replace("\"123456\"", "1.50e3");
    assert_eq!(answered(&roster, "", &spelt).await, (200, json!("1.50e3")));
    // The query's is used when the body can't be read.
    assert_eq!(answered(&roster, "?transaction_id=q", "{").await, (400, json!("q")));
    assert_eq!(answered(&roster, "", "{").await, (400, Value::Null));
}

#[tokio::test]
async fn z6_a_bad_transaction_id_is_a_fault_and_answered_null() {
    let roster = with_three_users().await;
    for id in [json!(true), json!([]), json!({}), json!("x".repeat(256))] {
        let mut body = zynchro_body();
        body["header"]["transactionId"] = id.clone();
        let answer = roster.update(3, &body).await;
        assert_eq!((answer.status, answer.field_names()), (400, vec!["transactionId".to_owned()]), "{id}");
        assert_eq!(answer.json()["header"]["transactionId"], Value::Null);
    }
    let mut body = zynchro_body();
    body["header"]["transactionId"] = json!(["x"]);
    assert_snapshot!(roster.update(3, &body).await.shown());
}

#[tokio::test]
async fn z6_a_transaction_id_may_come_again() {
    let roster = with_three_users().await;
    assert_eq!(roster.update(3, &zynchro_body()).await.status, 200);
    let mut body = zynchro_body();
    body["data"]["user"]["name"] = json!("Another");
    assert_eq!(roster.update(3, &body).await.ok()["data"]["user"]["name"], "Another");
}

#[tokio::test]
async fn z7_an_absent_part_is_an_empty_one() {
    let roster = with_three_users().await;
    for body in [json!({}), json!({"header": null}), json!({"data": null}), json!({"data": {"user": null}})] {
        let answer = roster.update(3, &body).await;
        let names = answer.field_names();
        assert_eq!(names, ["name", "password", "telephone", "clientsProfile", "email"], "{body}");
    }
    let mut body = zynchro_body();
    body.as_object_mut().unwrap().remove("header");
    assert_eq!(roster.update(3, &body).await.ok()["header"]["transactionId"], Value::Null);
}

#[tokio::test]
async fn z7_a_part_of_the_wrong_type_is_a_fault() {
    let roster = with_three_users().await;
    for (pointer, name) in [("/header", "header"), ("/data", "data"), ("/data/user", "user")] {
        for value in [json!(1), json!("x"), json!([]), json!(true)] {
            let mut body = zynchro_body();
            *body.pointer_mut(pointer).unwrap() = value.clone();
            let answer = roster.update(3, &body).await;
            assert_eq!(answer.status, 400, "{name}: {value}");
            assert!(
                answer.field_names().contains(&name.to_owned()),
                "{name}: {value}: {:?}",
                answer.field_names()
            );
        }
    }
    let mut body = zynchro_body();
    body["data"]["user"] = json!("x");
    body["header"] = json!([]);
    assert_snapshot!(roster.update(3, &body).await.shown());
}

#[tokio::test]
async fn z7_an_unknown_key_is_ignored_in_the_header_and_a_fault_elsewhere() {
    let roster = with_three_users().await;
    let mut body = zynchro_body();
    body["header"]["more"] = json!(1);
    assert_eq!(roster.update(3, &body).await.status, 200);
    body["data"]["more"] = json!(1);
    body["data"]["user"]["nmae"] = json!("x");
    body["data"]["clientsProfile"][0]["x"] = Value::Null;
    let answer = roster.update(3, &body).await;
    assert_eq!((answer.status, answer.field_names().len()), (400, 3));
    assert_snapshot!(answer.shown());

    let lenient = Roster::settings().set("unknown_fields", "ignore").start();
    lenient.upserted("one", &json!({})).await;
    assert_eq!(lenient.update(1, &body).await.status, 200);
}

#[tokio::test]
async fn z7_the_id_of_the_path_is_accepted_in_the_user() {
    let roster = with_three_users().await;
    for (id, status) in [(json!(3), 200), (json!(4), 400), (json!("3"), 400), (json!(3.0), 400)] {
        let mut body = zynchro_body();
        body["data"]["user"]["id"] = id.clone();
        let answer = roster.update(3, &body).await;
        assert_eq!(answer.status, status, "{id}: {}", answer.shown());
        if status == 400 {
            assert_eq!(answer.field_names(), ["id"], "{id}");
        }
    }
}
