//! The registers: organisations by kind, clients, profiles.

use roster_directory::{References, Rules};
use serde_json::{Value, json};

use crate::support::{Server, Setup, path};

const ID: &str = "01920c2e-8f6b-7c3a-9d51-2a4f6b8c0e1d";

/// A path and a body that fits it, for each register; the name in the list, and what is answered.
fn records() -> Vec<(String, Value, &'static str, Value)> {
    let mut records = vec![
        (
            "/api/v1/clients/4".to_owned(),
            json!({ "name": "Warehouse" }),
            "clients",
            json!({ "id": 4, "name": "Warehouse" }),
        ),
        (
            "/api/v1/profiles/a%2Fb".to_owned(),
            json!({ "name": "" }),
            "profiles",
            json!({ "id": "a/b", "name": "" }),
        ),
    ];
    for kind in ["producer", "seller", "origin"] {
        let body = json!({ "external_id": "e1", "name": "Nord" });
        let answer = json!({ "kind": kind, "id": ID, "external_id": "e1", "name": "Nord" });
        records.push((format!("/api/v1/organisations/{kind}/{ID}"), body, "organisations", answer));
    }
    records
}

fn list_of(path: &str) -> &str {
    path.rsplit_once('/').unwrap().0
}

#[tokio::test]
async fn a_record_is_registered_read_listed_changed_and_removed() {
    let server = Server::start().await;
    for (path, body, name, answer) in records() {
        server.get(&path).await.assert_problem(404, "not-found", &[]);
        server.delete(&path).await.assert_problem(404, "not-found", &[]);
        let created = server.put(&path, body.clone()).await;
        assert_eq!((created.status.as_u16(), created.json()), (201, answer.clone()), "{path}");
        assert_eq!(server.put(&path, body.clone()).await.ok(), answer);
        // What was read can be sent back.
        assert_eq!(server.put(&path, answer.clone()).await.ok(), answer);
        assert_eq!(server.get(&path).await.ok(), answer);
        assert_eq!(server.get(list_of(&path)).await.ok(), json!({ name: [answer], "next": null }));
        let mut changed = body;
        changed["name"] = json!("Sud");
        assert_eq!(server.put(&path, changed).await.ok()["name"], "Sud");
        let removed = server.delete(&path).await;
        assert_eq!((removed.status.as_u16(), removed.text.as_str()), (204, ""));
        server.get(&path).await.assert_problem(404, "not-found", &[]);
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let server = Server::start().await;
    for n in [3, 1, 5, 2, 4] {
        server.put(&format!("/api/v1/clients/{n}"), json!({ "name": "" })).await;
        server.put(&format!("/api/v1/profiles/p{n}"), json!({ "name": "" })).await;
        let organisation = format!("/api/v1/organisations/origin/00000000-0000-0000-0000-00000000000{n}");
        server.put(&organisation, json!({ "name": "", "external_id": n.to_string() })).await;
    }
    for (list, name, key) in [
        ("/api/v1/clients", "clients", "id"),
        ("/api/v1/profiles", "profiles", "id"),
        ("/api/v1/organisations/origin", "organisations", "external_id"),
    ] {
        let mut found = Vec::new();
        let mut next = Some(format!("{list}?limit=2"));
        while let Some(page) = next {
            let answer = server.get(&page).await;
            let body = answer.ok();
            found.extend(body[name].as_array().unwrap().iter().map(|record| record[key].to_string()));
            next = body["next"].as_str().map(|cursor| format!("{list}?limit=2&cursor={cursor}"));
            let link = answer.header("link").map(str::to_owned);
            assert_eq!(link, next.as_ref().map(|next| format!("<{next}>; rel=\"next\"")));
        }
        let digits: String = found.iter().flat_map(|id| id.chars()).filter(char::is_ascii_digit).collect();
        assert_eq!(digits, "12345", "{list}");
    }
    let cursor = server.get("/api/v1/clients?limit=1").await.ok()["next"].as_str().unwrap().to_owned();
    server.get(&format!("/api/v1/profiles?cursor={cursor}&limit=x&q=1")).await.assert_problem(
        400,
        "bad-request",
        &[
            "q is not a known parameter",
            "limit must be a whole number from 1 to 200",
            "cursor is no cursor of this list: leave it out to begin again",
        ],
    );
}

#[tokio::test]
async fn d9_every_fault_of_a_record_is_named() {
    let server = Server::start().await;
    let long = "x".repeat(256);
    for (path, body, faults) in [
        (
            "/api/v1/clients/0",
            json!({}),
            &["id must be a whole number from 1 to 9223372036854775807", "/name is required"] as &[_],
        ),
        (
            "/api/v1/clients/4",
            json!({ "id": 5, "name": long, "x": 1 }),
            &[
                "/id must equal the one of the path",
                "/name must have at most 255 characters",
                "/x is not a known field",
            ],
        ),
        (
            "/api/v1/clients/4",
            json!({ "id": "4", "name": null }),
            &["/id must equal the one of the path", "/name must be a string"],
        ),
        (
            "/api/v1/organisations/buyer/x",
            json!([]),
            &[
                "kind must be producer, seller or origin",
                "id must be a UUID in the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
                "the body must be a JSON object",
            ],
        ),
        (
            "/api/v1/profiles/p",
            json!({ "id": "q", "name": 1 }),
            &["/id must equal the one of the path", "/name must be a string"],
        ),
        (
            "/api/v1/organisations/buyer/x",
            json!({ "kind": "seller", "external_id": "" }),
            &[
                "kind must be producer, seller or origin",
                "id must be a UUID in the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
                "/kind must equal the one of the path",
                "/external_id must not be empty",
                "/name is required",
            ],
        ),
    ] {
        let answer = server.put(path, body).await;
        let faults: Vec<String> = faults.iter().map(|fault| fault.replace("the body", "")).collect();
        let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
        answer.assert_problem(400, "bad-request", &faults);
    }
    server
        .ask("PUT", "/api/v1/clients/4", &[("content-type", "application/merge-patch+json")], "{}")
        .await
        .assert_problem(415, "unsupported-media-type", &[]);
    server.get("/api/v1/organisations/buyer").await.assert_problem(
        400,
        "bad-request",
        &["kind must be producer, seller or origin"],
    );
}

#[tokio::test]
async fn an_external_id_is_one_organisations_alone_within_its_kind() {
    let server = Server::start().await;
    let body = json!({ "external_id": "e1", "name": "Nord" });
    let other = "01920c2e-8f6b-7c3a-9d51-000000000000";
    assert_eq!(server.put(&format!("/api/v1/organisations/producer/{ID}"), body.clone()).await.status, 201);
    assert_eq!(server.put(&format!("/api/v1/organisations/seller/{other}"), body.clone()).await.status, 201);
    server.put(&format!("/api/v1/organisations/producer/{other}"), body).await.assert_problem(
        409,
        "conflict",
        &["/external_id is held by another organisation of the kind"],
    );
}

#[tokio::test]
async fn what_is_registered_can_be_referred_to() {
    let rules = Rules { references: References::Known, unique_email: false };
    let server = Server::with(Setup { rules, ..Setup::default() }).await;
    for (path, body, _, _) in records() {
        assert_eq!(server.put(&path, body).await.status, 201);
    }
    let user = server
        .create("1", json!({ "producer_id": ID, "producer_external_id": "e1", "origin_external_id": "e1" }))
        .await;
    let grant = format!("{}/grants/4/a%2Fb", path(&user));
    assert_eq!(server.ask("PUT", &grant, &[], "").await.status, 201);
}
