//! The user underneath: names, deletion, and what each dialect sees of the others' changes.

use serde_json::{Value, json};

use crate::harness::{Answer, Roster, zynchro_body};

async fn delete(roster: &Roster, id: &str) {
    let request = roster.with(roster.admin(), "DELETE", &format!("/api/v1/users/{id}"));
    assert_eq!(Answer::of(request).await.status, 204);
}

#[tokio::test]
async fn d1_each_dialect_sees_what_the_others_wrote() {
    let roster = Roster::start();
    let id = roster.upserted("d1", &json!({"firstName": "Ada", "lastName": "Lovelace"})).await["id"].clone();
    let id = id.as_str().unwrap();
    assert_eq!(roster.user(id).await["display_name"], Value::Null);
    roster.update(1, &zynchro_body()).await.ok();
    let seen = roster.upserted("d1", &json!({})).await;
    assert_eq!(
        (&seen["email"], &seen["mobilePhone"]),
        (&json!("user_test_modif@test.com"), &json!("23232323232"))
    );
    let user = roster.user(id).await;
    assert_eq!((&user["given_name"], &user["display_name"]), (&json!("Ada"), &json!("User Test Modif")));
    assert_eq!(user["links"], json!({"bubble": "d1"}));
}

#[tokio::test]
async fn d7_a_derived_user_name_is_the_email_if_it_is_free() {
    let roster = Roster::start();
    let name = |user: Value| async {
        let user = user;
        roster.user(user["id"].as_str().unwrap()).await["user_name"].clone()
    };
    assert_eq!(
        name(roster.upserted("one", &json!({"email": "Ada@example.org"})).await).await,
        "Ada@example.org"
    );
    assert_eq!(name(roster.upserted("two", &json!({"email": "ada@EXAMPLE.org"})).await).await, "two");
    let at = roster.upserted("has@sign", &json!({"email": "ada@example.org"})).await;
    assert_eq!(name(at.clone()).await, at["id"], "an external id with an @ could be taken for an email");
    assert_eq!(name(roster.upserted("four", &json!({})).await).await, "four");

    // Because of its own email alone, and not because of another user's.
    roster.upserted("one", &json!({"email": null})).await;
    assert_eq!(name(roster.upserted("two", &json!({"status": "x"})).await).await, "two");
    assert_eq!(
        name(roster.upserted("four", &json!({"email": "ADA@example.org"})).await).await,
        "ADA@example.org"
    );
}

#[tokio::test]
async fn d7_a_user_name_that_was_set_is_never_derived_again() {
    let roster = Roster::start();
    let id = roster.upserted("one", &json!({"email": "a@b"})).await["id"].as_str().unwrap().to_owned();
    let patch = |body: &'static str| {
        let request = roster.with(roster.admin(), "PATCH", &format!("/api/v1/users/{id}"));
        Answer::of(request.header("content-type", "application/merge-patch+json").body(body))
    };
    assert_eq!(patch(r#"{"user_name":"chosen"}"#).await.ok()["user_name"], "chosen");
    roster.upserted("one", &json!({"email": "c@d"})).await;
    assert_eq!(roster.user(&id).await["user_name"], "chosen");
    roster.upserted("two", &json!({})).await;
    let taken = patch(r#"{"user_name":"TWO"}"#).await;
    assert_eq!(taken.status, 409, "{}", taken.shown());
}

#[tokio::test]
async fn d7_a_deleted_users_names_are_free_and_its_number_is_not() {
    let roster = Roster::settings().set("unique_email", "true").start();
    let first = roster.upserted("one", &json!({"email": "a@b"})).await;
    let id = first["id"].as_str().unwrap().to_owned();
    delete(&roster, &id).await;
    assert_eq!(roster.read(&format!("/users/{id}")).await.status, 404);
    assert_eq!(roster.read("/users/by-number/1").await.status, 404);
    assert_eq!(roster.update(1, &zynchro_body()).await.status, 404);
    assert!(roster.users().await.is_empty());

    let second = roster.upserted("one", &json!({"email": "a@b"})).await;
    assert_ne!(second["id"], first["id"]);
    let user = roster.user(second["id"].as_str().unwrap()).await;
    assert_eq!((&user["number"], &user["user_name"]), (&json!(2), &json!("a@b")));
    assert_eq!(user["version"], 1);

    let history = roster.history(&id).await;
    let kinds: Vec<&str> = history.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["created", "deleted"], "the history of a deleted user stays");
    let taken_over = roster.history(second["id"].as_str().unwrap()).await;
    assert!(taken_over[0].to_string().contains(&id), "whom the link was taken over from: {}", taken_over[0]);
}

#[tokio::test]
async fn d9_a_refusal_names_every_fault_at_once_and_changes_nothing() {
    let roster = Roster::start();
    let id = roster.upserted("one", &json!({})).await["id"].as_str().unwrap().to_owned();
    let before = roster.everything().await;
    let request = roster.with(roster.admin(), "PATCH", &format!("/api/v1/users/{id}"));
    let body = json!({"email": "none", "active": null, "number": 7, "unknown": 1, "grants": [{"client_id": 0}], "status": "new"});
    let request = request.header("content-type", "application/merge-patch+json").body(body.to_string());
    let answer = Answer::of(request).await;
    assert_eq!(answer.status, 400, "{}", answer.shown());
    insta::assert_snapshot!(answer.shown());
    assert_eq!(roster.everything().await, before);
}

#[tokio::test]
async fn d10_a_burst_of_passwords_slows_no_read() {
    use futures_util::StreamExt as _;
    use futures_util::stream::FuturesUnordered;
    let roster = Roster::settings().set("password_threads", "1").start();
    for n in 1..=8 {
        roster.upserted(&format!("user {n}"), &json!({})).await;
    }
    roster.token();
    let mut passwords: FuturesUnordered<_> = (1..=8)
        .map(|number| {
            let (roster, body) = (&roster, zynchro_body());
            async move { roster.update(number, &body).await.ok() }
        })
        .collect();
    // One hash at a time: while the first is at work, everything else is answered.
    let (mut reads, same) = (0, json!({}));
    let first = passwords.next();
    tokio::pin!(first);
    loop {
        let read = roster.upserted("user 1", &same);
        tokio::select! {
            biased;
            _ = &mut first => break,
            _ = read => reads += 1,
        }
    }
    assert!(reads > 0, "an upsert was answered before the first of the passwords was");
    while passwords.next().await.is_some() {}
}
