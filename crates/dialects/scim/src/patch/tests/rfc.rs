//! RFC 7644, 3.5.2.1 to 3.5.2.3.

use super::*;

#[test]
fn add_without_a_path_adds_each_attribute() {
    check(
        json!({ "userName": "x", "emails": [{ "value": "a@x" }] }),
        json!([{ "op": "add", "value": { "emails": [{ "value": "babs@jensen.org", "type": "home" }], "nickname": "Babs" } }]),
        json!({
            "userName": "x",
            "emails": [{ "value": "a@x" }, { "value": "babs@jensen.org", "type": "home" }],
            "nickName": "Babs",
        }),
    );
}

#[test]
fn add_to_a_complex_attribute_adds_sub_attributes() {
    check(
        json!({ "name": { "familyName": "f" } }),
        json!([{ "op": "add", "path": "name", "value": { "givenName": "g", "middleName": null } }]),
        json!({ "name": { "familyName": "f", "givenName": "g", "middleName": null } }),
    );
}

#[test]
fn add_what_is_there_changes_nothing() {
    let resource = json!({ "emails": [{ "value": "a@x", "type": "work", "display": "d" }], "title": "t" });
    check(
        resource.clone(),
        json!([
            { "op": "add", "path": "emails", "value": [{ "value": "a@x", "type": "work" }] },
            { "op": "add", "path": "emails", "value": [] },
            { "op": "add", "path": "title", "value": "t" },
        ]),
        resource,
    );
}

#[test]
fn add_to_selected_elements_merges() {
    check(
        json!({ "addresses": [{ "type": "work", "country": "c" }, { "type": "home" }] }),
        json!([{ "op": "add", "path": "addresses[type eq \"work\"]", "value": { "locality": "l" } }]),
        json!({ "addresses": [{ "type": "work", "country": "c", "locality": "l" }, { "type": "home" }] }),
    );
}

#[test]
fn replace_selected_elements_replaces_them_whole() {
    check(
        json!({ "addresses": [{ "type": "work", "country": "c" }, { "type": "home" }] }),
        json!([{ "op": "replace", "path": "addresses[type eq \"work\"]", "value": { "type": "work", "locality": "l" } }]),
        json!({ "addresses": [{ "type": "work", "locality": "l" }, { "type": "home" }] }),
    );
    check(
        json!({ "addresses": [{ "type": "work", "streetAddress": "s" }, { "type": "work" }] }),
        json!([{ "op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway Ave" }]),
        json!({ "addresses": [
            { "type": "work", "streetAddress": "1010 Broadway Ave" },
            { "type": "work", "streetAddress": "1010 Broadway Ave" },
        ] }),
    );
}

#[test]
fn replace_a_list_replaces_all_of_it() {
    for (value, left) in [
        (json!([{ "value": "b" }]), json!([{ "value": "b" }])),
        (json!({ "value": "b" }), json!([{ "value": "b" }])),
        (json!([]), json!(null)),
    ] {
        check(
            json!({ "roles": [{ "value": "a" }] }),
            json!([{ "op": "replace", "path": "roles", "value": value }]),
            json!({ "roles": left }),
        );
    }
}

#[test]
fn remove_takes_what_the_path_leads_to() {
    let resource = json!({
        "emails": [{ "type": "work", "value": "a@x" }, { "type": "home", "value": "b@x", "display": "d" }],
        "name": { "givenName": "g" },
        ENTERPRISE: { "department": "d" },
    });
    let with = |changes: Value| {
        let mut expected = resource.clone();
        expected.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        expected
    };
    let erased = json!({
        "department": null, "employeeNumber": null, "costCenter": null, "organization": null, "division": null,
        "manager": null,
    });
    for (path, expected) in [
        ("emails", with(json!({ "emails": null }))),
        (
            "emails[type eq \"work\"]",
            with(json!({ "emails": [{ "type": "home", "value": "b@x", "display": "d" }] })),
        ),
        ("emails[type pr]", with(json!({ "emails": null }))),
        ("emails[type eq \"other\"]", resource.clone()),
        ("emails[type eq \"other\"].value", resource.clone()),
        ("phoneNumbers[type eq \"work\"]", resource.clone()),
        (
            "emails.display",
            with(
                json!({ "emails": [{ "type": "work", "value": "a@x" }, { "type": "home", "value": "b@x" }] }),
            ),
        ),
        (
            "emails[type eq \"work\"].value",
            with(json!({ "emails": [{ "type": "home", "value": "b@x", "display": "d" }] })),
        ),
        ("name.givenName", with(json!({ "name": { "givenName": null } }))),
        ("title", with(json!({ "title": null }))),
        (&format!("{ENTERPRISE}:manager.value"), resource.clone()),
        (ENTERPRISE, with(json!({ ENTERPRISE: erased }))),
    ] {
        check(resource.clone(), json!([{ "op": "remove", "path": path }]), expected);
    }
}

#[test]
fn an_extension_may_be_the_target() {
    check(
        json!({ ENTERPRISE: { "department": "d" } }),
        json!([{ "op": "add", "path": ENTERPRISE, "value": { "costCenter": "c", "manager": { "value": "1" }, "unknown": 1 } }]),
        json!({ ENTERPRISE: { "department": "d", "costCenter": "c", "manager": { "value": "1" } } }),
    );
    check(
        json!({}),
        json!([{ "op": "replace", "path": DIRECTORY, "value": { "number": 7, "staff": "True" } }]),
        json!({ DIRECTORY: { "staff": true } }),
    );
}

#[test]
fn a_new_primary_element_takes_the_place_of_the_old_one() {
    let resource =
        || json!({ "emails": [{ "value": "a@x", "primary": true }, { "value": "b@x", "type": "home" }] });
    for operation in [
        json!({ "op": "add", "path": "emails[type eq \"home\"].primary", "value": true }),
        json!({ "op": "add", "path": "emails", "value": [{ "value": "b@x", "type": "home", "primary": true }] }),
        json!({ "op": "add", "path": "emails[type eq \"home\"]", "value": { "primary": true } }),
        json!({
            "op": "replace",
            "path": "emails[type eq \"home\"]",
            "value": { "value": "b@x", "type": "home", "primary": true },
        }),
    ] {
        check(
            resource(),
            json!([operation]),
            json!({ "emails": [{ "value": "a@x", "primary": false }, { "value": "b@x", "type": "home", "primary": true }] }),
        );
    }
    check(
        resource(),
        json!([{ "op": "add", "path": "emails[type eq \"other\" and primary eq true].value", "value": "c@x" }]),
        json!({ "emails": [
            { "value": "a@x", "primary": false },
            { "value": "b@x", "type": "home" },
            { "type": "other", "primary": true, "value": "c@x" },
        ] }),
    );
    check(
        resource(),
        json!([{ "op": "add", "path": "emails[primary eq true].display", "value": "d" }]),
        json!({ "emails": [{ "value": "a@x", "primary": true, "display": "d" }, { "value": "b@x", "type": "home" }] }),
    );
}

#[test]
fn the_read_only_is_passed_over_in_values_and_stays() {
    check(
        json!({ "id": "1", "groups": [{ "value": "g" }], "meta": { "version": "1" } }),
        json!([{ "op": "replace", "value": { "id": "2", "groups": [], "meta": null, "schemas": [], "title": "t" } }]),
        json!({ "id": "1", "groups": [{ "value": "g" }], "meta": { "version": "1" }, "title": "t" }),
    );
}

#[test]
fn a_new_primary_element_takes_the_place_of_the_old_one_that_is_sent_with_it() {
    check(
        json!({ "emails": [{ "value": "a@x", "primary": true }] }),
        json!([{ "op": "add", "path": "emails", "value": [{ "value": "b@x", "primary": true }, { "value": "a@x" }] }]),
        json!({ "emails": [{ "value": "a@x", "primary": false }, { "value": "b@x", "primary": true }] }),
    );
}
