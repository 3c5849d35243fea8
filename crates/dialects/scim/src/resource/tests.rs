use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::arbitrary::any_object;
use crate::schema::{GROUP, RESOURCE_TYPES, USER};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const DIRECTORY: &str = "urn:roster:scim:schemas:extension:directory:1.0:User";

fn read(kind: &ResourceType, sent: &Value) -> (Value, Vec<String>) {
    let mut faults = Vec::new();
    let resource = canonicalise(kind, sent.as_object().unwrap(), &mut faults);
    (resource.into(), faults.iter().map(ToString::to_string).collect())
}

fn user(sent: &Value) -> Value {
    let (resource, faults) = read(&USER, sent);
    assert_eq!(faults, [] as [&str; 0], "{sent}");
    resource
}

fn faults(sent: &Value) -> Vec<String> {
    read(&USER, sent).1
}

#[test]
fn okta_creates_with_a_password_and_an_empty_list_of_groups() {
    let sent = json!({
        "schemas": [USER.core.urn],
        "userName": "test.user@okta.local",
        "name": { "givenName": "Test", "familyName": "User" },
        "emails": [{ "primary": true, "value": "test.user@okta.local", "type": "work" }],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    });
    let mut expected = sent.clone();
    expected.as_object_mut().unwrap().retain(|name, _| !["schemas", "groups"].contains(&name.as_str()));
    assert_eq!(user(&sent), expected);
}

#[test]
fn names_are_in_any_case_dotted_and_with_their_urn() {
    let sent = json!({
        "USERNAME": "x",
        "name.GIVENNAME": "g",
        "Name": { "familyname": "f" },
        "Emails": [{ "VALUE": "a@x" }],
        ENTERPRISE.to_lowercase(): { "Department": "d", "manager.value": "1" },
        format!("{ENTERPRISE}:costCenter"): "c",
        format!("{}:title", USER.core.urn): "t",
    });
    let expected = json!({
        "userName": "x",
        "name": { "givenName": "g", "familyName": "f" },
        "emails": [{ "value": "a@x" }],
        ENTERPRISE: { "department": "d", "manager": { "value": "1" }, "costCenter": "c" },
        "title": "t",
    });
    assert_eq!(user(&sent), expected);
}

#[test]
fn the_unknown_and_the_read_only_are_passed_over() {
    let sent = json!({
        "schemas": ["urn:unknown", 7],
        "urn:unknown": { "a": 1 },
        "id": 7,
        "meta": "x",
        "groups": "x",
        "unknown": { "a": [1] },
        "emails[type eq": 1,
        "emails": [{ "value": "a@x", "unknown": 1, "$ref": null }],
        ENTERPRISE: { "unknown": 1, "manager": { "value": "1", "$ref": null, "displayName": 7 } },
        DIRECTORY: { "number": "x", "createdAt": 1, "staff": true },
    });
    let expected = json!({
        "emails": [{ "value": "a@x" }],
        ENTERPRISE: { "manager": { "value": "1" } },
        DIRECTORY: { "staff": true },
    });
    assert_eq!(user(&sent), expected);
}

#[test]
fn null_and_empty_are_unassigned() {
    for nothing in [json!(null), json!(""), json!([])] {
        let sent = json!({ "emails": nothing });
        assert_eq!(user(&sent), json!({ "emails": null }), "{sent}");
    }
    let sent = json!({
        "title": null,
        "active": "",
        "name": { "givenName": "", "familyName": "f" },
        "emails": [{ "type": "work", "value": "" }, null, {}, { "value": "a@x", "display": null }],
        "phoneNumbers": [{ "type": "work", "primary": true }],
        "addresses": [{ "country": null }],
        ENTERPRISE: { "manager": { "value": "" }, "division": null },
        DIRECTORY: { "producer": { "organisationId": null, "externalId": "" }, "seller": {} },
    });
    let expected = json!({
        "title": null,
        "active": null,
        "name": { "givenName": null, "familyName": "f" },
        "emails": [{ "value": "a@x" }],
        "phoneNumbers": null,
        "addresses": null,
        ENTERPRISE: { "manager": null, "division": null },
        DIRECTORY: { "producer": { "organisationId": null, "externalId": null }, "seller": null },
    });
    assert_eq!(user(&sent), expected);
}

#[test]
fn an_extension_that_is_null_is_all_erased() {
    let expected = json!({
        "employeeNumber": null, "costCenter": null, "organization": null, "division": null, "department": null,
        "manager": null,
    });
    assert_eq!(user(&json!({ ENTERPRISE: null })), json!({ ENTERPRISE: expected }));
    assert_eq!(user(&json!({ ENTERPRISE: {} })), json!({}));
}

#[test]
fn what_entra_sends_is_read_as_it_is_meant() {
    let sent = json!({
        "active": "True",
        "emails": [{ "value": "a@x", "primary": "false" }],
        "roles": [{ "value": "r", "primary": "True" }],
        ENTERPRISE: { "manager": "123" },
        DIRECTORY: { "lastLogin": "0001-01-03T00:00:00.0000000Z" },
    });
    let expected = json!({
        "active": true,
        "emails": [{ "value": "a@x", "primary": false }],
        "roles": [{ "value": "r", "primary": true }],
        ENTERPRISE: { "manager": { "value": "123" } },
    });
    assert_eq!(user(&sent), expected);
    assert_eq!(user(&json!({ ENTERPRISE: { "manager": "" } })), json!({ ENTERPRISE: { "manager": null } }));
}

#[test]
fn every_fault_is_named_and_no_value() {
    let sent = json!({
        "userName": 7,
        "USERname": "x",
        "active": "yes",
        "name": "x",
        "title": ["x"],
        "emails": { "value": "x" },
        "emails.value": "x",
        "phoneNumbers": [7, { "value": true }, { "value": "x", "primary": 1, "VALUE": "y" }],
        "photos": [{ "value": "a", "primary": true }, { "value": "b", "primary": true }],
        "x509Certificates": [{ "value": "se cret" }],
        ENTERPRISE: { "manager": 7 },
        DIRECTORY: { "staff": 0 },
    });
    assert_eq!(
        faults(&sent),
        [
            "userName must be a string",
            "userName is given more than once",
            "active must be true or false",
            "name must be an object",
            "title must be a string",
            "emails must be a list",
            "emails.value must be given in the elements of the list",
            "phoneNumbers[0] must be an object",
            "phoneNumbers[1].value must be a string",
            "phoneNumbers[2].primary must be true or false",
            "phoneNumbers[2].value is given more than once",
            "photos must have at most one primary element",
            "x509Certificates[0].value must be base64 text",
            &format!("{ENTERPRISE}:manager must be an object"),
            &format!("{DIRECTORY}:staff must be true or false"),
        ]
    );
    assert_eq!(faults(&json!({ ENTERPRISE: "x" })), [format!("{ENTERPRISE} must be an object")]);
}

#[test]
fn too_many_names_with_a_filter_are_the_one_fault() {
    let named = |count: usize| {
        let mut sent: Map<String, Value> =
            (0..count).map(|n| (format!("groups[value eq \"{n}\"]"), json!("x"))).collect();
        sent.insert("userName".to_owned(), json!("x"));
        let mut faults = Vec::new();
        whole(&USER, &sent, &mut faults);
        faults.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(named(100), [] as [&str; 0]);
    assert_eq!(named(101), ["User must have at most 100 names with a filter in them"]);
}

#[test]
fn what_is_required_must_be_there() {
    for (sent, expected) in [
        (json!({}), vec!["userName is required and must not be empty"]),
        (json!({ "userName": "" }), vec!["userName is required and must not be empty"]),
        (json!({ "userName": "x" }), vec![]),
        // Everything is told, and nothing twice.
        (json!({ "userName": 7 }), vec!["userName must be a string"]),
        (json!({ "title": 7 }), vec!["title must be a string", "userName is required and must not be empty"]),
    ] {
        let mut faults = Vec::new();
        whole(&USER, sent.as_object().unwrap(), &mut faults);
        assert_eq!(faults.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{sent}");
    }
}

#[test]
fn lists_have_a_bound() {
    let list = |count: usize| (0..count).map(|n| json!({ "value": n.to_string() })).collect::<Value>();
    assert_eq!(faults(&json!({ "emails": list(100) })), [] as [&str; 0]);
    assert_eq!(faults(&json!({ "emails": list(101) })), ["emails must have at most 100 elements"]);
    let members = |count| read(&GROUP, &json!({ "members": list(count) })).1;
    assert_eq!(members(10_000), [] as [&str; 0]);
    assert_eq!(members(10_001), ["members must have at most 10000 elements"]);
}

#[test]
fn members_are_users_with_a_value() {
    let sent = json!({ "displayName": "g", "members": [{ "value": "1", "type": "user", "displayName": "x", "$ref": "y" }] });
    let expected = json!({ "displayName": "g", "members": [{ "value": "1", "type": "User", "display": "x", "$ref": "y" }] });
    assert_eq!(read(&GROUP, &sent), (expected, Vec::new()));
    let sent = json!({ "members": [{ "value": "1", "type": "Group" }, {}, { "value": 7 }] });
    assert_eq!(
        read(&GROUP, &sent).1,
        [
            "members[0].type must be User",
            "members[1].value is required and must not be empty",
            "members[2].value must be a string",
        ]
    );
}

proptest! {
    #[test]
    fn what_is_canonical_stays_as_it_is(sent in any_object()) {
        for kind in RESOURCE_TYPES {
            let (mut faults, mut more) = (Vec::new(), Vec::new());
            let once = canonicalise(kind, &sent, &mut faults);
            prop_assert_eq!(&canonicalise(kind, &once, &mut more), &once);
            // What was at fault is not in it any longer, but for lists with more than one primary element.
            if faults.is_empty() {
                prop_assert_eq!(more, Vec::new());
            }
        }
    }
}
