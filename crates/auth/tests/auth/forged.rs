//! Forged tokens: none is ever taken (Z1, Z3). Each case differs from a good token in one thing.

use roster_auth::TokenRefused;
use serde_json::{Value, json};

use crate::forge::{Pair, encode, hs256, hs256_of, message, own_claims, own_secret, with};
use crate::world::{ADDRESS, Process, World, bearer, now};

async fn assert_refused(process: &Process, token: &str, case: &str) {
    match process.auth.token(Some(&bearer(token)), Some(ADDRESS)).await {
        Err(TokenRefused::Invalid { token: echoed }) => assert_eq!(echoed, token, "{case}"),
        Err(TokenRefused::NotAToken) => {}
        other => panic!("{case}: {other:?}"),
    }
}

/// A world, a process, and the claims of a good token.
fn scene() -> (World, Process, Value) {
    let world = World::new();
    let process = world.process();
    let claims = own_claims(now(&world) + 60);
    (world, process, claims)
}

fn signed(claims: &Value) -> String {
    hs256(&own_secret(), &json!({"alg": "HS256", "typ": "JWT"}), claims)
}

#[tokio::test]
async fn z1_the_algorithm_is_the_keys_and_never_the_tokens() {
    let (_world, process, claims) = scene();
    assert!(process.accepts_token(&signed(&claims)).await);
    for algorithm in [
        "none", "None", "NONE", "nOnE", "", "HS384", "HS512", "hs256", "RS256", "ES256", "EdDSA", "PS256",
        "dir",
    ] {
        let header = json!({"alg": algorithm, "typ": "JWT"});
        let token = hs256(&own_secret(), &header, &claims);
        assert_refused(&process, &token, algorithm).await;
        let unsigned = message(&header.to_string(), &claims.to_string());
        assert_refused(&process, &format!("{unsigned}."), algorithm).await;
        assert_refused(&process, &unsigned, algorithm).await;
    }
    for pair in [Pair::rs256(), Pair::es256(), Pair::ed_dsa()] {
        let header = json!({"alg": pair.algorithm(), "jwk": pair.jwk("k1"), "kid": "k1"});
        assert_refused(&process, &pair.sign(&header, &claims), pair.algorithm()).await;
        let header = json!({"alg": "HS256", "jwk": pair.jwk("k1")});
        assert_refused(&process, &pair.sign(&header, &claims), pair.algorithm()).await;
    }
    for (bits, algorithm) in [(384, aws_lc_rs::hmac::HMAC_SHA384), (512, aws_lc_rs::hmac::HMAC_SHA512)] {
        let message = message(&json!({"alg": format!("HS{bits}")}).to_string(), &claims.to_string());
        let signature =
            aws_lc_rs::hmac::sign(&aws_lc_rs::hmac::Key::new(algorithm, &own_secret()), message.as_bytes());
        assert_refused(&process, &format!("{message}.{}", encode(signature)), "a longer hash").await;
    }
}

#[tokio::test]
async fn z1_no_other_secret_signs() {
    let (_world, process, claims) = scene();
    let mut longer = own_secret();
    longer.push(32);
    for secret in [
        Vec::new(),
        b"secret".to_vec(),
        own_secret()[..31].to_vec(),
        longer,
        vec![0; 32],
        encode(own_secret()).into(),
    ] {
        assert_refused(&process, &hs256(&secret, &json!({"alg": "HS256"}), &claims), "another secret").await;
        let header = json!({"alg": "HS256", "jwk": {"kty": "oct", "k": encode(&secret)}});
        assert_refused(&process, &hs256(&secret, &header, &claims), "its own secret").await;
    }
    for kid in ["", "K1", "k1 ", "k2", "../../dev/null", "' UNION SELECT 'AA", "k1\u{0}", &"k".repeat(1_000)]
    {
        let header = json!({"alg": "HS256", "kid": kid});
        assert_refused(&process, &hs256(&own_secret(), &header, &claims), kid).await;
    }
}

#[tokio::test]
async fn z1_a_claim_that_is_missing_or_wrong_is_a_refusal() {
    let (world, process, claims) = scene();
    let exp = now(&world) + 60;
    for name in ["exp", "jti", "client_id", "scope"] {
        assert_refused(&process, &signed(&with(&claims, name, None)), name).await;
        for value in [Value::Null, json!({}), json!([[]]), json!(true)] {
            assert_refused(&process, &signed(&with(&claims, name, Some(value))), name).await;
        }
    }
    for (name, value) in [
        ("exp", json!(exp.to_string())),
        ("exp", json!(1e300)),
        ("exp", json!(exp as f64)),
        ("exp", json!(-1)),
        ("exp", json!([exp])),
        ("exp", json!(0)),
        ("exp", json!(exp - 60)),
        ("nbf", json!(exp - 59)),
        ("nbf", json!((exp - 61).to_string())),
        ("nbf", Value::Null),
        ("iat", json!("0")),
        ("scope", json!("read write")),
        ("scope", json!(["write", 1])),
        ("jti", json!(7)),
        ("client_id", json!("not a source")),
        ("authorities", json!("ROLE_SYSTEMADMIN")),
        ("user_name", json!(3)),
        ("iss", json!("https://issuer.example")),
        ("iss", json!("")),
        ("iss", Value::Null),
        ("iss", json!(["https://issuer.example"])),
        ("source", json!("bubble")),
        ("sub", json!("ann")),
        ("pwv", json!(1)),
    ] {
        assert_refused(
            &process,
            &signed(&with(&claims, name, Some(value.clone()))),
            &format!("{name} {value}"),
        )
        .await;
    }
    let nobody = json!("01900000-0000-7000-8000-000000000000");
    let of_nobody = with(&with(&claims, "sub", Some(nobody)), "pwv", Some(json!(0)));
    assert_refused(&process, &signed(&of_nobody), "a user that does not exist").await;
    let text = claims.to_string();
    for duplicated in
        [r#""exp":99999999999,"#, r#""jti":"j-2","#, r#""scope":["admin"],"#, r#""unknown":1,"unknown":1,"#]
    {
        let twice = text.replacen('{', &format!("{{{duplicated}"), 1);
        let token = hs256_of(&own_secret(), &message(r#"{"alg":"HS256"}"#, &twice));
        assert_refused(&process, &token, duplicated).await;
    }
    for payload in [
        "[]",
        "1",
        "null",
        "",
        "{",
        &format!("{text} x"),
        &format!("\u{feff}{text}"),
        &text.replace(':', " = "),
    ] {
        let token = hs256_of(&own_secret(), &message(r#"{"alg":"HS256"}"#, payload));
        assert_refused(&process, &token, payload).await;
    }
}

#[tokio::test]
async fn z1_a_header_that_asks_for_more_is_a_refusal() {
    let (_world, process, claims) = scene();
    for header in [
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"alg":"HS256","crit":["exp"],"exp":1}"#,
        r#"{"alg":"HS256","crit":[]}"#,
        r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#,
        r#"{"alg":"HS256","b64":true}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"alg":"HS256","typ":"secevent+jwt"}"#,
        r#"{"alg":"HS256","kid":["k1"]}"#,
        r#"{"typ":"JWT"}"#,
        "[]",
        "",
    ] {
        let token = hs256_of(&own_secret(), &message(header, &claims.to_string()));
        assert_refused(&process, &token, header).await;
    }
}

#[tokio::test]
async fn z1_no_change_to_a_token_goes_unnoticed() {
    let (_world, process, claims) = scene();
    let token = signed(&claims);
    for index in 0..token.len() {
        assert_refused_or_missing(&process, &token[..index], index).await;
        for bit in 0..8 {
            let mut bytes = token.clone().into_bytes();
            bytes[index] ^= 1 << bit;
            let Ok(header) = http::HeaderValue::from_bytes(&[b"Bearer ".as_slice(), &bytes].concat()) else {
                continue;
            };
            let refused = process.auth.token(Some(&header), Some(ADDRESS)).await;
            assert!(refused.is_err(), "bit {bit} of byte {index}");
        }
    }
    // The last letter of the signature has two bits that encode nothing: only one spelling is right.
    let last = token.chars().next_back().unwrap();
    for other in
        ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']).filter(|other| *other != last)
    {
        assert_refused(&process, &format!("{}{other}", &token[..token.len() - 1]), "another last letter")
            .await;
    }
}

async fn assert_refused_or_missing(process: &Process, token: &str, index: usize) {
    let refused = process.auth.token(Some(&bearer(token)), Some(ADDRESS)).await;
    assert!(refused.is_err(), "cut at {index}");
}
