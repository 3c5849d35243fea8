//! From the bytes of a body to JSON values, strictly.

use roster_wire::{Json, Limits, Object, json, shorten};
use serde_json::{Map, Number, Value};

use crate::error::{ScimError, ScimType};

/// Reads a body that must be a JSON object: in UTF-8, of bounded depth, without a key that comes twice.
///
/// What plain serde_json reads without a word is refused here: of two members with one name, one would be lost.
pub(crate) fn read(body: &[u8]) -> Result<Map<String, Value>, ScimError> {
    match json::parse(body, Limits::default()) {
        Ok(Json::Object(sent)) => object(&sent),
        Ok(Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_)) => {
            Err(syntax("the body must be a JSON object".to_owned()))
        }
        Err(why) => Err(syntax(format!("the body is not JSON that can be read: {why}"))),
    }
}

fn syntax(detail: String) -> ScimError {
    ScimError::new(ScimType::InvalidSyntax, detail)
}

fn object(sent: &Object<'_>) -> Result<Map<String, Value>, ScimError> {
    if let Some(key) = sent.duplicates().first() {
        return Err(syntax(format!("{} is given more than once", shorten(key))));
    }
    sent.members().map(|(key, sent)| Ok((key.to_owned(), value(sent)?))).collect()
}

fn value(sent: &Json<'_>) -> Result<Value, ScimError> {
    Ok(match sent {
        Json::Null => Value::Null,
        Json::Bool(sent) => Value::Bool(*sent),
        Json::Number(text) => Value::Number(number(text)?),
        Json::String(text) => Value::String(text.as_ref().to_owned()),
        Json::Array(sent) => sent.iter().map(value).collect::<Result<_, _>>()?,
        Json::Object(sent) => Value::Object(object(sent)?),
    })
}

fn number(text: &str) -> Result<Number, ScimError> {
    text.parse().map_err(|_| syntax("the body has a number that is too large".to_owned()))
}

/// The member of that name, in any case: names of attributes are (RFC 7643, 2.1), those of messages too.
pub(crate) fn member<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Checks that a message says what it is (RFC 7644, 3.1). One that says nothing is taken for what its endpoint expects.
pub(crate) fn check_schema(message: &Map<String, Value>, urn: &str) -> Result<(), ScimError> {
    let is_it = |named: &Value| named.as_str().is_some_and(|named| named.eq_ignore_ascii_case(urn));
    let fits = match member(message, "schemas") {
        None | Some(Value::Null) => true,
        Some(Value::Array(named)) => named.iter().any(is_it),
        Some(Value::String(_) | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => false,
    };
    if fits { Ok(()) } else { Err(syntax(format!("schemas must have {urn} in it"))) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_read_as_it_is() {
        let body = r#" {"a":[1,-2.5,"é",null,true,{"b":{}}],"c":12345678901234567} "#;
        let expected =
            json!({ "a": [1, -2.5, "é", null, true, { "b": {} }], "c": 12_345_678_901_234_567_u64 });
        assert_eq!(Value::Object(read(body.as_bytes()).unwrap()), expected);
    }

    #[test]
    fn what_would_be_misread_is_refused() {
        for (body, detail) in [
            ("[]", "the body must be a JSON object"),
            ("", "the body is not JSON that can be read: EOF while parsing a value at line 1, column 1"),
            (r#"{"a":1,"a":2}"#, "a is given more than once"),
            (r#"{"a":[{"b":1,"b":2}]}"#, "b is given more than once"),
            (r#"{"a":1e999}"#, "the body has a number that is too large"),
        ] {
            let error = read(body.as_bytes()).unwrap_err();
            assert_eq!(
                (error.scim_type, error.detail.as_ref()),
                (Some(ScimType::InvalidSyntax), detail),
                "{body}"
            );
        }
    }

    #[test]
    fn a_message_says_what_it_is_or_nothing() {
        for (message, fits) in [
            (json!({}), true),
            (json!({ "Schemas": ["urn:y", "URN:X"] }), true),
            (json!({ "schemas": [] }), false),
            (json!({ "schemas": "urn:x" }), false),
        ] {
            assert_eq!(check_schema(message.as_object().unwrap(), "urn:x").is_ok(), fits, "{message}");
        }
    }
}
