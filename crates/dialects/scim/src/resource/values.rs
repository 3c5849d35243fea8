//! Values, each checked against its attribute in the table.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use roster_directory::{Invalid, Timestamp};
use serde_json::{Map, Value};

use super::elements;
use crate::fault::Fault;
use crate::schema::{Attribute, Kind};

/// Reads what was sent for an attribute: a list, if it is one. `Null` is unassigned, and what is at fault.
pub(crate) fn value(attribute: &Attribute, sent: &Value, path: &str, faults: &mut Vec<Fault>) -> Value {
    if attribute.multi_valued {
        elements::list(attribute, sent, path, faults)
    } else {
        single(attribute, sent, path, faults)
    }
}

/// Reads a value that is no list. A complex one may be a part, to be merged: what is `null` in it is erased.
pub(crate) fn single(attribute: &Attribute, sent: &Value, path: &str, faults: &mut Vec<Fault>) -> Value {
    if is_unassigned(sent) {
        return Value::Null;
    }
    let read = match attribute.kind {
        Kind::Complex(_) => return complex(attribute, sent, path, faults),
        Kind::String | Kind::Reference(_) => text(attribute, sent),
        Kind::Boolean => boolean(sent).map(Value::Bool).ok_or("must be true or false".to_owned()),
        Kind::Integer => {
            sent.as_i64().map(Value::from).ok_or_else(|| "must be a whole number of 64 bits".to_owned())
        }
        Kind::DateTime => date_time(sent).map(|_| sent.clone()).ok_or_else(|| Invalid::DateTime.to_string()),
        Kind::Binary => base64(sent).ok_or_else(|| "must be base64 text".to_owned()),
    };
    read.unwrap_or_else(|reason| {
        faults.push(Fault::new(path, reason));
        Value::Null
    })
}

/// Reads an element of a list of complex values: without what is unassigned in it. `Null` if nothing is left, or the
/// sub-attribute that it is about: `{"type": "work", "value": ""}` is how clients say that there is none.
pub(crate) fn element(attribute: &Attribute, sent: &Value, path: &str, faults: &mut Vec<Fault>) -> Value {
    let before = faults.len();
    let mut read = single(attribute, sent, path, faults);
    if let Some(members) = read.as_object_mut() {
        elements::prune(attribute, members);
        if members.is_empty() {
            read = Value::Null;
        }
    }
    // An element that must have a value and has none is told, unless its value is at fault already.
    let missing = attribute.significant().filter(|value| value.required && read.is_null());
    if let Some(value) = missing.filter(|_| faults.len() == before) {
        faults.push(Fault::new(format!("{path}.{}", value.name), "is required and must not be empty"));
    }
    read
}

/// `null` and `""` (RFC 7643, 2.5); clients clear a field by sending it empty.
fn is_unassigned(sent: &Value) -> bool {
    sent.is_null() || sent.as_str().is_some_and(str::is_empty)
}

fn text(attribute: &Attribute, sent: &Value) -> Result<Value, String> {
    let text = sent.as_str().ok_or("must be a string")?;
    if !attribute.restricted {
        return Ok(text.into());
    }
    let known = attribute.canonical_values.iter().find(|known| known.eq_ignore_ascii_case(text));
    known
        .map(|known| (*known).into())
        .ok_or_else(|| format!("must be {}", attribute.canonical_values.join(" or ")))
}

/// A truth value, or its name: Entra sends `"True"` and `"False"`.
pub(crate) fn boolean(sent: &Value) -> Option<bool> {
    match sent {
        Value::Bool(sent) => Some(*sent),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A date-time.
pub(crate) fn date_time(sent: &Value) -> Option<Timestamp> {
    sent.as_str().and_then(|text| Timestamp::parse_rfc3339(text).ok())
}

/// RFC 7643, 2.3.6 allows both alphabets of RFC 4648, with padding or without.
fn base64(sent: &Value) -> Option<Value> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text = sent.as_str()?;
    let is_read = |alphabet| GeneralPurpose::new(alphabet, lenient).decode(text).is_ok();
    (is_read(&STANDARD) || is_read(&URL_SAFE)).then(|| sent.clone())
}

fn complex(attribute: &Attribute, sent: &Value, path: &str, faults: &mut Vec<Fault>) -> Value {
    if let Some(sent) = sent.as_object() {
        return match members(attribute, sent, path, faults) {
            // Without what it is about, the rest says nothing.
            members if is_erased(attribute, &members) => Value::Null,
            members => members.into(),
        };
    }
    // Some clients send what a value is about alone: Entra does for the manager.
    let Some(value) = attribute.significant().filter(|_| sent.is_string()) else {
        faults.push(Fault::new(path, "must be an object"));
        return Value::Null;
    };
    let read = single(value, sent, path, faults);
    if read.is_null() { read } else { Map::from_iter([(value.name.to_owned(), read)]).into() }
}

fn is_erased(attribute: &Attribute, members: &Map<String, Value>) -> bool {
    attribute.significant().and_then(|value| members.get(value.name)).is_some_and(Value::is_null)
}

/// Reads the sub-attributes of a complex value. `null` stands for what is unassigned; the unknown and the read-only are
/// passed over.
fn members(
    attribute: &Attribute,
    sent: &Map<String, Value>,
    path: &str,
    faults: &mut Vec<Fault>,
) -> Map<String, Value> {
    let mut members = Map::new();
    for (key, sent) in sent {
        let Some(sub) = attribute.sub_attribute(key).filter(|sub| !sub.is_read_only()) else { continue };
        let path = format!("{path}.{}", sub.name);
        if members.contains_key(sub.name) {
            faults.push(Fault::new(path, "is given more than once"));
            continue;
        }
        members.insert(sub.name.to_owned(), single(sub, sent, &path, faults));
    }
    members
}
