//! Groups and their members.

use serde_json::{Value, json};

use super::operation;
use crate::harness::Roster;
use crate::scim::{Client, GROUP, id, path, refused, resources, values};

/// The documented body of a group's creation.
fn documented_group() -> Value {
    json!({
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
        "displayName": "displayName",
        "meta": {"resourceType": "Group"},
    })
}

#[tokio::test]
async fn members_are_added_with_a_reference_of_null_and_removed_by_an_array_of_values() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let (stays, goes) = (entra.user("stays").await, entra.user("goes").await);
    let group = entra.group("displayName", &[id(&stays)]).await;
    let member = json!([{"$ref": null, "value": goes["id"]}]);
    let added = entra.patched(&path(&group), &operation("Add", "members", member.clone())).await;
    let mut both = [id(&stays), id(&goes)];
    both.sort_unstable();
    assert_eq!(values(&added, "members"), both);
    let removed = entra.patched(&path(&group), &operation("Remove", "members", member)).await;
    assert_eq!(values(&removed, "members"), [id(&stays)]);
    // Without a reference, too.
    let last =
        entra.patched(&path(&group), &operation("Remove", "members", json!([{"value": stays["id"]}]))).await;
    assert_eq!(values(&last, "members"), [""; 0]);
}

#[tokio::test]
async fn whether_a_user_is_a_member_is_asked_by_a_filter() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let (member, other) = (entra.user("member").await, entra.user("other").await);
    let group = entra.group("displayName", &[id(&member)]).await;
    let asked = |user: &Value| format!("id eq \"{}\" and members[value eq \"{}\"]", id(&group), id(user));
    let found = entra.read(&format!("/Groups?filter={}&excludedAttributes=members", asked(&member))).await;
    assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &group["id"]));
    assert_eq!(entra.found("/Groups", &asked(&other)).await, [Value::Null; 0]);
}

#[tokio::test]
async fn an_extra_group_schema_is_ignored() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let group = entra.created("/Groups", &documented_group()).await;
    assert_eq!(group["schemas"], json!([GROUP]));
    assert_eq!(
        (&group["displayName"], &group["externalId"]),
        (&json!("displayName"), &documented_group()["externalId"])
    );
    assert_eq!(values(&group, "members"), [""; 0]);
}

#[tokio::test]
async fn a_group_name_that_is_taken_is_409() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let first = entra.created("/Groups", &documented_group()).await;
    for taken in ["displayName", "DISPLAYNAME"] {
        let body = json!({"schemas": [GROUP], "displayName": taken});
        refused(&entra.send("POST", "/Groups", &body).await, 409, Some("uniqueness"));
    }
    let other = entra.group("other", &[]).await;
    let renamed =
        entra.patch(&path(&other), &operation("Replace", "displayName", json!("displayName"))).await;
    refused(&renamed, 409, Some("uniqueness"));
    assert_eq!(entra.found("/Groups", r#"displayName eq "DisplayName""#).await, [first]);
}

#[tokio::test]
async fn a_group_is_renamed_and_read_without_its_members() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = entra.user("member").await;
    let mut group = entra.group("displayName", &[id(&user)]).await;
    let name = "1879db59-3bdf-4490-ad68-ab880a269474updatedDisplayName";
    let renamed = entra.patched(&path(&group), &operation("Replace", "displayName", json!(name))).await;
    group["displayName"] = json!(name);
    group["meta"] = renamed["meta"].clone();
    assert_eq!(renamed, group);
    group.as_object_mut().unwrap().remove("members");
    // The tag is one of what is shown: without members that of the version alone.
    group["meta"]["version"] = json!("W/\"2\"");
    assert_eq!(entra.read(&format!("{}?excludedAttributes=members", path(&group))).await, group);
    let list =
        entra.read(&format!("/Groups?excludedAttributes=members&filter=displayName eq \"{name}\"")).await;
    assert_eq!(resources(&list), [group]);
}
