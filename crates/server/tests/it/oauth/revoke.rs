//! RFC 7009: tokens are revoked by their `jti`, and stay so.

use serde_json::json;

use super::{form, may, token};
use crate::harness::{Answer, Roster};

async fn revoke(roster: &Roster, key: &str, token: &str) -> Answer {
    Answer::of(form(roster, "/oauth/revoke", key, &format!("token={token}"))).await
}

#[tokio::test]
async fn z3_a_revoked_token_is_refused_at_once_and_after_a_restart() {
    let mut roster = Roster::start();
    let key = roster.new_key(&["--scopes", "users:read"]);
    let mut made = Vec::new();
    for _ in 0..2 {
        let body = token(&roster, &key, "grant_type=client_credentials").await.ok();
        made.push(body["access_token"].as_str().unwrap().to_owned());
    }
    assert_eq!(may(&roster, &made[0]).await.0, 200);
    assert_eq!(revoke(&roster, &key, &made[0]).await.status, 200);
    assert_eq!((may(&roster, &made[0]).await.0, may(&roster, &made[1]).await.0), (401, 200));
    let update =
        roster.with(&format!("Bearer {}", made[0]), "PATCH", "/zynchro.api.system-config/v1/users/1");
    let refused = Answer::of(update.body("{}")).await;
    assert_eq!((refused.status, &refused.json()["error_description"]), (401, &json!(made[0])));
    roster.kill_and_restart();
    assert_eq!((may(&roster, &made[0]).await.0, may(&roster, &made[1]).await.0), (401, 200));
    assert_eq!(revoke(&roster, &key, &made[0]).await.status, 200, "again");
}

#[tokio::test]
async fn what_is_no_token_is_revoked_already() {
    let roster = Roster::start();
    let key = roster.key().to_owned();
    for token in ["x", "a.b.c", "", "%C3%A9"] {
        let answer = revoke(&roster, &key, token).await;
        assert!(matches!(answer.status, 200 | 400), "{token}: {}", answer.shown());
        assert_eq!(answer.status == 400, token.is_empty());
    }
    let none = Answer::of(form(&roster, "/oauth/revoke", &key, "")).await;
    assert_eq!((none.status, &none.json()["error"]), (400, &json!("invalid_request")));
    let stranger =
        roster.request("POST", "/oauth/revoke").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(Answer::of(stranger.body("token=x")).await.status, 401);
}

#[tokio::test]
async fn a_client_revokes_its_own_tokens_and_an_administrator_any() {
    let roster = Roster::start();
    let (mine, theirs) =
        (roster.new_key(&["--scopes", "users:read"]), roster.new_key(&["--scopes", "users:read"]));
    let made = token(&roster, &mine, "grant_type=client_credentials").await.ok();
    let made = made["access_token"].as_str().unwrap();
    let refused = revoke(&roster, &theirs, made).await;
    assert_eq!((refused.status, may(&roster, made).await.0), (400, 200), "{}", refused.shown());
    assert_eq!(revoke(&roster, roster.admin(), made).await.status, 200);
    assert_eq!(may(&roster, made).await.0, 401);
    let issued = roster.token().to_owned();
    assert_eq!(revoke(&roster, roster.admin(), &issued).await.status, 200);
    assert_eq!(may(&roster, &issued).await.0, 401);
}
