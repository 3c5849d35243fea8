//! Revoking tokens: RFC 7009, and the "revoked" of Z3.

use roster_auth::oauth::{self, PasswordGrant};
use roster_auth::{IssueToken, TokenRefused};
use roster_directory::store::Store as _;
use roster_directory::{Clock as _, Scope, Source};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::forge::{encode, hs256, own_claims};
use crate::world::{ADDRESS, Answer, Process, Setup, World, basic, bearer, now};

async fn revoke(process: &Process, authorization: &str, token: &str) -> Answer {
    process
        .post("/oauth/revoke", Some(authorization), &format!("token={token}&token_type_hint=refresh_token"))
        .await
}

#[tokio::test]
async fn z3_a_revoked_token_is_refused_here_at_once_elsewhere_within_a_second_and_after_a_restart() {
    let world = World::new();
    let (here, there) = (world.process(), world.process());
    let key = here.key(&[Scope::UsersRead]).await;
    let (token, other) = (here.minted(&key).await, here.minted(&key).await);
    assert!(here.accepts_token(&token).await && there.accepts_token(&token).await);
    let answer = revoke(&here, &basic(&key), &token).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let refused = here.auth.token(Some(&bearer(&token)), Some(ADDRESS)).await;
    assert_eq!(refused, Err(TokenRefused::Invalid { token: token.clone() }));
    world.clock.advance_seconds(1);
    assert!(!there.accepts_token(&token).await);
    assert!(!world.process().accepts_token(&token).await);
    for process in [&here, &there] {
        assert!(process.accepts_token(&other).await, "another token of the same key");
        assert_eq!(revoke(process, &basic(&key), &token).await.status, 200, "again");
    }
}

#[tokio::test]
async fn a_client_revokes_its_own_tokens_and_an_admin_any() {
    let world = World::new();
    let process = world.process();
    let (owner, other) = (process.key(&[Scope::UsersRead]).await, process.key(&[Scope::UsersWrite]).await);
    let admin = process.key(&[Scope::Admin]).await;
    let minted = process.minted(&owner).await;
    let issued = process.auth.issue(&IssueToken::new("ann")).unwrap();
    for token in [minted.as_str(), issued.expose_secret()] {
        let refused = revoke(&process, &basic(&other), token).await;
        assert_eq!(refused.refusal(), (400, "invalid_grant".to_owned()));
        assert!(!refused.body.contains(token));
        assert!(process.accepts_token(token).await);
        assert_eq!(revoke(&process, &basic(&admin), token).await.status, 200);
        assert!(!process.accepts_token(token).await);
    }
}

#[tokio::test]
async fn a_public_client_revokes_its_own_tokens() {
    let world = World::new();
    let public_clients = [Source::new("console").unwrap()].into();
    let grant = PasswordGrant { public_clients, ..PasswordGrant::default() };
    let oauth = oauth::Options { password_grant: Some(grant), ..oauth::Options::default() };
    let process = world.process_with(Setup { oauth, ..Setup::default() });
    process.user("ann", "33556567").await;
    let form = "grant_type=password&username=ann&password=33556567&client_id=console";
    let token =
        process.post("/oauth/token", None, form).await.json()["access_token"].as_str().unwrap().to_owned();
    let key = process.key(&[Scope::UsersRead]).await;
    let of_the_key = process.minted(&key).await;
    let revoke = async |token: &str| {
        process.post("/oauth/revoke", None, &format!("token={token}&client_id=console")).await
    };
    assert_eq!(revoke(&of_the_key).await.refusal(), (400, "invalid_grant".to_owned()));
    assert_eq!(revoke(&token).await.status, 200);
    assert!(!process.accepts_token(&token).await);
    assert!(process.accepts_token(&of_the_key).await);
}

#[tokio::test]
async fn an_unknown_token_is_answered_as_if_it_were_revoked() {
    let world = World::new();
    let process = world.process();
    let key = process.key(&[Scope::Admin]).await;
    let forged = hs256(b"another secret", &json!({"alg": "HS256"}), &own_claims(now(&world) + 60));
    let foreign =
        format!("{}.{}.AAAA", encode(r#"{"alg":"RS256"}"#), encode(r#"{"iss":"https://issuer.example"}"#));
    for token in ["x", "a.b.c", &forged, &foreign, key.text.expose_secret()] {
        assert_eq!(revoke(&process, &basic(&key), token).await.status, 200, "{token}");
    }
    let token = process.minted(&key).await;
    world.clock.advance_seconds(7_200);
    assert_eq!(revoke(&process, &basic(&key), &token).await.status, 200, "expired");
    assert_eq!(process.store.sweep(roster_directory::Timestamp::MAX, 10).await, Ok(0), "nothing was stored");
}

#[tokio::test]
async fn a_revocation_is_kept_as_long_as_its_token_could_be_taken() {
    let world = World::new();
    let process = world.process();
    let key = process.key(&[Scope::UsersRead]).await;
    let token = process.minted(&key).await;
    assert_eq!(revoke(&process, &basic(&key), &token).await.status, 200);
    world.clock.advance_seconds(3_600 + 59);
    assert_eq!(process.store.sweep(world.clock.now(), 10).await, Ok(0));
    world.clock.advance_seconds(2);
    assert_eq!(process.store.sweep(world.clock.now(), 10).await, Ok(1));
}
