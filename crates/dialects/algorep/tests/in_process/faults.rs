//! Requests that are refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use roster_directory::Rules;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use serde_json::{Value, json};

use crate::support::{Server, Setup};

#[tokio::test]
async fn a17_the_details_list_every_fault_and_no_value() {
    let server = Server::start().await;
    let body =
        r#"{"zzz":"secret","id":1,"email":"secret","isAlgorep":"secret","bubbleId":"secret","email":"x@y"}"#;
    let answer = server.post_text("/users/u1", body).await;
    let details = json!([
        { "field": "id", "message": "must not be in the payload" },
        { "field": "bubbleId", "message": "must equal the UserBubbleId of the path" },
        { "field": "email", "message": "must be an email address: one @ between non-empty parts, without white space" },
        { "field": "isAlgorep", "message": "must be true, false or null" },
        { "field": "email", "message": "must not be given more than once" },
        { "field": "zzz", "message": "is not a field of a user" },
    ]);
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json(),
        json!({ "error": "ALGOREP_005", "message": "Bad Request", "details": details })
    );
}

#[tokio::test]
async fn a17_at_most_100_faults_are_listed() {
    let server = Server::start().await;
    let body: Value = (0..150).map(|n| (format!("unknown{n}"), json!(n))).collect();
    let answer = server.post("u1", body).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.faults().1.len(), 100);
}

#[tokio::test]
async fn a15_a_refused_request_changes_nothing_and_consumes_no_number() {
    let server = Server::start().await;
    server.post("u1", json!({ "role": "kept" })).await.user();
    server
        .post("u1", json!({ "role": "lost", "email": "no address" }))
        .await
        .assert_refused("ALGOREP_005", &["email"]);
    server.post("u2", json!({ "email": "no address" })).await.assert_refused("ALGOREP_005", &["email"]);
    let kept = server.stored("u1").await.unwrap();
    assert_eq!(kept.profile.role.as_ref().unwrap().as_str(), "kept");
    assert_eq!(kept.version, 1);
    assert!(server.stored("u2").await.is_none());
    server.post("u3", json!({})).await.user();
    assert_eq!(server.stored("u3").await.unwrap().number.get(), kept.number.get() + 1);
}

#[tokio::test]
async fn a3_an_empty_id_is_a_fault_of_the_request() {
    let server = Server::start().await;
    let answer = server.post_text("/users/", "{}").await;
    assert_eq!(answer.status, 400);
    let details = json!([{ "field": null, "message": "the UserBubbleId of the path must not be empty" }]);
    assert_eq!(
        answer.json(),
        json!({ "error": "ALGOREP_005", "message": "Bad Request", "details": details })
    );
    for path in ["/users/%", "/users/%ff", "/users/%00"] {
        assert_eq!(
            server.post_text(path, "{}").await.faults(),
            ("ALGOREP_005".to_owned(), vec![None]),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a14_two_users_may_hold_one_email_unless_it_is_unique() {
    let email = json!({ "email": "a@localhost" });
    let server = Server::start().await;
    for id in ["u1", "u2"] {
        server.post(id, email.clone()).await.user();
    }
    let rules = Rules { unique_email: true, ..Rules::default() };
    let server = Server::with(Setup { rules, ..Setup::default() }).await;
    server.post("u1", email).await.user();
    let folded = json!({ "email": "A@LOCALHOST", "role": "x" });
    server.post("u2", folded).await.assert_refused("ALGOREP_005", &["email"]);
    let both = json!({ "email": "A@LOCALHOST", "isAlgorep": 1 });
    server.post("u2", both).await.assert_refused("ALGOREP_005", &["isAlgorep", "email"]);
    assert!(server.stored("u2").await.is_none());
}

#[tokio::test]
async fn algorep_003_is_raised_when_the_store_fails() {
    let fails = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&fails);
    let instrument: roster_store_sqlite::Instrument = Arc::new(move |connection| {
        let fails = Arc::clone(&switch);
        let deny_inserts = move |context: AuthContext<'_>| {
            let is_insert = matches!(context.action, AuthAction::Insert { .. });
            if is_insert && fails.load(Ordering::SeqCst) { Authorization::Deny } else { Authorization::Allow }
        };
        connection.authorizer(Some(deny_inserts)).unwrap();
    });
    let server = Server::with(Setup { instrument: Some(instrument), ..Setup::default() }).await;
    fails.store(true, Ordering::SeqCst);
    let answer = server.post("u1", json!({})).await;
    assert_eq!(answer.status, 500, "{}", answer.text);
    let expected =
        json!({ "error": "ALGOREP_003", "message": "Dgraph Failed To Process The Request", "details": [] });
    assert_eq!(answer.json(), expected);
    assert!(server.stored("u1").await.is_none());
}
