//! What Entra ID sends, as "Develop a SCIM endpoint" and "Known issues with SCIM 2.0 protocol compliance" print it, and what is
//! known of it beside.

use serde_json::{Value, json};

use super::{
    Client, ENTERPRISE, GROUP, LIST, PATCH, USER, id, of_type, part_of, path, refused, resource, resources,
    values,
};
use crate::harness::Roster;

const WORK: &str = "Test_User_11bb11bb-cc22-dd33-ee44-55ff55ff55ff@testuser.com";

/// The documented body of a creation.
fn documented() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "Test_User_00aa00aa-bb11-cc22-dd33-44ee44ee44ee",
        "active": true,
        "emails": [{"primary": true, "type": "work", "value": WORK}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName"},
        "roles": [],
    })
}

async fn created(entra: &Client<'_>) -> Value {
    entra.created("/Users", &documented()).await
}

/// The documented body of a group's creation.
fn documented_group() -> Value {
    json!({
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
        "displayName": "displayName",
        "meta": {"resourceType": "Group"},
    })
}

/// One operation on one path.
fn operation(op: &str, path: &str, value: Value) -> Value {
    json!([{"op": op, "path": path, "value": value}])
}

#[tokio::test]
async fn the_documented_user_is_created_and_read_again() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let mut expected = documented();
    let object = expected.as_object_mut().unwrap();
    // No attribute of the enterprise extension has a value.
    object.remove("schemas");
    object.remove("roles");
    assert_eq!(part_of(&user, &expected), expected);
    assert_eq!(user["schemas"][0], USER);
    assert_eq!(entra.read(&path(&user)).await, user);
    let by_name = r#"userName eq "Test_User_00aa00aa-bb11-cc22-dd33-44ee44ee44ee""#;
    let by_id = r#"externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef""#;
    for filter in [by_name.to_owned(), by_id.to_owned(), format!("{by_name} and {by_id}")] {
        assert_eq!(entra.found("/Users", &filter).await, std::slice::from_ref(&user), "{filter}");
    }
    assert_eq!(
        entra.found("/Users", r#"externalId eq "0A21F0F2-8d2a-4f8e-bf98-7363c4aed4ef""#).await,
        [Value::Null; 0]
    );
}

#[tokio::test]
async fn the_test_of_the_connection_finds_nobody() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let list = entra.read(r#"/Users?filter=userName eq "non-existent user""#).await;
    assert_eq!(
        (&list["schemas"], &list["totalResults"], &list["Resources"]),
        (&json!([LIST]), &json!(0), &json!([]))
    );
    assert_eq!(list["startIndex"], 1);
}

#[tokio::test]
async fn a_random_id_is_404_with_a_body_of_scim() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    created(&entra).await;
    for id in ["5171a35d82074e068ce2", "00aa00aa-bb11-cc22-dd33-44ee44ee44ee", "7", "%20", "a%2Fb"] {
        for kind in ["Users", "Groups"] {
            let path = format!("/{kind}/{id}");
            refused(&entra.get(&path).await, 404, None);
            refused(&entra.patch(&path, &operation("Replace", "displayName", json!("x"))).await, 404, None);
            refused(&entra.delete(&path).await, 404, None);
        }
    }
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
    // Nothing else has moved.
    let mut expected = user.clone();
    expected["meta"] = removed["meta"].clone();
    assert_eq!(removed, expected);
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
    for of_server in ["schemas", "meta"] {
        expected[of_server] = patched[of_server].clone();
    }
    assert_eq!(patched, expected);
}

#[tokio::test]
async fn a_user_is_found_by_its_work_email() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let other = json!([{"type": "home", "value": WORK}, {"type": "work", "value": "another@testuser.com"}]);
    entra.created("/Users", &json!({"schemas": [USER], "userName": "other", "emails": other})).await;
    let by_work = |address: &str| format!("emails[type eq \"work\"].value eq \"{address}\"");
    assert_eq!(entra.found("/Users", &by_work(WORK)).await, std::slice::from_ref(&user));
    assert_eq!(entra.found("/Users", &by_work(&WORK.to_lowercase())).await, [user]);
    assert_eq!(entra.found("/Users", &by_work("nobody@testuser.com")).await, [Value::Null; 0]);
}

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
        "phoneNumbers[type eq \"work\" and primary eq true].value",
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
async fn a_user_is_renamed() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let name = "5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.com";
    let renamed = entra.patched(&path(&user), &operation("Replace", "userName", json!(name))).await;
    assert_eq!((&renamed["userName"], &renamed["id"]), (&json!(name), &user["id"]));
    entra.user("taken").await;
    let taken = entra.patch(&path(&user), &operation("Replace", "userName", json!("Taken"))).await;
    refused(&taken, 409, Some("uniqueness"));
}

#[tokio::test]
async fn a_disabled_user_is_still_returned_and_a_deleted_one_is_not() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let user = created(&entra).await;
    let disabled = entra.patched(&path(&user), &operation("Replace", "active", json!(false))).await;
    assert_eq!(entra.read(&path(&user)).await, disabled);
    let by_id = r#"externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef""#;
    assert_eq!(entra.found("/Users", by_id).await, [disabled]);
    let deleted = entra.delete(&path(&user)).await;
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    refused(&entra.get(&path(&user)).await, 404, None);
    refused(&entra.delete(&path(&user)).await, 404, None);
    assert_eq!(entra.found("/Users", by_id).await, [Value::Null; 0]);
    assert_ne!(created(&entra).await["id"], user["id"]);
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
            let mut expected = user.clone();
            expected["meta"] = emptied["meta"].clone();
            assert_eq!(emptied, expected, "{attribute}: {nothing}");
        }
    }
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
    assert_eq!(entra.read(&format!("{}?excludedAttributes=members", path(&group))).await, group);
    let list =
        entra.read(&format!("/Groups?excludedAttributes=members&filter=displayName eq \"{name}\"")).await;
    assert_eq!(resources(&list), [group]);
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
    for attribute in super::discovery::writable_dates(&entra).await {
        let patched = entra.patched(&path(&user), &operation("Replace", &attribute, json!(date))).await;
        let shown = super::discovery::at(&patched, &attribute);
        let shown: jiff::Timestamp =
            shown.as_str().unwrap_or_else(|| panic!("{attribute}: {patched}")).parse().unwrap();
        assert_eq!(shown, date.parse().unwrap(), "{attribute}");
    }
}

#[tokio::test]
async fn users_that_share_an_email_are_allowed() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    let first = created(&entra).await;
    let mut body = documented();
    body["userName"] = json!("another");
    body["externalId"] = json!("another");
    let second = entra.created("/Users", &body).await;
    assert_eq!(second["emails"], first["emails"]);
    let mut found = entra.found("/Users", &format!("emails[type eq \"work\"].value eq \"{WORK}\"")).await;
    found.sort_by_key(|user| user["userName"].to_string());
    assert_eq!(found, [first, second]);
}

#[tokio::test]
async fn the_start_index_is_echoed() {
    let roster = Roster::start();
    let entra = Client::of(&roster, "entra");
    created(&entra).await;
    for (start, resources_of_page) in [(1, 1), (2, 0), (7, 0)] {
        let list = entra.read(&format!("/Users?startIndex={start}&count=20")).await;
        assert_eq!((&list["startIndex"], &list["totalResults"]), (&json!(start), &json!(1)));
        assert_eq!(
            (resources(&list).len(), &list["itemsPerPage"]),
            (resources_of_page, &json!(resources_of_page))
        );
    }
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
    let no_json = entra.request("PATCH", &path(&user)).header("content-type", super::MEDIA_TYPE).body("{");
    refused(&crate::harness::Answer::of(no_json).await, 400, Some("invalidSyntax"));
    assert_eq!(resource(&entra.get(&path(&user)).await, 200), user);
}
