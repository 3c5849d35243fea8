use super::*;

#[test]
fn okta_deactivates_without_a_path() {
    check(
        json!({ "userName": "x", "active": true }),
        json!([{ "op": "replace", "value": { "active": false } }]),
        json!({ "userName": "x", "active": false }),
    );
}

#[test]
fn entra_capitalises_operations_and_writes_truth_values_as_text() {
    check(
        json!({ "userName": "x", "active": true, "displayName": "d" }),
        json!([
            { "op": "Replace", "path": "active", "value": "False" },
            { "op": "Add", "path": "title", "value": "t" },
            { "op": "Remove", "path": "displayName" },
        ]),
        json!({ "userName": "x", "active": false, "displayName": null, "title": "t" }),
    );
}

#[test]
fn entra_names_places_in_the_value() {
    check(
        json!({ "name": { "familyName": "f", "givenName": "g" }, "emails": [{ "value": "a@x", "type": "work" }] }),
        json!([{ "op": "replace", "value": {
            "name.givenName": "x",
            "emails[type eq \"work\"].value": "b@x",
            format!("{ENTERPRISE}:department"): "y",
            "unknown[type eq \"work\"].value": 1,
            "unknown": 1,
        } }]),
        json!({
            "name": { "familyName": "f", "givenName": "x" },
            "emails": [{ "value": "b@x", "type": "work" }],
            ENTERPRISE: { "department": "y" },
        }),
    );
}

#[test]
fn entra_makes_the_element_that_its_filter_describes() {
    for op in ["Add", "Replace"] {
        check(
            json!({}),
            json!([{ "op": op, "path": "emails[type eq \"work\"].value", "value": "a@x" }]),
            json!({ "emails": [{ "type": "work", "value": "a@x" }] }),
        );
        check(
            json!({ "roles": [{ "value": "r" }] }),
            json!([{ "op": op, "path": "roles[primary eq \"True\"].value", "value": "s" }]),
            json!({ "roles": [{ "value": "r" }, { "primary": true, "value": "s" }] }),
        );
        check(
            json!({ "addresses": null }),
            json!([
                { "op": op, "path": "addresses[type eq \"work\" and primary eq true].locality", "value": "l" },
                { "op": op, "path": "addresses[type eq \"work\"].country", "value": "c" },
            ]),
            json!({ "addresses": [{ "type": "work", "primary": true, "locality": "l", "country": "c" }] }),
        );
    }
}

#[test]
fn entra_may_say_what_an_element_is_before_its_value() {
    check(
        json!({}),
        json!([
            { "op": "Add", "path": "emails[type eq \"work\"].primary", "value": "true" },
            { "op": "Add", "path": "emails[type eq \"work\"].type", "value": "work" },
            { "op": "Add", "path": "emails[type eq \"work\"].value", "value": "a@x" },
        ]),
        json!({ "emails": [{ "type": "work", "primary": true, "value": "a@x" }] }),
    );
}

#[test]
fn entra_sends_nothing_where_there_is_nothing() {
    for nothing in [json!(""), json!(null)] {
        check(
            json!({ "emails": [{ "type": "work", "value": "a@x" }, { "type": "home", "value": "b@x" }], "title": "t" }),
            json!([
                { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": nothing },
                { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": nothing },
                { "op": "Replace", "path": "title", "value": nothing },
            ]),
            json!({ "emails": [{ "type": "home", "value": "b@x" }], "title": null }),
        );
    }
}

#[test]
fn entra_writes_the_manager_as_text() {
    let manager = format!("{ENTERPRISE}:manager");
    for value in
        [json!("123"), json!({ "value": "123" }), json!({ "value": "123", "$ref": null, "displayName": "d" })]
    {
        for op in ["Add", "Replace"] {
            check(
                json!({ ENTERPRISE: { "manager": { "value": "1", "displayName": "old" } } }),
                json!([{ "op": op, "path": manager, "value": value }]),
                json!({ ENTERPRISE: { "manager": { "value": "123", "displayName": "old" } } }),
            );
        }
    }
    for value in [json!(""), json!(null), json!({ "value": "" })] {
        check(
            json!({ ENTERPRISE: { "manager": { "value": "1", "displayName": "old" }, "division": "d" } }),
            json!([{ "op": "Replace", "path": manager, "value": value }]),
            json!({ ENTERPRISE: { "manager": null, "division": "d" } }),
        );
    }
    check(
        json!({ ENTERPRISE: { "manager": { "value": "1", "displayName": "old" } } }),
        json!([{ "op": "Remove", "path": format!("{manager}.value") }]),
        json!({ ENTERPRISE: { "manager": null } }),
    );
}

#[test]
fn entra_removes_elements_that_it_names() {
    let roles =
        json!({ "roles": [{ "value": "a", "type": "t" }, { "value": "b", "type": "t" }, { "value": "c" }] });
    for (value, left) in [
        (json!([{ "value": "a" }, { "$ref": null, "value": "c" }]), json!([{ "value": "b", "type": "t" }])),
        (json!({ "type": "t" }), json!([{ "value": "c" }])),
        (json!("b"), json!([{ "value": "a", "type": "t" }, { "value": "c" }])),
        (json!([{}, { "value": "" }, { "unknown": 1 }]), roles["roles"].clone()),
        (json!([]), roles["roles"].clone()),
        (json!(null), json!(null)),
    ] {
        check(
            roles.clone(),
            json!([{ "op": "Remove", "path": "roles", "value": value }]),
            json!({ "roles": left }),
        );
    }
}
