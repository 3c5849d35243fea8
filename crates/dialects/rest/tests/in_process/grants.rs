//! The clients that a user may enter, one by one.

use futures_util::future::join_all;
use roster_directory::{References, Rules};
use serde_json::json;

use crate::support::{Server, Setup, path};

#[tokio::test]
async fn a_grant_is_given_and_taken_any_number_of_times() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    let grant = format!("{user}/grants/4/stock%2Fmanager");
    let given = server.ask("PUT", &grant, &[], "").await;
    assert_eq!(given.status, 201, "{}", given.text);
    assert_eq!(given.json(), json!({ "client_id": 4, "profile_id": "stock/manager" }));
    let again = server.ask("PUT", &grant, &[], "").await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (204, ""));
    assert_eq!(again.header("etag"), given.header("etag"));
    let listed = server.get(&format!("{user}/grants")).await;
    assert_eq!(listed.ok(), json!({ "grants": [{ "client_id": 4, "profile_id": "stock/manager" }] }));
    assert_eq!(listed.header("etag"), given.header("etag"));
    let unchanged = server
        .ask("GET", &format!("{user}/grants"), &[("if-none-match", listed.header("etag").unwrap())], "")
        .await;
    assert_eq!(unchanged.status, 304);
    for _ in 0..2 {
        let taken = server.delete(&grant).await;
        assert_eq!((taken.status.as_u16(), taken.text.as_str()), (204, ""));
        assert!(taken.header("etag").unwrap().starts_with("\"3-"));
    }
    assert_eq!(server.get(&format!("{user}/grants")).await.ok(), json!({ "grants": [] }));
}

#[tokio::test]
async fn simultaneous_grants_all_stick() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    let paths: Vec<String> = (1..=20).map(|client| format!("{user}/grants/{client}/p")).collect();
    let answers = join_all(paths.iter().map(|path| server.ask("PUT", path, &[], ""))).await;
    assert!(answers.iter().all(|answer| answer.status == 201));
    assert_eq!(server.get(&user).await.ok()["grants"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn d9_what_is_wrong_is_named_in_the_path() {
    let rules = Rules { references: References::Known, unique_email: false };
    let server = Server::with(Setup { rules, ..Setup::default() }).await;
    let user = path(&server.create("1", json!({})).await);
    server.ask("PUT", &format!("{user}/grants/4/33"), &[], "").await.assert_problem(
        422,
        "unacceptable-values",
        &["client_id names no registered client", "profile_id names no registered profile"],
    );
    let client = "client_id must be a whole number from 1 to 9223372036854775807";
    for method in ["PUT", "DELETE"] {
        server.ask(method, "/api/v1/users/x/grants/0/%07", &[("if-match", "x")], "").await.assert_problem(
            400,
            "bad-request",
            &[
                "id must be a UUID in the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
                client,
                "profile_id must not contain control characters",
                "If-Match must be * or a list of entity tags, each in double quotes, as an ETag header gives it",
            ],
        );
        server.ask(method, &format!("{user}/grants/9223372036854775808/p"), &[], "").await.assert_problem(
            400,
            "bad-request",
            &[client],
        );
    }
    // What is not registered can be taken away all the same.
    assert_eq!(server.delete(&format!("{user}/grants/4/33")).await.status, 204);
}

#[tokio::test]
async fn a_thousand_grants_are_the_most() {
    let server = Server::start().await;
    let grants: Vec<_> =
        (1..=1_000).map(|client| json!({ "client_id": client, "profile_id": "p" })).collect();
    let user = path(&server.create("1", json!({ "grants": grants })).await);
    server.ask("PUT", &format!("{user}/grants/1001/p"), &[], "").await.assert_problem(
        422,
        "unacceptable-values",
        &["id has more elements than a user may have"],
    );
}

#[tokio::test]
async fn versions_and_nobody() {
    let server = Server::start().await;
    let user = path(&server.create("1", json!({})).await);
    let stale = [("if-match", "\"7\"")];
    server.ask("PUT", &format!("{user}/grants/1/p"), &stale, "").await.assert_problem(
        412,
        "other-version",
        &[],
    );
    assert_eq!(
        server.ask("PUT", &format!("{user}/grants/1/p"), &[("if-match", "\"1\"")], "").await.status,
        201
    );
    server.ask("DELETE", &format!("{user}/grants/1/p"), &stale, "").await.assert_problem(
        412,
        "other-version",
        &[],
    );
    server.delete(&user).await;
    for (method, rest) in [("GET", ""), ("PUT", "/1/p"), ("DELETE", "/1/p")] {
        server.ask(method, &format!("{user}/grants{rest}"), &[], "").await.assert_problem(
            404,
            "not-found",
            &[],
        );
    }
}
