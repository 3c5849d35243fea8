//! What holds whoever the client is.

use serde_json::{Value, json};

use super::{Client, GROUP, PATCH, USER, followed, id, noted, path, refused, resource, resources, values};
use crate::harness::{Answer, Roster};

#[tokio::test]
async fn a_user_name_is_required_and_is_never_empty() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    for body in [
        json!({"schemas": [USER]}),
        json!({"schemas": [USER], "userName": ""}),
        json!({"schemas": [USER], "userName": null}),
        json!({"schemas": [USER], "userName": 7}),
    ] {
        refused(&client.send("POST", "/Users", &body).await, 400, Some("invalidValue"));
    }
    let user = client.user("kept").await;
    for nothing in [json!(""), Value::Null] {
        let body = json!({"schemas": [USER], "userName": nothing});
        refused(&client.send("PUT", &path(&user), &body).await, 400, Some("invalidValue"));
        let replaced = json!([{"op": "replace", "path": "userName", "value": nothing}]);
        refused(&client.patch(&path(&user), &replaced).await, 400, Some("invalidValue"));
    }
    let removed = client.patch(&path(&user), &json!([{"op": "remove", "path": "userName"}])).await;
    assert_eq!(removed.status, 400, "{}", removed.shown());
    assert_eq!(resources(&client.read("/Users").await), [user]);
}

#[tokio::test]
async fn a_group_name_is_required_and_is_never_empty() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    for body in [json!({"schemas": [GROUP]}), json!({"schemas": [GROUP], "displayName": ""})] {
        refused(&client.send("POST", "/Groups", &body).await, 400, Some("invalidValue"));
    }
    assert_eq!(client.read("/Groups").await["totalResults"], 0);
}

#[tokio::test]
async fn members_carry_a_reference_and_a_type() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let user = client.user("member").await;
    let group = client.group("all", &[id(&user)]).await;
    let member = &group["members"][0];
    assert_eq!((&member["value"], &member["type"]), (&user["id"], &json!("User")));
    assert_eq!(followed(&client, &member["$ref"]).await["id"], user["id"]);
}

#[tokio::test]
async fn the_groups_of_a_user_are_filled_and_follow_the_group() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let user = client.user("member").await;
    let (first, second) =
        (client.group("first", &[id(&user)]).await, client.group("second", &[id(&user)]).await);
    let shown = client.read(&path(&user)).await;
    let mut both = [id(&first), id(&second)];
    both.sort_unstable();
    assert_eq!(values(&shown, "groups"), both);
    let of_group = |shown: &Value, group: &Value| {
        let groups = shown["groups"].as_array().unwrap();
        groups.iter().find(|one| one["value"] == group["id"]).unwrap().clone()
    };
    let shown_first = of_group(&shown, &first);
    assert_eq!((&shown_first["display"], &shown_first["type"]), (&json!("first"), &json!("direct")));
    assert_eq!(followed(&client, &shown_first["$ref"]).await["id"], first["id"]);

    client
        .patched(&path(&first), &json!([{"op": "replace", "path": "displayName", "value": "renamed"}]))
        .await;
    assert_eq!(of_group(&client.read(&path(&user)).await, &first)["display"], "renamed");
    client.patched(&path(&first), &json!([{"op": "remove", "path": "members"}])).await;
    assert_eq!(values(&client.read(&path(&user)).await, "groups"), [id(&second)]);
}

#[tokio::test]
async fn the_groups_of_a_user_are_written_through_the_groups_alone() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let group = client.group("all", &[]).await;
    let body = json!({"schemas": [USER], "userName": "x", "groups": [{"value": group["id"]}], "id": "mine"});
    let user = client.created("/Users", &body).await;
    assert_eq!(values(&user, "groups"), [""; 0], "what is read-only is ignored");
    assert_ne!(user["id"], "mine");
    assert_eq!(values(&client.read(&path(&group)).await, "members"), [""; 0]);
}

#[tokio::test]
async fn a_deleted_user_leaves_its_groups() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let users = [client.user("stays").await, client.user("by scim").await, client.user("by rest").await];
    let group = client.group("all", &users.each_ref().map(id)).await;
    assert_eq!(client.delete(&path(&users[1])).await.status, 204);
    let by_rest = roster.with(roster.admin(), "DELETE", &format!("/api/v1/users/{}", id(&users[2])));
    assert_eq!(Answer::of(by_rest).await.status, 204);
    assert_eq!(values(&client.read(&path(&group)).await, "members"), [id(&users[0])]);
}

#[tokio::test]
async fn a_group_in_a_group_is_refused() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let (outer, inner) = (client.group("outer", &[]).await, client.group("inner", &[]).await);
    for member in [json!({"value": inner["id"]}), json!({"value": inner["id"], "type": "Group"})] {
        let added = json!([{"op": "add", "path": "members", "value": [member]}]);
        refused(&client.patch(&path(&outer), &added).await, 400, Some("invalidValue"));
        let body = json!({"schemas": [GROUP], "displayName": "outermost", "members": [member]});
        refused(&client.send("POST", "/Groups", &body).await, 400, Some("invalidValue"));
    }
    assert_eq!(client.read(&path(&outer)).await, outer);
    assert_eq!(client.read("/Groups").await["totalResults"], 2);
}

#[tokio::test]
async fn an_entity_tag_guards_against_a_lost_update() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let (user, group) = (client.user("one").await, client.group("one", &[]).await);
    for (one, schema, name) in [(&user, USER, "userName"), (&group, GROUP, "displayName")] {
        let etag = client.get(&path(one)).await.header("etag").unwrap().to_owned();
        assert_eq!(one["meta"]["version"], etag.as_str());
        let unchanged = Answer::of(client.request("GET", &path(one)).header("if-none-match", &etag)).await;
        assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));

        let put = json!({"schemas": [schema], name: "two"});
        let patch =
            json!({"schemas": [PATCH], "Operations": [{"op": "replace", "path": name, "value": "three"}]});
        let with = |method: &str, body: &Value, etag: &str| {
            Answer::of(client.request_of(method, &path(one), body).header("if-match", etag))
        };
        let second = with("PUT", &put, &etag).await;
        assert_eq!(resource(&second, 200)[name], "two");
        let stale = [with("PUT", &put, &etag).await, with("PATCH", &patch, &etag).await];
        stale.iter().for_each(|answer| refused(answer, 412, None));
        refused(&Answer::of(client.request("DELETE", &path(one)).header("if-match", &etag)).await, 412, None);
        assert_eq!(client.read(&path(one)).await[name], "two");

        let current = second.header("etag").unwrap();
        assert_ne!(current, etag);
        let changed = Answer::of(client.request("GET", &path(one)).header("if-none-match", &etag)).await;
        assert_eq!((changed.status, changed.header("etag")), (200, Some(current)));
        let third = with("PATCH", &patch, current).await;
        assert_eq!(resource(&third, 200)[name], "three");
        let last = third.header("etag").unwrap();
        let deleted = Answer::of(client.request("DELETE", &path(one)).header("if-match", last)).await;
        assert_eq!(deleted.status, 204);
    }
}

#[tokio::test]
async fn a_patch_is_answered_with_the_resource_or_as_it_was_set_with_nothing() {
    let operations = json!([{"op": "replace", "path": "displayName", "value": "changed"}]);
    let by_flag = Roster::settings().argument("--scim-patch-response").argument("no_content");
    for (settings, status) in [
        (Roster::settings(), 200),
        (Roster::settings().set("scim_patch_response", "no_content"), 204),
        (by_flag, 204),
    ] {
        let roster = settings.start();
        let client = Client::of(&roster, "okta");
        for one in [client.user("one").await, client.group("one", &[]).await] {
            let answer = client.patch(&path(&one), &operations).await;
            let shown = client.read(&path(&one)).await;
            assert_eq!(shown["displayName"], "changed");
            assert_eq!(answer.status, status, "{}", answer.shown());
            if status == 200 {
                assert_eq!(answer.json(), shown);
            } else {
                assert_eq!(answer.body.len(), 0);
            }
            assert_eq!(answer.header("etag"), shown["meta"]["version"].as_str());
        }
    }
}

#[tokio::test]
async fn a_put_keeps_what_is_absent_and_erases_what_is_empty() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let body = json!({
        "schemas": [USER],
        "userName": "one",
        "nickName": "n",
        "title": "t",
        "emails": [{"value": "a@b", "type": "work", "primary": true}, {"value": "c@d", "type": "home"}],
        "phoneNumbers": [{"value": "1", "type": "work"}],
        "addresses": [{"type": "work", "country": "FR"}],
    });
    let user = client.created("/Users", &body).await;
    let put = async |body: Value| resource(&client.send("PUT", &path(&user), &body).await, 200);
    let same = put(json!({"schemas": [USER], "userName": "one"})).await;
    assert_eq!(same, user, "nothing has changed, the version among it");
    let erased = json!({"schemas": [USER], "userName": "one", "nickName": null, "title": "", "phoneNumbers": [], "addresses": null});
    let after = put(erased).await;
    let mut expected = user.clone();
    for gone in ["nickName", "title", "phoneNumbers", "addresses"] {
        expected.as_object_mut().unwrap().remove(gone);
    }
    assert_eq!(after, noted(expected, &after));
    // A list that is sent is the whole list.
    let emails = json!([{"value": "e@f", "type": "work", "primary": true}]);
    let replaced = put(json!({"schemas": [USER], "userName": "one", "emails": emails})).await;
    assert_eq!(replaced["emails"], emails);
}

#[tokio::test]
async fn an_external_id_is_its_clients_own() {
    let roster = Roster::start();
    let (okta, entra) = (Client::of(&roster, "okta"), Client::of(&roster, "entra"));
    let body = json!({"schemas": [USER], "userName": "one", "externalId": "00u1"});
    let user = okta.created("/Users", &body).await;
    assert_eq!(entra.read(&path(&user)).await.get("externalId"), None);
    assert_eq!(entra.found("/Users", "externalId eq \"00u1\"").await, [Value::Null; 0]);
    let named =
        entra.patched(&path(&user), &json!([{"op": "add", "path": "externalId", "value": "guid-1"}])).await;
    assert_eq!(named["externalId"], "guid-1");
    assert_eq!(okta.read(&path(&user)).await["externalId"], "00u1");
    assert_eq!(roster.user(id(&user)).await["links"], json!({"okta": "00u1", "entra": "guid-1"}));

    // RFC 7643, 3.1 does not ask that it be unique; what leads to a user leads to the first.
    let body = json!({"schemas": [USER], "userName": "two", "externalId": "00u1"});
    let second = okta.created("/Users", &body).await;
    assert_eq!(second["externalId"], "00u1");
    assert_eq!(okta.read(&path(&user)).await["externalId"], "00u1");
    assert_eq!(roster.read("/users/by-link/okta/00u1").await.ok()["id"], user["id"]);

    entra.patched(&path(&user), &json!([{"op": "remove", "path": "externalId"}])).await;
    assert_eq!(roster.user(id(&user)).await["links"], json!({"okta": "00u1"}));
}

#[tokio::test]
async fn a_key_may_do_what_its_scopes_say() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let (user, group) = (client.user("one").await, client.group("one", &[]).await);
    let (of_user, of_group) = (path(&user), path(&group));
    let requests = [
        ("users:read", "GET", "/Users"),
        ("users:read", "GET", of_user.as_str()),
        ("users:read", "GET", "/Groups"),
        ("users:read", "GET", of_group.as_str()),
        ("users:write", "POST", "/Users"),
        ("users:write", "PUT", of_user.as_str()),
        ("users:write", "PATCH", of_user.as_str()),
        ("users:write", "DELETE", of_user.as_str()),
        ("groups:write", "POST", "/Groups"),
        ("groups:write", "PUT", of_group.as_str()),
        ("groups:write", "PATCH", of_group.as_str()),
        ("groups:write", "DELETE", of_group.as_str()),
    ];
    for (missing, others) in [
        ("users:read", "users:write,groups:write"),
        ("users:write", "users:read,groups:write"),
        ("groups:write", "users:read,users:write"),
    ] {
        let lacking = Client::with_scopes(&roster, "okta", others);
        for (_, method, path) in requests.iter().filter(|(needed, ..)| *needed == missing) {
            refused(&lacking.send(method, path, &json!({})).await, 403, None);
        }
    }
    assert_eq!(client.read(&of_user).await, user);
    assert_eq!(client.read(&of_group).await, group);
}

#[tokio::test]
async fn a_body_that_is_none_of_scims_is_refused() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let send = |media_type: &'static str, body: &'static str| {
        Answer::of(client.request("POST", "/Users").header("content-type", media_type).body(body))
    };
    refused(&send("text/plain", r#"{"userName":"x"}"#).await, 415, None);
    refused(&send("application/scim+json", "").await, 400, Some("invalidSyntax"));
    refused(&send("application/scim+json", "[]").await, 400, Some("invalidSyntax"));
    refused(&send("application/scim+json", r#"{"userName":"x""#).await, 400, Some("invalidSyntax"));
    assert_eq!(client.read("/Users").await["totalResults"], 0);
    let with_charset = send(
        "application/scim+json; charset=utf-8",
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"x"}"#,
    );
    resource(&with_charset.await, 201);
}
