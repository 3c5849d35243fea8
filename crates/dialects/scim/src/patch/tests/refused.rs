use super::*;
use ScimType::{InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget};

fn error(operations: Value) -> (ScimType, String) {
    let resource =
        json!({ "userName": "x", "emails": [{ "value": "a@x", "primary": true }, { "value": "b@x" }] });
    let error = patched(&resource, operations).unwrap_err();
    (error.scim_type.unwrap(), error.detail.into_owned())
}

#[test]
fn what_can_not_be_done_is_told() {
    for (operation, scim_type, detail) in [
        (json!({ "op": "move" }), InvalidSyntax, "op must be add, replace or remove"),
        (json!({ "path": "title" }), InvalidSyntax, "op must be add, replace or remove"),
        (json!("add"), InvalidSyntax, "an operation must be an object"),
        (json!({ "op": "add", "path": 7, "value": 1 }), InvalidSyntax, "path must be a string"),
        (json!({ "op": "remove" }), NoTarget, "an operation that removes must have a path"),
        (
            json!({ "op": "add", "path": "title" }),
            InvalidValue,
            "value must be given where something is added or replaced",
        ),
        (
            json!({ "op": "add", "value": "x" }),
            InvalidValue,
            "value must be an object where an operation has no path",
        ),
        (
            json!({ "op": "add", "path": "secret", "value": 1 }),
            InvalidPath,
            "the path leads to no attribute of a User",
        ),
        (json!({ "op": "add", "path": "emails[secret", "value": 1 }), InvalidPath, "the path ends too early"),
        (
            json!({ "op": "add", "path": "emails[secret eq 1].value", "value": "x" }),
            InvalidFilter,
            "the filter names what an element of emails does not have",
        ),
        (json!({ "op": "replace", "path": "ID", "value": "x" }), Mutability, "id is read-only"),
        (json!({ "op": "remove", "path": "groups[value eq \"1\"]" }), Mutability, "groups is read-only"),
        (
            json!({ "op": "add", "path": format!("{DIRECTORY}:number"), "value": 1 }),
            Mutability,
            "urn:roster:scim:schemas:extension:directory:1.0:User:number is read-only",
        ),
        (
            json!({ "op": "remove", "path": "userName" }),
            Mutability,
            "userName is required and can't be removed",
        ),
        (
            json!({ "op": "replace", "path": "userName", "value": "" }),
            InvalidValue,
            "userName is required and must not be empty",
        ),
        (
            json!({ "op": "replace", "value": { "userName": null } }),
            InvalidValue,
            "userName is required and must not be empty",
        ),
        (
            // No element can be made that the filter describes: an empty type is none.
            json!({ "op": "replace", "path": "emails[type eq \"\"].value", "value": "x" }),
            NoTarget,
            "the filter selects no element of emails",
        ),
        (
            json!({ "op": "replace", "path": "emails[type sw \"w\"].value", "value": "x" }),
            NoTarget,
            "the filter selects no element of emails",
        ),
        (
            json!({ "op": "replace", "path": "emails[value eq \"c@x\"].value", "value": "d@x" }),
            NoTarget,
            "the filter selects no element of emails",
        ),
        (
            json!({ "op": "add", "path": "emails[type eq \"work\"]", "value": { "value": "d@x" } }),
            NoTarget,
            "the filter selects no element of emails",
        ),
        (
            json!({ "op": "add", "path": "phoneNumbers.value", "value": "1" }),
            NoTarget,
            "the filter selects no element of phoneNumbers",
        ),
        (
            json!({ "op": "replace", "path": "emails.primary", "value": true }),
            InvalidValue,
            "emails must have at most one primary element",
        ),
    ] {
        assert_eq!(error(json!([operation])), (scim_type, detail.to_owned()), "{operation}");
    }
}

#[test]
fn every_fault_of_all_operations_is_named() {
    let operations = json!([
        { "op": "replace", "path": "active", "value": "maybe" },
        { "op": "add", "path": "emails", "value": [{ "value": 1, "primary": "no" }] },
        { "op": "add", "value": { "title": 1, "roles": [{ "value": "a", "primary": true }, { "value": "b", "primary": true }] } },
        { "op": "add", "path": "emails[type eq \"work\"].primary", "value": "x" },
        { "op": "remove", "path": "roles", "value": [7] },
        { "op": "add", "path": ENTERPRISE, "value": "x" },
    ]);
    assert_eq!(
        error(operations),
        (
            InvalidValue,
            format!(
                "active must be true or false; emails[0].value must be a string; emails[0].primary must be true or false; \
                title must be a string; roles must have at most one primary element; emails.primary must be true or false; \
                roles[0] must be an object; {ENTERPRISE} must be an object"
            )
        )
    );
}

#[test]
fn a_patch_has_bounds() {
    let title = json!({ "op": "add", "path": "title", "value": "t" });
    assert!(patched(&json!({}), vec![title.clone(); 1_000].into()).is_ok());
    assert_eq!(error(vec![title; 1_001].into()).1, "Operations must have at most 1000 elements");
    let path = format!("emails[type eq \"{}\"]", "x".repeat(9_000));
    assert_eq!(error(json!([{ "op": "remove", "path": path }])).1, "the path must have at most 8192 bytes");
    let some = |from: usize| (from..from + 60).map(|n| json!({ "value": n.to_string() })).collect::<Value>();
    let operations = json!([
        { "op": "add", "path": "roles", "value": some(0) },
        { "op": "add", "path": "roles", "value": some(50) },
    ]);
    assert_eq!(error(operations).1, "roles must have at most 100 elements");
}

#[test]
fn a_message_has_operations_and_says_what_it_is() {
    for (message, detail) in [
        (json!({}), "Operations must be a list of one operation or more"),
        (json!({ "Operations": [] }), "Operations must be a list of one operation or more"),
        (json!({ "Operations": {} }), "Operations must be a list of one operation or more"),
        (
            json!({ "schemas": ["urn:x"], "Operations": [{}] }),
            "schemas must have urn:ietf:params:scim:api:messages:2.0:PatchOp in it",
        ),
    ] {
        let error = PatchRequest::new(message.as_object().unwrap()).unwrap_err();
        assert_eq!((error.scim_type, error.detail.as_ref()), (Some(InvalidSyntax), detail));
    }
    let message = json!({ "operations": [{ "OP": "ADD", "Path": "title", "VALUE": "t" }] });
    assert!(PatchRequest::new(message.as_object().unwrap()).is_ok());
}

#[test]
fn a_request_does_not_print_its_values() {
    let message = json!({ "Operations": [{ "op": "replace", "path": "password", "value": "secret" }] });
    let request = PatchRequest::new(message.as_object().unwrap()).unwrap();
    assert_eq!(format!("{request:?}"), r#"["Replace password"]"#);
}

#[test]
fn the_work_of_a_patch_has_a_bound() {
    let filter = ["value co \"e\""; 400].join(" or ");
    let remove = json!({ "op": "remove", "path": format!("photos[{filter}]") });
    let write = json!({ "op": "replace", "path": "photos.display", "value": "x".repeat(8 << 20) });
    for (operation, most) in [(remove, 4), (write, 3)] {
        let user = json!({ "photos": [{ "value": "x".repeat(20_000) }] });
        assert!(patched(&user, vec![operation.clone(); most].into()).is_ok());
        let error = patched(&user, vec![operation; most + 1].into()).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::TooMany));
    }
}

#[test]
fn what_is_named_one_by_one_has_a_bound() {
    let selecting: Map<String, Value> =
        (0..101).map(|n| (format!("emails[value eq \"{n}\"].display"), "x".into())).collect();
    assert_eq!(
        error(json!([{ "op": "add", "value": selecting }])),
        (InvalidValue, "User must have at most 100 names with a filter in them".to_owned())
    );
    let eleven = json!({
        "userName": "x", "displayName": "x", "nickName": "x", "title": "x", "userType": "x", "preferredLanguage": "x",
        "locale": "x", "timezone": "x", "name.givenName": "x", "name.familyName": "x", "name.middleName": "x",
    });
    // Names with a filter count whether or not they lead somewhere.
    let nothing: Map<String, Value> =
        (0..100).map(|n| (format!("groups[value eq \"{n}\"]"), "x".into())).collect();
    for (operation, at_most) in [
        (json!({ "op": "replace", "value": eleven }), 909),
        (json!({ "op": "add", "value": nothing }), 100),
        (json!({ "op": "remove", "path": "title" }), 1_000),
    ] {
        let many = |count: usize| Value::from(vec![operation.clone(); count]);
        let resource = json!({ "userName": "x" });
        assert!(patched(&resource, many(at_most)).is_ok(), "{operation}");
        if at_most < 1_000 {
            assert_eq!(
                error(many(at_most + 1)),
                (ScimType::TooMany, "the operations name more than 10000 attributes".to_owned())
            );
        }
    }
}
