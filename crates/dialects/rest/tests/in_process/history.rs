//! What happened to a user: who, what, from what to what.

use roster_directory::Scope;
use serde_json::{Value, json};

use crate::support::{Server, path};

#[tokio::test]
async fn d2_each_entry_says_who_changed_what_and_when() {
    let server = Server::start().await;
    let user = server.create("1", json!({ "given_name": "Ada" })).await;
    server.clock.advance_seconds(60);
    let other = format!("Bearer {}", server.new_key("okta", &[Scope::UsersWrite]).await);
    let headers = [("authorization", &*other), ("content-type", "application/json")];
    let body = json!({
        "given_name": null, "phone": "1", "active": false, "producer_id": "00000000-0000-0000-0000-000000000010",
        "last_login": "2024-02-01T00:00:00.5Z", "links": { "okta": "00u" }, "grants": [{ "client_id": 4, "profile_id": "33" }],
    });
    assert_eq!(server.send("PATCH", &path(&user), &headers, &body.to_string()).await.status, 200);
    server.clock.advance_seconds(60);
    server.delete(&path(&user)).await;

    let page = server.get(&format!("{}/history", path(&user))).await.ok();
    let entries = page["entries"].as_array().unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|entry| (&entry["version"], &entry["kind"], &entry["recorded_at"], &entry["dialect"]))
        .collect();
    let rest = &json!("rest");
    assert_eq!(
        told,
        [
            (&json!(1), &json!("created"), &json!("2024-03-01T10:00:00.123000Z"), rest),
            (&json!(2), &json!("updated"), &json!("2024-03-01T10:01:00.123000Z"), rest),
            (&json!(3), &json!("deleted"), &json!("2024-03-01T10:02:00.123000Z"), rest),
        ]
    );
    // roster_<id>_<secret>: a key is known by its id.
    let id_of = |key: &str| json!({ "client": key.split('_').nth(1).unwrap(), "user": null });
    assert_eq!(entries[0]["actor"], id_of(&server.key));
    assert_eq!(entries[1]["actor"], id_of(&other));
    assert_eq!(
        by_field(&entries[1]),
        json!([
            { "field": "active", "before": true, "after": false },
            { "field": "given_name", "before": "Ada", "after": null },
            { "field": "grants", "before": null, "after": { "client_id": 4, "profile_id": "33" } },
            { "field": "last_login", "before": null, "after": "2024-02-01T00:00:00.500Z" },
            { "field": "links", "before": null, "after": { "source": "okta", "external_id": "00u" } },
            { "field": "phone", "before": null, "after": "1" },
            { "field": "producer_id", "before": null, "after": "00000000-0000-0000-0000-000000000010" },
            { "field": "updated_at", "before": "2024-03-01T10:00:00.123Z", "after": "2024-03-01T10:01:00.123Z" },
        ])
    );
    assert_eq!(
        by_field(&entries[2]),
        json!([{ "field": "deleted_at", "before": null, "after": "2024-03-01T10:02:00.123000Z" }])
    );
    let ids: std::collections::BTreeSet<&str> =
        entries.iter().map(|entry| entry["change_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(page["next"], Value::Null);
}

fn by_field(entry: &Value) -> Value {
    let mut changes = entry["changes"].as_array().unwrap().clone();
    changes.sort_by_key(|change| change["field"].as_str().unwrap().to_owned());
    Value::Array(changes)
}

#[tokio::test]
async fn d4_positions_grow_in_one_epoch_and_stream() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    server.create("2", json!({})).await;
    server.patch(&user, json!({ "phone": "1" })).await.ok();
    let page = server.get(&format!("{user}/history")).await.ok();
    let (first, second) = (&page["entries"][0]["position"], &page["entries"][1]["position"]);
    assert_eq!((&first["epoch"], &first["stream"]), (&second["epoch"], &second["stream"]));
    assert_eq!(first["stream"], 0);
    assert!(first["n"].as_i64().unwrap() < second["n"].as_i64().unwrap());
}

#[tokio::test]
async fn d2_of_a_password_it_says_that_it_changed_and_nothing_else() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    server.patch(&user, json!({ "password": "33556567" })).await.ok();
    server.patch(&user, json!({ "password": null })).await.ok();
    let page = server.get(&format!("{user}/history")).await.ok();
    for entry in [&page["entries"][1], &page["entries"][2]] {
        assert_eq!(by_field(entry)[0], json!({ "field": "password", "changed": true }));
    }
}

#[tokio::test]
async fn pages_go_by_version() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    for n in 2..=5 {
        server.patch(&user, json!({ "phone": n.to_string() })).await.ok();
    }
    let versions = |page: &Value| -> Vec<u64> {
        page["entries"].as_array().unwrap().iter().map(|entry| entry["version"].as_u64().unwrap()).collect()
    };
    let answer = server.get(&format!("{user}/history?limit=2")).await;
    assert_eq!((versions(&answer.ok()), &answer.ok()["next"]), (vec![1, 2], &json!(2)));
    assert_eq!(answer.header("link"), Some(&*format!("<{user}/history?limit=2&after=2>; rel=\"next\"")));
    let answer = server.get(&format!("{user}/history?limit=2&after=2")).await;
    assert_eq!((versions(&answer.ok()), &answer.ok()["next"]), (vec![3, 4], &json!(4)));
    let answer = server.get(&format!("{user}/history?limit=2&after=4")).await;
    assert_eq!((versions(&answer.ok()), &answer.ok()["next"]), (vec![5], &Value::Null));
    assert_eq!(answer.header("link"), None);
    assert_eq!(
        server.get(&format!("{user}/history?after=9223372036854775807")).await.ok(),
        json!({ "entries": [], "next": null })
    );
}

#[tokio::test]
async fn faults_and_nobody() {
    let server = Server::start().await;
    let nobody = "/api/v1/users/01920c2e-8f6b-7c3a-9d51-2a4f6b8c0e1d/history";
    server.get(nobody).await.assert_problem(404, "not-found", &[]);
    server.get("/api/v1/users/x/history?after=-1&limit=0&before=3").await.assert_problem(
        400,
        "bad-request",
        &[
            "id must be a UUID in the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "before is not a known parameter",
            "limit must be a whole number from 1 to 200",
            "after must be a whole number from 0 to 9223372036854775807",
        ],
    );
}
