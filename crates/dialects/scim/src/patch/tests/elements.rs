//! Which elements a change is about, and what it leaves of the others.

use super::*;

fn emails() -> Value {
    json!({ "userName": "x", "emails": [{ "value": "a@a.com", "type": "work", "primary": true }] })
}

#[track_caller]
fn has_no_target(operations: Value) {
    let error = patched(&emails(), operations.clone()).unwrap_err();
    assert_eq!(error.scim_type, Some(ScimType::NoTarget), "{operations}");
}

#[test]
fn an_element_that_is_never_given_a_value_is_no_target() {
    let primary = json!({ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": true });
    has_no_target(json!([primary]));
    has_no_target(json!([{ "op": "add", "path": "phoneNumbers[type eq \"mobile\"].display", "value": "x" }]));
    has_no_target(
        json!([primary, { "op": "replace", "path": "emails[type eq \"home\"].value", "value": "" }]),
    );
    // As Entra ID sends it: what it is about comes later in the request.
    let value = json!({ "op": "replace", "path": "emails[type eq \"home\"].value", "value": "b@b.com" });
    check(
        emails(),
        json!([primary, value]),
        json!({ "userName": "x", "emails": [
            { "value": "a@a.com", "type": "work", "primary": false },
            { "value": "b@b.com", "type": "home", "primary": true },
        ] }),
    );
    // An address is about nothing in particular.
    check(
        json!({}),
        json!([{ "op": "add", "path": "addresses[type eq \"home\"].country", "value": "FR" }]),
        json!({ "addresses": [{ "type": "home", "country": "FR" }] }),
    );
}

#[test]
fn elements_are_compared_by_the_case_rule_of_their_attribute() {
    check(
        emails(),
        json!([{ "op": "remove", "path": "emails", "value": [{ "value": "A@A.com", "type": "WORK" }] }]),
        json!({ "userName": "x", "emails": null }),
    );
    check(
        emails(),
        json!([{ "op": "add", "path": "emails", "value": [{ "value": "A@A.com", "type": "Work" }] }]),
        json!({ "userName": "x", "emails": [{ "value": "A@A.com", "type": "Work", "primary": true }] }),
    );
    let certificates = json!({ "x509Certificates": [{ "value": "AAEC" }] });
    check(
        certificates.clone(),
        json!([{ "op": "remove", "path": "x509Certificates", "value": [{ "value": "aaec" }] }]),
        certificates,
    );
}

#[test]
fn an_element_is_selected_by_its_not_being_primary() {
    let two = json!({ "emails": [{ "value": "a@a.com", "primary": true }, { "value": "b@b.com" }] });
    check(
        two,
        json!([{ "op": "remove", "path": "emails[primary eq false]" }]),
        json!({ "emails": [{ "value": "a@a.com", "primary": true }] }),
    );
}

#[test]
fn a_schema_is_a_path_to_all_its_attributes() {
    let urn = USER.core.urn;
    for operations in [
        json!([{ "op": "replace", "path": urn, "value": { "title": "t", "name.givenName": "Ann" } }]),
        json!([{ "op": "add", "value": { urn: { "title": "t", "name": { "givenName": "Ann" } } } }]),
    ] {
        check(
            json!({ "userName": "x" }),
            operations,
            json!({ "userName": "x", "title": "t", "name": { "givenName": "Ann" } }),
        );
    }
    let error = patched(&emails(), json!([{ "op": "remove", "path": urn }])).unwrap_err();
    assert_eq!(error.scim_type, Some(ScimType::Mutability));
    // An empty text erases an extension as null does.
    for nothing in [json!(""), Value::Null] {
        let user = json!({ "userName": "x", ENTERPRISE: { "department": "d" } });
        let after = patched(&user, json!([{ "op": "replace", "value": { ENTERPRISE: nothing } }])).unwrap();
        assert_eq!(after[ENTERPRISE]["department"], Value::Null);
    }
}

#[test]
fn what_always_has_a_value_can_not_be_erased() {
    for operation in [
        json!({ "op": "replace", "path": "active", "value": null }),
        json!({ "op": "add", "value": { "active": "" } }),
    ] {
        let error = patched(&emails(), json!([operation])).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidValue), "{operation}");
    }
}

#[test]
fn many_names_that_mean_nothing_cost_little() {
    let names: Map<String, Value> =
        (0..60_000).map(|n| (format!("x{n}[type eq \"work\" and not (value pr)].value"), json!(1))).collect();
    let begun = std::time::Instant::now();
    check(emails(), json!([{ "op": "add", "value": names }]), emails());
    assert!(begun.elapsed().as_secs() < 2, "{:?}", begun.elapsed());
}
