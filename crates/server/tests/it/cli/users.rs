//! `roster user`, `grant`, `organisation`, `client`, `profile`: what the REST API can, on the data directory.

use serde_json::json;

use crate::harness::{Answer, Roster};

#[tokio::test]
async fn a_user_is_shown_as_the_rest_api_shows_it() {
    let roster = Roster::start();
    let user = roster.upserted("one", &json!({"email": "ann@example.org", "lastName": "Ann"})).await;
    let id = user["id"].as_str().unwrap();
    let expected = roster.user(id).await;
    for name in [id, "1", "ann@example.org", "link:bubble:one"] {
        assert_eq!(roster.cli(&["user", "show", name, "--json"]).ok().json(), expected, "{name}");
    }
    let shown = roster.cli(&["user", "show", "1"]).ok();
    assert!(shown.stdout.contains("ann@example.org") && shown.stdout.contains("family_name"));
    let none = roster.cli(&["user", "show", "2"]).failed();
    assert!(none.stdout.is_empty());
}

#[tokio::test]
async fn users_are_listed_by_their_filters() {
    let roster = Roster::start();
    for n in 1..=3 {
        roster.upserted(&format!("u{n}"), &json!({"email": format!("u{n}@example.org")})).await;
    }
    let listed = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["user", "list", "--json"].iter().chain(arguments).copied().collect();
        let json = roster.cli(&arguments).ok().json();
        let mut numbers: Vec<i64> =
            json.as_array().unwrap().iter().map(|user| user["number"].as_i64().unwrap()).collect();
        numbers.sort_unstable();
        numbers
    };
    assert_eq!(listed(&[]), [1, 2, 3]);
    assert_eq!(listed(&["--limit", "2"]).len(), 2);
    assert_eq!(listed(&["--email", "U2@EXAMPLE.org"]), [2]);
    assert_eq!(listed(&["--user-name", "u3@example.org"]), [3]);
    assert_eq!(listed(&["--updated-since", "2001-01-01T00:00:00Z"]), [1, 2, 3]);
    assert_eq!(listed(&["--updated-since", "9999-01-01T00:00:00Z"]), [0_i64; 0]);
    let table = roster.cli(&["user", "list"]).ok();
    assert!(table.stdout.contains("u1@example.org") && table.stdout.contains("number"));
}

#[tokio::test]
async fn a_history_is_the_one_of_the_rest_api_and_says_what_the_command_line_did() {
    let roster = Roster::start();
    let user = roster.upserted("one", &json!({})).await;
    let id = user["id"].as_str().unwrap();
    roster.cli(&["grant", "add", "1", "33", "reader"]).ok();
    let grants = roster.cli(&["grant", "list", "1", "--json"]).ok().json();
    assert_eq!(grants, json!([{"client_id": 33, "profile_id": "reader"}]));
    roster.cli(&["grant", "remove", "1", "33", "reader"]).ok();
    roster.cli(&["user", "delete", "1"]).ok();
    let told = roster.cli(&["user", "history", id, "--json"]).ok().json();
    assert_eq!(told.as_array(), Some(&roster.history(id).await));
    let dialects: Vec<_> =
        told.as_array().unwrap().iter().map(|entry| entry["dialect"].as_str().unwrap()).collect();
    assert_eq!(dialects, ["algorep", "cli", "cli", "cli"]);
    assert_eq!(told[3]["actor"]["client"], "cli");
    let table = roster.cli(&["user", "history", id]).ok();
    assert!(table.stdout.contains("deleted") && table.stdout.contains("client 33"));
    roster.cli(&["user", "delete", "1"]).failed();
}

#[tokio::test]
async fn a_control_character_in_a_name_does_not_reach_the_terminal() {
    let roster = Roster::start();
    // No dialect takes one; a link may hold what looks like one to a terminal: the right-to-left override.
    roster.upserted("one", &json!({"lastName": "a\u{202e}b", "email": "a@b"})).await;
    let table = roster.cli(&["user", "list"]).ok();
    assert!(!table.stdout.chars().any(|c| c.is_control() && c != '\n'), "{table:?}");
}

#[tokio::test]
async fn the_registers_can_be_kept_from_the_command_line() {
    let roster = Roster::settings().set("references", "known").start();
    let id = "50658c1e-356e-4407-b120-d110552292d8";
    roster.cli(&["organisation", "set", "producer", id, "p1", "Green Paper Ltd"]).ok();
    roster.cli(&["client", "set", "33", "Warehouse"]).ok();
    roster.cli(&["profile", "set", "1", "Reader"]).ok();
    assert_eq!(roster.upsert("one", &json!({"producerBubbleId": "p1", "producerId": id})).await.status, 200);
    assert_eq!(roster.update(1, &crate::harness::zynchro_body()).await.status, 200);
    for (list, expected) in [
        (
            &["organisation", "list", "producer"][..],
            json!({"kind": "producer", "id": id, "external_id": "p1", "name": "Green Paper Ltd"}),
        ),
        (&["client", "list"], json!({"id": 33, "name": "Warehouse"})),
        (&["profile", "list"], json!({"id": "1", "name": "Reader"})),
    ] {
        let arguments: Vec<&str> = list.iter().copied().chain(["--json"]).collect();
        assert_eq!(roster.cli(&arguments).ok().json(), json!([expected]));
        let shown = roster.cli(list).ok();
        assert!(shown.stdout.contains(expected["name"].as_str().unwrap()));
    }
    for remove in [
        &["organisation", "remove", "producer", id][..],
        &["client", "remove", "33"],
        &["profile", "remove", "1"],
    ] {
        roster.cli(remove).ok();
        roster.cli(remove).failed();
    }
    assert_eq!(roster.upsert("two", &json!({"producerBubbleId": "p1"})).await.status, 400);
    let clients = roster.with(roster.admin(), "GET", "/api/v1/clients");
    assert_eq!(Answer::of(clients).await.ok()["clients"], json!([]));
}
