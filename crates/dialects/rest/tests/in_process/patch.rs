//! Changing a user.

use futures_util::future::join_all;
use roster_directory::{References, Rules};
use serde_json::{Value, json};

use crate::support::{Server, Setup, path};

/// A value for every field that can be set.
fn full() -> Value {
    json!({
        "user_name": "ada", "display_name": "Ada L.", "given_name": "Ada", "family_name": "Lovelace",
        "email": "ada@example.com", "email_verified": true, "phone": "1", "language": "fr",
        "avatar": "//example.com/a.png", "status": "3 - ACTIF", "role": "producerAdmin", "active": false,
        "signed_up": true, "staff": false, "control_tower": true, "last_login": "2024-06-22T17:04:06.123Z",
        "producer_id": "00000000-0000-0000-0000-000000000010", "producer_external_id": "p",
        "seller_id": "00000000-0000-0000-0000-000000000020", "seller_external_id": "s",
        "origin_id": "00000000-0000-0000-0000-000000000030", "origin_external_id": "o",
        "links": { "bubble": "1", "okta": "00u" },
        "grants": [{ "client_id": 4, "profile_id": "18" }, { "client_id": 4, "profile_id": "33" }],
        "created_at": "2020-02-29T23:59:59.999Z", "updated_at": "2021-01-01T00:00:00.000Z",
    })
}

#[tokio::test]
async fn d1_each_field_is_set_kept_and_cleared() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    let after = server.patch(&user, full()).await.ok();
    for (name, value) in full().as_object().unwrap() {
        assert_eq!(&after[name], value, "{name} was not set");
    }
    for name in full().as_object().unwrap().keys() {
        let before = server.get(&user).await.ok();
        let cleared = match name.as_str() {
            "active" | "updated_at" => continue,
            "links" => json!({ "okta": null }),
            _ => Value::Null,
        };
        let after = server.patch(&user, json!({ name: cleared })).await.ok();
        let expected = match name.as_str() {
            "links" => json!({ "bubble": "1" }),
            "grants" => json!([]),
            // Derived from the email, and back at the server's own time.
            "user_name" => json!("ada@example.com"),
            "created_at" => json!("2024-03-01T10:00:00.123Z"),
            _ => Value::Null,
        };
        assert_eq!(after[name], expected, "{name} was not cleared");
        for (other, value) in before.as_object().unwrap() {
            let moves = ["version", "updated_at", "recorded_at"].contains(&other.as_str())
                || (name == "email" && other == "user_name");
            assert!(other == name || moves || after[other] == *value, "{other} was not kept by {name}");
        }
    }
}

#[tokio::test]
async fn links_are_patched_source_by_source_and_grants_as_a_whole() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({ "links": { "okta": "00u" } })).await);
    let grant = |client: i64, profile: &str| json!({ "client_id": client, "profile_id": profile });
    let after = server
        .patch(&user, json!({ "links": { "entra": "e1" }, "grants": [grant(2, "b"), grant(1, "a")] }))
        .await
        .ok();
    assert_eq!(after["links"], json!({ "bubble": "1", "entra": "e1", "okta": "00u" }));
    assert_eq!(after["grants"], json!([grant(1, "a"), grant(2, "b")]));
    let after = server.patch(&user, json!({ "grants": [grant(2, "b")] })).await.ok();
    assert_eq!(after["grants"], json!([grant(2, "b")]));
}

#[tokio::test]
async fn d6_a_patch_that_changes_nothing_makes_no_version() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    let before = server.patch(&user, full()).await;
    server.clock.advance_seconds(60);
    for body in [json!({}), full()] {
        let after = server.patch(&user, body).await;
        assert_eq!((after.ok(), after.header("etag")), (before.ok(), before.header("etag")));
    }
    let history = server.get(&format!("{user}/history")).await.ok();
    assert_eq!(history["entries"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn if_match_guards_against_lost_updates() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    let first = server.get(&user).await.header("etag").unwrap().to_owned();
    let answer = server.patch_with(&user, json!({ "phone": "1" }), &[("if-match", &first)]).await;
    assert_eq!(answer.ok()["version"], 2);
    let second = answer.header("etag").unwrap().to_owned();

    let stale = server.patch_with(&user, json!({ "phone": "2" }), &[("if-match", &first)]).await;
    stale.assert_problem(412, "other-version", &[]);
    assert_eq!(stale.json()["detail"], "Nothing was changed. The user has version 2: read it again.");
    // Even what would change nothing is told that it is late.
    server.patch_with(&user, json!({ "phone": "1" }), &[("if-match", &first)]).await.assert_problem(
        412,
        "other-version",
        &[],
    );
    let other = second.replace(['0', '1'], "7");
    for late in [format!("W/{second}"), other, "\"nonsense\"".to_owned()] {
        server.patch_with(&user, json!({ "phone": "2" }), &[("if-match", &late)]).await.assert_problem(
            412,
            "other-version",
            &[],
        );
    }
    for good in ["*".to_owned(), "\"2\"".to_owned(), format!("{first}, {second}")] {
        assert_eq!(
            server.patch_with(&user, json!({ "phone": "1" }), &[("if-match", &good)]).await.status,
            200,
            "{good}"
        );
    }
    let answer = server.patch_with(&user, json!({}), &[("if-none-match", "*")]).await;
    answer.assert_problem(
        400,
        "bad-request",
        &["If-None-Match is not taken here: an existing user is changed with If-Match"],
    );
    assert_eq!(server.get(&user).await.ok()["phone"], "1");
}

#[tokio::test]
async fn of_simultaneous_changes_with_one_if_match_one_is_made() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    let phones: Vec<String> = (0..8).map(|n| n.to_string()).collect();
    let change = async |phone: &String| {
        server.patch_with(&user, json!({ "phone": phone }), &[("if-match", "\"1\"")]).await
    };
    let answers = join_all(phones.iter().map(change)).await;
    let made: Vec<&String> = phones
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.status == 200)
        .map(|(phone, _)| phone)
        .collect();
    assert_eq!(made.len(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 412).count(), 7);
    let after = server.get(&user).await.ok();
    assert_eq!((&after["version"], &after["phone"]), (&json!(2), &json!(made[0])));
}

#[tokio::test]
async fn simultaneous_changes_of_different_fields_all_stick() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    let names = ["given_name", "family_name", "display_name", "phone", "status", "role", "language"];
    join_all(names.iter().map(|name| server.patch(&user, json!({ *name: "x" })))).await;
    let after = server.get(&user).await.ok();
    assert!(names.iter().all(|name| after[name] == "x"), "{after}");
    assert_eq!(after["version"], 8);
}

#[tokio::test]
async fn what_is_shown_and_not_set_is_read_only() {
    let server = Server::start().await;
    let user = server.create("1", json!({})).await;
    for (name, value) in user.as_object().unwrap() {
        if full().get(name).is_none() {
            let answer = server.patch(&path(&user), json!({ name: value })).await;
            answer.assert_problem(400, "bad-request", &[&format!("/{name} is read-only")]);
        }
    }
    let rest: serde_json::Map<String, Value> = user
        .as_object()
        .unwrap()
        .clone()
        .into_iter()
        .filter(|(name, value)| full().get(name).is_some() && !value.is_null())
        .collect();
    // All else can be sent back as it was read.
    assert_eq!(server.patch(&path(&user), Value::Object(rest)).await.ok()["version"], 2);
}

#[tokio::test]
async fn d9_a_refused_patch_names_every_fault_and_changes_nothing() {
    let rules = Rules { references: References::Known, unique_email: true };
    let server = Server::with(Setup { rules, ..Setup::default() }).await;
    server
        .create(
            "1",
            json!({ "email": "taken@example.com", "user_name": "taken", "links": { "okta": "taken" } }),
        )
        .await;
    let user = path(&server.create("2", json!({ "given_name": "Ada" })).await);
    let before = server.get(&user).await.ok();
    let refused = json!({
        "email": "Taken@example.com", "user_name": "TAKEN", "links": { "okta": "taken" }, "family_name": "lost",
        "producer_external_id": "p", "grants": [{ "client_id": 1, "profile_id": "a" }],
    });
    let decided = [
        "/user_name is held by another user",
        "/email is held by another user",
        "/links/okta is held by another user",
        "/producer_external_id names no registered organisation of its kind",
        "/grants/0/client_id names no registered client",
        "/grants/0/profile_id names no registered profile",
    ];
    server.patch(&user, refused.clone()).await.assert_problem(409, "conflict", &decided);
    // Faults of form come first, and the others with them.
    let mut with_form = refused;
    with_form["phone"] = json!(7);
    let all = [&["/phone must be a string or null"], decided.as_slice()].concat();
    server.patch(&user, with_form).await.assert_problem(400, "bad-request", &all);
    server.patch(&user, json!({ "seller_external_id": "s" })).await.assert_problem(
        422,
        "unacceptable-values",
        &["/seller_external_id names no registered organisation of its kind"],
    );
    assert_eq!(server.get(&user).await.ok(), before);
}

#[tokio::test]
async fn nobody_is_changed_where_nobody_is() {
    let server = Server::start().await;
    let gone = path(&server.create("1", json!({})).await);
    server.delete(&gone).await;
    for user in [&*gone, "/api/v1/users/01920c2e-8f6b-7c3a-9d51-2a4f6b8c0e1d"] {
        server.patch(user, json!({ "phone": "1" })).await.assert_problem(404, "not-found", &[]);
        server.patch_with(user, json!({}), &[("if-match", "*")]).await.assert_problem(404, "not-found", &[]);
        server.patch(user, json!({ "password": "33556567" })).await.assert_problem(404, "not-found", &[]);
    }
    assert_eq!(server.passwords.hashed(), 0);
}

#[tokio::test]
async fn d10_a_password_is_set_once_and_taken_away() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({ "password": "33556567" })).await);
    assert_eq!(server.patch(&user, json!({ "password": "33556567" })).await.ok()["version"], 1);
    assert_eq!(server.patch(&user, json!({ "password": "another one" })).await.ok()["version"], 2);
    assert_eq!(server.patch(&user, json!({ "password": null })).await.ok()["version"], 3);
    assert_eq!(server.patch(&user, json!({ "password": null })).await.ok()["version"], 3);
    assert_eq!(server.passwords.hashed(), 2);
    let answer = server.patch(&user, json!({ "password": "short" })).await;
    answer.assert_problem(400, "bad-request", &["/password must have at least 8 characters"]);
}
