//! Requests that come again, and what is current: idempotency keys, expected versions, entity tags.

use serde_json::{Value, json};

use super::{Client, PATCH, USER, id, path, refused, resource, values};
use crate::harness::{Answer, Roster};

async fn with_key(client: &Client<'_>, method: &str, path: &str, body: &Value, key: &str) -> Answer {
    Answer::of(client.request_of(method, path, body).header("idempotency-key", key)).await
}

fn patch(operations: &Value) -> Value {
    json!({"schemas": [PATCH], "Operations": operations})
}

#[tokio::test]
async fn a_repeated_change_is_replayed_though_it_could_not_be_made_again() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let body = json!({"schemas": [USER], "userName": "one", "emails": [{"value": "a@b", "type": "work"}]});
    let user = client.created("/Users", &body).await;
    let moved = patch(
        &json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "a@b", "type": "home"}}]),
    );
    let titled = patch(&json!([{"op": "replace", "path": "title", "value": "t"}]));
    let put = json!({"schemas": [USER], "userName": "one", "nickName": "n"});
    let requests = [("PATCH", &moved, "k1"), ("PATCH", &titled, "k2"), ("PUT", &put, "k3")];
    let mut first = Vec::new();
    for (method, body, key) in requests {
        let answer = with_key(&client, method, &path(&user), body, key).await;
        assert_eq!(answer.header("idempotent-replayed"), None);
        first.push(resource(&answer, 200));
    }
    refused(&client.send("PATCH", &path(&user), &moved).await, 400, Some("noTarget"));
    let again = with_key(&client, "PATCH", &path(&user), &moved, "k1").await;
    assert_eq!((again.header("idempotent-replayed"), again.json()), (Some("true"), first[0].clone()));

    assert_eq!(client.delete(&path(&user)).await.status, 204);
    for (method, body, key) in requests {
        let again = with_key(&client, method, &path(&user), body, key).await;
        let by_rest = roster
            .with(roster.admin(), "PATCH", &format!("/api/v1/users/{}", id(&user)))
            .header("content-type", "application/json")
            .body("{}");
        assert_eq!(Answer::of(by_rest).await.status, 404);
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{}", again.shown());
    }
    refused(&with_key(&client, "PATCH", &path(&user), &titled, "k1").await, 422, None);
    refused(&with_key(&client, "PATCH", &path(&user), &titled, "k4").await, 404, None);
}

#[tokio::test]
async fn what_could_not_be_made_is_no_outcome_of_its_key() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let user = client.user("one").await;
    let changed = patch(&json!([{"op": "replace", "path": "emails[type sw \"w\"].value", "value": "c@d"}]));
    refused(&with_key(&client, "PATCH", &path(&user), &changed, "k").await, 400, Some("noTarget"));
    let added = json!([{"op": "add", "path": "emails", "value": [{"value": "a@b", "type": "work"}]}]);
    client.patched(&path(&user), &added).await;
    let answer = with_key(&client, "PATCH", &path(&user), &changed, "k").await;
    assert_eq!(values(&resource(&answer, 200), "emails"), ["c@d"]);
    assert_eq!(answer.header("idempotent-replayed"), None);
}

#[tokio::test]
async fn another_version_is_told_before_what_can_not_be_done_to_it() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let user = client.user("one").await;
    client.patched(&path(&user), &json!([{"op": "add", "path": "title", "value": "t"}])).await;
    let body = patch(&json!([{"op": "replace", "path": "emails[type sw \"w\"].value", "value": "c@d"}]));
    let with = |etag: &'static str| {
        Answer::of(client.request_of("PATCH", &path(&user), &body).header("if-match", etag))
    };
    refused(&with("W/\"1\"").await, 412, None);
    refused(&with("W/\"2\"").await, 400, Some("noTarget"));
}

#[tokio::test]
async fn what_one_has_is_current_only_with_the_groups_and_the_members_in_it() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let user = client.user("one").await;
    let known = async |path: &str| client.get(path).await.header("etag").unwrap().to_owned();
    let status = async |path: &str, etag: &str| {
        Answer::of(client.request("GET", path).header("if-none-match", etag)).await.status
    };
    let of_user = path(&user);
    let without = format!("{of_user}?excludedAttributes=groups");
    let alone = known(&of_user).await;
    assert_eq!(status(&of_user, &alone).await, 304);

    let group = client.group("first", &[id(&user)]).await;
    assert_eq!(status(&of_user, &alone).await, 200);
    assert_eq!(status(&without, &alone).await, 304, "what it leaves out does not count");
    let member = known(&of_user).await;
    assert_eq!(status(&of_user, &member).await, 304);
    assert_eq!(client.read(&of_user).await["meta"]["version"], member.as_str());

    client.patched(&path(&group), &json!([{"op": "replace", "path": "displayName", "value": "other"}])).await;
    assert_eq!(status(&of_user, &member).await, 200);
    let in_group = known(&path(&group)).await;
    assert_eq!(status(&path(&group), &in_group).await, 304);
    // Whichever of them was read, a change may name it.
    for (path, etag) in [(&of_user, &known(&of_user).await), (&path(&group), &in_group)] {
        let body = patch(&json!([{"op": "replace", "path": "externalId", "value": "x"}]));
        let answer = Answer::of(client.request_of("PATCH", path, &body).header("if-match", etag)).await;
        assert_eq!(answer.status, 200, "{}", answer.shown());
    }
    client.patched(&path(&group), &json!([{"op": "remove", "path": "members"}])).await;
    assert_eq!(status(&of_user, &known(&of_user).await).await, 304);
    assert_eq!(status(&of_user, &member).await, 200);
}

#[tokio::test]
async fn a_password_is_erased_once() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let erased = [
        ("PATCH", patch(&json!([{"op": "remove", "path": "password"}]))),
        ("PATCH", patch(&json!([{"op": "replace", "path": "password", "value": null}]))),
        ("PUT", json!({"schemas": [USER], "userName": "one", "password": null})),
    ];
    let user = client.user("one").await;
    for (method, body) in erased {
        let set = json!([{"op": "replace", "path": "password", "value": "t1meMa$heen"}]);
        let before = client.patched(&path(&user), &set).await;
        let after = resource(&client.send(method, &path(&user), &body).await, 200);
        assert_ne!(after["meta"]["version"], before["meta"]["version"], "{method}");
        let again = resource(&client.send(method, &path(&user), &body).await, 200);
        assert_eq!(again["meta"]["version"], after["meta"]["version"], "there is none any more");
    }
}

#[tokio::test]
async fn who_asks_for_attributes_of_a_patch_is_answered_them() {
    let roster = Roster::settings().set("scim_patch_response", "no_content").start();
    let client = Client::of(&roster, "okta");
    let operations = json!([{"op": "replace", "path": "displayName", "value": "changed"}]);
    for one in [client.user("one").await, client.group("one", &[]).await] {
        let asked = client.patched(&format!("{}?attributes=displayName", path(&one)), &operations).await;
        assert_eq!(asked["displayName"], "changed");
        assert_eq!(asked.get("meta"), None);
        assert_eq!(client.patch(&path(&one), &operations).await.status, 204);
        // Of one resource a query says nothing but that.
        client.read(&format!("{}?count=abc&x=1&x=2", path(&one))).await;
    }
}
