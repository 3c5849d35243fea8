//! Requests that many tests make.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::answer::Answer;
use super::server::Roster;

/// The header that A1 and Z1 are about.
pub const AUTHORIZATION: &str = "authorization";

impl Roster {
    /// A request, without a credential.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, self.url(path))
    }

    /// A request with a credential.
    pub fn with(&self, credential: &str, method: &str, path: &str) -> RequestBuilder {
        self.request(method, path).header(AUTHORIZATION, credential)
    }

    /// Upserts through the Algorep dialect.
    pub async fn upsert(&self, bubble_id: &str, body: &Value) -> Answer {
        Answer::of(self.upsert_request(bubble_id).body(body.to_string())).await
    }

    /// The same, to be completed.
    pub fn upsert_request(&self, bubble_id: &str) -> RequestBuilder {
        self.with(self.key(), "POST", &format!("/users/{bubble_id}"))
            .header("content-type", "application/json")
    }

    /// Upserts, and expects 200.
    pub async fn upserted(&self, bubble_id: &str, body: &Value) -> Value {
        self.upsert(bubble_id, body).await.ok()
    }

    /// Updates through the Zynchro dialect.
    pub async fn update(&self, number: i64, body: &Value) -> Answer {
        Answer::of(self.update_request(&number.to_string()).body(body.to_string())).await
    }

    /// The same, to be completed; `id` is what follows the last slash.
    pub fn update_request(&self, id: &str) -> RequestBuilder {
        self.with(
            &format!("Bearer {}", self.token()),
            "PATCH",
            &format!("/zynchro.api.system-config/v1/users/{id}"),
        )
        .header("content-type", "application/json")
    }

    /// Reads through the REST API as an administrator.
    pub async fn read(&self, path: &str) -> Answer {
        Answer::of(self.with(self.admin(), "GET", &format!("/api/v1{path}"))).await
    }

    /// Waits until the server has learned that a key was revoked beside it, which takes it a second at the most.
    pub async fn until_revoked(&self, key: &str) {
        for _ in 0..600 {
            if Answer::of(self.with(key, "GET", "/api/v1/users")).await.status == 401 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the key is still good");
    }

    /// A user as the REST API shows it.
    pub async fn user(&self, id: &str) -> Value {
        self.read(&format!("/users/{id}")).await.ok()
    }

    /// Everything that the directory holds of its users, as the REST API shows it: for comparing before and after.
    pub async fn everything(&self) -> Value {
        let users = self.users().await;
        let mut histories = Vec::new();
        for user in &users {
            let id = user["id"].as_str().unwrap();
            histories.push(self.history(id).await);
        }
        json!({"users": users, "histories": histories})
    }

    /// All living users, by number. (Their ids tell the order of creation to the millisecond alone.)
    pub async fn users(&self) -> Vec<Value> {
        let mut all = Vec::new();
        let mut next = Some("/users?limit=200".to_owned());
        while let Some(path) = next {
            let page = self.read(&path).await.ok();
            all.extend_from_slice(page["users"].as_array().unwrap());
            next = page["next"].as_str().map(|cursor| format!("/users?limit=200&cursor={cursor}"));
        }
        all.sort_by_key(|user| user["number"].as_i64());
        all
    }

    /// The whole history of a user.
    pub async fn history(&self, id: &str) -> Vec<Value> {
        let mut entries = Vec::new();
        let mut after = json!(0);
        while !after.is_null() {
            let page = self.read(&format!("/users/{id}/history?limit=200&after={after}")).await.ok();
            entries.extend_from_slice(page["entries"].as_array().unwrap());
            after = page["next"].clone();
        }
        entries
    }

    /// A user by its number.
    pub async fn numbered(&self, number: i64) -> Value {
        self.read(&format!("/users/by-number/{number}")).await.ok()
    }
}
