//! Creating and changing a user by what a source calls it.

use futures_util::future::join_all;
use roster_directory::{References, Rules, Scope};
use serde_json::{Value, json};

use crate::support::{Server, Setup, path};

const LINK: &str = "/api/v1/users/by-link/bubble/1";

#[tokio::test]
async fn the_first_patch_creates_and_the_next_ones_change() {
    let server = Server::start().await;
    let created = server.patch(LINK, json!({ "email": "ada@example.com", "password": "33556567" })).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let user = created.json();
    assert_eq!(created.header("location"), Some(&*path(&user)));
    assert_eq!(
        (&user["number"], &user["version"], &user["links"]),
        (&json!(1), &json!(1), &json!({ "bubble": "1" }))
    );
    assert!(created.header("etag").is_some());

    let changed = server.patch(LINK, json!({ "phone": "1" })).await;
    let after = changed.ok();
    assert_eq!((&after["id"], &after["version"], &after["email"]), (&user["id"], &json!(2), &user["email"]));
    assert_eq!(changed.header("location"), None);
    let same = server.patch(LINK, json!({ "phone": "1", "password": "33556567" })).await;
    assert_eq!(same.ok(), after);
    assert_eq!(server.passwords.hashed(), 1);
}

#[tokio::test]
async fn a_user_is_created_under_the_credentials_own_source_alone() {
    let server = Server::start().await;
    server.patch("/api/v1/users/by-link/okta/1", json!({})).await.assert_problem(403, "forbidden", &[]);
    let key = server.new_key("okta", &[Scope::UsersWrite]).await;
    let authorization = format!("Bearer {key}");
    let headers = [("authorization", &*authorization), ("content-type", "application/json")];
    let answer = server.send("PATCH", "/api/v1/users/by-link/okta/1", &headers, "{}").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["links"]), (201, &json!({ "okta": "1" })));
    server.send("PATCH", LINK, &headers, "{}").await.assert_problem(403, "forbidden", &[]);
}

#[tokio::test]
async fn simultaneous_patches_of_one_new_id_make_one_user() {
    let server = Server::start().await;
    let names = [
        "given_name",
        "family_name",
        "display_name",
        "phone",
        "status",
        "role",
        "language",
        "producer_external_id",
    ];
    let answers = join_all(names.iter().map(|name| server.patch(LINK, json!({ *name: "x" })))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 7);
    let user = server.get(LINK).await.ok();
    assert_eq!((&user["number"], &user["version"]), (&json!(1), &json!(8)));
    assert!(names.iter().all(|name| user[name] == "x"), "{user}");
}

#[tokio::test]
async fn if_none_match_star_creates_and_never_changes() {
    let server = Server::start().await;
    let new = [("if-none-match", "*")];
    assert_eq!(server.patch_with(LINK, json!({ "phone": "1" }), &new).await.status, 201);
    server.patch_with(LINK, json!({ "phone": "2" }), &new).await.assert_problem(412, "other-version", &[]);
    server.patch_with(LINK, json!({ "password": "33556567" }), &new).await.assert_problem(
        412,
        "other-version",
        &[],
    );
    server.patch_with(LINK, json!({}), &[("if-match", "*"), ("if-none-match", "\"1\"")]).await.assert_problem(
        400,
        "bad-request",
        &[
            "If-Match is not taken here: a link may come to lead to another user; change the user by its id",
            "If-None-Match must be * with this method",
        ],
    );
    assert_eq!(server.get(LINK).await.ok()["phone"], "1");
    assert_eq!(server.passwords.hashed(), 0);
}

#[tokio::test]
async fn a_user_does_not_lose_the_name_that_it_is_addressed_by() {
    let server = Server::start().await;
    for bad in [json!("2"), Value::Null] {
        let answer = server.patch(LINK, json!({ "links": { "bubble": bad } })).await;
        answer.assert_problem(400, "bad-request", &["/links/bubble must equal the external id of the path"]);
    }
    let answer = server.patch(LINK, json!({ "links": { "bubble": "1", "okta": "00u" } })).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["links"]),
        (201, &json!({ "bubble": "1", "okta": "00u" }))
    );
}

#[tokio::test]
async fn a_deleted_users_link_is_taken_over_by_a_new_user() {
    let server = Server::start().await;
    let first = server.create("1", json!({ "password": "33556567" })).await;
    server.delete(&path(&first)).await;
    // The deleted user's password is nobody's: another may have the same.
    let second = server.create("1", json!({ "password": "33556567" })).await;
    assert_ne!(first["id"], second["id"]);
    assert_eq!(second["number"], 2);
    let history = server.get(&format!("{}/history", path(&second))).await.ok();
    let changes = history["entries"][0]["changes"].as_array().unwrap();
    let link = changes.iter().find(|change| change["field"] == "links").unwrap();
    assert_eq!(link["before"], json!({ "taken_over_from": first["id"] }));
    assert_eq!(link["after"], json!({ "source": "bubble", "external_id": "1" }));
}

#[tokio::test]
async fn d9_a_refused_creation_names_every_fault_and_consumes_no_number() {
    let rules = Rules { references: References::Known, unique_email: true };
    let server = Server::with(Setup { rules, ..Setup::default() }).await;
    server.create("0", json!({ "email": "taken@example.com" })).await;
    let body = json!({ "email": "taken@example.com", "seller_external_id": "s", "phone": 1, "nick": 1 });
    server.patch(LINK, body).await.assert_problem(
        400,
        "bad-request",
        &[
            "/phone must be a string or null",
            "/nick is not a known field",
            "/email is held by another user",
            "/seller_external_id names no registered organisation of its kind",
        ],
    );
    server.patch(LINK, json!({ "email": "taken@example.com" })).await.assert_problem(
        409,
        "conflict",
        &["/email is held by another user"],
    );
    assert_eq!(server.get(LINK).await.status, 404);
    assert_eq!(server.create("2", json!({})).await["number"], 2);
}
