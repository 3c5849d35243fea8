//! Deleting a user.

use serde_json::json;

use crate::support::{Server, path};

#[tokio::test]
async fn a_deleted_user_is_gone_for_every_caller_and_keeps_its_history() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({ "user_name": "ada" })).await);
    let answer = server.delete(&user).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    server.delete(&user).await.assert_problem(404, "not-found", &[]);
    server.get(&user).await.assert_problem(404, "not-found", &[]);
    let history = server.get(&format!("{user}/history")).await.ok();
    assert_eq!(history["entries"][1]["kind"], "deleted");
    // Its name is free again, its number is not.
    assert_eq!(server.create("2", json!({ "user_name": "ada" })).await["number"], 2);
}

#[tokio::test]
async fn if_match_guards_a_deletion() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    let etag = server.get(&user).await.header("etag").unwrap().to_owned();
    server.patch(&user, json!({ "phone": "1" })).await.ok();
    server.ask("DELETE", &user, &[("if-match", &etag)], "").await.assert_problem(412, "other-version", &[]);
    let etag = server.get(&user).await.header("etag").unwrap().to_owned();
    assert_eq!(server.ask("DELETE", &user, &[("if-match", &etag)], "").await.status, 204);
}

#[tokio::test]
async fn d9_faults_of_a_deletion_are_named_together() {
    let server = Server::start().await;
    let headers = [("if-match", "1"), ("idempotency-key", "")];
    server.ask("DELETE", "/api/v1/users/1?force=true", &headers, "").await.assert_problem(
        400,
        "bad-request",
        &[
            "id must be a UUID in the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "force is not a known parameter",
            "If-Match must be * or a list of entity tags, each in double quotes, as an ETag header gives it",
            "Idempotency-Key must not be empty",
        ],
    );
}
