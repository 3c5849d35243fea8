//! Many writers at once.

use serde_json::{Value, json};

use crate::harness::{Answer, Roster, zynchro_body};

#[tokio::test]
async fn d7_64_simultaneous_upserts_of_one_new_id_make_one_user() {
    let roster = Roster::start();
    roster.key();
    for round in 1..=4 {
        let id = format!("d7-{round}");
        let body = json!({"email": format!("{id}@example.org")});
        let answers = futures_util::future::join_all((0..64).map(|_| roster.upserted(&id, &body))).await;
        assert!(answers.iter().all(|answer| answer == &answers[0]));
        let users = roster.users().await;
        assert_eq!(users.len(), round);
        assert_eq!((&users[round - 1]["number"], &users[round - 1]["version"]), (&json!(round), &json!(1)));
        assert_eq!(roster.history(answers[0]["id"].as_str().unwrap()).await.len(), 1);
    }
}

#[tokio::test]
async fn d2_writers_of_different_fields_through_all_dialects_all_win() {
    let roster = Roster::start();
    let id = roster.upserted("d2", &json!({})).await["id"].as_str().unwrap().to_owned();
    roster.admin();
    roster.token();
    let upsert = |field: &'static str| {
        let body = json!({field: "won"});
        let roster = &roster;
        async move { drop(roster.upserted("d2", &body).await) }
    };
    let patch = |field: &'static str| {
        let request = roster.with(roster.admin(), "PATCH", &format!("/api/v1/users/{id}"));
        let request = request.header("content-type", "application/merge-patch+json");
        let body = json!({field: "won"}).to_string();
        async move { drop(Answer::of(request.body(body)).await.ok()) }
    };
    let grant = |client: i64| {
        let request = roster.with(roster.admin(), "PUT", &format!("/api/v1/users/{id}/grants/{client}/1"));
        async move { assert_eq!(Answer::of(request).await.status, 201) }
    };
    tokio::join!(
        upsert("lastName"),
        upsert("firstName"),
        upsert("language"),
        patch("status"),
        patch("role"),
        patch("display_name"),
        grant(1),
        grant(2),
        grant(3),
    );
    let user = roster.user(&id).await;
    for field in ["family_name", "given_name", "language", "status", "role", "display_name"] {
        assert_eq!(user[field], "won", "{field}");
    }
    let grants: Vec<&Value> =
        user["grants"].as_array().unwrap().iter().map(|grant| &grant["client_id"]).collect();
    assert_eq!(grants, [1, 2, 3]);
    assert_eq!(user["version"], 10, "each of them is one change");
    assert_eq!(roster.history(&id).await.len(), 10);
}

#[tokio::test]
async fn d7_numbers_are_given_in_order_without_gaps_by_simultaneous_creations() {
    let roster = Roster::start();
    roster.key();
    let ids: Vec<String> = (0..100).map(|n| format!("n{n}")).collect();
    let (good, bad) = (json!({"status": "x"}), json!({"status": 1}));
    let posts =
        ids.iter().enumerate().map(|(n, id)| roster.upsert(id, if n % 3 == 0 { &bad } else { &good }));
    let answers = futures_util::future::join_all(posts).await;
    let created = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(created, 66);
    let mut numbers: Vec<i64> =
        roster.users().await.iter().map(|user| user["number"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=66).collect::<Vec<i64>>());
}

#[tokio::test]
async fn d8_two_simultaneous_requests_with_one_key_apply_once() {
    let roster = Roster::start();
    roster.upserted("one", &json!({})).await;
    roster.token();
    for round in 0..4 {
        let key = format!("key-{round}");
        let upsert = || {
            let body = json!({"status": round.to_string()}).to_string();
            Answer::of(
                roster.upsert_request(&format!("new-{round}")).header("idempotency-key", &key).body(body),
            )
        };
        let answers = futures_util::future::join_all((0..8).map(|_| upsert())).await;
        assert_applied_once(&answers);
        let update = || {
            let mut body = zynchro_body();
            body["data"]["user"]["name"] = json!(format!("name {round}"));
            Answer::of(roster.update_request("1").header("idempotency-key", &key).body(body.to_string()))
        };
        let answers = futures_util::future::join_all((0..4).map(|_| update())).await;
        assert_applied_once(&answers);
    }
    let users = roster.users().await;
    assert_eq!(
        (users.len(), &users[0]["version"]),
        (5, &json!(5)),
        "four new users, and four changes of the first"
    );
    assert!(users[1..].iter().all(|user| user["version"] == 1));
}

fn assert_applied_once(answers: &[Answer]) {
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    let replayed =
        answers.iter().filter(|answer| answer.header("idempotent-replayed") == Some("true")).count();
    assert_eq!(replayed, answers.len() - 1);
}
