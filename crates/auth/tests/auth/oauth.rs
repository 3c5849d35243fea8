//! The token endpoint: client_credentials, and the errors of RFC 6749, 5.2.

use axum::body::Body;
use http::{Request, header};
use roster_auth::keys::{self, IssuedKey};
use roster_auth::oauth;
use roster_directory::{Clock as _, Scope, Source, SystemEntropy};
use roster_wire::ServerFault;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::world::{Process, Setup, World, basic, basic_of};

const CLIENT_CREDENTIALS: &str = "grant_type=client_credentials";

fn secret_part(key: &IssuedKey) -> String {
    key.text.expose_secret().rsplit('_').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_makes_a_token_that_acts_as_the_key() {
    let world = World::new();
    let process = world.process();
    let key = process.key_with(|key| key.source = Source::new("okta").unwrap()).await;
    for authorization in [basic(&key), basic_of(&key.key.id, &secret_part(&key))] {
        let answer = process.post("/oauth/token", Some(&authorization), CLIENT_CREDENTIALS).await;
        let body = answer.json();
        let token = body["access_token"].as_str().unwrap();
        let expected =
            json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "read write"});
        assert_eq!((answer.status.as_u16(), &body), (200, &expected));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("pragma"), Some("no-cache"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let principal = process.principal_of(token).await;
        assert_eq!((principal.client, principal.source.as_str()), (key.key.id.clone(), "okta"));
        assert_eq!(principal.scopes, key.key.scopes);
        assert_eq!(principal.authorities, key.key.authorities);
        assert_eq!(principal.user, None);
    }
}

#[tokio::test]
async fn a_token_has_no_more_scopes_than_its_key() {
    let world = World::new();
    let process = world.process();
    let reader = process.key(&[Scope::UsersRead]).await;
    let admin = process.key(&[Scope::Admin]).await;
    let ask = async |key: &IssuedKey, scope: &str| {
        let form = format!("{CLIENT_CREDENTIALS}&scope={scope}");
        process.post("/oauth/token", Some(&basic(key)), &form).await
    };
    for (key, asked, granted) in [
        (&reader, "read", Some("read")),
        (&reader, "", Some("read")),
        (&reader, "read+read", Some("read")),
        (&reader, "write", None),
        (&reader, "read+write", None),
        (&reader, "users%3Aread", None),
        (&reader, "read++", None),
        (&reader, "+", None),
        (&reader, "READ", None),
        (&admin, "", Some("admin")),
        (&admin, "write+read", Some("read write")),
        (&admin, "admin+unknown", None),
    ] {
        let answer = ask(key, asked).await;
        match granted {
            Some(scope) => assert_eq!(answer.json()["scope"], json!(scope), "{asked}"),
            None => assert_eq!(answer.refusal(), (400, "invalid_scope".to_owned()), "{asked}"),
        }
    }
}

#[tokio::test]
async fn a_token_goes_when_its_key_goes() {
    let world = World::new();
    let process = world.process();
    let (revoked, rotated) = (process.key(&[Scope::UsersRead]).await, process.key(&[Scope::UsersRead]).await);
    let expires_at = Some(world.clock.now().plus_seconds(60));
    let expiring = process.key_with(|key| key.expires_at = expires_at).await;
    let answer = process.post("/oauth/token", Some(&basic(&expiring)), CLIENT_CREDENTIALS).await;
    assert_eq!(answer.json()["expires_in"], json!(60));
    let expiring = answer.json()["access_token"].as_str().unwrap().to_owned();
    let (of_revoked, of_rotated) = (process.minted(&revoked).await, process.minted(&rotated).await);
    for token in [&expiring, &of_revoked, &of_rotated] {
        assert!(process.accepts_token(token).await);
    }
    process.auth.revoke_key(&revoked.key.id).await.unwrap();
    let zero = std::time::Duration::ZERO;
    keys::rotate(&*process.store, &*world.clock, &SystemEntropy, &rotated.key.id, zero).await.unwrap();
    assert!(!process.accepts_token(&of_revoked).await);
    assert!(process.accepts_token(&of_rotated).await);
    world.clock.advance_seconds(60);
    assert!(!process.accepts_token(&expiring).await);
}

#[tokio::test]
async fn a_client_that_does_not_authenticate_is_told_how_to() {
    let world = World::new();
    let process = world.process();
    let (key, other) = (process.key(&[Scope::Admin]).await, process.key(&[Scope::Admin]).await);
    let revoked = process.key(&[Scope::Admin]).await;
    process.auth.revoke_key(&revoked.key.id).await.unwrap();
    let token = process.minted(&key).await;
    for authorization in [
        None,
        Some("Basic".to_owned()),
        Some("Basic !".to_owned()),
        Some("Basic YQ==".to_owned()),
        Some(basic_of("", "")),
        Some(basic_of(&key.key.id, "")),
        Some(basic_of(&key.key.id, other.text.expose_secret())),
        Some(basic_of(&key.key.id, &secret_part(&other))),
        Some(basic_of(&other.key.id, key.text.expose_secret())),
        Some(basic_of("unknown", &secret_part(&key))),
        Some(basic(&revoked)),
        Some(key.text.expose_secret().to_owned()),
        Some(format!("Bearer {}", key.text.expose_secret())),
        Some(format!("Bearer {token}")),
    ] {
        for path in ["/oauth/token", "/oauth/revoke"] {
            let form = format!("{CLIENT_CREDENTIALS}&token=x&client_id=unknown");
            let form =
                if authorization.is_none() { form.as_str() } else { "grant_type=client_credentials&token=x" };
            let answer = process.post(path, authorization.as_deref(), form).await;
            assert_eq!(answer.refusal(), (401, "invalid_client".to_owned()), "{authorization:?}");
            assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"roster\", charset=\"UTF-8\""));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert!(!answer.body.contains(key.text.expose_secret()));
        }
    }
}

#[tokio::test]
async fn a_request_that_is_not_well_formed_is_refused() {
    let world = World::new();
    let process = world.process();
    let key = process.key(&[Scope::Admin]).await;
    for (form, error) in [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&scope=read&scope=read", "invalid_request"),
        ("grant_type=client_credentials&x=1&x=2", "invalid_request"),
        ("grant_type=client_credentials&x=%f", "invalid_request"),
        ("grant_type=client_credentials&client_id=other", "invalid_request"),
        ("grant_type=client_credentials&client_secret=x", "invalid_request"),
        ("grant_type=authorization_code&code=x", "unsupported_grant_type"),
        ("grant_type=Client_Credentials", "unsupported_grant_type"),
        ("grant_type=password&username=a&password=33556567", "unsupported_grant_type"),
        ("grant_type=refresh_token", "unsupported_grant_type"),
    ] {
        let answer = process.post("/oauth/token", Some(&basic(&key)), form).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{form}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("pragma"), Some("no-cache"));
        assert!(answer.json()["error_description"].is_string());
    }
    let named = format!("{CLIENT_CREDENTIALS}&client_id={}&unknown=1", key.key.id);
    assert_eq!(process.post("/oauth/token", Some(&basic(&key)), &named).await.status, 200);
    assert_eq!(process.post("/oauth/revoke", Some(&basic(&key)), "").await.refusal().1, "invalid_request");
}

#[tokio::test]
async fn a_body_of_another_type_or_size_is_refused() {
    let world = World::new();
    let process = world.process();
    let key = process.key(&[Scope::Admin]).await;
    let request = |content_type: Option<&str>, body: String| {
        let mut request = Request::post("/oauth/token").header(header::AUTHORIZATION, basic(&key));
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        request.body(Body::from(body)).unwrap()
    };
    for content_type in
        [None, Some("application/json"), Some("application/x-www-form-urlencoded; charset=latin1")]
    {
        let answer = process.send(request(content_type, CLIENT_CREDENTIALS.to_owned())).await;
        assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()), "{content_type:?}");
    }
    let form = Some("application/x-www-form-urlencoded");
    let padded =
        |size: usize| format!("{CLIENT_CREDENTIALS}&x={}", "a".repeat(size - CLIENT_CREDENTIALS.len() - 3));
    assert_eq!(process.send(request(form, padded(16 << 10))).await.status, 200);
    let answer = process.send(request(form, padded((16 << 10) + 1))).await;
    assert_eq!(answer.refusal(), (413, "invalid_request".to_owned()));
}

#[tokio::test]
async fn only_post_is_answered() {
    let world = World::new();
    let process = world.process();
    for path in ["/oauth/token", "/oauth/revoke"] {
        let answer = process.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("POST")), "{path}");
    }
}

#[tokio::test]
async fn the_lifetime_of_tokens_is_configured() {
    let world = World::new();
    let oauth =
        oauth::Options { token_lifetime: std::time::Duration::from_secs(5), ..oauth::Options::default() };
    let process: Process = world.process_with(Setup { oauth, ..Setup::default() });
    let key = process.key(&[Scope::UsersRead]).await;
    let token = process.minted(&key).await;
    world.clock.advance_seconds(4);
    assert!(process.accepts_token(&token).await);
    world.clock.advance_seconds(1);
    assert!(!process.accepts_token(&token).await);
}

#[tokio::test]
async fn faults_around_the_endpoints_have_their_form() {
    for (fault, status, error, retry_after) in [
        (ServerFault::Panicked, 500, "server_error", None),
        (ServerFault::TimedOut, 503, "temporarily_unavailable", Some("1")),
        (ServerFault::Overloaded { retry_after_seconds: 7 }, 503, "temporarily_unavailable", Some("7")),
    ] {
        let response = oauth::server_fault(fault);
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((parts.status.as_u16(), body["error"].as_str()), (status, Some(error)));
        assert_eq!(parts.headers.get("retry-after").map(|value| value.to_str().unwrap()), retry_after);
    }
}
