//! Z1: which tokens are believed. The document's sample is of Roster's own; other issuers' keys come over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::answers::with_three_users;
use crate::harness::jwt::{Signer, own_claims, sign, sign_text};
use crate::harness::{Answer, Roster, zynchro_body};

async fn status(roster: &Roster, token: &str) -> u16 {
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
    let after = std::fs::read_to_string(&keys).unwrap();
    assert!(after.len() > before.len() && after.ends_with(&before));
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

/// An issuer: a key set behind HTTP that counts how often it is asked for.
struct Issuer {
    url: String,
    keys: Arc<std::sync::Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    async fn start(keys: Value) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let keys = Arc::new(std::sync::Mutex::new(json!({"keys": keys}).to_string()));
        let asked = Arc::new(AtomicUsize::new(0));
        let (served, count) = (Arc::clone(&keys), Arc::clone(&asked));
        let answer = move || {
            count.fetch_add(1, Ordering::SeqCst);
            let text = served.lock().unwrap().clone();
            async move { ([("content-type", "application/json")], text) }
        };
        let app = axum::Router::new().route("/keys", axum::routing::get(answer));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, keys, asked }
    }

    fn settings(&self) -> crate::harness::Settings {
        let issuer = format!(
            "[{{ iss = \"https://id.example\", jwks_url = \"{}\", audience = [\"roster\", \"console\"] }}]",
            self.url
        );
        Roster::settings().set("issuers", &issuer)
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example",
        "aud": "roster",
        "sub": "248289761001",
        "exp": crate::harness::now().as_second() + 3600,
        "client_id": "desk",
        "scope": "openid read write",
        "authorities": ["ROLE_SYSTEMADMIN"],
    })
}

fn header(signer: &Signer, kid: &str) -> Value {
    json!({"alg": signer.algorithm(), "kid": kid, "typ": "at+jwt"})
}

#[tokio::test]
async fn z1_tokens_of_a_configured_issuer_are_verified_with_its_published_keys() {
    let signers = [Signer::rs256(), Signer::es256(), Signer::eddsa()];
    let keys: Vec<Value> = signers.iter().map(|signer| signer.jwk(signer.algorithm())).collect();
    let issuer = Issuer::start(json!(keys)).await;
    let roster = issuer.settings().start();
    for id in ["one", "two", "three"] {
        roster.upserted(id, &json!({})).await;
    }
    for signer in &signers {
        let algorithm = signer.algorithm();
        let token = sign(&header(signer, algorithm), &claims(), signer);
        assert_eq!(status(&roster, &token).await, 200, "{algorithm}");
        for aud in
            [json!(["console", "x"]), json!("other"), json!(["other"]), json!([]), Value::Null, json!(1)]
        {
            let mut claims = claims();
            claims["aud"] = aud.clone();
            let expected = if aud == json!(["console", "x"]) { 200 } else { 401 };
            let token = sign(&header(signer, algorithm), &claims, signer);
            assert_eq!(status(&roster, &token).await, expected, "{algorithm}, {aud}");
        }
        // Another key of the set, another algorithm, the own secret, and another key altogether.
        for (kid, algorithm) in
            [("RS256", "none"), ("RS256", "HS256"), ("ES256", "RS256"), ("EdDSA", "ES256")]
        {
            let header = json!({"alg": algorithm, "kid": kid});
            assert_eq!(status(&roster, &sign(&header, &claims(), signer)).await, 401, "{kid} as {algorithm}");
        }
        let mut expired = claims();
        expired["exp"] = json!(crate::harness::now().as_second() - 1);
        assert_eq!(status(&roster, &sign(&header(signer, algorithm), &expired, signer)).await, 401);
        // A token that names no issuer is verified with the own secret alone.
        assert_eq!(status(&roster, &sign(&header(signer, algorithm), &own_claims(), signer)).await, 401);
    }
    let own = Signer::own(roster.data());
    assert_eq!(status(&roster, &sign(&json!({"alg": "HS256"}), &claims(), &own)).await, 401);
    let stranger = Signer::es256();
    assert_eq!(status(&roster, &sign(&header(&stranger, "ES256"), &claims(), &stranger)).await, 401);
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 1, "the keys are cached");
}

#[tokio::test]
async fn z1_the_public_half_of_a_key_is_no_secret() {
    // RS256 to HS256: the token is signed with what everybody can read.
    let signer = Signer::rs256();
    let jwk = signer.jwk("k");
    let issuer = Issuer::start(json!([jwk])).await;
    let roster = issuer.settings().start();
    for secret in [jwk.to_string(), jwk["n"].as_str().unwrap().to_owned()] {
        let token = sign(&json!({"alg": "HS256", "kid": "k"}), &claims(), &Signer::hs256(secret.as_bytes()));
        assert_eq!(status(&roster, &token).await, 401);
    }
}

#[tokio::test]
async fn z1_a_symmetric_key_in_a_set_is_refused() {
    let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let keys = json!([{"kty": "oct", "kid": "k", "alg": "HS256", "k": secret}]);
    let issuer = Issuer::start(keys).await;
    let roster = issuer.settings().start();
    use base64::Engine as _;
    let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(secret).unwrap();
    let token = sign(&json!({"alg": "HS256", "kid": "k"}), &claims(), &Signer::hs256(&bytes));
    assert_eq!(status(&roster, &token).await, 401);
}

#[tokio::test]
async fn z1_keys_are_fetched_again_for_an_unknown_kid_at_a_bounded_rate() {
    let (first, second) = (Signer::eddsa(), Signer::eddsa());
    let issuer = Issuer::start(json!([first.jwk("first")])).await;
    let roster = issuer.settings().start();
    for id in ["one", "two", "three"] {
        roster.upserted(id, &json!({})).await;
    }
    assert_eq!(status(&roster, &sign(&header(&first, "first"), &claims(), &first)).await, 200);
    for n in 0..20 {
        let token = sign(&header(&second, &format!("kid {n}")), &claims(), &second);
        assert_eq!(status(&roster, &token).await, 401);
    }
    assert!(issuer.asked.load(Ordering::SeqCst) <= 2, "twenty unknown kids are no twenty fetches");

    // Once the time between two fetches is over, the new key is found without a restart.
    *issuer.keys.lock().unwrap() = json!({"keys": [first.jwk("first"), second.jwk("second")]}).to_string();
    let token = sign(&header(&second, "second"), &claims(), &second);
    for _ in 0..600 {
        if status(&roster, &token).await == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the new key was not found in a minute");
}

#[tokio::test]
async fn z1_an_issuer_out_of_reach_is_no_reason_to_believe_or_to_fail() {
    let signer = Signer::eddsa();
    let issuer = Roster::settings().set(
        "issuers",
        "[{ iss = \"https://id.example\", jwks_url = \"http://127.0.0.1:9/keys\", audience = \"roster\" }]",
    );
    let roster = issuer.start();
    roster.upserted("one", &json!({})).await;
    let token = sign(&header(&signer, "k"), &claims(), &signer);
    let path = "/zynchro.api.system-config/v1/users/1";
    let request =
        roster.with(&format!("Bearer {token}"), "PATCH", path).header("content-type", "application/json");
    let answer = Answer::of(request.body(zynchro_body().to_string())).await;
    assert_eq!(
        (answer.status, &answer.json()["header"]["messageCode"]),
        (503, &json!("SERVICE_UNAVAILABLE"))
    );
    // Roster's own tokens need no issuer.
    assert_eq!(roster.update(1, &zynchro_body()).await.status, 200);
}
