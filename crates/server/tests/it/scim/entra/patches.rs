//! The operations of a patch and their paths.

use serde_json::json;

use super::{created, operation};
use crate::harness::Roster;
use crate::scim::{
    Client, ENTERPRISE, MEDIA_TYPE, PATCH, id, noted, of_type, part_of, path, refused, resource,
};

#[tokio::test]
async fn a_filtered_add_or_replace_creates_the_value_that_is_not_there() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    for (op, kind) in [("Add", "mobile"), ("Replace", "fax")] {
        let path_of_value = format!("phoneNumbers[type eq \"{kind}\"].value");
        let patched = entra.patched(&path(&user), &operation(op, &path_of_value, json!("55555555555"))).await;
        assert_eq!(
            part_of(of_type(&patched, "phoneNumbers", kind), &json!({"value": ""})),
            json!({"value": "55555555555"})
        );
        // Again, it is there.
        let again = entra.patched(&path(&user), &operation(op, &path_of_value, json!("66666666666"))).await;
        assert_eq!(of_type(&again, "phoneNumbers", kind)["value"], "66666666666");
    }
    // Each sub-attribute comes by itself, and all are of one address.
    let operations = json!([
        {"op": "Add", "path": "addresses[type eq \"work\"].streetAddress", "value": "1 Main Street"},
        {"op": "Add", "path": "addresses[type eq \"work\"].postalCode", "value": "98052"},
        {"op": "Replace", "path": "addresses[type eq \"other\"].formatted", "value": "Room 7"},
    ]);
    let patched = entra.patched(&path(&user), &operations).await;
    let work = json!({"type": "work", "streetAddress": "1 Main Street", "postalCode": "98052"});
    assert_eq!(part_of(of_type(&patched, "addresses", "work"), &work), work);
    assert_eq!(of_type(&patched, "addresses", "other")["formatted"], "Room 7");
    assert_eq!(patched["emails"], user["emails"]);
}

#[tokio::test]
async fn any_other_filter_that_matches_nothing_is_400_no_target() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    for filter in [
        "phoneNumbers[type ne \"work\"].value",
        "phoneNumbers[value sw \"+33\"].display",
        "phoneNumbers[not (type eq \"work\")].value",
        "emails[type eq \"home\" or type eq \"other\"].value",
    ] {
        let answer = entra.patch(&path(&user), &operation("Replace", filter, json!("a@b"))).await;
        refused(&answer, 400, Some("noTarget"));
    }
    let whole = operation("Replace", "emails[type eq \"home\"]", json!({"value": "a@b"}));
    refused(&entra.patch(&path(&user), &whole).await, 400, Some("noTarget"));
    assert_eq!(entra.read(&path(&user)).await, user);
}

#[tokio::test]
async fn the_documented_update_of_an_email_changes_it_in_place() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let operations = json!([
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "updatedEmail@microsoft.com"},
        {"op": "Replace", "path": "name.familyName", "value": "updatedFamilyName"},
    ]);
    let patched = entra.patched(&path(&user), &operations).await;
    assert_eq!(
        patched["emails"],
        json!([{"value": "updatedEmail@microsoft.com", "type": "work", "primary": true}])
    );
    assert_eq!(
        (&patched["name"]["familyName"], &patched["name"]["givenName"]),
        (&json!("updatedFamilyName"), &json!("givenName"))
    );
}

#[tokio::test]
async fn operations_are_capitalised() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let added = entra.patched(&path(&user), &operation("Add", "nickName", json!("Babs"))).await;
    assert_eq!(added["nickName"], "Babs");
    let replaced = entra.patched(&path(&user), &operation("Replace", "nickName", json!("Barbara"))).await;
    assert_eq!(replaced["nickName"], "Barbara");
    let removed = entra.patched(&path(&user), &json!([{"op": "Remove", "path": "nickName"}])).await;
    assert_eq!(removed.get("nickName"), None);
    assert_eq!(removed, noted(user.clone(), &removed), "nothing else has moved");
    refused(
        &entra.patch(&path(&user), &operation("Move", "nickName", json!("x"))).await,
        400,
        Some("invalidSyntax"),
    );
}

#[tokio::test]
async fn several_operations_on_one_user_are_one_change() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let operations = json!([
        {"op": "Replace", "path": "displayName", "value": "Pvlo"},
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "TestBcwqnm@test.microsoft.com"},
        {"op": "Replace", "path": "name.givenName", "value": "Gtfd"},
        {"op": "Replace", "path": "name.familyName", "value": "Pkqf"},
        {"op": "Replace", "path": "externalId", "value": "Eqpj"},
        {"op": "Replace", "path": format!("{ENTERPRISE}:employeeNumber"), "value": "Eqpj"},
    ]);
    let patched = entra.patched(&path(&user), &operations).await;
    let expected = json!({
        "displayName": "Pvlo",
        "emails": [{"value": "TestBcwqnm@test.microsoft.com", "type": "work", "primary": true}],
        "name": {"givenName": "Gtfd", "familyName": "Pkqf"},
        "externalId": "Eqpj",
        ENTERPRISE: {"employeeNumber": "Eqpj"},
    });
    assert_eq!(part_of(&patched, &expected), expected);
    assert!(patched["schemas"].as_array().unwrap().contains(&json!(ENTERPRISE)), "{patched}");
    assert_eq!(roster.user(id(&user)).await["version"], 2);
}

#[tokio::test]
async fn an_operation_that_fails_undoes_those_before_it() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let operations = json!([
        {"op": "Replace", "path": "displayName", "value": "Pvlo"},
        {"op": "Replace", "path": "noSuchAttribute", "value": "x"},
    ]);
    refused(&entra.patch(&path(&user), &operations).await, 400, Some("invalidPath"));
    assert_eq!(entra.read(&path(&user)).await, user);
}

#[tokio::test]
async fn a_value_object_has_dotted_keys_and_urns() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let operations = json!([
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "TestMhvaes@test.microsoft.com"},
        {"op": "replace", "value": {
            "displayName": "Bjfe",
            "name.givenName": "Kkom",
            "name.familyName": "Unua",
            format!("{ENTERPRISE}:employeeNumber"): "Aklq",
        }},
    ]);
    let patched = entra.patched(&path(&user), &operations).await;
    let mut expected = user.clone();
    expected["displayName"] = json!("Bjfe");
    expected["name"]["givenName"] = json!("Kkom");
    expected["name"]["familyName"] = json!("Unua");
    expected["emails"][0]["value"] = json!("TestMhvaes@test.microsoft.com");
    expected[ENTERPRISE] = json!({"employeeNumber": "Aklq"});
    expected["schemas"] = patched["schemas"].clone();
    assert_eq!(patched, noted(expected, &patched));
}

#[tokio::test]
async fn a_patch_of_the_wrong_form_is_refused() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let wrong = [
        (json!({"schemas": [PATCH]}), "invalidSyntax"),
        (json!({"schemas": [PATCH], "Operations": {}}), "invalidSyntax"),
        (
            json!({"schemas": [PATCH], "Operations": [{"op": "Replace", "path": "emails[type eq", "value": "x"}]}),
            "invalidPath",
        ),
        (json!({"schemas": [PATCH], "Operations": [{"op": "Remove"}]}), "noTarget"),
        (
            json!({"schemas": [PATCH], "Operations": [{"op": "Replace", "path": "userName", "value": 7}]}),
            "invalidValue",
        ),
    ];
    for (body, scim_type) in wrong {
        refused(&entra.send("PATCH", &path(&user), &body).await, 400, Some(scim_type));
    }
    let no_json = entra.request("PATCH", &path(&user)).header("content-type", MEDIA_TYPE).body("{");
    refused(&crate::harness::Answer::of(no_json).await, 400, Some("invalidSyntax"));
    assert_eq!(resource(&entra.get(&path(&user)).await, 200), user);
}
