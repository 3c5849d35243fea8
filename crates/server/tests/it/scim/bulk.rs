//! Many operations in one request (RFC 7644, 3.7).

use serde_json::{Value, json};

use super::{Client, ENTERPRISE, ERROR, GROUP, PATCH, USER, id, path, refused, resource, resources, values};
use crate::harness::Roster;

const REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// What each operation was answered, in the order in which they were asked.
async fn answered(client: &Client<'_>, operations: &Value, fail_on_errors: Option<u64>) -> Vec<Value> {
    let mut body = json!({"schemas": [REQUEST], "Operations": operations});
    if let Some(most) = fail_on_errors {
        body["failOnErrors"] = json!(most);
    }
    let answer = resource(&client.send("POST", "/Bulk", &body).await, 200);
    assert_eq!(answer["schemas"], json!([RESPONSE]));
    answer["Operations"].as_array().unwrap().clone()
}

fn create(bulk_id: &str, user_name: &str) -> Value {
    let data = json!({"schemas": [USER], "userName": user_name});
    json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data})
}

fn statuses(answered: &[Value]) -> Vec<&str> {
    answered.iter().map(|operation| operation["status"].as_str().unwrap()).collect()
}

/// The id in an operation's location.
fn located(operation: &Value) -> &str {
    operation["location"]
        .as_str()
        .unwrap_or_else(|| panic!("no location: {operation}"))
        .rsplit('/')
        .next()
        .unwrap()
}

#[tokio::test]
async fn a_group_may_name_a_user_that_is_created_after_it() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    let group = json!({"schemas": [GROUP], "displayName": "Tour Guides", "members": [{"type": "User", "value": "bulkId:ytrewq"}]});
    let operations = json!([
        {"method": "POST", "path": "/Groups", "bulkId": "qwerty", "data": group},
        create("ytrewq", "Alice"),
    ]);
    let mut answered = answered(&client, &operations, None).await;
    // It may be done, and so be told, in another order.
    answered.sort_by_key(|operation| operation["bulkId"].to_string());
    assert_eq!(statuses(&answered), ["201", "201"]);
    let (of_group, of_user) = (&answered[0], &answered[1]);
    for (operation, bulk_id) in [(of_group, "qwerty"), (of_user, "ytrewq")] {
        assert_eq!((&operation["method"], &operation["bulkId"]), (&json!("POST"), &json!(bulk_id)));
    }
    let group = client.read(&format!("/Groups/{}", located(of_group))).await;
    assert_eq!(values(&group, "members"), [located(of_user)]);
    assert_eq!(group["meta"]["version"], of_group["version"]);
    assert_eq!(client.read(&format!("/Users/{}", located(of_user))).await["userName"], "Alice");
}

#[tokio::test]
async fn a_manager_and_a_path_may_name_what_is_created() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    let boss = json!({"schemas": [USER, ENTERPRISE], "userName": "Bob", ENTERPRISE: {"manager": {"value": "bulkId:boss"}}});
    let patch = json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "members", "value": [{"value": "bulkId:bob"}]}]});
    let group = client.group("Tour Guides", &[]).await;
    let operations = json!([
        create("boss", "Alice"),
        {"method": "POST", "path": "/Users", "bulkId": "bob", "data": boss},
        {"method": "PATCH", "path": path(&group), "data": patch},
    ]);
    let answered = answered(&client, &operations, None).await;
    assert_eq!(statuses(&answered), ["201", "201", "200"]);
    let bob = client.read(&format!("/Users/{}", located(&answered[1]))).await;
    assert_eq!(bob[ENTERPRISE]["manager"]["value"], located(&answered[0]));
    assert_eq!(values(&client.read(&path(&group)).await, "members"), [id(&bob)]);
}

#[tokio::test]
async fn a_name_that_no_operation_has_is_a_fault_of_its_own_operation() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    let group =
        json!({"schemas": [GROUP], "displayName": "Tour Guides", "members": [{"value": "bulkId:nobody"}]});
    let operations =
        json!([{"method": "POST", "path": "/Groups", "bulkId": "g", "data": group}, create("u", "Alice")]);
    let answered = answered(&client, &operations, None).await;
    assert_eq!(answered.iter().filter(|operation| operation["status"] == "201").count(), 1);
    let failed = answered.iter().find(|operation| operation["bulkId"] == "g").unwrap();
    // RFC 7644, 3.7.1: what can't be resolved is a conflict.
    assert_eq!((&failed["status"], &failed["response"]["schemas"]), (&json!("409"), &json!([ERROR])));
    assert_eq!(client.read("/Groups").await["totalResults"], 0);
}

#[tokio::test]
async fn each_operation_has_its_status() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    let (put, patched, gone) =
        (client.user("put").await, client.user("patched").await, client.user("gone").await);
    let patch =
        json!({"schemas": [PATCH], "Operations": [{"op": "Replace", "path": "active", "value": "False"}]});
    let operations = json!([
        create("new", "new"),
        {"method": "PUT", "path": path(&put), "data": {"schemas": [USER], "userName": "put", "nickName": "Putt"}},
        {"method": "PATCH", "path": path(&patched), "data": patch},
        {"method": "DELETE", "path": path(&gone)},
        {"method": "DELETE", "path": "/Users/5171a35d82074e068ce2"},
        create("taken", "PUT"),
        create("nameless", ""),
        {"method": "PUT", "path": path(&put), "version": "W/\"none of it\"", "data": {"schemas": [USER], "userName": "x"}},
        {"method": "POST", "path": "/Nobody", "bulkId": "x", "data": {}},
    ]);
    let answered = answered(&client, &operations, None).await;
    assert_eq!(statuses(&answered), ["201", "200", "200", "204", "404", "409", "400", "412", "400"]);
    for (operation, asked) in answered.iter().zip(operations.as_array().unwrap()) {
        assert_eq!((&operation["method"], &operation["bulkId"]), (&asked["method"], &asked["bulkId"]));
        let failed = operation["status"].as_str().unwrap() >= "400";
        let error = &operation["response"];
        assert_eq!(failed, error["schemas"] == json!([ERROR]), "{operation}");
        assert!(!failed || error["status"] == operation["status"], "{operation}");
    }
    assert_eq!(answered[5]["response"]["scimType"], "uniqueness");
    assert_eq!(located(&answered[1]), id(&put));
    assert_eq!(client.read(&path(&put)).await["nickName"], "Putt");
    assert_eq!(client.read(&path(&patched)).await["active"], false);
    refused(&client.get(&path(&gone)).await, 404, None);
}

#[tokio::test]
async fn so_many_errors_and_the_rest_is_left_undone() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    let operations = json!([
        create("1", "one"),
        create("2", ""),
        create("3", "three"),
        create("4", ""),
        create("5", "five")
    ]);
    for (most, expected) in [(Some(1), 2), (Some(2), 4), (Some(3), 5), (None, 5)] {
        let answered = answered(&client, &operations, most).await;
        assert_eq!(statuses(&answered), ["201", "400", "201", "400", "201"][..expected], "{most:?}");
        let users = resources(&client.read("/Users").await);
        assert_eq!(users.len(), answered.iter().filter(|operation| operation["status"] == "201").count());
        for user in users {
            assert_eq!(client.delete(&path(&user)).await.status, 204);
        }
    }
}

#[tokio::test]
async fn too_many_operations_are_413_and_none_is_done() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    let config = client.read("/ServiceProviderConfig").await;
    let most = config["bulk"]["maxOperations"].as_u64().unwrap();
    let operations: Vec<Value> = (0..=most).map(|n| create(&n.to_string(), &format!("user {n}"))).collect();
    let body = json!({"schemas": [REQUEST], "Operations": operations});
    let largest = usize::try_from(config["bulk"]["maxPayloadSize"].as_u64().unwrap()).unwrap();
    assert!(body.to_string().len() < largest, "it is refused for their number, and not for its size");
    refused(&client.send("POST", "/Bulk", &body).await, 413, None);

    let long =
        json!({"schemas": [REQUEST], "Operations": [create("1", "one")], "unknown": " ".repeat(largest)});
    refused(&client.send("POST", "/Bulk", &long).await, 413, None);
    assert_eq!(client.read("/Users").await["totalResults"], 0);
}

#[tokio::test]
async fn an_operation_that_the_key_may_not_do_is_refused_by_itself() {
    let roster = Roster::start();
    let client = Client::with_scopes(&roster, "entra", "users:read,users:write");
    let group = json!({"schemas": [GROUP], "displayName": "Tour Guides"});
    let operations =
        json!([{"method": "POST", "path": "/Groups", "bulkId": "g", "data": group}, create("u", "Alice")]);
    assert_eq!(statuses(&answered(&client, &operations, None).await), ["403", "201"]);
    assert_eq!(client.read("/Groups").await["totalResults"], 0);
}

#[tokio::test]
async fn a_bulk_of_the_wrong_form_is_refused_as_a_whole() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    for body in [
        json!({"schemas": [REQUEST]}),
        json!({"schemas": [REQUEST], "Operations": {}}),
        json!({"schemas": [REQUEST], "Operations": [7]}),
        json!({"schemas": [REQUEST], "Operations": [create("1", "a"), create("1", "b")]}),
        json!({"schemas": [REQUEST], "Operations": [create("1", "a"), {"method": "DELETE", "path": "/Users/1", "version": 1}]}),
    ] {
        refused(&client.send("POST", "/Bulk", &body).await, 400, Some("invalidSyntax"));
    }
    assert_eq!(client.read("/Users").await["totalResults"], 0);
}

#[tokio::test]
async fn what_there_was_no_time_for_is_told_with_what_is_done() {
    let roster = Roster::settings().set("request_timeout", "2s").start();
    let client = Client::of(&roster, "entra");
    // A password each: hashing a thousand takes longer than that on any machine.
    let with_password = |n: usize| {
        let mut operation = create(&n.to_string(), &format!("user {n}"));
        operation["data"]["password"] = "correct horse".into();
        operation
    };
    let operations: Value = (0..1_000).map(with_password).collect();
    let answered = answered(&client, &operations, None).await;
    assert_eq!(answered.len(), 1_000);
    let done = statuses(&answered).into_iter().take_while(|status| *status == "201").count();
    assert!((1..1_000).contains(&done), "{done}");
    assert!(statuses(&answered)[done..].iter().all(|status| *status == "503"));
    assert_eq!(answered[done]["response"]["schemas"], json!([ERROR]));
    assert_eq!(client.read("/Users?count=0").await["totalResults"], done);
}

#[tokio::test]
async fn a_location_is_where_the_resource_is_however_its_path_was_written() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    let user = client.user("one").await;
    let patch = json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "t"}]});
    let paths = [format!("Users/{}", id(&user)), format!("//Users/{}/", id(&user))];
    let operations: Value = paths
        .iter()
        .flat_map(|path| {
            [json!({"method": "PATCH", "path": path, "data": patch}), json!({"method": "X", "path": path})]
        })
        .collect();
    for operation in answered(&client, &operations, None).await {
        assert_eq!(operation["location"], user["meta"]["location"], "{operation}");
    }
}

#[tokio::test]
async fn operations_that_wait_for_one_another_are_errors_like_others() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    let waiting = |bulk_id: &str, other: &str| {
        let data = json!({"schemas": [GROUP], "displayName": bulk_id, "members": [{"value": format!("bulkId:{other}")}]});
        json!({"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": data})
    };
    let operations = json!([waiting("a", "b"), waiting("b", "a")]);
    assert_eq!(statuses(&answered(&client, &operations, None).await), ["409", "409"]);
    assert_eq!(statuses(&answered(&client, &operations, Some(1)).await), ["409"]);
}
