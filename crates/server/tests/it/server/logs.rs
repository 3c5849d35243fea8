//! What the log holds, and what it never holds.

use serde_json::{Value, json};

use crate::harness::jwt::{Signer, own_claims, sign};
use crate::harness::{Answer, Roster, zynchro_body};

#[tokio::test]
async fn no_secret_and_no_personal_value_reaches_the_log() {
    let settings =
        Roster::settings().set("log_level", "trace").set("log_requests", "all").set("password_grant", "true");
    let roster = settings.start();
    let key = roster.key().to_owned();
    let token = roster.token().to_owned();
    roster.upserted("Zaphod-Bubble", &json!({"email": "zaphod@example.org", "lastName": "Beeblebrox"})).await;
    let mut body = zynchro_body();
    body["data"]["user"]["password"] = json!("pAssw0rd-of-Zaphod");
    body["data"]["user"]["email"] = json!("zaphod@example.org");
    roster.update(1, &body).await.ok();
    // Refusals of all kinds, which are where values are told.
    body["data"]["user"]["password"] = json!("short-Z");
    roster.update(1, &body).await;
    roster.upsert("Zaphod-Bubble", &json!({"email": "Beeblebrox no address", "unknown": "Beeblebrox"})).await;
    roster.upsert("Zaphod-Bubble", &json!({"lastName": ["Beeblebrox"]})).await;
    let mut claims = own_claims();
    claims["exp"] = json!(1);
    let expired = sign(&json!({"alg": "HS256"}), &claims, &Signer::own(roster.data()));
    for credential in [&expired, "roster_forged_SecretSecretSecret", "not-a-token-SecretSecret"] {
        for (method, path) in [
            ("PATCH", "/zynchro.api.system-config/v1/users/1?transaction_id=Zaphod"),
            ("POST", "/users/Zaphod-Bubble"),
            ("GET", "/api/v1/users?email=zaphod@example.org"),
        ] {
            let request = roster.with(&format!("Bearer {credential}"), method, path);
            assert_eq!(Answer::of(request.body("{}")).await.status, 401);
        }
    }
    let (id, _) = key.split_once('_').map(|(_, rest)| rest.split_once('_').unwrap()).unwrap();
    for (user, password) in [(id, key.as_str()), (id, "wrong-Secret")] {
        for form in [
            "grant_type=client_credentials",
            "grant_type=password&username=zaphod@example.org&password=pAssw0rd-of-Zaphod",
        ] {
            let request = roster.request("POST", "/oauth/token").basic_auth(user, Some(password));
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            Answer::of(request.body(form)).await;
        }
    }
    let idempotent = roster.upsert_request("Zaphod-Bubble").header("idempotency-key", "Beeblebrox-key");
    Answer::of(idempotent.body("{}")).await;

    let log = roster.log().text();
    assert!(log.contains("/users/{"), "the control: requests are logged by their route: {log}");
    let hidden = key.rsplit_once('_').unwrap().1;
    for secret in [
        key.as_str(),
        hidden,
        &token,
        &expired,
        "SecretSecret",
        "wrong-Secret",
        "pAssw0rd",
        "short-Z",
        "Beeblebrox",
        "zaphod@",
        "Zaphod",
        "argon2",
    ] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
    let master = std::fs::read_to_string(roster.data().join("master.key")).unwrap();
    let jwt = std::fs::read_to_string(roster.data().join("jwt.keys")).unwrap();
    for line in master.lines().chain(jwt.lines()).filter(|line| line.len() > 20) {
        assert!(!log.contains(line.rsplit(':').next().unwrap()));
    }
}

#[tokio::test]
async fn a_log_that_is_no_terminal_is_json_with_the_request_id() {
    let roster = Roster::settings().set("log_requests", "all").start();
    let request = roster.request("GET", "/nobody").header("x-request-id", "find-me-in-the-log");
    assert_eq!(Answer::of(request).await.status, 404);
    let line =
        roster.log().wait_for(|line| line.contains("find-me-in-the-log").then(|| line.to_owned())).unwrap();
    let entry: Value = serde_json::from_str(&line).unwrap();
    assert!(entry.to_string().contains("404"), "{entry}");
    for line in roster.log().text().lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}

#[tokio::test]
async fn a_log_can_be_text() {
    let roster = Roster::settings().set("log_format", "text").set("log_requests", "all").start();
    Answer::of(roster.request("GET", "/nobody")).await;
    let line = roster.log().wait_for(|line| line.contains("404").then(|| line.to_owned())).unwrap();
    assert!(serde_json::from_str::<Value>(&line).is_err(), "{line}");
    assert!(!line.contains('\u{1b}'), "no colours where nobody sees them: {line}");
}
