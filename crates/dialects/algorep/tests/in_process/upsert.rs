//! What an upsert does.

use roster_dialect_algorep::{EmptyString, Options, UnknownFields};
use roster_directory::UserId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{START, Server, Setup};

const ID: &str = "1708861331497x933611102973227500";
const REQUEST: &str = include_str!("../../examples/upsert.request.json");
const RESPONSE: &str = include_str!("../../examples/upsert.response.json");

#[tokio::test]
async fn the_documented_request_gets_the_documented_answer() {
    let server = Server::start().await;
    let answer = server.post_text(&format!("/users/{ID}"), REQUEST).await;
    let user = answer.user();
    let mut documented: Value = serde_json::from_str(RESPONSE).unwrap();
    documented["id"] = user["id"].clone();
    // As texts, so that the order of the fields counts.
    assert_eq!(answer.text, documented.to_string());
}

#[tokio::test]
async fn a9_a_new_id_makes_a_user_with_a_uuid_v7_and_every_field_null() {
    let server = Server::start().await;
    let user = server.post("u1", json!({})).await.user();
    let id = Uuid::try_parse(user["id"].as_str().unwrap()).unwrap();
    assert_eq!(id.get_version_num(), 7);
    let expected = json!({
        "id": id, "bubbleId": "u1", "isMailConfirmed": null, "language": null, "lastConnexion": null, "email": null,
        "mobilePhone": null, "producerBubbleId": null, "producerId": null, "sellerBubbleId": null, "sellerId": null,
        "originBubbleId": null, "originId": null, "lastName": null, "firstName": null, "status": null, "role": null,
        "userSignedUp": null, "avatar": null, "isAlgorep": null, "createdAt": START, "updatedAt": START,
    });
    assert_eq!(user.to_string(), expected.to_string());
    assert_eq!(server.stored("u1").await.unwrap().id, UserId(id));
    assert_eq!(server.post("u1", json!({})).await.user()["id"], json!(id));
}

#[tokio::test]
async fn a7_absent_is_left_null_erases_a_value_replaces() {
    let server = Server::start().await;
    let documented: Value = serde_json::from_str(REQUEST).unwrap();
    let before = server.post(ID, documented.clone()).await.user();
    for (key, sent) in documented.as_object().unwrap() {
        if matches!(key.as_str(), "bubbleId" | "createdAt" | "updatedAt") {
            continue;
        }
        let without = |answer: &Value| {
            let mut rest = answer.clone();
            rest.as_object_mut().unwrap().retain(|name, _| name != key && name != "updatedAt");
            rest
        };
        let erased = server.post(ID, json!({ key: null })).await.user();
        assert_eq!(erased[key], Value::Null);
        assert_eq!(without(&erased), without(&before), "erasing {key} touches nothing else");
        let replaced = server.post(ID, json!({ key: sent })).await.user();
        assert_eq!(without(&replaced), without(&before), "setting {key} touches nothing else");
        assert_eq!(&replaced[key], sent);
    }
}

#[tokio::test]
async fn a7_an_empty_string_erases_where_it_can_be_no_value() {
    let server = Server::start().await;
    server.post_text(&format!("/users/{ID}"), REQUEST).await.user();
    let empty = json!({ "email": "", "lastConnexion": "", "producerId": "", "avatar": "", "lastName": "", "role": "" });
    let user = server.post(ID, empty).await.user();
    for key in ["email", "lastConnexion", "producerId", "avatar"] {
        assert_eq!(user[key], Value::Null, "{key}");
    }
    for key in ["lastName", "role"] {
        assert_eq!(user[key], "", "{key}");
    }
    let options = Options { empty_string: EmptyString::Refuse, ..Options::default() };
    let strict = Server::with(Setup { options, ..Setup::default() }).await;
    strict.post("u1", json!({ "email": "", "role": "" })).await.assert_refused("ALGOREP_005", &["email"]);
}

#[tokio::test]
async fn a6_unknown_fields_may_be_ignored() {
    let options = Options { unknown_fields: UnknownFields::Ignore, ..Options::default() };
    let server = Server::with(Setup { options, ..Setup::default() }).await;
    let user = server.post("u1", json!({ "isActive": true, "lastName": "x" })).await.user();
    assert_eq!(user["lastName"], "x");
    assert_eq!(user.get("isActive"), None);
    server.post("u1", json!({ "id": "x" })).await.assert_refused("ALGOREP_005", &["id"]);
}

#[tokio::test]
async fn a4_values_are_answered_in_their_canonical_form_and_strings_as_sent() {
    let server = Server::start().await;
    let sent = json!({
        "lastConnexion": "2024-01-19T14:45:04.147999+02:00",
        "sellerId": "50658C1E-356E-4407-B120-D110552292D8",
        "email": "A@LocalHost",
        "firstName": "  e\u{301}  ",
    });
    let user = server.post("u1", sent).await.user();
    assert_eq!(user["lastConnexion"], "2024-01-19T12:45:04.147Z");
    assert_eq!(user["sellerId"], "50658c1e-356e-4407-b120-d110552292d8");
    assert_eq!(user["email"], "A@LocalHost");
    assert_eq!(user["firstName"], "  e\u{301}  ");
}

#[tokio::test]
async fn a3_the_path_names_the_user_in_the_keys_own_source() {
    let server = Server::start().await;
    let user = server.post_text("/users/a%2Fb%20c%C3%A9", "{}").await.user();
    assert_eq!(user["bubbleId"], "a/b cé");
    assert_eq!(server.post_text("/users/a%2fb%20cé", "{}").await.user()["id"], user["id"]);
    let other_key = server.new_key("other", &[roster_directory::Scope::UsersWrite], None).await;
    let other =
        server.post_with("/users/a%2Fb%20c%C3%A9", "{}", &[("authorization", &other_key)]).await.user();
    assert_ne!(other["id"], user["id"]);
    for path in ["/users", "/users/a/b", "/users/a/", "/users//a", "//users/a"] {
        assert_eq!(server.post_text(path, "{}").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a11_the_times_are_the_callers_to_set() {
    let server = Server::start().await;
    let sent = "2020-01-01T00:00:00.000Z";
    let times = |user: &Value| (user["createdAt"].clone(), user["updatedAt"].clone());
    let created = server.post("u1", json!({ "createdAt": sent, "updatedAt": sent })).await.user();
    assert_eq!(times(&created), (json!(sent), json!(sent)));
    server.clock.advance_seconds(1);
    let changed = server.post("u1", json!({ "role": "x" })).await.user();
    assert_eq!(times(&changed), (json!(sent), json!("2024-03-01T10:00:01.123Z")));
    server.clock.advance_seconds(1);
    let restored = server.post("u1", json!({ "createdAt": null, "updatedAt": null })).await.user();
    assert_eq!(times(&restored), (json!(START), json!("2024-03-01T10:00:02.123Z")));
    server.clock.advance_seconds(1);
    let unchanged = server.post("u1", json!({ "createdAt": "", "updatedAt": "" })).await.user();
    assert_eq!(times(&unchanged), times(&restored));
}

#[tokio::test]
async fn a12_what_changes_nothing_makes_no_version() {
    let server = Server::start().await;
    let first = server.post_text(&format!("/users/{ID}"), REQUEST).await;
    server.clock.advance_seconds(60);
    let again = server.post_text(&format!("/users/{ID}"), REQUEST).await;
    assert_eq!(again.text, first.text);
    let part = server.post(ID, json!({ "lastName": "Macron" })).await;
    assert_eq!(part.text, first.text);
    let user = server.stored(ID).await.unwrap();
    assert_eq!(user.version, 1);
    assert_eq!(server.store.history(user.id, 0, 10).await.unwrap().len(), 1);
}
