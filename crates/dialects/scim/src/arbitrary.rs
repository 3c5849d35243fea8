//! Input of every kind, for tests.

use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::schema::{GROUP, USER};

/// JSON made of names that mean something here, and of values of every type.
pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(vec!["", "True", "x", "work", "AAEC", "2024-01-19T12:45:04.147Z", "User"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any_name(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn any_name() -> impl Strategy<Value = String> {
    let mut names: Vec<String> = [
        "value",
        "type",
        "primary",
        "display",
        "name.givenName",
        "givenName",
        "grants",
        "clientId",
        "manager",
        "manager.value",
        "emails.value",
        "emails[type eq \"work\"].value",
        "unknown",
        "",
        "lastLogin",
        "producer",
    ]
    .map(str::to_owned)
    .to_vec();
    names.extend(USER.top_attributes().map(|attribute| attribute.name.to_owned()));
    names.extend(GROUP.core.attributes.iter().map(|attribute| attribute.name.to_owned()));
    names.extend(USER.extensions.iter().map(|schema| schema.urn.to_owned()));
    names.push(format!("{}:manager", USER.extensions[0].urn));
    names.extend(names.clone().iter().map(|name| name.to_uppercase()));
    prop::sample::select(names)
}

pub(crate) fn any_object() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((any_name(), any_value()), 0..12).prop_map(|members| members.into_iter().collect())
}
