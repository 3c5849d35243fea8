//! `roster migrate-store`: nothing is lost on the way to PostgreSQL, nor on the way back.

use std::path::Path;

use roster_directory::transfer::{Row, TABLES};
use roster_store_sqlite::Export;
use roster_testkit::TestDatabase;
use serde_json::{Value, json};

use crate::harness::{Answer, Roster, algorep_body, roster, zynchro_body};
use crate::scim::{Client, GROUP, USER, resource};

/// Every row of every table that is copied, but for what is a server's own business while it starts and stops.
fn everything(data: &Path) -> Vec<(&'static str, Vec<Row>)> {
    let export = Export::open(&data.join("roster.db")).unwrap();
    TABLES.iter().map(|table| (table.name, export.page(table, None, 100_000).unwrap())).collect()
}

/// A directory with something in each table.
async fn directory() -> Roster {
    let mut server = Roster::settings().set("unique_email", "true").start();
    for n in 0..40 {
        let id = format!("u{n}");
        server.upserted(&id, &algorep_body_of(n)).await;
        server.upserted(&id, &json!({"status": n.to_string(), "email": format!("{id}@example.org")})).await;
    }
    server.update(3, &zynchro_body()).await.ok();
    server.cli(&["user", "delete", "5"]).ok();
    server.upserted("u4", &json!({"lastName": "Again"})).await;
    let id = server.upserted("u6", &json!({})).await["id"].as_str().unwrap().to_owned();
    for links in [json!({"crm": "7"}), json!({"crm": null})] {
        let patch = server.with(server.admin(), "PATCH", &format!("/api/v1/users/{id}"));
        let patch = patch.header("content-type", "application/merge-patch+json");
        Answer::of(patch.body(json!({"links": links}).to_string())).await.ok();
    }
    server.cli(&["grant", "add", "8", "33", "18"]).ok();
    server.cli(&["client", "set", "33", "Client"]).ok();
    server.cli(&["profile", "set", "18", "Profile"]).ok();
    let organisation = "019a0000-0000-7000-8000-000000000001";
    server.cli(&["organisation", "set", "producer", organisation, "p1", "Producer"]).ok();
    let revoked = server.new_key(&["--scopes", "admin"]);
    server.cli(&["key", "revoke", revoked.split('_').nth(1).unwrap()]).ok();
    let request = server.upsert_request("keyed").header("idempotency-key", "k");
    Answer::of(request.body(json!({"lastName": "Keyed"}).to_string())).await.ok();
    with_scim(&server).await;
    server.stop();
    server
}

/// Elements, one of them taken away; a link that two users have; and a group that has a member and had another.
async fn with_scim(server: &Roster) {
    let client = Client::of(server, "okta");
    let mut ids = Vec::new();
    for name in ["ann", "bea"] {
        let emails =
            ["work", "home"].map(|kind| json!({"value": format!("{name}-{kind}@example.org"), "type": kind}));
        let user = json!({"schemas": [USER], "userName": name, "externalId": "shared", "title": "Chief", "emails": emails});
        ids.push(resource(&client.send("POST", "/Users", &user).await, 201)["id"].clone());
    }
    let path = format!("/Users/{}", ids[0].as_str().unwrap());
    let gone = json!([{"op": "remove", "path": "emails[type eq \"home\"]"}]);
    resource(&client.patch(&path, &gone).await, 200);
    let members = json!([{"value": ids[0], "display": "Annie"}, {"value": ids[1]}]);
    let group = json!({"schemas": [GROUP], "displayName": "Readers", "externalId": "g1", "members": members});
    let group = resource(&client.send("POST", "/Groups", &group).await, 201)["id"].clone();
    let path = format!("/Users/{}", ids[1].as_str().unwrap());
    assert_eq!(client.delete(&path).await.status, 204);
    let path = format!("/Groups/{}", group.as_str().unwrap());
    assert_eq!(client.read(&path).await["members"].as_array().unwrap().len(), 1);
}

fn algorep_body_of(n: i32) -> Value {
    let mut body = algorep_body();
    body["email"] = json!(format!("first-{n}@example.org"));
    body
}

/// Users and histories without the places of the entries.
async fn told(server: &Roster) -> Value {
    let mut everything = server.everything().await;
    let histories = everything["histories"].as_array_mut().unwrap();
    for entry in histories.iter_mut().flat_map(|history| history.as_array_mut().unwrap()) {
        entry["position"] = Value::Null;
    }
    everything
}

/// Within what the places of entries hold.
async fn epoch(server: &Roster) -> Value {
    server.everything().await["histories"][0][0]["position"]["epoch"].clone()
}

#[tokio::test]
async fn sqlite_a_directory_moves_to_postgresql_and_back_without_a_difference() {
    let mut server = directory().await;
    let data = server.data().to_owned();
    let before = everything(&data);
    for (table, rows) in &before {
        assert!(!rows.is_empty() || *table == "revoked_tokens" || *table == "api_key_authorities", "{table}");
    }
    let (database, elsewhere) = (TestDatabase::new(), tempfile::tempdir().unwrap());
    let (from, url) = (data.to_str().unwrap(), database.url());
    let there = roster(&data, &["migrate-store", "--from", from, "--to", &url, "--json"]).ok().json();
    let rows: usize = before.iter().map(|(_, rows)| rows.len()).sum();
    assert_eq!(there, json!({"rows": rows, "findings": 0}));
    let again = roster(&data, &["migrate-store", "--from", from, "--to", &url]).failed();
    assert!(again.stderr.contains("not empty"), "{again:?}");

    let to = elsewhere.path().join("back");
    let back = ["migrate-store", "--from", &url, "--to", to.to_str().unwrap(), "--json"];
    assert!(roster(&data, &back).failed().stderr.contains("master key"));
    std::fs::copy(data.join("master.key"), to.join("master.key")).unwrap();
    assert_eq!(roster(&data, &back).ok().json(), there);
    assert_eq!(everything(&to), before);
    let keys = |data: &Path| std::fs::read_to_string(data.join("jwt.keys")).unwrap();
    assert_eq!(keys(&to), keys(&data));
    roster(&to, &["check"]).ok();

    // A server over the database goes on where the other one stopped.
    server.restart();
    let (users, before) = (told(&server).await, epoch(&server).await);
    server.stop();
    let settings = Roster::settings().set("database_url", &url).set("unique_email", "true");
    let moved = settings.on(data.clone()).start();
    assert_eq!(told(&moved).await, users);
    assert_ne!(epoch(&moved).await, before, "an old cursor is of another epoch");
    moved.upserted("new", &json!({})).await;
    let taken = moved.upsert("newer", &json!({"email": "U1@example.org"})).await;
    assert_eq!(taken.status, 400, "claims are there too");
    moved.cli(&["check"]).ok();
}
