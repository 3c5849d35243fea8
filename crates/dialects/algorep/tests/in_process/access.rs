//! Who may ask, and in which order a request is refused.

use std::num::NonZeroU32;

use axum::body::Body;
use http::Request;
use roster_auth::Rate;
use roster_dialect_algorep::Options;
use roster_directory::{Clock as _, Scope};
use serde_json::json;

use crate::support::{Server, Setup};

#[tokio::test]
async fn a1_the_key_comes_bare_or_as_a_bearer_token() {
    let server = Server::start().await;
    for value in [server.key.clone(), format!("Bearer {}", server.key)] {
        let answer = server.post_with("/users/u1", "{}", &[("authorization", &value)]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

#[tokio::test]
async fn a2_without_a_valid_key_nothing_is_answered() {
    let server = Server::start().await;
    let soon = server.clock.now().plus_seconds(60);
    let expired = server.new_key("bubble", &[Scope::UsersWrite], Some(soon)).await;
    server.clock.advance_seconds(61);
    let mut unknown = server.key.clone();
    unknown.replace_range(7..9, "zz");
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzY29wZSI6WyJ3cml0ZSJdfQ.AAAA".to_owned();
    let basic = format!("Basic {}", server.key);
    for key in [expired, unknown, jwt.clone(), format!("Bearer {jwt}"), basic, String::new(), "x".to_owned()]
    {
        let answer = server.post_with("/users/u1", "{}", &[("authorization", &key)]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (401, json!({ "message": "Unauthorized" })),
            "{key}"
        );
        assert_eq!(answer.headers["www-authenticate"], "Bearer realm=\"roster\"");
    }
    let answer = server.post_with("/users/u1", "{}", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (401, json!({ "message": "Unauthorized" })));
    assert!(server.stored("u1").await.is_none());
}

#[tokio::test]
async fn a2_a_key_without_users_write_is_forbidden() {
    let server = Server::start().await;
    let key = server.new_key("bubble", &[Scope::UsersRead], None).await;
    let answer = server.post_with("/users/u1", "{}", &[("authorization", &key)]).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (403, json!({ "message": "Forbidden" })));
    assert!(server.stored("u1").await.is_none());
}

#[tokio::test]
async fn a17_401_comes_before_403_before_413_before_400() {
    let options = Options { body_limit: 20, ..Options::default() };
    let server = Server::with(Setup { options, ..Setup::default() }).await;
    let reader = server.new_key("bubble", &[Scope::UsersRead], None).await;
    let (large, faulty) = (format!("[{}", " ".repeat(20)), "[");
    let status = async |body: &str, key: &str| {
        server.post_with("/users/%", body, &[("authorization", key)]).await.status.as_u16()
    };
    assert_eq!(status(&large, "x").await, 401);
    assert_eq!(status(faulty, "x").await, 401);
    assert_eq!(status(&large, &reader).await, 403);
    assert_eq!(status(faulty, &reader).await, 403);
    assert_eq!(status(&large, &server.key).await, 413);
    assert_eq!(status(faulty, &server.key).await, 400);
}

#[tokio::test]
async fn a4_a_body_over_the_limit_is_413() {
    let options = Options { body_limit: 20, ..Options::default() };
    let server = Server::with(Setup { options, ..Setup::default() }).await;
    let fits = server.post_text("/users/u1", r#"{"role":"123456789"}"#).await;
    assert_eq!(fits.user()["role"], "123456789");
    let answer = server.post_text("/users/u1", r#"{"role":"1234567890"}"#).await;
    assert_eq!(answer.status, 413);
    let details = json!([{ "field": null, "message": "the body must have at most 20 bytes" }]);
    let expected = json!({ "error": "ALGOREP_005", "message": "Bad Request", "details": details });
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn another_method_is_405_with_allow() {
    let server = Server::start().await;
    for path in ["/users/u1", "/users/"] {
        for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let answer = server.send(request).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.headers["allow"]),
                (405, &"POST".parse().unwrap()),
                "{method}"
            );
        }
    }
}

#[tokio::test]
async fn algorep_001_is_raised_when_a_key_asks_too_often() {
    let once_a_minute = Rate::per_minute(NonZeroU32::MIN);
    let auth = roster_auth::Options { requests: Some(once_a_minute), ..roster_auth::Options::default() };
    let server = Server::with(Setup { auth, ..Setup::default() }).await;
    server.post("u1", json!({})).await.user();
    let answer = server.post("u1", json!({})).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.headers["retry-after"], "60");
    assert_eq!(answer.faults(), ("ALGOREP_001".to_owned(), Vec::new()));
}
