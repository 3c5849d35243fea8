//! Groups with many members and many writers.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Client, GROUP, id, path, refused, resource, values};
use crate::harness::{Answer, Roster};

const WRITERS: usize = 32;
const MEMBERS: usize = 640;

#[tokio::test]
async fn of_32_writers_who_add_members_at_once_none_is_lost() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    let mut ids = client.users(MEMBERS).await;
    let group = client.group("everybody", &[]).await;
    // What is answered is another test's: without its members it is short.
    let path_of_group = format!("{}?excludedAttributes=members", path(&group));
    let add_each = |of_writer: Vec<String>| {
        let (client, path_of_group) = (&client, &path_of_group);
        async move {
            for id in of_writer {
                let member = json!([{"$ref": null, "value": id}]);
                client
                    .patched(path_of_group, &json!([{"op": "Add", "path": "members", "value": member}]))
                    .await;
            }
        }
    };
    join_all(ids.chunks(MEMBERS / WRITERS).map(|of_writer| add_each(of_writer.to_vec()))).await;

    ids.sort_unstable();
    assert_eq!(values(&client.read(&path(&group)).await, "members"), ids);
    let one = client.read(&format!("/Users/{}", ids[MEMBERS / 2])).await;
    assert_eq!(values(&one, "groups"), [id(&group)]);

    let gone = ids.swap_remove(MEMBERS / 2);
    let removal = json!([{"op": "remove", "path": format!("members[value eq \"{gone}\"]")}]);
    client.patched(&path_of_group, &removal).await;
    ids.sort_unstable();
    assert_eq!(values(&client.read(&path(&group)).await, "members"), ids);
}

#[tokio::test]
async fn members_that_come_and_go_at_once_are_all_as_they_were_told() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    let ids = client.users(32).await;
    let (come, go) = ids.split_at(16);
    let group = client.group("everybody", &go.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let path_of_group = path(&group);
    let change = |op: &'static str, id: &String| {
        let operations = json!([{"op": op, "path": "members", "value": [{"value": id}]}]);
        let (client, path_of_group) = (&client, &path_of_group);
        async move { client.patched(path_of_group, &operations).await }
    };
    let (added, removed) =
        (come.iter().map(|id| change("Add", id)), go.iter().map(|id| change("Remove", id)));
    tokio::join!(join_all(added), join_all(removed));
    let mut expected = come.to_vec();
    expected.sort_unstable();
    assert_eq!(values(&client.read(&path_of_group).await, "members"), expected);
}

#[tokio::test]
async fn a_member_that_is_added_again_is_there_once_and_a_removal_leaves_the_others() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let mut ids = client.users(3).await;
    ids.sort_unstable();
    let group = client.group("all", &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let again = json!([{"op": "add", "path": "members", "value": [{"value": ids[1]}]}]);
    let same = client.patched(&path(&group), &again).await;
    assert_eq!(same, group, "nothing has changed, the version among it");
    let removal = json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", ids[1])}]);
    let removed = client.patched(&path(&group), &removal).await;
    assert_eq!(values(&removed, "members"), [ids[0].as_str(), ids[2].as_str()]);
    assert_ne!(removed["meta"]["version"], group["meta"]["version"]);
}

#[tokio::test]
async fn a_member_that_is_nobody_is_refused_and_the_group_stays_as_it_was() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let ids = client.users(1).await;
    let group = client.group("all", &[&ids[0]]).await;
    for nobody in ["fake-member-id", "00aa00aa-bb11-cc22-dd33-44ee44ee44ee"] {
        let operations = json!([
            {"op": "remove", "path": "members"},
            {"op": "add", "path": "members", "value": [{"value": nobody}]},
        ]);
        refused(&client.patch(&path(&group), &operations).await, 400, Some("invalidValue"));
        let body = json!({"schemas": [GROUP], "displayName": "other", "members": [{"value": nobody}]});
        refused(&client.send("POST", "/Groups", &body).await, 400, Some("invalidValue"));
    }
    assert_eq!(client.read(&path(&group)).await, group);
}

#[tokio::test]
async fn a_put_of_a_group_keeps_the_members_that_it_does_not_send() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let ids = client.users(2).await;
    let group = client.group("all", &[&ids[0], &ids[1]]).await;
    let put = async |body: Value| resource(&client.send("PUT", &path(&group), &body).await, 200);
    let renamed = put(json!({"schemas": [GROUP], "displayName": "renamed"})).await;
    assert_eq!((&renamed["displayName"], &renamed["members"]), (&json!("renamed"), &group["members"]));
    let emptied = put(json!({"schemas": [GROUP], "displayName": "renamed", "members": []})).await;
    assert_eq!(values(&emptied, "members"), [""; 0]);
}

#[tokio::test]
async fn an_operation_on_a_group_refuses_an_idempotency_key() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let group = client.group("all", &[]).await;
    let body = json!({"schemas": [GROUP], "displayName": "other"});
    let patch = json!({"schemas": [super::PATCH], "Operations": [{"op": "replace", "value": {"displayName": "other"}}]});
    for request in [
        client.request_of("POST", "/Groups", &body),
        client.request_of("PUT", &path(&group), &body),
        client.request_of("PATCH", &path(&group), &patch),
        client.request("DELETE", &path(&group)),
    ] {
        refused(&Answer::of(request.header("idempotency-key", "k")).await, 400, Some("invalidValue"));
    }
    assert_eq!(super::resources(&client.read("/Groups").await), [group]);
}

#[tokio::test]
async fn groups_are_found_by_name_external_id_and_member() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let ids = client.users(1).await;
    let body = json!({"schemas": [GROUP], "displayName": "Tour Guides", "externalId": "g1", "members": [{"value": ids[0]}]});
    let group = client.created("/Groups", &body).await;
    client.group("Other", &[]).await;
    for filter in [
        "displayName eq \"tour guides\"",
        "externalId eq \"g1\"",
        "displayName sw \"tour\" and externalId pr",
    ] {
        assert_eq!(client.found("/Groups", filter).await, std::slice::from_ref(&group), "{filter}");
    }
    let by_member = format!("members.value eq \"{}\"", ids[0]);
    assert_eq!(client.found("/Groups", &by_member).await, [group]);
}
