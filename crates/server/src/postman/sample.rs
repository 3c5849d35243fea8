//! An example of a schema, for a request.

use serde_json::{Map, Value};

const DEEPEST: usize = 8;

/// What a reference leads to; anything else is itself.
pub(super) fn resolve<'d>(document: &'d Value, node: &'d Value) -> &'d Value {
    let pointer = node.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(node)
}

/// The example that a parameter, a media type or a schema gives itself.
pub(super) fn given(node: &Value) -> Option<&Value> {
    node.get("example").or_else(|| node.get("examples")?.as_array()?.first())
}

/// An example of a schema: its own, else one of its properties' examples. What can't be sent is left out, and what need
/// not be sent and has no example.
pub(super) fn of_schema(document: &Value, schema: &Value, depth: usize) -> Value {
    let schema = resolve(document, schema);
    if let Some(example) = given(schema) {
        return example.clone();
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|_| depth < DEEPEST)
    else {
        return first_value(schema);
    };
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|required| required == name));
    let can_be_sent = |property: &Value| property.get("readOnly").and_then(Value::as_bool) != Some(true);
    let members = properties.iter().filter(|(_, property)| can_be_sent(property));
    let members = members.map(|(name, property)| (name.clone(), of_schema(document, property, depth + 1)));
    Value::Object(Map::from_iter(members.filter(|(name, value)| is_required(name) || !value.is_null())))
}

fn first_value(schema: &Value) -> Value {
    schema.get("enum").and_then(|values| values.get(0)).cloned().unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_example_is_made_of_the_properties_that_can_be_sent() {
        let document =
            json!({ "components": { "schemas": { "Name": { "type": "string", "example": "Loire" } } } });
        let schema = json!({ "type": "object", "required": ["note"], "properties": {
            "id": { "type": "integer", "readOnly": true, "example": 1 },
            "name": { "$ref": "#/components/schemas/Name" },
            "kind": { "type": "string", "enum": ["producer", "seller"] },
            "note": { "type": ["string", "null"] },
            "remark": { "type": ["string", "null"] },
        } });
        let expected = json!({ "name": "Loire", "kind": "producer", "note": null });
        assert_eq!(of_schema(&document, &schema, 0), expected);
    }
}
