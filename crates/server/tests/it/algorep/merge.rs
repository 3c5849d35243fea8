//! A7 and A9 to A12: what a post does to the user.

use serde_json::{Value, json};

use crate::harness::{Roster, algorep_body, now};

/// The user's version, as the REST API has it.
async fn version(roster: &Roster, answer: &Value) -> u64 {
    roster.user(answer["id"].as_str().unwrap()).await["version"].as_u64().unwrap()
}

fn time(value: &Value) -> jiff::Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a7_null_erases_and_absent_keeps() {
    let roster = Roster::start();
    let whole = roster.upserted("a7", &algorep_body()).await;
    for field in algorep_body().as_object().unwrap().keys() {
        let before = roster.upserted("a7", &algorep_body()).await;
        assert_eq!(before, whole);
        let mut expected = before.clone();
        let erased = roster.upserted("a7", &json!({field: null})).await;
        if field == "updatedAt" {
            assert_eq!(erased, before, "A11: null is the same as absent");
            continue;
        }
        expected[field] = if field == "createdAt" { erased["createdAt"].clone() } else { Value::Null };
        expected["updatedAt"] = erased["updatedAt"].clone();
        assert_eq!(erased, expected, "{field}");
    }
}

#[tokio::test]
async fn a7_a_value_replaces_one_field_alone() {
    let roster = Roster::start();
    let before = roster.upserted("a7", &algorep_body()).await;
    for (field, value) in [
        ("lastName", json!("Curie")),
        ("isAlgorep", json!(true)),
        ("isMailConfirmed", json!(false)),
        ("lastConnexion", json!("2025-01-01T00:00:00.000Z")),
        ("producerId", json!("50658c1e-356e-4407-b120-d110552292d9")),
        ("avatar", json!("https://a/b")),
    ] {
        let mut expected = roster.upserted("a7", &algorep_body()).await;
        assert_eq!(expected, before);
        let after = roster.upserted("a7", &json!({field: value})).await;
        expected[field] = value;
        expected["updatedAt"] = after["updatedAt"].clone();
        assert_eq!(after, expected);
    }
}

#[tokio::test]
async fn a7_an_empty_string_erases_what_it_can_not_be_a_value_of() {
    let roster = Roster::start();
    let emptied = ["email", "lastConnexion", "createdAt", "producerId", "sellerId", "originId", "avatar"];
    let valued = [
        "language",
        "mobilePhone",
        "producerBubbleId",
        "sellerBubbleId",
        "originBubbleId",
        "lastName",
        "firstName",
        "status",
        "role",
    ];
    for field in emptied {
        roster.upserted("a7", &algorep_body()).await;
        let null = roster.upserted("a7", &json!({field: null})).await;
        roster.upserted("a7", &algorep_body()).await;
        let empty = roster.upserted("a7", &json!({field: ""})).await;
        assert_eq!(empty[field], null[field], "{field}");
    }
    roster.upserted("a7", &algorep_body()).await;
    let kept = roster.upserted("a7", &json!({"updatedAt": ""})).await;
    assert_eq!(kept["updatedAt"], algorep_body()["updatedAt"], "as null, which is as absent");
    for field in valued {
        assert_eq!(roster.upserted("a7", &json!({field: ""})).await[field], "", "{field}");
    }
}

#[tokio::test]
async fn a7_an_empty_string_is_refused_where_the_operator_says_so() {
    let roster = Roster::settings().set("empty_string", "refuse").start();
    let fields =
        ["email", "lastConnexion", "createdAt", "updatedAt", "producerId", "sellerId", "originId", "avatar"];
    for field in fields {
        let answer = roster.upsert("a7", &json!({field: ""})).await;
        assert_eq!((answer.status, answer.fields()), (400, vec![field.to_owned()]));
    }
    assert_eq!(roster.upserted("a7", &json!({"lastName": "", "email": null})).await["lastName"], "");
}

#[tokio::test]
async fn a10_simultaneous_posts_for_one_new_id_make_one_user() {
    let roster = Roster::start();
    let bodies: Vec<Value> = (0..64).map(|n| json!({"status": format!("{n}")})).collect();
    let answers =
        futures_util::future::join_all(bodies.iter().map(|body| roster.upserted("a10", body))).await;
    assert!(answers.iter().all(|answer| answer["id"] == answers[0]["id"]));
    let users = roster.users().await;
    assert_eq!(users.len(), 1);
    assert_eq!(
        (&users[0]["number"], &users[0]["version"]),
        (&json!(1), &json!(64)),
        "each of them changed the status"
    );
}

#[tokio::test]
async fn a10_writers_of_different_fields_all_win() {
    let roster = Roster::start();
    let body = algorep_body();
    let fields: Vec<(&String, &Value)> = body.as_object().unwrap().iter().collect();
    for round in 0..4 {
        let id = format!("a10-{round}");
        if round % 2 == 1 {
            roster.upserted(&id, &json!({})).await;
        }
        let posts = fields.iter().map(|(field, value)| {
            let body = json!({field.as_str(): value});
            let (roster, id) = (&roster, &id);
            async move { roster.upserted(id, &body).await }
        });
        futures_util::future::join_all(posts).await;
        let after = roster.upserted(&id, &json!({})).await;
        for (field, value) in &fields {
            // A later change of another field moves `updatedAt` again (A11).
            assert!(*field == "updatedAt" || after[field.as_str()] == **value, "{field} in round {round}");
        }
    }
}

#[tokio::test]
async fn a11_the_server_fills_the_times_of_a_new_user() {
    let roster = Roster::start();
    for (id, body) in [("absent", json!({})), ("null", json!({"createdAt": null, "updatedAt": null}))] {
        let start = jiff::Timestamp::from_millisecond(now().as_millisecond()).unwrap();
        let user = roster.upserted(id, &body).await;
        let end = now();
        for field in ["createdAt", "updatedAt"] {
            assert!((start..=end).contains(&time(&user[field])), "{field} of {id}");
        }
    }
    let sent = json!({"createdAt": "2001-02-03T04:05:06.007Z", "updatedAt": "1999-01-01T00:00:00.000Z"});
    let user = roster.upserted("sent", &sent).await;
    assert_eq!((&user["createdAt"], &user["updatedAt"]), (&sent["createdAt"], &sent["updatedAt"]));
}

#[tokio::test]
async fn a11_updated_at_moves_with_any_other_change_unless_it_is_sent() {
    let roster = Roster::start();
    let old = json!("2001-01-01T00:00:00.000Z");
    let first = roster.upserted("a11", &json!({"createdAt": old, "updatedAt": old, "status": "1"})).await;
    assert_eq!(first["updatedAt"], old);
    let start = jiff::Timestamp::from_millisecond(now().as_millisecond()).unwrap();
    let moved = roster.upserted("a11", &json!({"status": "2"})).await;
    assert!(time(&moved["updatedAt"]) >= start);
    assert_eq!(moved["createdAt"], old, "absent leaves createdAt");

    let set = roster.upserted("a11", &json!({"status": "3", "updatedAt": old})).await;
    assert_eq!((&set["status"], &set["updatedAt"]), (&json!("3"), &old));
    let null = roster.upserted("a11", &json!({"status": "4", "updatedAt": null})).await;
    assert!(time(&null["updatedAt"]) >= start);
}

#[tokio::test]
async fn a11_created_at_null_restores_the_servers_own_time_of_creation() {
    let roster = Roster::start();
    let start = jiff::Timestamp::from_millisecond(now().as_millisecond()).unwrap();
    roster.upserted("a11", &json!({"createdAt": "2001-01-01T00:00:00Z"})).await;
    let end = now();
    let restored = roster.upserted("a11", &json!({"createdAt": null})).await;
    assert!((start..=end).contains(&time(&restored["createdAt"])));
    let own = roster.upserted("other", &json!({})).await;
    roster.upserted("other", &json!({"createdAt": "2001-01-01T00:00:00Z"})).await;
    assert_eq!(roster.upserted("other", &json!({"createdAt": null})).await["createdAt"], own["createdAt"]);
}

#[tokio::test]
async fn a12_a_post_that_changes_nothing_is_a_no_op() {
    let roster = Roster::start();
    let first = roster.upserted("a12", &algorep_body()).await;
    let before = roster.everything().await;
    for body in [
        algorep_body(),
        json!({}),
        json!({"updatedAt": null}),
        json!({"lastName": "Macron"}),
        // Spelt otherwise, the same.
        json!({"lastConnexion": "2024-01-19T13:45:04.1479+01:00", "producerId": "50658C1E-356E-4407-B120-D110552292D8"}),
    ] {
        assert_eq!(roster.upserted("a12", &body).await, first, "{body}");
    }
    assert_eq!(roster.everything().await, before, "no new version, no journal entry");
    assert_eq!(version(&roster, &first).await, 1);

    // `updatedAt` alone is a change like any other, where it is another value.
    let moved = roster.upserted("a12", &json!({"updatedAt": "2025-01-01T00:00:00Z"})).await;
    assert_eq!(moved["updatedAt"], "2025-01-01T00:00:00.000Z");
    assert_eq!(version(&roster, &first).await, 2);
}

#[tokio::test]
async fn a12_a_no_op_of_the_server_filled_times_leaves_them() {
    let roster = Roster::start();
    let first = roster.upserted("a12", &json!({"status": "x"})).await;
    assert_eq!(roster.upserted("a12", &json!({"status": "x"})).await, first);
    assert_eq!(roster.upserted("a12", &json!({"status": "x", "createdAt": null})).await, first);
}
