//! What Okta sends, as its reference of SCIM 2.0 prints it.

use serde_json::{Value, json};

use super::{
    Client, ERROR, GROUP, LIST, PATCH, USER, followed, id, noted, part_of, path, refused, resource,
    resources, values,
};
use crate::harness::{Answer, Roster};

/// The documented look-up, encoded as it is sent.
const LOOK_UP: &str = "/Users?filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100";

/// The documented body of a creation.
fn documented() -> Value {
    json!({
        "schemas": [USER],
        "userName": "test.user@okta.local",
        "name": {"givenName": "Test", "familyName": "User"},
        "emails": [{"primary": true, "value": "test.user@okta.local", "type": "work"}],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    })
}

/// What of it is answered; a list without elements need not be.
fn shown() -> Value {
    let mut shown = documented();
    let object = shown.as_object_mut().unwrap();
    object.remove("password");
    object.remove("groups");
    shown
}

#[tokio::test]
async fn a_look_up_that_finds_nobody_is_200_with_no_resources() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    okta.user("somebody.else@okta.local").await;
    let nobody =
        json!({"schemas": [LIST], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []});
    assert_eq!(okta.read(LOOK_UP).await, nobody);
}

#[tokio::test]
async fn a_look_up_finds_the_user_in_any_case() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let created = okta.created("/Users", &documented()).await;
    let list = okta.read(LOOK_UP).await;
    assert_eq!(
        (&list["totalResults"], &list["startIndex"], &list["itemsPerPage"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(resources(&list), std::slice::from_ref(&created));
    assert_eq!(okta.found("/Users", r#"userName eq "TEST.USER@okta.local""#).await, [created]);
}

#[tokio::test]
async fn a_creation_as_application_json_with_a_password_and_empty_groups_is_201() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let request = okta.request("POST", "/Users").header("content-type", "application/json");
    let answer = Answer::of(request.body(documented().to_string())).await;
    let user = resource(&answer, 201);
    assert_eq!(part_of(&user, &shown()), shown());
    assert_eq!(values(&user, "groups"), [""; 0]);
    let meta = &user["meta"];
    assert_eq!(meta["resourceType"], "User");
    assert_eq!(answer.header("location"), meta["location"].as_str());
    assert_eq!(answer.header("etag").unwrap(), meta["version"].as_str().unwrap());
    assert_eq!(meta["created"], meta["lastModified"]);
    assert_eq!(followed(&okta, &meta["location"]).await, user);
}

#[tokio::test]
async fn the_password_is_set_and_never_shown() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let user = okta.created("/Users", &documented()).await;
    // The same password again is no change, so it was this one.
    let same = json!({"password": "1mz050nq"}).to_string();
    let request = roster.with(roster.admin(), "PATCH", &format!("/api/v1/users/{}", id(&user)));
    let request = request.header("content-type", "application/merge-patch+json").body(same);
    assert_eq!(Answer::of(request).await.ok()["version"], 1);
    let everywhere =
        okta.patch(&path(&user), &json!([{"op": "replace", "value": {"password": "t1meC0mes"}}])).await;
    for text in [user.to_string(), everywhere.text().to_owned(), okta.read("/Users").await.to_string()] {
        assert!(
            !text.contains("password") && !text.contains("1mz050nq") && !text.contains("t1meC0mes"),
            "{text}"
        );
    }
    assert_eq!(roster.user(id(&user)).await["version"], 2);
}

#[tokio::test]
async fn a_user_name_that_is_taken_is_409_uniqueness() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let first = okta.created("/Users", &documented()).await;
    let mut second = documented();
    second["userName"] = json!("Test.User@OKTA.local");
    second["externalId"] = json!("another");
    refused(&okta.send("POST", "/Users", &second).await, 409, Some("uniqueness"));
    assert_eq!(resources(&okta.read("/Users").await), [first]);
}

#[tokio::test]
async fn a_put_of_the_documented_object_changes_what_it_holds_and_keeps_the_rest() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let created = okta.created("/Users", &documented()).await;
    // Neither displayName nor locale nor externalId is in it.
    let body = json!({
        "schemas": [USER],
        "id": created["id"],
        "userName": "test.user@okta.local",
        "name": {"givenName": "Another", "middleName": "Excited", "familyName": "User"},
        "emails": [{"primary": true, "value": "test.user@okta.local", "type": "work", "display": "test.user@okta.local"}],
        "active": true,
        "groups": [],
        "meta": {"resourceType": "User"},
    });
    let updated = resource(&okta.send("PUT", &path(&created), &body).await, 200);
    let mut expected = created.clone();
    for changed in ["name", "emails"] {
        expected[changed] = body[changed].clone();
    }
    assert_eq!(updated, noted(expected, &updated));
    assert_eq!(updated["meta"]["created"], created["meta"]["created"]);
    assert_ne!(updated["meta"]["version"], created["meta"]["version"]);
    assert_eq!(okta.read(&path(&created)).await, updated);
}

#[tokio::test]
async fn a_put_of_the_whole_object_with_active_false_deactivates() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let created = okta.created("/Users", &documented()).await;
    for active in [false, true] {
        let mut whole = okta.read(&path(&created)).await;
        whole["active"] = json!(active);
        let updated = resource(&okta.send("PUT", &path(&created), &whole).await, 200);
        assert_eq!(updated, noted(whole, &updated));
        assert_eq!(roster.user(id(&created)).await["active"], active);
    }
}

#[tokio::test]
async fn a_patch_without_a_path_deactivates() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let created = okta.created("/Users", &documented()).await;
    for active in [false, true] {
        let operations = json!([{"op": "replace", "value": {"active": active}}]);
        let patched = okta.patched(&path(&created), &operations).await;
        let mut expected = created.clone();
        expected["active"] = json!(active);
        assert_eq!(patched, noted(expected, &patched));
    }
}

#[tokio::test]
async fn deactivation_never_deletes() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let user = okta.created("/Users", &documented()).await;
    let group = okta.group("Test SCIMv2", &[id(&user)]).await;
    let inactive = okta.patched(&path(&user), &json!([{"op": "replace", "value": {"active": false}}])).await;
    assert_eq!(inactive["active"], false);
    assert_eq!(okta.read(&path(&user)).await, inactive);
    assert_eq!(resources(&okta.read(LOOK_UP).await), std::slice::from_ref(&inactive));
    assert_eq!(resources(&okta.read("/Users?startIndex=1&count=100").await), [inactive]);
    assert_eq!(values(&okta.read(&path(&group)).await, "members"), [id(&user)]);
    let directory = roster.user(id(&user)).await;
    assert_eq!(
        (&directory["active"], &directory["user_name"]),
        (&json!(false), &json!("test.user@okta.local"))
    );
}

#[tokio::test]
async fn a_group_is_created_without_members() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let body = json!({"schemas": [GROUP], "displayName": "Test SCIMv2", "members": []});
    let answer = okta.send("POST", "/Groups", &body).await;
    let group = resource(&answer, 201);
    assert_eq!((&group["schemas"], &group["displayName"]), (&json!([GROUP]), &json!("Test SCIMv2")));
    assert_eq!(values(&group, "members"), [""; 0]);
    assert_eq!(group["meta"]["resourceType"], "Group");
    assert_eq!(answer.header("location"), group["meta"]["location"].as_str());
    assert_eq!(followed(&okta, &group["meta"]["location"]).await, group);
}

#[tokio::test]
async fn a_rename_carries_the_unchanged_read_only_id() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let user = okta.created("/Users", &documented()).await;
    let group = okta.group("Test SCIMv2", &[id(&user)]).await;
    let rename =
        |id: &Value, name: &str| json!([{"op": "replace", "value": {"id": id, "displayName": name}}]);
    let renamed = okta.patched(&path(&group), &rename(&group["id"], "Test SCIMv20")).await;
    assert_eq!(renamed["displayName"], "Test SCIMv20");
    assert_eq!((&renamed["id"], &renamed["members"]), (&group["id"], &group["members"]));

    // What is read-only among values is ignored; where it alone is to be changed, that is refused.
    let another = okta.patched(&path(&group), &rename(&user["id"], "Test SCIMv21")).await;
    assert_eq!((&another["id"], &another["displayName"]), (&group["id"], &json!("Test SCIMv21")));
    let id_alone = json!([{"op": "replace", "path": "id", "value": user["id"]}]);
    refused(&okta.patch(&path(&group), &id_alone).await, 400, Some("mutability"));
}

#[tokio::test]
async fn one_patch_removes_a_member_by_a_filter_and_adds_another() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let (goes, stays, comes) = (okta.user("goes").await, okta.user("stays").await, okta.user("comes").await);
    let group = okta.group("Test SCIMv2", &[id(&goes), id(&stays)]).await;
    let operations = json!([
        {"op": "remove", "path": format!("members[value eq \"{}\"]", id(&goes))},
        {"op": "add", "path": "members", "value": [{"value": comes["id"], "display": "test.user@okta.local"}]},
    ]);
    let patched = okta.patched(&path(&group), &operations).await;
    let mut expected = [id(&stays), id(&comes)];
    expected.sort_unstable();
    assert_eq!(values(&patched, "members"), expected);
    assert_eq!(okta.read(&path(&group)).await, patched);
}

#[tokio::test]
async fn a_full_push_replaces_the_members() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let users = [okta.user("a").await, okta.user("b").await, okta.user("c").await];
    let group = okta.group("Test SCIMv2", &[id(&users[0])]).await;
    let mut pushed = [id(&users[1]), id(&users[2])];
    pushed.sort_unstable();
    let members = pushed.map(|id| json!({"value": id, "display": "test.user@okta.local"}));
    let operations = json!([{"op": "replace", "path": "members", "value": members}]);
    assert_eq!(values(&okta.patched(&path(&group), &operations).await, "members"), pushed);

    // An integration of the wizard puts the whole group instead.
    let body = json!({"schemas": [GROUP], "id": group["id"], "displayName": "Put", "members": [{"value": users[0]["id"]}]});
    let put = resource(&okta.send("PUT", &path(&group), &body).await, 200);
    assert_eq!((&put["displayName"], values(&put, "members")), (&json!("Put"), vec![id(&users[0])]));
}

#[tokio::test]
async fn a_group_that_is_unlinked_is_deleted_and_its_members_stay() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let user = okta.user("stays").await;
    let group = okta.group("Test SCIMv2", &[id(&user)]).await;
    let deleted = okta.delete(&path(&group)).await;
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    refused(&okta.get(&path(&group)).await, 404, None);
    refused(&okta.delete(&path(&group)).await, 404, None);
    assert_eq!(values(&okta.read(&path(&user)).await, "groups"), [""; 0]);
    // Its name is free again.
    okta.group("Test SCIMv2", &[]).await;
}

#[tokio::test]
async fn a_token_that_is_missing_or_wrong_is_401_with_an_error_of_scim() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    okta.created("/Users", &documented()).await;
    let before = roster.everything().await;
    let patch = json!({"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": false}}]});
    for (method, path) in
        [("GET", "/Users"), ("POST", "/Users"), ("PATCH", "/Users/x"), ("POST", "/Groups"), ("POST", "/Bulk")]
    {
        for credential in
            [None, Some("Bearer roster_nobody_0000000000000000000000000000000000000000000000000")]
        {
            let mut request = roster.request(method, &format!("/scim/v2{path}"));
            if let Some(credential) = credential {
                request = request.header("authorization", credential);
            }
            let answer =
                Answer::of(request.header("content-type", "application/json").body(patch.to_string())).await;
            refused(&answer, 401, None);
            assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"), "{}", answer.shown());
            assert_eq!(answer.json()["schemas"], json!([ERROR]));
        }
    }
    assert_eq!(roster.everything().await, before);
}
