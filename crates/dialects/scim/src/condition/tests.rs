use scim_v2::filter::PatchPath;
use serde_json::json;

use super::*;
use crate::grammar;
use crate::schema::{GROUP, USER};

fn condition(attribute: &str, filter: &str) -> Result<Condition, ScimError> {
    let list = USER.find_attribute(attribute).or_else(|| GROUP.find_attribute(attribute)).unwrap().attribute;
    let PatchPath::Value(path) = grammar::path(&format!("list[{filter}]")).unwrap() else {
        panic!("a filter")
    };
    Condition::new(&path.filter, list)
}

fn holds(attribute: &str, filter: &str, element: Value) -> bool {
    condition(attribute, filter).unwrap().holds(element.as_object().unwrap())
}

#[test]
fn texts_are_compared_in_any_case_unless_the_table_says_otherwise() {
    for (filter, expected) in [
        ("value eq \"ADA@X\"", true),
        ("value ne \"ADA@X\"", false),
        ("value co \"A@\"", true),
        ("value sw \"AD\"", true),
        ("value ew \"@X\"", true),
        ("value sw \"d\"", false),
        ("value gt \"ACA\"", true),
        ("value ge \"ada@x\"", true),
        ("value lt \"ada@x\"", false),
        ("value le \"Ada@X\"", true),
        ("VALUE eq \"ada@x\" AND type EQ \"work\"", true),
        ("value eq \"b\" or type eq \"work\"", true),
        ("not (type eq \"work\")", false),
        ("type pr", true),
        ("display pr", false),
        ("display eq null", true),
        ("type eq null", false),
        ("type ne null", true),
        ("display eq \"x\"", false),
        ("display ne \"x\"", true),
        ("display gt \"\"", false),
    ] {
        assert_eq!(
            holds("emails", filter, json!({ "value": "ada@x", "type": "WORK" })),
            expected,
            "{filter}"
        );
    }
    assert!(!holds("photos", "value eq \"HTTP://x\"", json!({ "value": "http://x" })));
}

#[test]
fn other_types_are_compared_as_what_they_are() {
    const GRANTS: &str = "urn:roster:scim:schemas:extension:directory:1.0:User:grants";
    for (attribute, filter, element, expected) in [
        ("roles", "primary eq \"True\"", json!({ "primary": true }), true),
        ("roles", "primary eq false", json!({ "primary": true }), false),
        ("roles", "primary ne true", json!({}), true),
        (GRANTS, "clientId eq 33", json!({ "clientId": 33 }), true),
        (GRANTS, "clientId gt 5", json!({ "clientId": 33 }), true),
        (GRANTS, "clientId lt 5", json!({ "clientId": 33 }), false),
        ("x509Certificates", "value eq \"AAEC\"", json!({ "value": "AAEC" }), true),
        ("x509Certificates", "value eq \"aaec\"", json!({ "value": "AAEC" }), false),
        (
            "meta",
            "created gt \"2024-01-01T00:00:00+01:00\"",
            json!({ "created": "2023-12-31T23:00:01Z" }),
            true,
        ),
        (
            "meta",
            "created eq \"2024-01-01T00:00:00+01:00\"",
            json!({ "created": "2023-12-31T23:00:00.000Z" }),
            true,
        ),
    ] {
        assert_eq!(holds(attribute, filter, element), expected, "{attribute}: {filter}");
    }
}

/// RFC 7644, table 3.
#[test]
fn what_a_type_does_not_have_is_refused() {
    for (attribute, filter) in [
        ("emails", "nothing eq 1"),
        ("emails", "value.x eq \"a\""),
        ("emails", "urn:x:value eq \"a\""),
        ("emails", "value eq 1"),
        ("emails", "value gt null"),
        ("emails", "primary gt true"),
        ("emails", "primary co \"tr\""),
        ("emails", "primary eq \"yes\""),
        ("x509Certificates", "value lt \"AAEC\""),
        ("meta", "created sw \"2024-01-01T00:00:00Z\""),
        ("meta", "created eq \"yesterday\""),
        ("emails", "type eq \"work\" and not (nothing pr)"),
    ] {
        let error = condition(attribute, filter).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidFilter), "{filter}");
    }
}

#[test]
fn a_filter_may_describe_an_element_or_list_values() {
    for (filter, described, listed) in [
        ("type eq \"work\"", Some(json!({ "type": "work" })), None),
        (
            "type eq \"work\" and (primary eq \"true\" and type eq \"work\")",
            Some(json!({ "type": "work", "primary": true })),
            None,
        ),
        ("type eq \"a\" and type eq \"b\"", None, None),
        ("type eq null", None, None),
        ("type eq \"a\" or type eq \"b\"", None, None),
        ("type sw \"a\"", None, None),
        ("value eq \"a\"", Some(json!({ "value": "a" })), Some(json!(["a"]))),
        ("value eq \"a\" or value eq \"b\" or value eq \"c\"", None, Some(json!(["a", "b", "c"]))),
        ("value eq \"a\" or type eq \"b\"", None, None),
        ("not (value eq \"a\")", None, None),
        ("value pr", None, None),
    ] {
        let condition = condition("emails", filter).unwrap();
        assert_eq!(condition.described().map(Value::Object), described, "{filter}");
        assert_eq!(condition.listed("value", &Map::new()).map(Value::Array), listed, "{filter}");
    }
    assert_eq!(condition("emails", "value pr or not (type pr and type eq \"x\")").unwrap().terms(), 3);
}

#[test]
fn what_every_element_has_may_stand_beside_a_listed_value() {
    let given = json!({ "type": "User" });
    for (filter, listed) in [
        ("value eq \"a\" and type eq \"user\"", Some(json!(["a"]))),
        ("type eq \"User\" and (value eq \"a\" or value eq \"b\")", Some(json!(["a", "b"]))),
        ("value eq \"a\" and type eq \"Group\"", None),
        ("value eq \"a\" and value eq \"b\"", None),
        ("type eq \"User\"", None),
        ("type eq \"User\" and type eq \"User\"", None),
    ] {
        let condition = condition("emails", filter).unwrap();
        let found = condition.listed("value", given.as_object().unwrap());
        assert_eq!(found.map(Value::Array), listed, "{filter}");
    }
}

#[test]
fn an_element_that_does_not_say_so_is_not_the_primary_one() {
    let unsaid = json!({ "value": "a@b" });
    for (filter, holds) in [
        ("primary eq false", true),
        ("primary eq \"False\"", true),
        ("primary ne false", false),
        ("primary eq true", false),
        ("primary ne true", true),
        ("primary pr", false),
        ("primary eq null", true),
    ] {
        let condition = condition("emails", filter).unwrap();
        assert_eq!(condition.holds(unsaid.as_object().unwrap()), holds, "{filter}");
    }
}

#[test]
fn a_moment_is_compared_to_the_microsecond() {
    let at = |text: &str| {
        let condition = condition("meta", &format!("created eq \"{text}\"")).unwrap();
        let Condition::Compare(Comparison { constant: Constant::Moment { at, .. }, .. }) = condition else {
            panic!("{condition:?}");
        };
        at.to_rfc3339_micros()
    };
    assert_eq!(at("2024-01-19T12:45:04.147258Z"), "2024-01-19T12:45:04.147258Z");
    assert_eq!(at("2024-01-19T12:45:04.1472589+00:00"), "2024-01-19T12:45:04.147258Z");
}
