//! The table of fields: type, limits, and what is required.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::answers::with_three_users;
use crate::harness::{Answer, Roster, zynchro_body};

/// Updates user 3 with one thing changed.
async fn changed(roster: &Roster, pointer: &str, value: &Value) -> Answer {
    let mut body = zynchro_body();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[key] = value.clone();
    roster.update(3, &body).await
}

/// Expects that one field is the only fault, and what is said of it.
async fn refused(roster: &Roster, pointer: &str, value: &Value, field: &str, said: Option<&str>) {
    let answer = changed(roster, pointer, value).await;
    assert_eq!((answer.status, answer.field_names()), (400, vec![field.to_owned()]), "{pointer}: {value}");
    if let Some(said) = said {
        assert_eq!(answer.json()["errors"][0]["fieldDesc"], said, "{pointer}: {value}");
    }
}

const STRING: &str = "Field is required, and must be of type String ";
const ARRAY: &str = "Field is required, and must be of type Array ";
const BOOLEAN: &str = "Field is required, and must be of type Boolean ";
const INTEGER: &str = "Field is required, and must be of type Integer ";
const OBJECT: &str = "Field is required, and must be of type Object ";

#[tokio::test]
async fn z7_a_wrong_type_is_told_as_documented() {
    let roster = with_three_users().await;
    for field in ["name", "password", "telephone", "email"] {
        for value in [Value::Null, json!(1), json!(true), json!([]), json!({})] {
            refused(&roster, &format!("/data/user/{field}"), &value, field, Some(STRING)).await;
        }
    }
    for value in [json!(1), json!(true), json!([]), json!({})] {
        refused(&roster, "/data/user/lastLogin", &value, "lastLogin", Some(STRING)).await;
    }
    for value in [json!(1), json!("true"), json!([]), json!({}), json!("")] {
        refused(&roster, "/data/user/isControlTower", &value, "isControlTower", Some(BOOLEAN)).await;
    }
    for value in [Value::Null, json!(1), json!(true), json!("[]"), json!({})] {
        refused(&roster, "/data/clientsProfile", &value, "clientsProfile", Some(ARRAY)).await;
    }
    for value in [Value::Null, json!(1), json!("33"), json!([])] {
        refused(&roster, "/data/clientsProfile", &json!([value]), "clientsProfile[0]", Some(OBJECT)).await;
    }
    for value in [Value::Null, json!("33"), json!(33.0), json!(1e2), json!(true), json!([])] {
        let entry = json!([{"clientId": 1, "profileId": "1"}, {"clientId": value, "profileId": "1"}]);
        refused(&roster, "/data/clientsProfile", &entry, "clientsProfile[1].clientId", Some(INTEGER)).await;
    }
    for value in [Value::Null, json!(true), json!([]), json!({})] {
        let entry = json!([{"clientId": 1, "profileId": value}]);
        refused(&roster, "/data/clientsProfile", &entry, "clientsProfile[0].profileId", Some(STRING)).await;
    }
}

#[tokio::test]
async fn z7_every_fault_comes_at_once_in_the_order_of_the_table() {
    let roster = with_three_users().await;
    let body = json!({
        "data": {
            "clientsProfile": [{}, 1, {"clientId": 0, "profileId": ""}],
            "user": {"isControlTower": 1, "lastLogin": 1, "email": 1, "telephone": 1, "password": 1, "name": 1},
        },
    });
    let answer = roster.update(3, &body).await;
    assert_eq!(
        answer.field_names(),
        [
            "name",
            "password",
            "telephone",
            "email",
            "lastLogin",
            "isControlTower",
            "clientsProfile[0].clientId",
            "clientsProfile[0].profileId",
            "clientsProfile[1]",
            "clientsProfile[2].clientId",
            "clientsProfile[2].profileId",
        ]
    );
    assert_snapshot!(answer.shown());
}

#[tokio::test]
async fn z7_a_hundred_faults_are_listed() {
    let roster = with_three_users().await;
    let mut body = zynchro_body();
    body["data"]["clientsProfile"] = json!(vec![json!({"clientId": "x"}); 200]);
    assert_eq!(roster.update(3, &body).await.field_names().len(), 100);
}

#[tokio::test]
async fn z7_values_have_limits() {
    let roster = with_three_users().await;
    let text = |character: &str, count: usize| json!(character.repeat(count));
    for (field, least, most) in [("name", 0, 255), ("telephone", 0, 64), ("password", 8, 256)] {
        let pointer = format!("/data/user/{field}");
        assert_eq!(changed(&roster, &pointer, &text("𝄞", most)).await.status, 200, "{field}");
        assert_eq!(changed(&roster, &pointer, &text("𝄞", least)).await.status, 200, "{field}");
        refused(&roster, &pointer, &text("𝄞", most + 1), field, None).await;
        if least > 0 {
            refused(&roster, &pointer, &text("𝄞", least - 1), field, None).await;
        }
    }
    for field in ["name", "telephone", "email"] {
        for control in ["a\0b", "a\u{85}b", "a\n@b"] {
            refused(&roster, &format!("/data/user/{field}"), &json!(control), field, None).await;
        }
    }
    for email in ["", "a", "a@b@c", "a b@c", "@"] {
        refused(&roster, "/data/user/email", &json!(email), "email", None).await;
    }
    for id in ["0", "-1", "9223372036854775808", "123456789012345678901234567890"] {
        let text = zynchro_body().to_string().replace(":33", &format!(":{id}"));
        let answer = Answer::of(roster.update_request("3").body(text)).await;
        assert_eq!(
            (answer.status, answer.field_names()),
            (400, vec!["clientsProfile[0].clientId".to_owned()]),
            "{id}"
        );
    }
    for profile in [json!(""), json!("p".repeat(256))] {
        let entry = json!([{"clientId": 1, "profileId": profile}]);
        refused(&roster, "/data/clientsProfile", &entry, "clientsProfile[0].profileId", None).await;
    }
    assert_snapshot!(changed(&roster, "/data/user/password", &json!("short")).await.shown());
}

#[tokio::test]
async fn z7_the_last_login_has_two_forms() {
    let roster = with_three_users().await;
    for (sent, answered) in [
        ("06-22-2024 05:04:06 PM", "06-22-2024 05:04:06 PM"),
        ("06-22-2024 12:00:00 AM", "06-22-2024 12:00:00 AM"),
        ("06-22-2024 12:00:00 PM", "06-22-2024 12:00:00 PM"),
        ("2024-06-22T18:04:07.999+01:00", "06-22-2024 05:04:07 PM"),
        ("2024-06-22T00:00:00Z", "06-22-2024 12:00:00 AM"),
    ] {
        let answer = changed(&roster, "/data/user/lastLogin", &json!(sent)).await;
        assert_eq!(answer.ok()["data"]["user"]["lastLogin"], answered, "{sent}");
    }
    for sent in [
        "",
        "06-22-2024",
        "06-22-2024 17:04:06",
        "06-22-2024 17:04:06 PM",
        "06-22-2024 00:04:06 AM",
        "22-06-2024 05:04:06 PM",
        "06-31-2024 05:04:06 PM",
        "06-22-2024 05:04:60 PM",
        "2024-06-22T05:04:06",
        "tomorrow",
        "1719075846",
    ] {
        refused(&roster, "/data/user/lastLogin", &json!(sent), "lastLogin", None).await;
    }
}

#[tokio::test]
async fn z7_a_key_given_twice_and_what_is_no_json_are_faults() {
    let roster = with_three_users().await;
    let before = roster.everything().await;
    let text = zynchro_body().to_string().replacen("\"name\":", "\"name\":\"x\",\"name\":", 1);
    let twice = Answer::of(roster.update_request("3").body(text)).await;
    assert_eq!(twice.status, 400);
    assert_snapshot!("twice", twice.shown());
    for text in ["", "{", "[]", "null", "\"x\"", "{\"data\":{\"user\":{\"name\":\"\\ud800\"}}}", "{} x"] {
        let answer = Answer::of(roster.update_request("3").body(text)).await;
        assert_eq!((answer.status, answer.field_names()), (400, vec!["body".to_owned()]), "{text}");
    }
    assert_snapshot!("no_json", Answer::of(roster.update_request("3").body("{\"data\": ")).await.shown());
    assert_eq!(roster.everything().await, before);
}
