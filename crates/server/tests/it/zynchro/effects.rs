//! Z8 to Z11: what an update does to the user.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::answers::with_three_users;
use crate::harness::{Answer, Roster, zynchro_body};

async fn third(roster: &Roster) -> Value {
    roster.numbered(3).await
}

#[tokio::test]
async fn z8_an_absent_or_null_optional_field_is_left_as_it_is() {
    let roster = with_three_users().await;
    let mut body = zynchro_body();
    body["data"]["user"]["isControlTower"] = json!(true);
    body["data"]["user"]["lastLogin"] = json!("2024-06-22T17:04:06Z");
    let set = roster.update(3, &body).await.ok();
    for value in [None, Some(Value::Null)] {
        let mut body = zynchro_body();
        if let Some(value) = value {
            body["data"]["user"]["isControlTower"] = value.clone();
            body["data"]["user"]["lastLogin"] = value;
        }
        assert_eq!(roster.update(3, &body).await.ok(), set);
    }
}

#[tokio::test]
async fn z8_the_named_fields_are_replaced_and_no_others() {
    let roster = with_three_users().await;
    roster.upserted("three", &json!({"lastName": "Kept", "status": "kept", "mobilePhone": "0"})).await;
    roster.update(3, &zynchro_body()).await.ok();
    let kept = roster.upserted("three", &json!({})).await;
    assert_eq!((&kept["lastName"], &kept["status"]), (&json!("Kept"), &json!("kept")));
    assert_eq!(
        (&kept["mobilePhone"], &kept["email"]),
        (&json!("23232323232"), &json!("user_test_modif@test.com"))
    );
    let mut body = zynchro_body();
    body["data"]["user"]["name"] = json!("");
    body["data"]["user"]["telephone"] = json!("");
    let emptied = roster.update(3, &body).await.ok();
    assert_eq!(
        (&emptied["data"]["user"]["name"], &emptied["data"]["user"]["telephone"]),
        (&json!(""), &json!(""))
    );
}

#[tokio::test]
async fn z9_the_clients_profile_replaces_the_whole_list() {
    let roster = with_three_users().await;
    for (sent, kept) in [
        (
            json!([{"clientId": 33, "profileId": 1}, {"clientId": 38, "profileId": "1"}]),
            json!([{"client_id": 33, "profile_id": "1"}, {"client_id": 38, "profile_id": "1"}]),
        ),
        (
            json!([{"clientId": 38, "profileId": "b"}, {"clientId": 38, "profileId": "a"}, {"clientId": 38, "profileId": "a"}]),
            json!([{"client_id": 38, "profile_id": "a"}, {"client_id": 38, "profile_id": "b"}]),
        ),
        (json!([]), json!([])),
        (
            json!([{"clientId": 9223372036854775807_i64, "profileId": " "}]),
            json!([{"client_id": 9223372036854775807_i64, "profile_id": " "}]),
        ),
    ] {
        let mut body = zynchro_body();
        body["data"]["clientsProfile"] = sent;
        roster.update(3, &body).await.ok();
        assert_eq!(third(&roster).await["grants"], kept);
    }
}

#[tokio::test]
async fn z9_the_order_of_the_list_is_no_change() {
    let roster = with_three_users().await;
    let mut body = zynchro_body();
    body["data"]["clientsProfile"] =
        json!([{"clientId": 1, "profileId": "a"}, {"clientId": 2, "profileId": "b"}]);
    roster.update(3, &body).await.ok();
    let before = third(&roster).await;
    body["data"]["clientsProfile"] =
        json!([{"clientId": 2, "profileId": "b"}, {"clientId": 1, "profileId": "a"}]);
    roster.update(3, &body).await.ok();
    assert_eq!(third(&roster).await, before);
}

#[tokio::test]
async fn z9_a_thousand_entries_at_the_most_and_one_fault_over_it() {
    let roster = with_three_users().await;
    let list =
        |count: i64| json!((1..=count).map(|n| json!({"clientId": n, "profileId": 1})).collect::<Vec<_>>());
    let mut body = zynchro_body();
    body["data"]["clientsProfile"] = list(1_000);
    assert_eq!(roster.update(3, &body).await.status, 200);
    body["data"]["clientsProfile"] = list(1_001);
    let answer = roster.update(3, &body).await;
    assert_eq!((answer.status, answer.field_names()), (400, vec!["clientsProfile".to_owned()]));
    assert_snapshot!(answer.shown());
    assert_eq!(third(&roster).await["grants"].as_array().unwrap().len(), 1_000);
}

#[tokio::test]
async fn z9_an_unknown_client_or_profile_is_a_fault_where_references_must_be_known() {
    let roster = Roster::settings().set("references", "known").start();
    roster.upserted("one", &json!({})).await;
    for (path, name) in [("clients/33", "Client 33"), ("profiles/1", "Reader")] {
        let request = roster.with(roster.admin(), "PUT", &format!("/api/v1/{path}"));
        let answer = Answer::of(request.json(&json!({"name": name}))).await;
        assert!((200..300).contains(&answer.status), "{}", answer.shown());
    }
    assert_eq!(roster.update(1, &zynchro_body()).await.status, 200);
    let before = roster.everything().await;
    let mut body = zynchro_body();
    body["data"]["clientsProfile"] = json!([
        {"clientId": 33, "profileId": 1},
        {"clientId": 34, "profileId": 1},
        {"clientId": 33, "profileId": "2"},
    ]);
    let answer = roster.update(1, &body).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.field_names(), ["clientsProfile[1].clientId", "clientsProfile[2].profileId"]);
    assert_snapshot!(answer.shown());
    assert_eq!(roster.everything().await, before);
}

#[tokio::test]
async fn z10_the_password_is_an_argon2id_hash_and_nothing_else() {
    let roster = with_three_users().await;
    let mut body = zynchro_body();
    body["data"]["user"]["password"] = json!("correct horse battery");
    roster.update(3, &body).await.ok();
    let hash = stored_hash(&roster, 3);
    assert!(hash.starts_with("$argon2id$v=19$m="), "{hash}");
    let parameters = hash.split('$').nth(3).unwrap();
    let number = |name: &str| -> u32 {
        let value = parameters.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        value.unwrap().parse().unwrap()
    };
    assert!(number("m") >= 19 * 1024 && number("t") >= 2 && number("p") >= 1, "{parameters}");

    // The same password verifies, and is no change; another one is hashed with another salt.
    let before = third(&roster).await;
    roster.update(3, &body).await.ok();
    assert_eq!((third(&roster).await, stored_hash(&roster, 3)), (before, hash.clone()));
    body["data"]["user"]["password"] = json!("correct horse battery ");
    roster.update(3, &body).await.ok();
    assert_ne!(stored_hash(&roster, 3), hash);

    // It is in nothing that the server writes or shows.
    let everything = roster.everything().await.to_string();
    for secret in ["correct horse", "argon2", &hash[hash.len() - 20..]] {
        assert!(!everything.contains(secret), "{secret}");
        assert!(!roster.log().text().contains(secret), "{secret}");
    }
    assert!(!contains_bytes(&roster, b"correct horse"), "in no file");
}

#[tokio::test]
async fn z10_simultaneous_passwords_leave_one_that_was_sent_last() {
    let roster = with_three_users().await;
    let bodies: Vec<Value> = (0..6)
        .map(|n| {
            let mut body = zynchro_body();
            body["data"]["user"]["password"] = json!(format!("password-{n}"));
            body
        })
        .collect();
    let answers = futures_util::future::join_all(bodies.iter().map(|body| roster.update(3, body))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let version = third(&roster).await["version"].clone();
    let mut unchanged = 0;
    let mut last = version;
    for body in &bodies {
        roster.update(3, body).await.ok();
        let now = third(&roster).await["version"].clone();
        unchanged += usize::from(now == last);
        last = now;
    }
    assert!(unchanged <= 1, "one password is stored, not several");
}

#[tokio::test]
async fn z11_an_update_that_changes_nothing_is_a_no_op() {
    let roster = with_three_users().await;
    let mut body = zynchro_body();
    body["data"]["user"]["lastLogin"] = json!("2024-06-22T17:04:06.500Z");
    let first = roster.update(3, &body).await.ok();
    let before = roster.everything().await;
    for last_login in ["06-22-2024 05:04:06 PM", "2024-06-22T17:04:06.999Z", "2024-06-22T17:04:06Z"] {
        body["data"]["user"]["lastLogin"] = json!(last_login);
        body["header"]["transactionId"] = json!(last_login);
        let again = roster.update(3, &body).await.ok();
        assert_eq!((&again["data"], &again["header"]["transactionId"]), (&first["data"], &json!(last_login)));
    }
    assert_eq!(roster.everything().await, before, "no new version, no journal entry");
}

#[tokio::test]
async fn z11_simultaneous_updates_of_one_user_are_each_whole() {
    let roster = with_three_users().await;
    let bodies: Vec<Value> = (0..16)
        .map(|n| {
            let mut body = zynchro_body();
            body["data"]["user"]["name"] = json!(format!("name {n}"));
            body["data"]["user"]["telephone"] = json!(format!("phone {n}"));
            body["data"]["clientsProfile"] = json!([{"clientId": n + 1, "profileId": n.to_string()}]);
            body
        })
        .collect();
    futures_util::future::join_all(bodies.iter().map(|body| async { roster.update(3, body).await.ok() }))
        .await;
    let user = third(&roster).await;
    let n: i64 = user["display_name"].as_str().unwrap().strip_prefix("name ").unwrap().parse().unwrap();
    assert_eq!(user["phone"], format!("phone {n}"));
    assert_eq!(user["grants"], json!([{"client_id": n + 1, "profile_id": n.to_string()}]));
}

/// The hash as the database holds it.
fn stored_hash(roster: &Roster, number: i64) -> String {
    roster.sql(&format!("SELECT password_hash FROM users WHERE number = {number}")).remove(0)
}

/// Whether a file of the data directory holds these bytes.
fn contains_bytes(roster: &Roster, bytes: &[u8]) -> bool {
    std::fs::read_dir(roster.data()).unwrap().any(|entry| {
        let content = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}
