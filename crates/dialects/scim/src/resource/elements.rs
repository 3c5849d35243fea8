//! Lists of values.

use serde_json::{Map, Value};

use super::values;
use crate::fault::Fault;
use crate::schema::{Attribute, Kind};

/// The sub-attribute that says which element is preferred.
pub(crate) const PRIMARY: &str = "primary";

/// Reads a list. Elements that hold nothing are left out; an empty list is unassigned.
pub(super) fn list(attribute: &Attribute, sent: &Value, path: &str, faults: &mut Vec<Fault>) -> Value {
    let sent = match sent {
        Value::Null => return Value::Null,
        Value::String(text) if text.is_empty() => return Value::Null,
        Value::Array(sent) => sent,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            faults.push(Fault::new(path, "must be a list"));
            return Value::Null;
        }
    };
    if let Err(fault) = check_count(attribute, sent.len(), path) {
        faults.push(fault);
        return Value::Null;
    }
    let mut elements = Vec::with_capacity(sent.len());
    for (index, sent) in sent.iter().enumerate() {
        let path = format!("{path}[{index}]");
        elements.push(match attribute.kind {
            Kind::Complex(_) => values::element(attribute, sent, &path, faults),
            Kind::String
            | Kind::Boolean
            | Kind::Integer
            | Kind::DateTime
            | Kind::Binary
            | Kind::Reference(_) => values::single(attribute, sent, &path, faults),
        });
    }
    elements.retain(|element| !element.is_null());
    faults.extend(check_primary(&elements, path).err());
    if elements.is_empty() { Value::Null } else { elements.into() }
}

/// Checks that a list does not grow beyond what the table says.
pub(crate) fn check_count(attribute: &Attribute, count: usize, path: &str) -> Result<(), Fault> {
    let most = attribute.most_elements;
    if count <= most { Ok(()) } else { Err(Fault::new(path, format!("must have at most {most} elements"))) }
}

/// Checks that at most one element is the primary one (RFC 7643, 2.4).
pub(crate) fn check_primary(elements: &[Value], path: &str) -> Result<(), Fault> {
    if elements.iter().filter(|element| is_primary(element)).count() <= 1 {
        return Ok(());
    }
    Err(Fault::new(path, "must have at most one primary element"))
}

pub(crate) fn is_primary(element: &Value) -> bool {
    element.get(PRIMARY).and_then(Value::as_bool) == Some(true)
}

/// Takes out of an element what is unassigned; and all of it, where what it is about is not there.
pub(super) fn prune(attribute: &Attribute, element: &mut Map<String, Value>) {
    element.retain(|_, value| !value.is_null());
    if attribute.significant().is_some_and(|value| !element.contains_key(value.name)) {
        element.clear();
    }
}

/// Brings a value into canonical form that was put together from parts: what holds nothing is unassigned.
pub(crate) fn settle(attribute: &Attribute, value: &mut Value) {
    let is_empty = match value {
        Value::Array(elements) => {
            for members in elements.iter_mut().filter_map(Value::as_object_mut) {
                prune(attribute, members);
            }
            elements.retain(|element| element.as_object().is_none_or(|members| !members.is_empty()));
            elements.is_empty()
        }
        Value::Object(members) => {
            let significant = attribute.significant();
            members.is_empty()
                || significant.is_some_and(|value| members.get(value.name).is_none_or(Value::is_null))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if is_empty {
        *value = Value::Null;
    }
}
