//! Users: the connection, creation, look-ups, and what becomes of them.

use serde_json::{Value, json};

use super::{WORK, created, documented, operation};
use crate::harness::Roster;
use crate::scim::{Client, LIST, USER, part_of, path, refused, resources};

#[tokio::test]
async fn the_documented_user_is_created_and_read_again() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let mut expected = documented();
    let object = expected.as_object_mut().unwrap();
    // No attribute of the enterprise extension has a value.
    object.remove("schemas");
    object.remove("roles");
    assert_eq!(part_of(&user, &expected), expected);
    assert_eq!(user["schemas"][0], USER);
    assert_eq!(entra.read(&path(&user)).await, user);
    let by_name = r#"userName eq "Test_User_00aa00aa-bb11-cc22-dd33-44ee44ee44ee""#;
    let by_id = r#"externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef""#;
    for filter in [by_name.to_owned(), by_id.to_owned(), format!("{by_name} and {by_id}")] {
        assert_eq!(entra.found("/Users", &filter).await, std::slice::from_ref(&user), "{filter}");
    }
    assert_eq!(
        entra.found("/Users", r#"externalId eq "0A21F0F2-8d2a-4f8e-bf98-7363c4aed4ef""#).await,
        [Value::Null; 0]
    );
}

#[tokio::test]
async fn the_test_of_the_connection_finds_nobody() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let list = entra.read(r#"/Users?filter=userName eq "non-existent user""#).await;
    assert_eq!(
        (&list["schemas"], &list["totalResults"], &list["Resources"]),
        (&json!([LIST]), &json!(0), &json!([]))
    );
    assert_eq!(list["startIndex"], 1);
}

#[tokio::test]
async fn a_random_id_is_404_with_a_body_of_scim() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    created(&entra).await;
    for id in ["5171a35d82074e068ce2", "00aa00aa-bb11-cc22-dd33-44ee44ee44ee", "7", "%20", "a%2Fb"] {
        for kind in ["Users", "Groups"] {
            let path = format!("/{kind}/{id}");
            refused(&entra.get(&path).await, 404, None);
            refused(&entra.patch(&path, &operation("Replace", "displayName", json!("x"))).await, 404, None);
            refused(&entra.delete(&path).await, 404, None);
        }
    }
}

#[tokio::test]
async fn a_user_is_found_by_its_work_email() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let other = json!([{"type": "home", "value": WORK}, {"type": "work", "value": "another@testuser.com"}]);
    entra.created("/Users", &json!({"schemas": [USER], "userName": "other", "emails": other})).await;
    let by_work = |address: &str| format!("emails[type eq \"work\"].value eq \"{address}\"");
    assert_eq!(entra.found("/Users", &by_work(WORK)).await, std::slice::from_ref(&user));
    assert_eq!(entra.found("/Users", &by_work(&WORK.to_lowercase())).await, [user]);
    assert_eq!(entra.found("/Users", &by_work("nobody@testuser.com")).await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_user_is_renamed() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let name = "5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.com";
    let renamed = entra.patched(&path(&user), &operation("Replace", "userName", json!(name))).await;
    assert_eq!((&renamed["userName"], &renamed["id"]), (&json!(name), &user["id"]));
    entra.user("taken").await;
    let taken = entra.patch(&path(&user), &operation("Replace", "userName", json!("Taken"))).await;
    refused(&taken, 409, Some("uniqueness"));
}

#[tokio::test]
async fn a_disabled_user_is_still_returned_and_a_deleted_one_is_not() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let disabled = entra.patched(&path(&user), &operation("Replace", "active", json!(false))).await;
    assert_eq!(entra.read(&path(&user)).await, disabled);
    let by_id = r#"externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef""#;
    assert_eq!(entra.found("/Users", by_id).await, [disabled]);
    let deleted = entra.delete(&path(&user)).await;
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    refused(&entra.get(&path(&user)).await, 404, None);
    refused(&entra.delete(&path(&user)).await, 404, None);
    assert_eq!(entra.found("/Users", by_id).await, [Value::Null; 0]);
    assert_ne!(created(&entra).await["id"], user["id"]);
}

#[tokio::test]
async fn users_that_share_an_email_are_allowed() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let first = created(&entra).await;
    let mut body = documented();
    body["userName"] = json!("another");
    body["externalId"] = json!("another");
    let second = entra.created("/Users", &body).await;
    assert_eq!(second["emails"], first["emails"]);
    let mut found = entra.found("/Users", &format!("emails[type eq \"work\"].value eq \"{WORK}\"")).await;
    found.sort_by_key(|user| user["userName"].to_string());
    assert_eq!(found, [first, second]);
}

#[tokio::test]
async fn the_start_index_is_echoed() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    created(&entra).await;
    for (start, resources_of_page) in [(1, 1), (2, 0), (7, 0)] {
        let list = entra.read(&format!("/Users?startIndex={start}&count=20")).await;
        assert_eq!((&list["startIndex"], &list["totalResults"]), (&json!(start), &json!(1)));
        assert_eq!(
            (resources(&list).len(), &list["itemsPerPage"]),
            (resources_of_page, &json!(resources_of_page))
        );
    }
}
