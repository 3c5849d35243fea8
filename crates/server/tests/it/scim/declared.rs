//! What the schemas declare is what is answered, and what is kept.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Client, ENTERPRISE, GROUP, LIST, USER, id, part_of, path, resource, resources};
use crate::harness::Roster;

/// The schemas by their ids.
async fn schemas(client: &Client<'_>) -> BTreeMap<String, Value> {
    let list = client.read("/Schemas").await;
    assert_eq!(list["schemas"], json!([LIST]));
    resources(&list)
        .into_iter()
        .map(|schema| (id(&schema).to_owned(), schema["attributes"].clone()))
        .collect()
}

/// The attribute of this name; names know no case.
fn declared<'a>(attributes: &'a Value, name: &str) -> Option<&'a Value> {
    let attributes = attributes.as_array().map(Vec::as_slice).unwrap_or_default();
    attributes.iter().find(|attribute| attribute["name"].as_str().unwrap().eq_ignore_ascii_case(name))
}

/// The attributes of a user that hold a date and may be written, as a path names them.
pub async fn writable_dates(client: &Client<'_>) -> Vec<String> {
    let schemas = schemas(client).await;
    let mut dates = Vec::new();
    for (urn, attributes) in schemas.iter().filter(|(urn, _)| urn.ends_with(":User")) {
        for attribute in attributes.as_array().unwrap() {
            if attribute["type"] == "dateTime" && attribute["mutability"] == "readWrite" {
                dates.push(format!("{urn}:{}", attribute["name"].as_str().unwrap()));
            }
        }
    }
    dates
}

/// What a user has at a path that begins with a schema.
pub fn at(user: &Value, path: &str) -> Value {
    let (schema, name) = path.rsplit_once(':').unwrap();
    if schema == USER { user[name].clone() } else { user[schema][name].clone() }
}

/// The RFC's own example of a user with everything (RFC 7643, 8.3), with the manager given.
fn whole_user(manager: &str) -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "701984",
        "userName": "bjensen@example.com",
        "name": {
            "formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara",
            "middleName": "Jane", "honorificPrefix": "Ms.", "honorificSuffix": "III",
        },
        "displayName": "Babs Jensen",
        "nickName": "Babs",
        "profileUrl": "https://login.example.com/bjensen",
        "emails": [
            {"value": "bjensen@example.com", "type": "work", "primary": true},
            {"value": "babs@jensen.org", "type": "home"},
        ],
        "addresses": [
            {
                "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "region": "CA",
                "postalCode": "91608", "country": "US",
                "formatted": "100 Universal City Plaza\nHollywood, CA 91608 USA", "type": "work", "primary": true,
            },
            {"streetAddress": "456 Hollywood Blvd", "country": "US", "type": "home"},
        ],
        "phoneNumbers": [{"value": "555-555-5555", "type": "work"}, {"value": "555-555-4444", "type": "mobile"}],
        "ims": [{"value": "someaimhandle", "type": "aim"}],
        "photos": [
            {"value": "https://photos.example.com/profilephoto/72930000000Ccne/F", "type": "photo"},
            {"value": "https://photos.example.com/profilephoto/72930000000Ccne/T", "type": "thumbnail"},
        ],
        "userType": "Employee",
        "title": "Tour Guide",
        "preferredLanguage": "en-US",
        "locale": "en-US",
        "timezone": "America/Los_Angeles",
        "active": true,
        "password": "t1meMa$heen",
        "entitlements": [{"value": "tours", "display": "Tours", "type": "guide"}],
        "roles": [{"value": "guide", "display": "Guide", "type": "staff", "primary": true}],
        "x509Certificates": [{"value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVM="}],
        ENTERPRISE: {
            "employeeNumber": "701984",
            "costCenter": "4130",
            "organization": "Universal Studios",
            "division": "Theme Park",
            "department": "Tour Operations",
            "manager": {"value": manager},
        },
    })
}

/// Of a user that is sent, what the schemas have a place for.
fn placed(schemas: &BTreeMap<String, Value>, user: &Value) -> Value {
    let known = user.as_object().unwrap().iter().filter(|(name, _)| {
        ["schemas", "externalId"].contains(&name.as_str())
            || schemas.contains_key(*name)
            || declared(&schemas[USER], name).is_some()
    });
    Value::Object(known.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Every member of an object is an attribute of the list, in its own spelling, of its type, with a value.
fn walk(attributes: &Value, object: &Value, at: &str) {
    for (name, value) in object.as_object().unwrap_or_else(|| panic!("{at} is no object: {object}")) {
        let at = format!("{at}.{name}");
        let attribute = declared(attributes, name).unwrap_or_else(|| panic!("{at} is declared by no schema"));
        assert_eq!(attribute["name"], *name, "{at}");
        assert!(attribute["returned"] != "never" && attribute["mutability"] != "writeOnly", "{at} is shown");
        match (attribute["multiValued"].as_bool().unwrap(), value) {
            (true, Value::Array(elements)) => {
                elements.iter().for_each(|element| of_type(attribute, element, &at))
            }
            (true, other) => panic!("{at} is no list: {other}"),
            (false, one) => of_type(attribute, one, &at),
        }
    }
}

fn of_type(attribute: &Value, value: &Value, at: &str) {
    let right = match attribute["type"].as_str().unwrap() {
        "complex" => return walk(&attribute["subAttributes"], value, at),
        "string" | "reference" | "binary" => value.as_str().is_some_and(|text| !text.is_empty()),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "decimal" => value.is_number(),
        "dateTime" => value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        other => panic!("{at} has the type {other}"),
    };
    assert!(right, "{at} is {value}, and {attribute} is declared");
}

/// A whole resource: the common attributes, those of its schema, and its extensions.
fn walk_resource(schemas: &BTreeMap<String, Value>, schema: &str, resource: &Value) {
    let mut own = resource.as_object().unwrap().clone();
    let listed = own.remove("schemas").unwrap();
    let listed: Vec<&str> = listed.as_array().unwrap().iter().map(|urn| urn.as_str().unwrap()).collect();
    assert!(listed.contains(&schema), "{resource}");
    for (urn, attributes) in schemas.iter().filter(|(urn, _)| *urn != schema) {
        if let Some(extension) = own.remove(urn) {
            assert!(listed.contains(&urn.as_str()), "{urn} is not among {listed:?}");
            walk(attributes, &extension, urn);
        }
    }
    assert!(own.remove("id").unwrap().is_string());
    assert!(own.remove("externalId").is_none_or(|id| id.is_string()));
    let meta = own.remove("meta").unwrap();
    for (name, value) in meta.as_object().unwrap() {
        assert!(
            ["resourceType", "created", "lastModified", "location", "version"].contains(&name.as_str()),
            "meta.{name}"
        );
        assert!(value.is_string(), "meta.{name}");
    }
    walk(&schemas[schema], &Value::Object(own), schema);
}

#[tokio::test]
async fn only_attributes_that_schemas_declare_are_answered() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let schemas = schemas(&client).await;
    let manager = client.user("manager").await;
    let sent = placed(&schemas, &whole_user(id(&manager)));
    let user = client.created("/Users", &sent).await;
    let group = client.group("Tour Guides", &[id(&user), id(&manager)]).await;
    // What every dialect writes is shown as well.
    roster.upserted("whole", &crate::harness::algorep_body()).await;
    roster.update(1, &crate::harness::zynchro_body()).await.ok();

    let shown = client.read(&path(&user)).await;
    assert_eq!(shown["groups"].as_array().unwrap().len(), 1);
    for user in resources(&client.read("/Users").await) {
        walk_resource(&schemas, USER, &user);
    }
    for group in [group, resources(&client.read("/Groups").await).remove(0)] {
        walk_resource(&schemas, GROUP, &group);
    }
}

#[tokio::test]
async fn every_attribute_that_schemas_declare_and_a_client_sends_is_kept() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let schemas = schemas(&client).await;
    let manager = client.user("manager").await;
    let mut sent = placed(&schemas, &whole_user(id(&manager)));
    let created = client.created("/Users", &sent).await;
    let replaced = resource(&client.send("PUT", &path(&created), &sent).await, 200);
    sent.as_object_mut().unwrap().remove("password");
    sent.as_object_mut().unwrap().remove("schemas");
    for user in
        [created, replaced, client.found("/Users", r#"userName eq "bjensen@example.com""#).await.remove(0)]
    {
        let mut shown = part_of(&user, &sent);
        // The server knows more of the manager than was sent.
        if let Some(extension) = shown.get_mut(ENTERPRISE) {
            extension["manager"] = json!({"value": extension["manager"]["value"]});
        }
        assert_eq!(shown, sent);
    }
}

#[tokio::test]
async fn attributes_select_what_is_answered() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let manager = client.user("manager").await;
    let sent = placed(&schemas(&client).await, &whole_user(id(&manager)));
    let user = client.created("/Users", &sent).await;
    let names =
        |user: &Value| user.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
    for (asked, expected) in [
        ("userName", json!({"userName": "bjensen@example.com"})),
        (
            "USERNAME,name.familyName",
            json!({"userName": "bjensen@example.com", "name": {"familyName": "Jensen"}}),
        ),
        (
            "urn:ietf:params:scim:schemas:core:2.0:User:displayName,emails.value",
            json!({"displayName": "Babs Jensen", "emails": [{"value": "bjensen@example.com"}, {"value": "babs@jensen.org"}]}),
        ),
    ] {
        let mut shown = client.read(&format!("{}?attributes={asked}", path(&user))).await;
        let object = shown.as_object_mut().unwrap();
        assert_eq!(object.remove("id"), Some(user["id"].clone()), "{asked}");
        object.remove("schemas");
        assert_eq!(shown, expected, "{asked}");
    }
    let without = client.read(&format!("{}?excludedAttributes=emails,name.givenName,id", path(&user))).await;
    let mut expected = names(&user);
    expected.remove("emails");
    assert_eq!(names(&without), expected, "what is always returned can't be left out");
    assert_eq!(without["name"].get("givenName"), None);
    assert_eq!(without["name"]["familyName"], "Jensen");
}
