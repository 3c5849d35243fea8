//! A1 and A2: who may upsert.

use insta::assert_snapshot;

use crate::harness::{Answer, Roster};

async fn with(roster: &Roster, credential: &str) -> Answer {
    let request = roster.with(credential, "POST", "/users/a1").header("content-type", "application/json");
    Answer::of(request.body(r#"{"status":"x"}"#)).await
}

#[tokio::test]
async fn a1_the_key_is_sent_bare_or_as_a_bearer() {
    let roster = Roster::start();
    let key = roster.key().to_owned();
    for credential in [key.clone(), format!("Bearer {key}"), format!("bearer {key}"), format!("BEARER {key}")]
    {
        assert_eq!(with(&roster, &credential).await.status, 200, "{}", credential.replace(&key, "KEY"));
    }
}

#[tokio::test]
async fn a2_whoever_is_unknown_gets_401() {
    let roster = Roster::start();
    let no_key = roster.request("POST", "/users/a2").header("content-type", "application/json").body("{}");
    assert_snapshot!(Answer::of(no_key).await.shown());

    let key = roster.key().to_owned();
    let revoked = roster.new_key(&["--scopes", "users:write"]);
    let id = revoked.split('_').nth(1).unwrap();
    roster.cli(&["key", "revoke", id]).ok();
    roster.until_revoked(&revoked).await;
    let token = roster.token().to_owned();
    let mut wrong_end = key.clone();
    let last = wrong_end.pop().unwrap();
    wrong_end.push(if last == '0' { '1' } else { '0' });
    // Proxies differ in which of two they take.
    let mut twice = reqwest::header::HeaderMap::new();
    for _ in 0..2 {
        twice.append("authorization", key.parse().unwrap());
    }
    let same = Answer::of(roster.request("POST", "/users/a2").body("{}")).await.shown();
    for (what, answer) in [
        ("unknown", with(&roster, "roster_nobody_0000000000000000000000000000000000000000000000000").await),
        ("nonsense", with(&roster, "é").await),
        ("empty", with(&roster, "").await),
        ("Bearer alone", with(&roster, "Bearer").await),
        ("another scheme", with(&roster, &format!("Basic {key}")).await),
        ("two words too many", with(&roster, &format!("Bearer {key} {key}")).await),
        ("a wrong end", with(&roster, &wrong_end).await),
        ("revoked", with(&roster, &revoked).await),
        ("a token", with(&roster, &token).await),
        ("two headers", Answer::of(roster.request("POST", "/users/a2").headers(twice).body("{}")).await),
        ("a token as a bearer", with(&roster, &format!("Bearer {token}")).await),
    ] {
        assert_eq!(answer.shown(), same, "{what}");
    }
    assert!(roster.users().await.is_empty());
}

#[tokio::test]
async fn a2_an_expired_key_is_refused() {
    let roster = Roster::start();
    let key = roster.new_key(&["--scopes", "users:write", "--expires", "1s"]);
    let mut statuses = vec![with(&roster, &key).await.status];
    // It ends when the key has expired, which is bounded by its second.
    while statuses.last() == Some(&200) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        statuses.push(with(&roster, &key).await.status);
    }
    assert_eq!(statuses.pop(), Some(401));
}

#[tokio::test]
async fn a2_a_key_without_the_scope_gets_403() {
    let roster = Roster::start();
    let reader = roster.reader().to_owned();
    assert_snapshot!(with(&roster, &reader).await.shown());
    assert!(roster.users().await.is_empty());
    assert_eq!(with(&roster, roster.admin()).await.status, 200);
}

#[tokio::test]
async fn a2_a_rotated_key_and_its_successor_are_both_valid() {
    let roster = Roster::start();
    let first = roster.key().to_owned();
    let id = first.split('_').nth(1).unwrap();
    let second = roster.cli(&["key", "rotate", id]).ok().line().to_owned();
    assert_ne!(first, second);
    assert_eq!(second.split('_').nth(1), Some(id));
    assert_eq!((with(&roster, &first).await.status, with(&roster, &second).await.status), (200, 200));
    // Two at the most: the third takes the place of the first.
    let third = roster.cli(&["key", "rotate", id]).ok().line().to_owned();
    assert_eq!((with(&roster, &second).await.status, with(&roster, &third).await.status), (200, 200));
    assert_eq!(with(&roster, &first).await.status, 401);
}
