//! D2 to D6: what the journal has of each change.

use serde_json::{Value, json};

use crate::harness::{Answer, Roster, algorep_body, zynchro_body};

#[tokio::test]
async fn d2_each_change_is_one_entry_that_says_who_what_and_through_which_dialect() {
    let roster = Roster::start();
    let key_id = roster.key().split('_').nth(1).unwrap().to_owned();
    let user = roster.upserted("d2", &json!({"lastName": "A", "email": "a@b"})).await;
    let id = user["id"].as_str().unwrap();
    roster.upserted("d2", &json!({"lastName": "B", "email": null})).await;
    roster.update(1, &zynchro_body()).await.ok();
    let patch = roster.with(roster.admin(), "PATCH", &format!("/api/v1/users/{id}"));
    let patch = patch.header("content-type", "application/merge-patch+json").body(r#"{"active":false}"#);
    Answer::of(patch).await.ok();

    let history = roster.history(id).await;
    let told: Vec<Value> = history
        .iter()
        .map(|entry| json!([entry["version"], entry["kind"], entry["dialect"], entry["actor"]["user"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!([1, "created", "algorep", null]),
            json!([2, "updated", "algorep", null]),
            json!([3, "updated", "zynchro", null]),
            json!([4, "updated", "rest", null]),
        ]
    );
    assert_eq!(
        (&history[0]["actor"]["client"], &history[2]["actor"]["client"]),
        (&json!(key_id), &json!("zynchro"))
    );
    assert_eq!(change(&history[1], "family_name"), json!([["A", "B"]]));
    assert_eq!(change(&history[1], "email"), json!([["a@b", null]]));
    assert_eq!(change(&history[2], "grants"), json!([[null, {"client_id": 33, "profile_id": "1"}]]));
    assert_eq!(change(&history[3], "active"), json!([[true, false]]));
    let password =
        history[2]["changes"].as_array().unwrap().iter().find(|change| change["field"] == "password");
    assert_eq!(
        password,
        Some(&json!({"field": "password", "changed": true})),
        "that it changed, and nothing else"
    );
    let ids: std::collections::BTreeSet<&str> =
        history.iter().map(|entry| entry["change_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 4, "each change has an id of its own");
}

/// Before and after of each change of a field.
fn change(entry: &Value, field: &str) -> Value {
    let changes = entry["changes"].as_array().unwrap().iter();
    changes
        .filter(|change| change["field"] == field)
        .map(|change| json!([change["before"], change["after"]]))
        .collect()
}

#[tokio::test]
async fn d3_no_file_holds_values_of_the_journal_in_the_clear() {
    let roster = Roster::start();
    roster.upserted("d3", &json!({"lastName": "Zaphod-Formerly", "email": "formerly@example.org"})).await;
    let user = roster.upserted("d3", &json!({"lastName": "Now", "email": "now@example.org"})).await;
    let history = roster.history(user["id"].as_str().unwrap()).await;
    assert_eq!(
        change(&history[1], "family_name"),
        json!([["Zaphod-Formerly", "Now"]]),
        "it is there for who may read it"
    );

    // The row of the user holds the present values; what they were is in the sealed journal alone.
    let bytes = roster.stored_bytes();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("now@example.org") && holds("Now"), "the control: present values can be found so");
    assert!(!holds("Zaphod-Formerly") && !holds("formerly@example.org"));
}

#[tokio::test]
async fn d4_positions_grow_in_the_order_of_versions() {
    let roster = Roster::start();
    for n in 0..5 {
        for id in ["a", "b"] {
            roster.upserted(id, &json!({"status": n.to_string()})).await;
        }
    }
    let mut all = Vec::new();
    for user in roster.users().await {
        let history = roster.history(user["id"].as_str().unwrap()).await;
        let place = |entry: &Value| {
            let position = &entry["position"];
            (position["stream"].as_i64().unwrap(), position["n"].as_i64().unwrap())
        };
        let positions: Vec<(i64, i64)> = history.iter().map(place).collect();
        assert!(
            positions.windows(2).all(|pair| pair[0].0 == pair[1].0 && pair[0].1 < pair[1].1),
            "{positions:?}"
        );
        assert!(history.iter().all(|entry| entry["position"]["epoch"] == history[0]["position"]["epoch"]));
        all.extend(positions);
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 10, "no two entries have one position");
}

#[tokio::test]
async fn d5_what_was_acknowledged_survives_a_kill() {
    let mut roster = Roster::start();
    let before = roster.upserted("d5", &algorep_body()).await;
    roster.kill_and_restart();
    assert_eq!(roster.upserted("d5", &json!({})).await, before);
}

#[tokio::test]
async fn d6_a_change_that_changes_nothing_writes_nothing() {
    let roster = Roster::start();
    roster.upserted("d6", &algorep_body()).await;
    roster.update(1, &zynchro_body()).await.ok();
    roster.upserted("d6", &algorep_body()).await;
    let body = roster.upserted("d6", &json!({})).await;
    let id = body["id"].as_str().unwrap().to_owned();
    let before = roster.everything().await;
    let rows_before = rows(&roster);
    roster.upserted("d6", &algorep_body()).await;
    for body in [r#"{}"#, r#"{"family_name":"Macron"}"#, r#"{"links":{"nobody":null}}"#] {
        let patch = roster.with(roster.admin(), "PATCH", &format!("/api/v1/users/{id}"));
        Answer::of(patch.header("content-type", "application/merge-patch+json").body(body)).await.ok();
    }
    let grant = roster.with(roster.admin(), "DELETE", &format!("/api/v1/users/{id}/grants/999/9"));
    assert_eq!(Answer::of(grant).await.status, 204);
    assert_eq!(roster.everything().await, before);
    assert_eq!(rows(&roster), rows_before);
}

/// How many rows there are that a change of a user writes.
fn rows(roster: &Roster) -> Vec<i64> {
    let count = |table: &str| roster.sql(&format!("SELECT count(*) FROM {table}")).remove(0).parse().unwrap();
    ["users", "links", "grants", "user_keys", "journal"].map(count).to_vec()
}
