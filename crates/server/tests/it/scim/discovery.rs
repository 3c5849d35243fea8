//! What the server says of itself.

use serde_json::json;

use super::{Client, ENTERPRISE, GROUP, USER, followed, id, path, refused, resources};
use crate::harness::Roster;

#[tokio::test]
async fn schemas_and_resource_types_are_found_one_by_one() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    for (list, expected) in
        [("/Schemas", vec![USER, GROUP, ENTERPRISE]), ("/ResourceTypes", vec!["User", "Group"])]
    {
        let all = client.read(list).await;
        let all_of_it = resources(&all);
        assert_eq!(all["totalResults"], all_of_it.len());
        for one in &all_of_it {
            assert_eq!(client.read(&format!("{list}/{}", id(one))).await, *one);
            assert_eq!(followed(&client, &one["meta"]["location"]).await, *one);
        }
        for name in expected {
            assert!(all_of_it.iter().any(|one| id(one) == name), "{list} has no {name}");
        }
        refused(&client.get(&format!("{list}/nobody")).await, 404, None);
    }
    let user = client.read("/ResourceTypes/User").await;
    assert_eq!((&user["schema"], &user["endpoint"]), (&json!(USER), &json!("/Users")));
    let extension = json!({"schema": ENTERPRISE, "required": false});
    assert!(user["schemaExtensions"].as_array().unwrap().contains(&extension), "{user}");
}

#[tokio::test]
async fn the_configuration_tells_what_is_supported() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let config = client.read("/ServiceProviderConfig").await;
    for feature in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
        assert_eq!(config[feature]["supported"], true, "{feature}");
    }
    for limit in
        [&config["filter"]["maxResults"], &config["bulk"]["maxOperations"], &config["bulk"]["maxPayloadSize"]]
    {
        assert!(limit.as_u64().is_some_and(|limit| limit > 0), "{config}");
    }
    // RFC 9865.
    assert_eq!(
        (&config["pagination"]["cursor"], &config["pagination"]["index"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(config["authenticationSchemes"][0]["type"], "oauthbearertoken");
}

#[tokio::test]
async fn a_write_to_an_endpoint_of_discovery_is_405() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let user_schema = format!("/Schemas/{USER}");
    for path in
        ["/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Schemas", user_schema.as_str()]
    {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let answer = client.send(method, path, &json!({})).await;
            refused(&answer, 405, None);
            assert!(answer.header("allow").unwrap().contains("GET"), "{method} {path}");
        }
    }
    refused(&client.send("PUT", "/Users", &json!({})).await, 405, None);
    refused(&client.send("POST", &path(&client.user("x").await), &json!({})).await, 405, None);
    refused(&client.get("/Bulk").await, 405, None);
}

#[tokio::test]
async fn a_path_that_is_none_is_404_with_a_body_of_scim() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    for path in ["/users", "/Nobody", "/Users/a/b"] {
        refused(&client.get(path).await, 404, None);
    }
}
