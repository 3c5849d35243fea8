use axum::body::to_bytes;
use http::HeaderMap;
use roster_directory::{Error, Fault, FaultAt, Field, Grant, ProfileId, Refused as DirectoryRefused, Scope};
use serde_json::{Value, json};

use super::*;
use crate::openapi;
use crate::place::{Place, Type};

async fn taken_apart(response: Response) -> (StatusCode, HeaderMap, Value) {
    let (head, body) = response.into_parts();
    assert_eq!(head.headers["content-type"], "application/json");
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (head.status, head.headers, serde_json::from_slice(&body).unwrap())
}

async fn answer(refused: Refused) -> (StatusCode, HeaderMap, Value) {
    taken_apart(RefusedRequest::new(refused, Some("42".to_owned())).into_response()).await
}

/// What the answers with `header` and `data` say: status, code, whether to retry.
async fn failure(refused: Refused) -> (u16, String, Option<String>) {
    let (status, headers, body) = answer(refused).await;
    let code = body["header"]["messageCode"].as_str().unwrap().to_owned();
    let why = body["data"]["message"].as_str().unwrap();
    assert!(!why.is_empty());
    let expected = json!({
        "header": {"resultCode": "error", "messageCode": code, "messageDescription": why, "transactionId": "42"},
        "data": {"success": false, "message": why},
    });
    assert_eq!(body, expected);
    (status.as_u16(), code, headers.get("retry-after").map(|value| value.to_str().unwrap().to_owned()))
}

#[tokio::test]
async fn every_other_fault_keeps_the_envelope() {
    let directory = |error| Refused::by_directory(error, &Asked::default());
    let refusal = |refusal: Refusal| Refused::by_directory(refusal.into(), &Asked::default());
    let taken = Fault { at: FaultAt::Field(Field::Email), reason: Reason::Taken };
    for (refused, status, code, retry) in [
        (refusal(Refusal::NotFound), 404, "NOT_FOUND", None),
        (refusal(Refusal::Faults(vec![taken])), 409, "CONFLICT", None),
        (Refused::MethodNotAllowed, 405, "METHOD_NOT_ALLOWED", None),
        (Refused::TooLarge(10), 413, "PAYLOAD_TOO_LARGE", None),
        (Refused::UnsupportedMediaType, 415, "UNSUPPORTED_MEDIA_TYPE", None),
        (refusal(Refusal::IdempotencyKeyReused), 422, "IDEMPOTENCY_KEY_REUSED", None),
        (TokenRefused::RateLimited { retry_after_seconds: 7 }.into(), 429, "TOO_MANY_REQUESTS", Some("7")),
        (directory(Error::Store("disk full".into())), 500, "INTERNAL_SERVER_ERROR", None),
        (directory(Error::Internal("a bug".into())), 500, "INTERNAL_SERVER_ERROR", None),
        (refusal(Refusal::VersionMismatch { current: 1 }), 500, "INTERNAL_SERVER_ERROR", None),
        (TokenRefused::Failed(Error::Store("x".into())).into(), 500, "INTERNAL_SERVER_ERROR", None),
        (ServerFault::Panicked.into(), 500, "INTERNAL_SERVER_ERROR", None),
        (directory(Error::Overloaded), 503, "SERVICE_UNAVAILABLE", Some("1")),
        (directory(Error::Unavailable), 503, "SERVICE_UNAVAILABLE", Some("1")),
        (TokenRefused::Failed(Error::Overloaded).into(), 503, "SERVICE_UNAVAILABLE", Some("1")),
        (ServerFault::TimedOut.into(), 503, "SERVICE_UNAVAILABLE", Some("1")),
        (ServerFault::Overloaded { retry_after_seconds: 9 }.into(), 503, "SERVICE_UNAVAILABLE", Some("9")),
    ] {
        assert_eq!(failure(refused).await, (status, code.to_owned(), retry.map(str::to_owned)));
    }
}

#[tokio::test]
async fn nothing_is_told_of_the_inside() {
    for error in [Error::Store("secret-path".into()), Error::Internal("secret-path".into())] {
        let (_, _, body) = answer(Refused::by_directory(error, &Asked::default())).await;
        assert!(!body.to_string().contains("secret-path"));
    }
}

#[tokio::test]
async fn z2_z3_z4_credentials_are_refused_as_the_document_says() {
    for (refused, status, challenge, body) in [
        (Refused::from(TokenRefused::Missing), 401, Some("Bearer realm=\"roster\""), openapi::unauthorized()),
        (
            TokenRefused::NotAToken.into(),
            401,
            Some("Bearer realm=\"roster\", error=\"invalid_token\""),
            json!({"error": "invalid_token", "error_description": "Cannot convert access token to JSON"}),
        ),
        (
            TokenRefused::Invalid { token: "a.b.c".to_owned() }.into(),
            401,
            Some("Bearer realm=\"roster\", error=\"invalid_token\""),
            json!({"error": "invalid_token", "error_description": "a.b.c"}),
        ),
        (
            Refused::by_directory(Error::Forbidden(Scope::UsersWrite), &Asked::default()),
            403,
            Some("Bearer realm=\"roster\", error=\"insufficient_scope\", scope=\"write\""),
            json!({"error": "insufficient_scope", "error_description": "Insufficient scope for this resource",
                "scope": "write"}),
        ),
        (
            Refused::AccessDenied,
            403,
            None,
            json!({"error": "access_denied", "error_description": "Access is denied"}),
        ),
    ] {
        let (got, headers, answered) = answer(refused).await;
        assert_eq!((got.as_u16(), answered), (status, body));
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("www-authenticate"), challenge);
        assert_eq!(header("cache-control"), (status == 401).then_some("no-store"));
    }
}

#[tokio::test]
async fn the_documented_errors_are_answered() {
    let mut faults = Faults::default();
    faults.required(Place::Email, Type::String);
    faults.required(Place::Telephone, Type::String);
    faults.required(Place::ClientsProfile, Type::Array);
    faults.required(Place::Name, Type::String);
    faults.required(Place::Password, Type::String);
    let refused = RefusedRequest::new(Refused::Faults(faults), Some("123455566677788".to_owned()));
    let (head, body) = refused.into_response().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    assert_eq!(head.status, StatusCode::BAD_REQUEST);
    assert_eq!(body, openapi::errors().to_string().as_bytes());
}

#[tokio::test]
async fn z13_a_taken_email_beside_other_faults_is_named_among_them() {
    let grant = Grant { client_id: 7, profile_id: ProfileId::new("1").unwrap() };
    let faults = vec![
        Fault { at: FaultAt::Field(Field::Email), reason: Reason::Taken },
        Fault { at: FaultAt::GrantClient(grant), reason: Reason::UnknownClient },
    ];
    let (status, _, body) =
        answer(Refused::by_directory(Refusal::Faults(faults).into(), &Asked::default())).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        body["errors"][0],
        json!({"fieldName": "email", "fieldDesc": "Field is held by another user"})
    );
}

#[tokio::test]
async fn d8_a_replayed_refusal_says_so() {
    for replayed in [true, false] {
        let refused = DirectoryRefused { refusal: Refusal::NotFound, replayed };
        let refused = RefusedRequest::by_directory(Error::Refused(refused), &Asked::default(), None);
        let (status, headers, body) = taken_apart(refused.into_response()).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(body["header"]["transactionId"], Value::Null);
        assert_eq!(headers.get("idempotent-replayed").is_some_and(|value| value == "true"), replayed);
    }
}
