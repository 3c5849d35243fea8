use super::super::{GROUP, USER, schema_of};
use super::*;

const BASE: &str = "https://roster.example/scim/v2";

fn names(attributes: &Value) -> Vec<&str> {
    attributes.as_array().unwrap().iter().map(|attribute| attribute["name"].as_str().unwrap()).collect()
}

#[test]
fn the_core_user_has_the_attributes_of_rfc_7643_section_4_1() {
    let schema = schema_json(USER.core, BASE);
    assert_eq!(
        names(&schema["attributes"]),
        [
            "userName",
            "name",
            "displayName",
            "nickName",
            "profileUrl",
            "title",
            "userType",
            "preferredLanguage",
            "locale",
            "timezone",
            "active",
            "password",
            "emails",
            "phoneNumbers",
            "ims",
            "photos",
            "addresses",
            "groups",
            "entitlements",
            "roles",
            "x509Certificates",
        ]
    );
    assert_eq!(
        schema["attributes"][0],
        json!({
            "name": "userName",
            "type": "string",
            "multiValued": false,
            "description": "The name by which the user signs in.",
            "required": true,
            "caseExact": false,
            "mutability": "readWrite",
            "returned": "default",
            "uniqueness": "server",
        })
    );
    let emails = &schema["attributes"][12];
    assert_eq!(names(&emails["subAttributes"]), ["value", "display", "type", "primary"]);
    assert_eq!(emails["subAttributes"][2]["canonicalValues"], json!(["work", "home", "other"]));
    assert_eq!(schema["attributes"][11]["mutability"], "writeOnly");
    assert_eq!(schema["attributes"][11]["returned"], "never");
    assert_eq!(schema["attributes"][4]["referenceTypes"], json!(["external"]));
}

#[test]
fn every_schema_is_listed_under_its_urn_and_found_by_it() {
    let listed = schemas(BASE);
    let urns = [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "urn:roster:scim:schemas:extension:directory:1.0:User",
        "urn:ietf:params:scim:schemas:core:2.0:Group",
    ];
    assert_eq!(listed.iter().map(|schema| schema["id"].as_str().unwrap()).collect::<Vec<_>>(), urns);
    for (schema, urn) in listed.iter().zip(urns) {
        assert_eq!(schema["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:Schema"]));
        let location = format!("https://roster.example/scim/v2/Schemas/{urn}");
        assert_eq!(schema["meta"], json!({ "resourceType": "Schema", "location": location }));
        assert_eq!(&schema_json(schema_of(&urn.to_uppercase()).unwrap(), BASE), schema);
    }
    assert_eq!(schema_of("urn:x"), None);
}

/// RFC 7643, 2.1: names consist of these characters; and what would make a list or a lookup ambiguous is not there.
#[test]
fn the_table_is_in_order() {
    fn check(attributes: &[Attribute]) {
        for (index, attribute) in attributes.iter().enumerate() {
            let name = attribute.name.strip_prefix('$').unwrap_or(attribute.name);
            assert!(name.starts_with(|c: char| c.is_ascii_alphabetic()), "{name}");
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
            assert!(!attribute.description.is_empty(), "{name}");
            let same = |other: &&Attribute| other.name.eq_ignore_ascii_case(attribute.name);
            assert_eq!(attributes[index + 1..].iter().find(same), None, "{name}");
            assert!(attribute.sub_attributes().iter().all(|sub| !sub.multi_valued), "{name}");
            check(attribute.sub_attributes());
        }
    }
    for kind in RESOURCE_TYPES {
        kind.schemas().for_each(|schema| check(schema.attributes));
        check(&kind.top_attributes().copied().collect::<Vec<_>>());
    }
}

#[test]
fn resource_types_name_their_schemas() {
    assert_eq!(
        resource_types(BASE),
        [
            json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
                "id": "User",
                "name": "User",
                "endpoint": "/Users",
                "description": "The users of the directory.",
                "schema": "urn:ietf:params:scim:schemas:core:2.0:User",
                "schemaExtensions": [
                    { "schema": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "required": false },
                    { "schema": "urn:roster:scim:schemas:extension:directory:1.0:User", "required": false },
                ],
                "meta": {
                    "resourceType": "ResourceType",
                    "location": "https://roster.example/scim/v2/ResourceTypes/User",
                },
            }),
            resource_type_json(&GROUP, BASE),
        ]
    );
    assert_eq!(resource_type_json(&GROUP, BASE)["schemaExtensions"], json!([]));
}

#[test]
fn the_service_says_what_it_can_do() {
    let provider = Provider {
        most_bulk_operations: 1_000,
        most_bulk_bytes: 1 << 20,
        most_per_page: 200,
        default_per_page: 50,
    };
    let document = service_provider_config(&provider, BASE);
    assert_eq!(
        document["bulk"],
        json!({ "supported": true, "maxOperations": 1000, "maxPayloadSize": 1_048_576 })
    );
    assert_eq!(document["filter"], json!({ "supported": true, "maxResults": 200 }));
    assert_eq!(
        document["pagination"],
        json!({
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": 50,
            "maxPageSize": 200,
        })
    );
    assert_eq!(document["authenticationSchemes"][0]["type"], "oauthbearertoken");
    assert_eq!(document["meta"]["location"], "https://roster.example/scim/v2/ServiceProviderConfig");
}
