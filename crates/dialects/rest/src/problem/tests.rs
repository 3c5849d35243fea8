use http_body_util::BodyExt as _;
use roster_directory::{Fault as Found, FaultAt, Field, Refused as DirectoryRefused};
use serde_json::{Value, json};

use super::*;

async fn told(refused: impl Into<Refused>) -> (StatusCode, http::HeaderMap, Value) {
    let (head, body) = refused.into().into_response().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status, head.headers, serde_json::from_slice(&body).unwrap())
}

fn refused(refusal: Refusal) -> directory::Error {
    directory::Error::Refused(refusal.into())
}

#[tokio::test]
async fn every_problem_has_its_status_its_type_and_rfc_9457s_members() {
    let found = |reason| refused(Refusal::Faults(vec![Found { at: FaultAt::Field(Field::Email), reason }]));
    let problems: [(Refused, u16, &str, Option<&str>); 18] = [
        (AnyRefused::Unauthorized.into(), 401, "unauthorized", None),
        (directory::Error::Forbidden(Scope::Admin).into(), 403, "forbidden", None),
        (Why::ForeignSource.into(), 403, "forbidden", None),
        (Why::Faults(vec![Fault::at_header("If-Match", "is bad")]).into(), 400, "bad-request", None),
        (Refused::body(BodyFault::Broken, 1), 400, "bad-request", None),
        (Why::NoSuchPath.into(), 404, "not-found", None),
        (refused(Refusal::NotFound).into(), 404, "not-found", None),
        (Why::MethodNotAllowed.into(), 405, "method-not-allowed", None),
        (found(Reason::Taken).into(), 409, "conflict", None),
        (refused(Refusal::VersionMismatch { current: 7 }).into(), 412, "other-version", None),
        (Refused::body(BodyFault::TooLarge, 1), 413, "too-large", None),
        (Why::MediaType("application/json").into(), 415, "unsupported-media-type", None),
        (found(Reason::UnknownOrganisation).into(), 422, "unacceptable-values", None),
        (refused(Refusal::IdempotencyKeyReused).into(), 422, "idempotency-key-reused", None),
        (AnyRefused::RateLimited { retry_after_seconds: 9 }.into(), 429, "too-many-requests", Some("9")),
        (directory::Error::Store("secret".into()).into(), 500, "failed", None),
        (directory::Error::Overloaded.into(), 503, "busy", Some("1")),
        (directory::Error::Unavailable.into(), 503, "outcome-unknown", Some("1")),
    ];
    for (problem, status, name, retry_after) in problems {
        let (answered, headers, body) = told(problem).await;
        assert_eq!((answered.as_u16(), &body["status"]), (status, &json!(status)), "{name}");
        assert_eq!(body["type"], format!("urn:roster:problem:{name}"));
        assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
        assert_eq!(headers["content-type"], "application/problem+json");
        assert_eq!(headers.get("retry-after").map(|value| value.to_str().unwrap()), retry_after, "{name}");
        assert_eq!(headers.contains_key("www-authenticate"), status == 401, "{name}");
        assert!(!body.to_string().contains("secret"), "{body}");
    }
}

#[tokio::test]
async fn what_goes_wrong_around_a_handler_is_a_problem_too() {
    for (fault, status, name) in [
        (ServerFault::Panicked, 500, "failed"),
        (ServerFault::TimedOut, 503, "outcome-unknown"),
        (ServerFault::Overloaded { retry_after_seconds: 4 }, 503, "busy"),
    ] {
        let (answered, headers, body) = told(fault).await;
        assert_eq!(
            (answered.as_u16(), &body["type"]),
            (status, &json!(format!("urn:roster:problem:{name}")))
        );
        assert_eq!(headers.contains_key("retry-after"), status == 503);
    }
}

#[tokio::test]
async fn d9_all_faults_are_listed_up_to_a_hundred() {
    let faults = (0..150).map(|n| Fault::at_pointer(format!("/{n}"), "is bad")).collect();
    let (_, _, body) = told(Why::Faults(faults)).await;
    assert_eq!(body["errors"].as_array().unwrap().len(), 100);
    assert_eq!(body["errors"][0], json!({ "pointer": "/0", "detail": "is bad" }));
    let (_, _, body) = told(Why::NotFound).await;
    assert!(body.get("errors").is_none());
}

#[tokio::test]
async fn d8_a_refusal_that_is_answered_again_says_so() {
    let replayed = DirectoryRefused { refusal: Refusal::NotFound, replayed: true };
    let (_, headers, _) = told(directory::Error::Refused(replayed)).await;
    assert_eq!(headers["idempotent-replayed"], "true");
    let (_, headers, _) = told(Why::NotFound).await;
    assert!(!headers.contains_key("idempotent-replayed"));
}

#[tokio::test]
async fn another_media_type_is_told_which_are_taken() {
    let (_, headers, _) = told(Why::MediaType("application/json")).await;
    assert_eq!(headers["accept"], "application/json");
}
