//! What the OpenAPI document says of this dialect. The schemas of resources follow from the table of attributes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use roster_wire::openapi::{self, idempotency_key, text};
use roster_wire::parameters;
use serde_json::{Value, json};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, Object, ObjectBuilder, SchemaFormat, Type,
};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr, Response, Schema};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use crate::convert::ENTERPRISE;
use crate::error::MEDIA_TYPE;
use crate::schema::{Attribute, GROUP, Kind, Mutability, ResourceType, USER};

/// The tag of the operations on users.
pub(crate) const USERS: &str = "SCIM users";
/// The tag of the operations on groups.
pub(crate) const GROUPS: &str = "SCIM groups";
/// The tag of the search of both.
pub(crate) const SEARCH: &str = "SCIM search";
/// The tag of the bulk endpoint.
pub(crate) const BULK: &str = "SCIM bulk";
/// The tag of what is announced.
pub(crate) const DISCOVERY: &str = "SCIM discovery";

/// Adds the tags and the security scheme.
pub(crate) fn complete(document: &mut OpenApi) {
    let tags = [
        (USERS, "SCIM 2.0 (RFC 7644): the users of the directory, for identity providers"),
        (GROUPS, "SCIM 2.0: groups of users. Writing needs the scope `groups:write`"),
        (SEARCH, "SCIM 2.0: users and groups in one list"),
        (BULK, "SCIM 2.0: many changes in one request"),
        (DISCOVERY, "SCIM 2.0: what Roster announces of itself"),
    ];
    openapi::add_tags(document, tags);
    let components = document.components.get_or_insert_default();
    let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("roster_bearer", scheme);
    // The responses that name it are shared by the operations, which do not bring it along.
    components.schemas.insert(ScimErrorBody::name().into_owned(), ScimErrorBody::schema());
}

parameters! {
    /// The id of a resource.
    Id: Path "id", True, "The id that Roster gave the resource",
        ObjectBuilder::from(text()).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))).build();
    /// `attributes`.
    Attributes: Query "attributes", False,
        "What is answered of the resource, with commas between the names: nothing else, but what is always answered", text();
    /// `excludedAttributes`.
    ExcludedAttributes: Query "excludedAttributes", False,
        "What is not answered of the resource, with commas between the names. Not together with `attributes`", text();
    /// `filter`.
    Filter: Query "filter", False, "Which resources (RFC 7644, 3.4.2.2), as `userName eq \"ann\"`", text();
    /// `sortBy`.
    SortBy: Query "sortBy", False, "The attribute that orders the list. Not with a cursor", text();
    /// `sortOrder`.
    SortOrder: Query "sortOrder", False, "In which order",
        ObjectBuilder::from(text()).enum_values(Some(["ascending", "descending"])).build();
    /// `startIndex`.
    StartIndex: Query "startIndex", False, "Where the page begins, from 1", Object::with_type(Type::Integer);
    /// `count`.
    Count: Query "count", False, "How many resources the page has: 50 unless said, 1,000 at the most", Object::with_type(Type::Integer);
    /// `cursor`.
    Cursor: Query "cursor", False,
        "Empty: the list is read by cursor from its beginning; else `nextCursor` of the page before (RFC 9865). Nobody is missed while others come and go",
        text();
    /// `If-Match` of a change.
    IfMatch: Header "If-Match", False,
        "The entity tag that you read: if the resource was changed since, the answer is 412 and nothing is changed", text();
    /// `If-None-Match` of a read.
    IfNoneMatch: Header "If-None-Match", False, "Entity tags that you have: where one is current, the answer is 304", text();
    /// `Idempotency-Key` of a change.
    IdempotencyKey: Header "Idempotency-Key", False,
        "Marks a request so that its repetition is answered again and applied once, for 24 hours",
        idempotency_key();
}

macro_rules! schemas {
    ($( $(#[doc = $doc:literal])+ $name:ident as $shown:literal: $schema:expr; )*) => {$(
        $(#[doc = $doc])+
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                $shown.into()
            }
        }
    )*};
}

schemas! {
    /// A user.
    ScimUser as "ScimUser": resource(&USER);
    /// A group.
    ScimGroup as "ScimGroup": resource(&GROUP);
    /// A page of users.
    UserList as "ScimUserList": list(Ref::from_schema_name(ScimUser::name()).into());
    /// A page of groups.
    GroupList as "ScimGroupList": list(Ref::from_schema_name(ScimGroup::name()).into());
    /// What Roster announces, or what came of a bulk request.
    Document as "ScimDocument": any("A document of SCIM");
    /// A list of documents, or of resources of several types.
    DocumentList as "ScimDocumentList": list(any("A resource"));
    /// The message of a PATCH.
    PatchOp as "ScimPatchOp": message("PatchOp", operations(&["op", "path", "value"], &["op"])).build().into();
    /// The message of a search.
    SearchMessage as "ScimSearchRequest": search();
    /// The message of a bulk request.
    BulkMessage as "ScimBulkRequest": bulk();
    /// Why a request was not done.
    ScimErrorBody as "ScimError": error();
}

fn any(description: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .description(Some(description))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .build()
        .into()
}

/// A resource by the table. What callers send may be less.
fn resource(kind: &ResourceType) -> RefOr<Schema> {
    let mut object = ObjectBuilder::new().description(Some(kind.description));
    for attribute in kind.top_attributes() {
        object = object.property(attribute.name, property(attribute));
    }
    for extension in kind.extensions {
        let mut members = ObjectBuilder::new().description(Some(extension.description));
        for attribute in extension.attributes {
            members = members.property(attribute.name, property(attribute));
        }
        object = object.property(extension.urn, members.build());
    }
    object.build().into()
}

fn property(attribute: &Attribute) -> RefOr<Schema> {
    let single = ObjectBuilder::new().description(Some(attribute.description));
    let single = match attribute.kind {
        Kind::String | Kind::Binary | Kind::Reference(_) => single.schema_type(Type::String),
        Kind::Boolean => single.schema_type(Type::Boolean),
        Kind::Integer => single.schema_type(Type::Integer),
        Kind::DateTime => {
            single.schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        }
        Kind::Complex(of) => of.iter().fold(single, |object, sub| object.property(sub.name, property(sub))),
    };
    let single = single
        .read_only(attribute.mutability == Mutability::ReadOnly)
        .write_only(attribute.mutability == Mutability::WriteOnly)
        .build();
    if attribute.multi_valued { ArrayBuilder::new().items(single).build().into() } else { single.into() }
}

fn list(of: RefOr<Schema>) -> RefOr<Schema> {
    let items = ArrayBuilder::new().items(of).build();
    ObjectBuilder::new()
        .description(Some("A page of a list (RFC 7644, 3.4.2)"))
        .property("schemas", ArrayBuilder::new().items(text()).build())
        .property("totalResults", Object::with_type(Type::Integer))
        .property("startIndex", Object::with_type(Type::Integer))
        .property("itemsPerPage", Object::with_type(Type::Integer))
        .property("nextCursor", text())
        .property("Resources", items)
        .required("schemas")
        .required("Resources")
        .build()
        .into()
}

fn operations(names: &[&str], required: &[&str]) -> Schema {
    let operation = names.iter().fold(ObjectBuilder::new(), |object, name| match *name {
        "value" => object.property(
            *name,
            Schema::from(
                ObjectBuilder::new().schema_type(utoipa::openapi::schema::SchemaType::AnyValue).build(),
            ),
        ),
        "data" => object.property(
            *name,
            ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true))).build(),
        ),
        _ => object.property(*name, text()),
    });
    let operation = required.iter().fold(operation, |object, name| object.required(*name));
    ArrayBuilder::new().items(operation.build()).build().into()
}

fn message(name: &str, operations: Schema) -> ObjectBuilder {
    ObjectBuilder::new()
        .description(Some(format!("The message urn:ietf:params:scim:api:messages:2.0:{name}")))
        .property("schemas", ArrayBuilder::new().items(text()).build())
        .property("Operations", operations)
        .required("Operations")
}

fn bulk() -> RefOr<Schema> {
    let operations = operations(&["method", "path", "bulkId", "version", "data"], &["method", "path"]);
    message("BulkRequest", operations)
        .property("failOnErrors", Object::with_type(Type::Integer))
        .build()
        .into()
}

fn search() -> RefOr<Schema> {
    let names = || ArrayBuilder::new().items(text()).build();
    ObjectBuilder::new()
        .description(Some("The message urn:ietf:params:scim:api:messages:2.0:SearchRequest"))
        .property("schemas", names())
        .property("filter", text())
        .property("sortBy", text())
        .property(
            "sortOrder",
            ObjectBuilder::from(text()).enum_values(Some(["ascending", "descending"])).build(),
        )
        .property("startIndex", Object::with_type(Type::Integer))
        .property("count", Object::with_type(Type::Integer))
        .property("cursor", text())
        .property("attributes", names())
        .property("excludedAttributes", names())
        .build()
        .into()
}

fn error() -> RefOr<Schema> {
    ObjectBuilder::new()
        .description(Some("Why a request was not done (RFC 7644, 3.12)"))
        .property("schemas", ArrayBuilder::new().items(text()).build())
        .property("scimType", text())
        .property("detail", text())
        .property("status", text())
        .required("schemas")
        .required("status")
        .build()
        .into()
}

/// A user to create or to put, as an example.
pub(crate) fn user_example() -> Value {
    json!({
        "schemas": [USER.core.urn, ENTERPRISE],
        "userName": "ann.lee@example.com",
        "externalId": "00u1a2b3c4",
        "name": { "givenName": "Ann", "familyName": "Lee" },
        "displayName": "Ann Lee",
        "emails": [{ "value": "ann.lee@example.com", "type": "work", "primary": true }],
        "active": true,
        ENTERPRISE: { "department": "Sales" },
    })
}

/// A group to create or to put, as an example.
pub(crate) fn group_example() -> Value {
    json!({ "schemas": [GROUP.core.urn], "displayName": "Sales" })
}

/// The PATCH of a user, as an example.
pub(crate) fn user_patch_example() -> Value {
    patch_example(json!([
        { "op": "replace", "path": "active", "value": false },
        { "op": "add", "path": "emails[type eq \"work\"].value", "value": "ann@example.com" },
    ]))
}

/// The PATCH of a group, as an example.
pub(crate) fn group_patch_example() -> Value {
    patch_example(json!([{ "op": "replace", "path": "displayName", "value": "Marketing" }]))
}

fn patch_example(operations: Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

/// A search, as an example.
pub(crate) fn search_example() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "meta.lastModified gt \"2026-01-01T00:00:00Z\"",
        "startIndex": 1,
        "count": 10,
    })
}

/// A bulk request, as an example.
pub(crate) fn bulk_example() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "failOnErrors": 1,
        "Operations": [
            { "method": "POST", "path": "/Users", "bulkId": "bob", "data": { "userName": "bob@example.com" } },
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "travel",
                "data": { "displayName": "Travel", "members": [{ "value": "bulkId:bob" }] },
            },
        ],
    })
}

macro_rules! errors {
    ($( $(#[doc = $doc:literal])+ $name:ident: $rows:expr; )*) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                openapi::failures(MEDIA_TYPE, &ScimErrorBody::name(), &$rows)
            }
        }
    )*};
}

errors! {
    /// What every operation may answer.
    ScimErrors: [
        ("400", "The request is at fault; `detail` names everything that is wrong", false),
        ("401", "No credential, or one that is unknown, expired or revoked", false),
        ("403", "The credential does not allow this", false),
        ("429", "Too many requests", true),
        ("500", "Roster failed", false),
        ("503", "Roster has too much to do, or the outcome is not known", true),
    ];
    /// That there is no such resource.
    NotFound: [("404", "There is no such resource: there never was, or it was deleted", false)];
    /// What a body may be refused for.
    BodyErrors: [
        ("413", "The body is too large, or has too many operations", false),
        ("415", "The body is of another media type", false),
    ];
    /// That another holds a value.
    ConflictErrors: [("409", "A value that one resource alone may hold is another's (`uniqueness`)", false)];
    /// That the resource has another version.
    VersionErrors: [("412", "The resource has another version than `If-Match` says", false)];
    /// That an idempotency key belongs to another request.
    KeyErrors: [("422", "The idempotency key was used with another request", false)];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_has_no_number_of_errors_to_fail_on() {
        let has = |schema: RefOr<Schema>| {
            let schema = serde_json::to_value(schema).unwrap();
            assert!(schema["properties"]["Operations"].is_object());
            schema["properties"].get("failOnErrors").is_some()
        };
        assert!(!has(PatchOp::schema()));
        assert!(has(BulkMessage::schema()));
    }
}
