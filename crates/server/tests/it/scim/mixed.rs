//! One user, written by the Algorep dialect and by two clients of SCIM: each changes what it sends, and nothing else.

use serde_json::{Value, json};

use super::{Client, ENTERPRISE, USER, id, noted, of_type, part_of, path, resource, values};
use crate::harness::{Roster, algorep_body};

const BUBBLE_ID: &str = "1708861331497x933611102973227500";

/// A user as the dialects beside SCIM show it.
struct Seen {
    algorep: Value,
    rest: Value,
}

impl Seen {
    async fn of(roster: &Roster, user: &str) -> Self {
        Self { algorep: roster.upserted(BUBBLE_ID, &json!({})).await, rest: roster.user(user).await }
    }

    /// What is expected of it once these fields of both have changed. The times of the change and its number are the server's.
    fn expect(&mut self, algorep: Value, rest: Value, after: &Self) {
        for (expected, changed) in [(&mut self.algorep, algorep), (&mut self.rest, rest)] {
            for (field, value) in changed.as_object().unwrap() {
                expected[field] = value.clone();
            }
        }
        self.algorep["updatedAt"] = after.algorep["updatedAt"].clone();
        for field in ["version", "updated_at", "recorded_at"] {
            assert_ne!(self.rest[field], after.rest[field], "{field}");
            self.rest[field] = after.rest[field].clone();
        }
        assert_eq!(self.algorep, after.algorep);
        assert_eq!(self.rest, after.rest);
    }
}

#[tokio::test]
async fn a_user_of_algorep_is_taken_over_by_okta_and_by_entra_and_keeps_what_they_do_not_send() {
    let roster = Roster::start();
    let (okta, entra) = (Client::of(&roster, "okta"), Client::of(&roster, "entra"));
    let upserted = roster.upserted(BUBBLE_ID, &algorep_body()).await;
    let before = Seen::of(&roster, id(&upserted)).await;

    // Okta knows nothing of Bubble; it looks by the name that the directory derived from the email.
    let mut found = okta.found("/Users", r#"userName eq "algorep@algorep.ai""#).await;
    assert_eq!(found.len(), 1);
    let user = found.remove(0);
    assert_eq!(user["id"], upserted["id"]);
    assert_eq!(user.get("externalId"), None);
    let body = json!({
        "schemas": [USER],
        "id": user["id"],
        "externalId": "00ujl29u0le5T6Aj10h7",
        "userName": "algorep@algorep.ai",
        "name": {"givenName": "Brigitte", "familyName": "Macron"},
        "displayName": "Brigitte Macron",
        "emails": [{"primary": true, "value": "algorep@algorep.ai", "type": "work"}],
        "active": true,
        "groups": [],
        "meta": {"resourceType": "User"},
    });
    resource(&okta.send("PUT", &path(&user), &body).await, 200);
    let after_okta = Seen::of(&roster, id(&user)).await;
    let links = json!({"bubble": BUBBLE_ID, "okta": "00ujl29u0le5T6Aj10h7"});
    let changed = json!({"given_name": "Brigitte", "display_name": "Brigitte Macron", "links": links});
    let mut expected = before;
    expected.expect(json!({"firstName": "Brigitte"}), changed, &after_okta);

    let operations = json!([
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "updatedEmail@microsoft.com"},
        {"op": "Replace", "path": "name.familyName", "value": "updatedFamilyName"},
        {"op": "Add", "path": "externalId", "value": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"},
        {"op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Tour Operations"},
        {"op": "Replace", "path": "active", "value": "False"},
    ]);
    entra.patched(&path(&user), &operations).await;
    let after_entra = Seen::of(&roster, id(&user)).await;
    let email = "updatedEmail@microsoft.com";
    let mut links = links;
    links["entra"] = json!("0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef");
    // Among what stays is the user name, which was derived from the email until Okta sent it.
    let mut expected = after_okta;
    expected.expect(
        json!({"email": email, "lastName": "updatedFamilyName"}),
        json!({
            "email": email,
            "family_name": "updatedFamilyName",
            "department": "Tour Operations",
            "active": false,
            "links": links,
        }),
        &after_entra,
    );
}

#[tokio::test]
async fn what_scim_alone_knows_survives_the_others() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let upserted = roster.upserted(BUBBLE_ID, &algorep_body()).await;
    let body = json!({
        "schemas": [USER, ENTERPRISE],
        "userName": "algorep@algorep.ai",
        "nickName": "Babs",
        "addresses": [{"type": "work", "country": "FR"}],
        ENTERPRISE: {"department": "Tour Operations"},
    });
    let path_of_user = format!("/Users/{}", id(&upserted));
    let put = resource(&okta.send("PUT", &path_of_user, &body).await, 200);
    assert_eq!(put["displayName"], Value::Null);
    roster.upserted(BUBBLE_ID, &json!({"lastName": "Curie", "isAlgorep": true})).await;
    roster.update(1, &crate::harness::zynchro_body()).await.ok();
    let after = okta.read(&path_of_user).await;
    let mut kept = body;
    kept.as_object_mut().unwrap().remove("schemas");
    assert_eq!(part_of(&after, &kept), kept);
    assert_eq!(
        (&after["name"]["familyName"], &after["displayName"]),
        (&json!("Curie"), &json!("User Test Modif"))
    );
    assert_eq!(of_type(&after, "emails", "work")["value"], "user_test_modif@test.com");
}

#[tokio::test]
async fn a_user_of_algorep_is_shown_with_the_elements_of_its_single_values() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let upserted = roster.upserted(BUBBLE_ID, &algorep_body()).await;
    let user = okta.read(&format!("/Users/{}", id(&upserted))).await;
    assert_eq!(user["emails"], json!([{"value": "algorep@algorep.ai", "type": "work", "primary": true}]));
    let expected = json!({
        "userName": "algorep@algorep.ai",
        "name": {"givenName": "Emmanuel", "familyName": "Macron"},
        "active": true,
    });
    assert_eq!(part_of(&user, &expected), expected);
    for (attribute, expected) in [
        ("phoneNumbers", json!({"value": "0609921214", "type": "work"})),
        ("photos", json!({"value": algorep_body()["avatar"], "type": "photo"})),
        ("roles", json!({"value": "producerAdmin", "primary": true})),
    ] {
        assert_eq!(user[attribute].as_array().unwrap().len(), 1, "{attribute}");
        assert_eq!(part_of(&user[attribute][0], &expected), expected, "{attribute}");
    }
    // It can be sent back as it came.
    let same = resource(&okta.send("PUT", &path(&user), &user).await, 200);
    assert_eq!(same, noted(user, &same));
}

#[tokio::test]
async fn clearing_the_email_removes_the_primary_element_and_promotes_none() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let upserted = roster.upserted("u", &json!({"email": "a@x", "mobilePhone": "1"})).await;
    let path = format!("/Users/{}", id(&upserted));
    let home = json!([{"value": "b@x", "type": "home"}]);
    okta.patched(&path, &json!([{"op": "add", "path": "emails", "value": home}])).await;
    let cleared = roster.upserted("u", &json!({"email": null})).await;
    assert_eq!(cleared["email"], Value::Null);
    assert_eq!(okta.read(&path).await["emails"], home);
    assert_eq!(roster.user(id(&upserted)).await["email"], Value::Null);
    // What comes then is an element of its own.
    let set = roster.upserted("u", &json!({"email": "c@x"})).await;
    assert_eq!(set["email"], "c@x");
    let user = okta.read(&path).await;
    assert_eq!(values(&user, "emails"), ["b@x", "c@x"]);
    assert_eq!(*of_type(&user, "emails", "work"), json!({"value": "c@x", "type": "work", "primary": true}));
    assert_eq!(*of_type(&user, "emails", "home"), home[0]);
}

#[tokio::test]
async fn setting_the_email_changes_the_value_of_the_primary_element_and_leaves_the_others() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let upserted = roster.upserted("u", &json!({"email": "a@x"})).await;
    let path = format!("/Users/{}", id(&upserted));
    let emails = json!([
        {"value": "w@x", "type": "work"},
        {"value": "p@x", "type": "other", "primary": true, "display": "P"},
        {"value": "h@x", "type": "home"},
    ]);
    let replaced = okta.patched(&path, &json!([{"op": "replace", "path": "emails", "value": emails}])).await;
    assert_eq!(replaced["emails"].as_array().unwrap().len(), 3);
    assert_eq!(roster.upserted("u", &json!({})).await["email"], "p@x", "the primary one is the directory's");
    roster.upserted("u", &json!({"email": "q@x"})).await;
    let mut expected = replaced["emails"].clone();
    for element in expected.as_array_mut().unwrap().iter_mut().filter(|element| element["value"] == "p@x") {
        element["value"] = json!("q@x");
    }
    assert_eq!(okta.read(&path).await["emails"], expected);
}

#[tokio::test]
async fn an_email_beside_a_primary_element_that_is_no_address_is_not_found_as_the_primary_one() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let upserted = roster.upserted("u", &json!({})).await;
    let path = format!("/Users/{}", id(&upserted));
    let other = json!({"value": "no address", "type": "other", "primary": true});
    okta.patched(&path, &json!([{"op": "add", "path": "emails", "value": [other]}])).await;
    roster.upserted("u", &json!({"email": "a@x"})).await;
    let user = okta.read(&path).await;
    assert_eq!(*of_type(&user, "emails", "work"), json!({"value": "a@x", "type": "work"}));
    for (filter, count) in [
        (r#"emails[value eq "a@x"]"#, 1),
        (r#"emails[value eq "a@x" and primary eq true]"#, 0),
        (r#"emails[value eq "a@x" and primary eq false]"#, 1),
        (r#"emails[value eq "a@x" and primary pr]"#, 0),
        (r#"emails[value eq "no address" and primary eq true]"#, 1),
    ] {
        assert_eq!(okta.found("/Users", filter).await.len(), count, "{filter}");
    }
}

/// Algorep keeps `""` in a field of text. A list with nothing in it could not be sent back.
#[tokio::test]
async fn an_empty_phone_of_algorep_is_no_phone_of_scim() {
    let roster = Roster::start();
    let okta = Client::of(&roster, "okta");
    let upserted = roster.upserted("u", &json!({"mobilePhone": "1"})).await;
    let user = format!("/Users/{}", id(&upserted));
    let home = json!([{"op": "add", "path": "phoneNumbers", "value": [{"value": "2", "type": "home"}]}]);
    okta.patched(&user, &home).await;
    assert_eq!(roster.upserted("u", &json!({"mobilePhone": ""})).await["mobilePhone"], "");
    let shown = okta.read(&user).await;
    assert_eq!(shown["phoneNumbers"], json!([{"value": "2", "type": "home"}]));
    let mobile = json!([{"op": "add", "path": "phoneNumbers", "value": [{"value": "3", "type": "mobile"}]}]);
    assert_eq!(okta.patched(&user, &mobile).await["phoneNumbers"].as_array().unwrap().len(), 2);
    assert_eq!(okta.found("/Users", r#"phoneNumbers.value eq "1""#).await.len(), 0);
}
