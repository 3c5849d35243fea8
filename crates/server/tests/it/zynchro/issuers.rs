//! Z1: which tokens of other issuers are believed. Their keys come over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use serde_json::{Value, json};

use super::tokens::status;
use crate::harness::jwt::{Signer, own_claims, sign};
use crate::harness::{Answer, Roster, zynchro_body};

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
