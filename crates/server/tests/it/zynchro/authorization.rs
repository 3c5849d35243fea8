//! Z2 to Z4: who may update.

use insta::assert_snapshot;
use serde_json::json;

use super::answers::with_three_users;
use crate::harness::{Answer, Roster, jwt, zynchro_body};

const PATH: &str = "/zynchro.api.system-config/v1/users/3";

async fn with(roster: &Roster, credential: &str) -> Answer {
    let request = roster.with(credential, "PATCH", PATH).header("content-type", "application/json");
    Answer::of(request.body(zynchro_body().to_string())).await
}

#[tokio::test]
async fn z2_no_token_is_unauthorized_and_nothing_is_echoed() {
    let roster = with_three_users().await;
    let none = Answer::of(roster.request("PATCH", PATH).body("{}")).await;
    assert_eq!(
        (none.status, none.json()),
        (
            401,
            json!({
                "error": "unauthorized",
                "error_description": "Full authentication is required to access this resource",
            })
        )
    );
    assert_snapshot!(none.shown());
    let (key, token) = (roster.key().to_owned(), roster.token().to_owned());
    for credential in [
        format!("Bearer {key}"),
        key.clone(),
        token.clone(),
        format!("Basic {token}"),
        format!("Token {token}"),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer    ".to_owned(),
        String::new(),
    ] {
        assert_eq!(with(&roster, &credential).await.shown(), none.shown(), "{credential}");
    }
    assert_eq!(with(&roster, &format!("bearer {token}")).await.status, 200, "the scheme in any case");
}

#[tokio::test]
async fn z3_an_expired_token_is_echoed_to_its_sender() {
    let roster = with_three_users().await;
    let token = roster.new_token(&["--scope", "read,write", "--expires", "1s"]);
    let mut answer = with(&roster, &format!("Bearer {token}")).await;
    // It ends when the token has expired, which is bounded by its second.
    while answer.status == 200 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        answer = with(&roster, &format!("Bearer {token}")).await;
    }
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json(), json!({"error": "invalid_token", "error_description": token}));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(
        challenge.starts_with("Bearer realm=\"roster\"") && challenge.contains("error=\"invalid_token\"")
    );
    assert!(!roster.log().text().contains(&token), "into no log");
}

#[tokio::test]
async fn z3_what_has_no_jwts_form_is_not_echoed() {
    let roster = with_three_users().await;
    for credential in ["x", "a.b", "a.b.c", "eyJhbGciOiJIUzI1NiJ9.e30", "....", "a.b.c.d.e", "🦀"] {
        let answer = with(&roster, &format!("Bearer {credential}")).await;
        assert_eq!(answer.status, 401, "{credential}");
        assert_eq!(
            answer.json(),
            json!({"error": "invalid_token", "error_description": "Cannot convert access token to JSON"}),
            "{credential}"
        );
    }
    assert_snapshot!(with(&roster, "Bearer a.b.c").await.shown());
}

#[tokio::test]
async fn z3_at_most_8_kib_are_echoed() {
    let roster = with_three_users().await;
    // Of a JWT's form, and nearly as long as the head of a request may be.
    let claims = json!({"exp": 1, "padding": "x".repeat(12_000)});
    let token = jwt::sign(&json!({"alg": "HS256"}), &claims, &jwt::Signer::hs256(b"not the secret"));
    let answer = with(&roster, &format!("Bearer {token}")).await;
    assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("invalid_token")));
    let echoed = answer.json()["error_description"].as_str().unwrap().to_owned();
    assert!(echoed.len() <= 8 << 10 && token.starts_with(&echoed), "{} bytes", echoed.len());
    assert!(echoed.len() > 8_000);
}

#[tokio::test]
async fn z4_a_token_without_the_scope_gets_403() {
    let roster = with_three_users().await;
    let before = roster.everything().await;
    let token = roster.new_token(&["--scope", "read"]);
    let answer = with(&roster, &format!("Bearer {token}")).await;
    assert_eq!(
        (answer.status, answer.json()),
        (
            403,
            json!({
                "error": "insufficient_scope",
                "error_description": "Insufficient scope for this resource",
                "scope": "write",
            })
        )
    );
    assert_snapshot!(answer.shown());
    assert_eq!(roster.everything().await, before);
}

#[tokio::test]
async fn z4_a_token_without_an_authority_gets_403() {
    let roster = with_three_users().await;
    let before = roster.everything().await;
    let token = roster.new_token(&["--scope", "read,write", "--authorities", "ROLE_USER"]);
    let answer = with(&roster, &format!("Bearer {token}")).await;
    assert_eq!(
        (answer.status, answer.json()),
        (403, json!({"error": "access_denied", "error_description": "Access is denied"}))
    );
    assert_snapshot!(answer.shown());
    assert_eq!(roster.everything().await, before);
}

#[tokio::test]
async fn z4_the_operator_says_which_authorities_administrate() {
    let roster = Roster::settings().set("admin_authorities", "ROLE_DESK,ROLE_BOSS").start();
    for id in ["one", "two", "three"] {
        roster.upserted(id, &json!({"role": "ROLE_DESK", "status": "ROLE_BOSS"})).await;
    }
    for (authorities, status) in [("ROLE_DESK", 200), ("ROLE_X,ROLE_BOSS", 200), ("ROLE_SYSTEMADMIN", 403)] {
        let token = roster.new_token(&["--scope", "write", "--authorities", authorities]);
        assert_eq!(with(&roster, &format!("Bearer {token}")).await.status, status, "{authorities}");
    }
}
