//! What Roster announces of itself (RFC 7644, 4): schemas, resource types and what the service can do.

mod provider;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

pub(crate) use provider::{Provider, service_provider_config};

use super::{Attribute, Kind, Mutability, RESOURCE_TYPES, ResourceType, Returned, Schema, Uniqueness};

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

/// Every schema as `/Schemas` lists it. `base` is the URL below which the endpoints are, without a slash at its end.
pub(crate) fn schemas(base: &str) -> Vec<Value> {
    RESOURCE_TYPES.iter().flat_map(|kind| kind.schemas()).map(|schema| schema_json(schema, base)).collect()
}

/// A schema as `/Schemas/{urn}` answers it (RFC 7643, 7).
pub(crate) fn schema_json(schema: &Schema, base: &str) -> Value {
    json!({
        "schemas": [SCHEMA],
        "id": schema.urn,
        "name": schema.name,
        "description": schema.description,
        "attributes": attributes(schema.attributes),
        "meta": meta("Schema", format!("{base}/Schemas/{}", schema.urn)),
    })
}

/// Every resource type as `/ResourceTypes` lists it.
pub(crate) fn resource_types(base: &str) -> Vec<Value> {
    RESOURCE_TYPES.iter().map(|kind| resource_type_json(kind, base)).collect()
}

/// A resource type as `/ResourceTypes/{name}` answers it (RFC 7643, 6).
pub(crate) fn resource_type_json(kind: &ResourceType, base: &str) -> Value {
    let extension = |schema: &&Schema| json!({ "schema": schema.urn, "required": false });
    json!({
        "schemas": [RESOURCE_TYPE],
        "id": kind.name,
        "name": kind.name,
        "endpoint": kind.endpoint,
        "description": kind.description,
        "schema": kind.core.urn,
        "schemaExtensions": kind.extensions.iter().map(extension).collect::<Vec<_>>(),
        "meta": meta("ResourceType", format!("{base}/ResourceTypes/{}", kind.name)),
    })
}

fn meta(resource_type: &str, location: String) -> Value {
    json!({ "resourceType": resource_type, "location": location })
}

fn attributes(of: &[Attribute]) -> Vec<Value> {
    of.iter().map(attribute).collect()
}

fn attribute(attribute: &Attribute) -> Value {
    let mut document = Map::new();
    let mut say = |key: &str, value: Value| document.insert(key.to_owned(), value);
    say("name", attribute.name.into());
    say("type", type_name(attribute.kind).into());
    if let Kind::Complex(of) = attribute.kind {
        say("subAttributes", attributes(of).into());
    }
    say("multiValued", attribute.multi_valued.into());
    say("description", attribute.description.into());
    say("required", attribute.required.into());
    if !attribute.canonical_values.is_empty() {
        say("canonicalValues", attribute.canonical_values.into());
    }
    say("caseExact", attribute.case_exact.into());
    say("mutability", mutability(attribute.mutability).into());
    say("returned", returned(attribute.returned).into());
    say("uniqueness", uniqueness(attribute.uniqueness).into());
    if let Kind::Reference(to) = attribute.kind {
        say("referenceTypes", to.into());
    }
    document.into()
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "string",
        Kind::Boolean => "boolean",
        Kind::Integer => "integer",
        Kind::DateTime => "dateTime",
        Kind::Binary => "binary",
        Kind::Reference(_) => "reference",
        Kind::Complex(_) => "complex",
    }
}

fn mutability(mutability: Mutability) -> &'static str {
    match mutability {
        Mutability::ReadOnly => "readOnly",
        Mutability::ReadWrite => "readWrite",
        Mutability::Immutable => "immutable",
        Mutability::WriteOnly => "writeOnly",
    }
}

fn returned(returned: Returned) -> &'static str {
    match returned {
        Returned::Always => "always",
        Returned::Never => "never",
        Returned::Default => "default",
        Returned::Request => "request",
    }
}

fn uniqueness(uniqueness: Uniqueness) -> &'static str {
    match uniqueness {
        Uniqueness::None => "none",
        Uniqueness::Server => "server",
    }
}
