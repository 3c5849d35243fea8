use proptest::prelude::*;

use super::*;
use crate::arbitrary::{any_object, any_value};
use crate::resource::{canonicalise, check_primary};

fn any_path() -> impl Strategy<Value = Value> {
    let known = [
        "emails",
        "emails.value",
        "emails[type eq \"work\"].value",
        "emails[primary eq \"True\"]",
        "name",
        "name.givenName",
        "roles[not (value pr) or type sw \"w\"].primary",
        "userName",
        "active",
        "addresses[type eq \"work\"]",
        ENTERPRISE,
        "photos[value eq \"x\" and primary eq true].value",
        "groups",
        DIRECTORY,
        "urn:roster:scim:schemas:extension:directory:1.0:User:grants[clientId gt 1]",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
    ];
    prop_oneof![
        8 => prop::sample::select(known.to_vec()).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<String>().prop_map(Value::from),
        1 => "[a-z.\\[\\]\" :()]{0,30}".prop_map(Value::from),
    ]
}

fn any_operation() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(vec!["add", "Replace", "remove"]);
    let value = prop_oneof![any_value(), any_object().prop_map(Value::Object)];
    (op, any_path(), value).prop_map(|(op, path, value)| json!({ "op": op, "path": path, "value": value }))
}

proptest! {
    /// Whatever is asked for is done or refused, and what comes of it is in canonical form.
    #[test]
    fn a_patch_of_anything_leaves_a_canonical_resource(
        resource in any_object(),
        operations in prop::collection::vec(any_operation(), 1..5),
    ) {
        let mut faults = Vec::new();
        let mut resource = canonicalise(&USER, &resource, &mut faults);
        // What is at fault is not in it, but for lists with more than one primary element.
        let elements = |value: &Value| value.as_array().cloned().unwrap_or_default();
        resource.retain(|_, value| check_primary(&elements(value), "").is_ok());
        faults.clear();
        if let Ok(after) = patched(&resource.into(), operations.into()) {
            let canonical = canonicalise(&USER, after.as_object().unwrap(), &mut faults);
            prop_assert_eq!((Value::Object(canonical), faults), (after, Vec::new()));
        }
    }

    #[test]
    fn no_message_panics(message in any_value(), operation in any_value()) {
        for message in [message, json!({ "Operations": [operation] })] {
            if let Some(message) = message.as_object() {
                let _ = PatchRequest::new(message).and_then(|request| apply(&request, &Resource::new()));
                let _ = crate::group_patch::GroupPatch::new(message);
            }
        }
    }
}
