//! Values in other forms than the RFC gives them.

use serde_json::{Value, json};

use super::{created, documented, operation};
use crate::harness::Roster;
use crate::scim::{Client, ENTERPRISE, declared, id, noted, part_of, path, refused};

#[tokio::test]
async fn active_comes_as_the_text_false_or_true() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    for (text, active) in [("False", false), ("True", true), ("false", false), ("true", true)] {
        let patched = entra.patched(&path(&user), &operation("Replace", "active", json!(text))).await;
        assert_eq!(patched["active"], active, "{text}");
    }
    let within = json!([{"op": "Replace", "value": {"active": "False"}}]);
    assert_eq!(entra.patched(&path(&user), &within).await["active"], false);
    let no_boolean = entra.patch(&path(&user), &operation("Replace", "active", json!("Nein"))).await;
    refused(&no_boolean, 400, Some("invalidValue"));
}

#[tokio::test]
async fn the_role_is_the_one_whose_primary_is_the_text_true() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    for (op, role) in [("Add", "Reader"), ("Replace", "Writer")] {
        let patched = entra
            .patched(&path(&user), &operation(op, r#"roles[primary eq "True"].value"#, json!(role)))
            .await;
        let expected = json!([{"value": role, "primary": true}]);
        assert_eq!(part_of(&patched["roles"][0], &expected[0]), expected[0]);
        assert_eq!(patched["roles"].as_array().unwrap().len(), 1);
        assert_eq!(roster.user(id(&user)).await["role"], role);
    }
}

#[tokio::test]
async fn the_manager_is_a_plain_string_and_an_empty_one_removes_it() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let (user, first, second) =
        (created(&entra).await, entra.user("first").await, entra.user("second").await);
    let attribute = format!("{ENTERPRISE}:manager");
    for (op, manager) in [("Add", &first), ("Replace", &second)] {
        let patched = entra.patched(&path(&user), &operation(op, &attribute, manager["id"].clone())).await;
        assert_eq!(patched[ENTERPRISE]["manager"]["value"], manager["id"], "{op}");
    }
    let removed = entra.patched(&path(&user), &operation("Replace", &attribute, json!(""))).await;
    assert_eq!(removed[ENTERPRISE].get("manager"), None);
    // As an object it is as the RFC has it.
    let object = operation("Replace", &attribute, json!({"value": first["id"]}));
    assert_eq!(entra.patched(&path(&user), &object).await[ENTERPRISE]["manager"]["value"], first["id"]);
}

#[tokio::test]
async fn an_empty_string_and_null_leave_an_attribute_unassigned() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let mut body = documented();
    let unassigned = [
        ("addresses", Value::Null),
        ("phoneNumbers", Value::Null),
        ("photos", Value::Null),
        ("preferredLanguage", Value::Null),
        ("title", Value::Null),
        ("nickName", json!("")),
        ("timezone", json!("")),
    ];
    for (attribute, nothing) in &unassigned {
        body[*attribute] = nothing.clone();
    }
    body["name"]["middleName"] = json!("");
    body[ENTERPRISE] = json!({"department": null, "costCenter": "", "manager": null});
    let user = entra.created("/Users", &body).await;
    for (attribute, _) in unassigned {
        assert_eq!(user.get(attribute), None, "{attribute}");
    }
    assert_eq!(user["name"].get("middleName"), None);
    assert_eq!(user[ENTERPRISE].as_object().map_or(0, serde_json::Map::len), 0);

    for nothing in [json!(""), Value::Null] {
        for (attribute, value) in [("title", "Tour Guide"), ("nickName", "Babs"), ("name.middleName", "Jane")]
        {
            entra.patched(&path(&user), &operation("Replace", attribute, json!(value))).await;
            let emptied =
                entra.patched(&path(&user), &operation("Replace", attribute, nothing.clone())).await;
            assert_eq!(emptied, noted(user.clone(), &emptied), "{attribute}: {nothing}");
        }
    }
}

#[tokio::test]
async fn a_date_of_year_one_with_seven_digits_is_accepted() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let date = "0001-01-03T00:00:00.0000000Z";
    let mut body = documented();
    // Read-only, and so ignored; but it must be no fault.
    body["meta"] = json!({"resourceType": "User", "created": date, "lastModified": date});
    let user = entra.created("/Users", &body).await;
    assert_ne!(user["meta"]["created"], date);
    let since = format!("meta.lastModified ge \"{date}\"");
    assert_eq!(entra.found("/Users", &since).await, std::slice::from_ref(&user));
    assert_eq!(entra.found("/Users", &format!("meta.created lt \"{date}\"")).await, [Value::Null; 0]);
    for attribute in declared::writable_dates(&entra).await {
        let patched = entra.patched(&path(&user), &operation("Replace", &attribute, json!(date))).await;
        let shown = declared::at(&patched, &attribute);
        let shown: jiff::Timestamp =
            shown.as_str().unwrap_or_else(|| panic!("{attribute}: {patched}")).parse().unwrap();
        assert_eq!(shown, date.parse().unwrap(), "{attribute}");
    }
}
