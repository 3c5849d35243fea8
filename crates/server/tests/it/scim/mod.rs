//! SCIM 2.0 at `/scim/v2`: what Okta and Entra ID send, as they send it, and what the RFCs ask.
//!
//! A client is an API key with a source of its own, as each of them has in a real directory.

mod again;
mod bulk;
mod declared;
mod discovery;
mod entra;
mod filters;
mod general;
mod groups;
mod mixed;
mod okta;
mod paging;
mod property;
mod suites;

use futures_util::stream::{self, StreamExt as _};
use reqwest::{RequestBuilder, Url};
use serde_json::{Value, json};

use crate::harness::{Answer, Roster};

pub const BASE: &str = "/scim/v2";
pub const MEDIA_TYPE: &str = "application/scim+json";
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
pub const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
pub const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// One that provisions: an API key of a source.
pub struct Client<'a> {
    roster: &'a Roster,
    authorization: String,
}

impl<'a> Client<'a> {
    /// One that may do everything with users and groups.
    pub fn of(roster: &'a Roster, source: &str) -> Self {
        Self::with_scopes(roster, source, "users:read,users:write,groups:write")
    }

    pub fn with_scopes(roster: &'a Roster, source: &str, scopes: &str) -> Self {
        let key = roster.new_key(&["--source", source, "--scopes", scopes]);
        Self { roster, authorization: format!("Bearer {key}") }
    }

    /// A request without a body; `path` is what follows the base, and its spaces and quotes are encoded on the way.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.roster.with(&self.authorization, method, &format!("{BASE}{path}"))
    }

    /// A request with a body, to be completed.
    pub fn request_of(&self, method: &str, path: &str, body: &Value) -> RequestBuilder {
        self.request(method, path).header("content-type", MEDIA_TYPE).body(body.to_string())
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request("DELETE", path)).await
    }

    pub async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        Answer::of(self.request_of(method, path, body)).await
    }

    /// A PATCH with these operations.
    pub async fn patch(&self, path: &str, operations: &Value) -> Answer {
        self.send("PATCH", path, &json!({"schemas": [PATCH], "Operations": operations})).await
    }

    /// What a GET answers, which is 200.
    pub async fn read(&self, path: &str) -> Value {
        resource(&self.get(path).await, 200)
    }

    /// What a PATCH answers, which is 200.
    pub async fn patched(&self, path: &str, operations: &Value) -> Value {
        resource(&self.patch(path, operations).await, 200)
    }

    /// A resource that is there now.
    pub async fn created(&self, path: &str, body: &Value) -> Value {
        resource(&self.send("POST", path, body).await, 201)
    }

    /// A user of whom no more is known than the name.
    pub async fn user(&self, user_name: &str) -> Value {
        self.created("/Users", &json!({"schemas": [USER], "userName": user_name})).await
    }

    /// So many users, created a few at a time; their ids in the order of their names, `user 000` and so on.
    pub async fn users(&self, count: usize) -> Vec<String> {
        let one = |n| async move { id(&self.user(&format!("user {n:03}")).await).to_owned() };
        stream::iter(0..count).map(one).buffered(32).collect().await
    }

    /// A group with these members.
    pub async fn group(&self, display_name: &str, members: &[&str]) -> Value {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"schemas": [GROUP], "displayName": display_name, "members": members});
        self.created("/Groups", &body).await
    }

    /// The resources that a filter finds, in their order.
    pub async fn found(&self, path: &str, filter: &str) -> Vec<Value> {
        let list = self.read(&format!("{path}?filter={filter}")).await;
        assert_eq!(list["schemas"], json!([LIST]));
        let found = resources(&list);
        assert_eq!(list["totalResults"], found.len(), "{list}");
        found
    }
}

/// The JSON of an answer with this status, which says that it is SCIM.
#[track_caller]
pub fn resource(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.shown());
    let media_type = answer.header("content-type").unwrap_or_else(|| panic!("no type: {}", answer.shown()));
    assert_eq!(media_type.split(';').next(), Some(MEDIA_TYPE), "{}", answer.shown());
    answer.json()
}

/// The answer is an error of SCIM with this status and, where there is one, this type.
#[track_caller]
pub fn refused(answer: &Answer, status: u16, scim_type: Option<&str>) {
    let body = resource(answer, status);
    assert_eq!(body["schemas"], json!([ERROR]), "{}", answer.shown());
    assert_eq!(body["status"], status.to_string(), "{}", answer.shown());
    assert_eq!(body["scimType"].as_str(), scim_type, "{}", answer.shown());
    assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", answer.shown());
}

/// The resources of a list; there may be none.
pub fn resources(list: &Value) -> Vec<Value> {
    list["Resources"].as_array().cloned().unwrap_or_default()
}

/// The id of a resource.
pub fn id(resource: &Value) -> &str {
    resource["id"].as_str().unwrap_or_else(|| panic!("no id: {resource}"))
}

/// The path of a resource below the base.
pub fn path(resource: &Value) -> String {
    let kind = resource["meta"]["resourceType"].as_str().unwrap_or_else(|| panic!("no type: {resource}"));
    format!("/{kind}s/{}", id(resource))
}

/// The `value`s of a multi-valued attribute, sorted.
pub fn values<'a>(resource: &'a Value, attribute: &str) -> Vec<&'a str> {
    let elements = resource[attribute].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut values: Vec<&str> = elements.iter().map(|element| element["value"].as_str().unwrap()).collect();
    values.sort_unstable();
    values
}

/// The element of a multi-valued attribute with this type.
pub fn of_type<'a>(resource: &'a Value, attribute: &str, r#type: &str) -> &'a Value {
    let elements = resource[attribute].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut found = elements.iter().filter(|element| element["type"] == r#type);
    let element = found.next().unwrap_or_else(|| panic!("no {type} in {attribute}: {resource}"));
    assert!(found.next().is_none(), "two of {type} in {attribute}: {resource}");
    element
}

/// The members of the first that the second has as well; of nested objects the same.
pub fn part_of(whole: &Value, part: &Value) -> Value {
    let (Value::Object(whole), Value::Object(part)) = (whole, part) else { return whole.clone() };
    let members =
        part.iter().filter_map(|(name, inner)| Some((name.clone(), part_of(whole.get(name)?, inner))));
    Value::Object(members.collect())
}

/// A resource as it was, but for what the server notes of each change: that is as in the later state.
pub fn noted(mut before: Value, after: &Value) -> Value {
    before["meta"] = after["meta"].clone();
    before
}

/// What a reference of an answer leads to, wherever it is relative to.
pub async fn followed(client: &Client<'_>, reference: &Value) -> Value {
    let reference = reference.as_str().unwrap_or_else(|| panic!("{reference} is no reference"));
    let base = Url::parse(&client.roster.url(&format!("{BASE}/"))).unwrap();
    let url = base.join(reference).unwrap();
    assert_eq!((url.host(), url.port()), (base.host(), base.port()), "{reference}");
    let path = url.path().strip_prefix(BASE).unwrap_or_else(|| panic!("{reference} is elsewhere"));
    client.read(path).await
}
