//! Who may: Z1 to Z4.

use std::collections::BTreeSet;
use std::time::Duration;

use http::HeaderValue;
use roster_auth::IssueToken;
use roster_dialect_zynchro::Options;
use roster_directory::{Rules, Scope, Scopes};
use roster_wire::ClientAddress;
use serde_json::json;

use crate::rig::{Answer, Rig, USER_3, documented};

async fn with_authorization(rig: &Rig, value: Option<HeaderValue>) -> Answer {
    let mut request = rig.request(USER_3, &documented().to_string());
    match value {
        Some(value) => drop(request.headers_mut().insert("authorization", value)),
        None => drop(request.headers_mut().remove("authorization")),
    }
    rig.send(request).await
}

async fn with_token(rig: &Rig, token: &str) -> Answer {
    with_authorization(rig, Some(format!("Bearer {token}").parse().unwrap())).await
}

fn console() -> IssueToken {
    IssueToken::new("console")
}

fn assert_401(answer: &Answer, challenge: &str, body: &serde_json::Value) {
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json(), *body);
    assert_eq!(answer.header("www-authenticate"), Some(challenge));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn z2_no_token_is_unauthorized() {
    let rig = Rig::new().await;
    let body = json!({"error": "unauthorized", "error_description": "Full authentication is required to access this resource"});
    for value in [
        None,
        Some(""),
        Some("Bearer "),
        Some("Bearer"),
        Some("Basic enluY2hybzp6eW5jaHJv"),
        Some("nonsense"),
    ] {
        let answer = with_authorization(&rig, value.map(HeaderValue::from_static)).await;
        assert_401(&answer, "Bearer realm=\"roster\"", &body);
    }
}

#[tokio::test]
async fn z3_an_expired_token_is_echoed_to_its_sender() {
    let rig = Rig::new().await;
    let token = rig.issue(&IssueToken { lifetime: Duration::from_secs(60), ..console() });
    assert_eq!(with_token(&rig, &token).await.status, 200);
    rig.clock.advance_seconds(60);
    let body = json!({"error": "invalid_token", "error_description": token});
    assert_401(&with_token(&rig, &token).await, "Bearer realm=\"roster\", error=\"invalid_token\"", &body);
}

#[tokio::test]
async fn z3_a_token_with_another_signature_is_invalid() {
    let (rig, other) = (Rig::new().await, Rig::new().await);
    let (head, _) =
        rig.issue(&console()).rsplit_once('.').map(|(h, s)| (h.to_owned(), s.to_owned())).unwrap();
    let (_, signature) = other
        .issue(&IssueToken::new("another"))
        .rsplit_once('.')
        .map(|(h, s)| (h.to_owned(), s.to_owned()))
        .unwrap();
    let forged = format!("{head}.{signature}");
    let body = json!({"error": "invalid_token", "error_description": forged});
    assert_401(&with_token(&rig, &forged).await, "Bearer realm=\"roster\", error=\"invalid_token\"", &body);
}

#[tokio::test]
async fn z3_what_has_no_tokens_form_is_not_echoed() {
    let rig = Rig::new().await;
    let body = json!({"error": "invalid_token", "error_description": "Cannot convert access token to JSON"});
    for value in ["abc", "a.b", "a.b.c.d", "..", "a b"] {
        let answer = with_token(&rig, value).await;
        assert_401(&answer, "Bearer realm=\"roster\", error=\"invalid_token\"", &body);
    }
}

#[tokio::test]
async fn z4_a_token_without_the_scope_write_is_insufficient() {
    let rig = Rig::new().await;
    let token = rig.issue(&IssueToken { scopes: Scopes::from([Scope::UsersRead]), ..console() });
    let answer = with_token(&rig, &token).await;
    let body = json!({"error": "insufficient_scope", "error_description": "Insufficient scope for this resource", "scope": "write"});
    assert_eq!((answer.status.as_u16(), answer.json()), (403, body));
    // The scope is asked for before the authority.
    // `admin` does not stand in for it.
    let scopes = Scopes::from([Scope::UsersRead, Scope::Admin]);
    let token = rig.issue(&IssueToken { scopes, authorities: BTreeSet::new(), ..console() });
    assert_eq!(with_token(&rig, &token).await.json()["error"], "insufficient_scope");
    assert_eq!(rig.versions().await, [1, 1, 1]);
}

#[tokio::test]
async fn z4_a_token_without_an_authority_is_denied() {
    let options =
        Options { admin_authorities: ["ROLE_A", "ROLE_B"].map(str::to_owned).into(), ..Options::default() };
    for (options, authorities, status) in [
        (Options::default(), &["ROLE_SYSTEMADMIN"][..], 200),
        (Options::default(), &["ROLE_USER", "ROLE_SYSTEMADMIN"], 200),
        (Options::default(), &[], 403),
        (Options::default(), &["role_systemadmin", "ROLE_SYSTEMADMIN "], 403),
        (options.clone(), &["ROLE_B"], 200),
        (options, &["ROLE_SYSTEMADMIN"], 403),
        (Options { admin_authorities: BTreeSet::new(), ..Options::default() }, &["ROLE_SYSTEMADMIN"], 403),
    ] {
        let rig = Rig::with(Rules::default(), options).await;
        let authorities = authorities.iter().map(ToString::to_string).collect();
        let answer = with_token(&rig, &rig.issue(&IssueToken { authorities, ..console() })).await;
        assert_eq!(answer.status, status);
        if status == 403 {
            let body = json!({"error": "access_denied", "error_description": "Access is denied"});
            assert_eq!(answer.json(), body);
            assert_eq!(rig.versions().await, [1, 1, 1]);
        }
    }
}

#[tokio::test]
async fn an_address_that_guesses_tokens_is_told_to_wait() {
    let rig = Rig::new().await;
    let guess = || {
        let mut request = rig.request(&format!("{USER_3}?transaction_id=42"), "");
        request.headers_mut().insert("authorization", HeaderValue::from_static("Bearer a.b.c"));
        request.extensions_mut().insert(ClientAddress([192, 0, 2, 1].into()));
        request
    };
    for _ in 0..30 {
        assert_eq!(rig.send(guess()).await.status, 401);
    }
    let answer = rig.send(guess()).await;
    assert_eq!(answer.status, 429);
    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    let header = answer.json()["header"].clone();
    assert_eq!(
        (&header["messageCode"], &header["transactionId"]),
        (&json!("TOO_MANY_REQUESTS"), &json!("42"))
    );
    // Whoever has a good token is heard from the same address.
    let mut good = rig.request(USER_3, &documented().to_string());
    good.extensions_mut().insert(ClientAddress([192, 0, 2, 1].into()));
    assert_eq!(rig.send(good).await.status, 200);
}
