//! Z1: which of Roster's own tokens are believed; the document's sample is one.

use serde_json::{Value, json};

use super::answers::with_three_users;
use crate::harness::jwt::{Signer, own_claims, sign, sign_text};
use crate::harness::{Answer, Roster, is_postgres, zynchro_body};

pub async fn status(roster: &Roster, token: &str) -> u16 {
    let path = "/zynchro.api.system-config/v1/users/3";
    let request =
        roster.with(&format!("Bearer {token}"), "PATCH", path).header("content-type", "application/json");
    let answer = Answer::of(request.body(zynchro_body().to_string())).await;
    if answer.status == 401 {
        let json = answer.json();
        assert_eq!(json["error"], "invalid_token");
        let description = json["error_description"].as_str().unwrap();
        assert!(
            description == token || description == "Cannot convert access token to JSON",
            "{description}"
        );
    }
    answer.status
}

#[tokio::test]
async fn z1_the_documented_claims_signed_with_the_own_secret_are_believed() {
    let roster = with_three_users().await;
    let own = Signer::own(roster.data());
    for header in [
        json!({"alg": "HS256"}),
        json!({"alg": "HS256", "typ": "JWT"}),
        // Where keys are is the sender's word, and is not looked at.
        json!({"alg": "HS256", "jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/", "jwk": {"kty": "oct", "k": ""}}),
    ] {
        assert_eq!(status(&roster, &sign(&header, &own_claims(), &own)).await, 200, "{header}");
    }
}

#[tokio::test]
async fn z1_a_missing_or_wrongly_typed_claim_is_a_refusal() {
    let roster = with_three_users().await;
    let own = Signer::own(roster.data());
    let header = json!({"alg": "HS256"});
    for claim in ["exp", "jti", "client_id", "scope"] {
        let mut claims = own_claims();
        claims.as_object_mut().unwrap().remove(claim);
        assert_eq!(status(&roster, &sign(&header, &claims, &own)).await, 401, "without {claim}");
    }
    let later = own_claims()["exp"].as_i64().unwrap();
    for (claim, value) in [
        ("exp", json!(later.to_string())),
        ("exp", json!(9.9e9)),
        ("exp", Value::Null),
        ("exp", json!([later])),
        ("exp", json!(-1)),
        ("exp", json!(1)),
        ("nbf", json!("1")),
        ("nbf", json!(later)),
        ("nbf", Value::Null),
        ("iat", json!("1")),
        ("user_name", json!(1)),
        ("authorities", json!("ROLE_SYSTEMADMIN")),
        ("authorities", json!([1])),
        ("jti", json!(1)),
        ("client_id", json!("")),
        ("client_id", json!(["zynchro"])),
        ("scope", json!("read write")),
        ("scope", json!([["write"]])),
        ("sub", json!("not an id")),
        ("sub", json!(3)),
        ("iss", json!("https://nobody.example")),
        ("iss", Value::Null),
        ("iss", json!("")),
    ] {
        let mut claims = own_claims();
        claims[claim] = value.clone();
        assert_eq!(status(&roster, &sign(&header, &claims, &own)).await, 401, "{claim}: {value}");
    }
    let twice = own_claims().to_string().replacen('{', "{\"exp\":99999999999,", 1);
    assert_eq!(status(&roster, &sign_text(&header.to_string(), &twice, &own)).await, 401, "exp twice");
}

#[tokio::test]
async fn z1_the_algorithm_is_fixed_by_the_key_and_never_by_the_token() {
    let roster = with_three_users().await;
    let own = Signer::own(roster.data());
    let claims = own_claims();
    for algorithm in ["none", "None", "NONE", "", "HS384", "HS512", "RS256", "hs256", "EdDSA"] {
        let header = json!({"alg": algorithm});
        assert_eq!(status(&roster, &sign(&header, &claims, &own)).await, 401, "{algorithm}, signed");
        assert_eq!(
            status(&roster, &sign(&header, &claims, &Signer::Nothing)).await,
            401,
            "{algorithm}, unsigned"
        );
    }
    for header in [
        json!({}),
        json!({"alg": null}),
        json!({"alg": ["HS256"]}),
        json!({"alg": "HS256", "crit": ["exp"]}),
        json!({"alg": "HS256", "crit": []}),
        json!({"alg": "HS256", "b64": false}),
        json!({"alg": "HS256", "typ": "logout+jwt"}),
        json!({"alg": "HS256", "kid": "../../dev/null"}),
        json!({"alg": "HS256", "kid": 1}),
    ] {
        assert_eq!(status(&roster, &sign(&header, &claims, &own)).await, 401, "{header}");
    }
    let good = json!({"alg": "HS256"});
    for secret in [b"".as_slice(), b"secret", b"00000000000000000000000000000000"] {
        assert_eq!(status(&roster, &sign(&good, &claims, &Signer::hs256(secret))).await, 401);
    }
    let token = sign(&good, &claims, &own);
    let cut = &token[..token.len() - 1];
    assert_eq!(status(&roster, cut).await, 401, "a signature that is cut");
    let (message, signature) = token.rsplit_once('.').unwrap();
    assert_eq!(status(&roster, &format!("{message}.")).await, 401, "no signature");
    assert_eq!(status(&roster, &format!("{message}.{signature}=")).await, 401, "padded");
}

#[tokio::test]
async fn z1_the_leeway_is_zero_unless_configured() {
    let roster = with_three_users().await;
    let own = Signer::own(roster.data());
    let mut claims = own_claims();
    claims["exp"] = json!(crate::harness::now().as_second() - 5);
    let expired = sign(&json!({"alg": "HS256"}), &claims, &own);
    assert_eq!(status(&roster, &expired).await, 401);

    let mut roster = roster;
    roster.restart_with("jwt_leeway", "60s");
    assert_eq!(status(&roster, &expired).await, 200);
    let refused = crate::harness::roster_with(
        &Roster::settings().set("jwt_leeway", "61s"),
        roster.data(),
        &["config", "check"],
        "",
    );
    refused.failed();
}

#[tokio::test]
async fn z1_a_rotated_secret_leaves_the_older_tokens_valid() {
    let mut roster = with_three_users().await;
    let old = roster.token().to_owned();
    let keys = roster.data().join("jwt.keys");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&keys).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let before = std::fs::read_to_string(&keys).unwrap();
    roster.cli(&["secret", "rotate"]).ok();
    // Several processes over one database have the secrets in there.
    if !is_postgres() {
        let after = std::fs::read_to_string(&keys).unwrap();
        assert!(after.len() > before.len() && after.ends_with(&before));
    }
    // The running server takes the new secret up by itself.
    let new = roster.new_token(&["--scope", "read,write"]);
    until_status(&roster, &new, 200).await;
    assert_eq!(status(&roster, &old).await, 200);
    // Without its line, the old secret verifies nothing any more.
    roster.cli(&["secret", "rotate", "--keep", "1"]).ok();
    until_status(&roster, &old, 401).await;
    assert_eq!(status(&roster, &new).await, 200);
    roster.kill_and_restart();
    assert_eq!(
        (status(&roster, &old).await, status(&roster, &new).await),
        (401, 200),
        "a restart changes nothing"
    );
}

/// Asks until a change of the secrets was taken up; a server that never does fails the test.
async fn until_status(roster: &Roster, token: &str, expected: u16) {
    for _ in 0..600 {
        if status(roster, token).await == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the secrets were not taken up");
}

#[tokio::test]
async fn z1_user_name_identifies_nobody() {
    let roster = Roster::start();
    let user = roster.upserted("one", &json!({"email": "one@example.org"})).await;
    let token = roster.new_token(&["--scope", "read,write"]);
    let mut claims = own_claims();
    claims["user_name"] = json!("one@example.org");
    let forged = sign(&json!({"alg": "HS256"}), &claims, &Signer::own(roster.data()));
    for token in [token, forged] {
        let request =
            roster.with(&format!("Bearer {token}"), "PATCH", "/zynchro.api.system-config/v1/users/1");
        let mut body = zynchro_body();
        body["data"]["user"]["name"] = json!(token[token.len() - 8..]);
        let answer =
            Answer::of(request.header("content-type", "application/json").body(body.to_string())).await;
        assert_eq!(answer.status, 200);
    }
    let id = user["id"].as_str().unwrap();
    let history = roster.read(&format!("/users/{id}/history")).await.ok();
    for entry in history["entries"].as_array().unwrap() {
        assert_eq!(entry["actor"]["user"], Value::Null, "{entry}");
    }
}
