use http_body_util::BodyExt as _;
use roster_directory::{Reason, Scope};
use serde_json::{Value, json};

use super::*;
use crate::wire::KEYS;

struct Answered {
    status: u16,
    headers: http::HeaderMap,
    body: Value,
}

async fn answered(refused: impl Into<Refused>) -> Answered {
    let (head, body) = refused.into().into_response().into_parts();
    assert_eq!(head.headers["content-type"], "application/json");
    let body = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
    Answered { status: head.status.as_u16(), headers: head.headers, body }
}

fn at(field: Field, reason: Reason) -> Fault {
    Fault { at: FaultAt::Field(field), reason }
}

fn refused(faults: Vec<Fault>, replayed: bool) -> directory::Error {
    directory::Error::Refused(directory::Refused { refusal: Refusal::Faults(faults), replayed })
}

#[tokio::test]
async fn a2_without_a_good_key_the_gateway_answers() {
    let Answered { status, headers, body } = answered(roster_auth::KeyRefused::Unauthorized).await;
    assert_eq!((status, body), (401, json!({"message": "Unauthorized"})));
    assert_eq!(headers["www-authenticate"], "Bearer realm=\"roster\"");
    let Answered { status, body, .. } = answered(directory::Error::Forbidden(Scope::UsersWrite)).await;
    assert_eq!((status, body), (403, json!({"message": "Forbidden"})));
}

#[tokio::test]
async fn a13_algorep_004_is_for_references_alone() {
    let reference = at(Field::ProducerId, Reason::UnknownOrganisation);
    let pair = at(Field::SellerExternalId, Reason::OtherOrganisation);
    let Answered { status, headers, body } = answered(refused(vec![reference.clone(), pair], false)).await;
    assert_eq!(status, 400);
    assert_eq!(headers.get("idempotent-replayed"), None);
    let details = json!([
        {"field": "producerId", "message": "names no registered organisation of its kind"},
        {"field": "sellerBubbleId", "message": "names another organisation than the other half of the pair"},
    ]);
    let expected =
        json!({"error": "ALGOREP_004", "message": "Producer could not be found", "details": details});
    assert_eq!(body, expected);
    let Answered { body, .. } =
        answered(refused(vec![reference, at(Field::Email, Reason::Taken)], false)).await;
    assert_eq!(body["error"], "ALGOREP_005");
    assert_eq!(body["details"][1], json!({"field": "email", "message": "is held by another user"}));
}

#[tokio::test]
async fn a14_an_email_that_is_taken_is_algorep_005_replayed_or_not() {
    let Answered { status, headers, body } =
        answered(refused(vec![at(Field::Email, Reason::Taken)], true)).await;
    assert_eq!(status, 400);
    assert_eq!(headers["idempotent-replayed"], "true");
    let details = json!([{"field": "email", "message": "is held by another user"}]);
    assert_eq!(body, json!({"error": "ALGOREP_005", "message": "Bad Request", "details": details}));
}

#[tokio::test]
async fn a17_at_most_100_faults_are_listed_and_all_are_judged() {
    let mut details = vec![Detail { is_reference: true, ..Detail::at("producerId", "x") }; 100];
    details.push(Detail::of_request("y"));
    let Answered { body, .. } = answered(details).await;
    assert_eq!(body["error"], "ALGOREP_005");
    assert_eq!(body["details"].as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn a4_a_body_over_the_limit_is_413() {
    let Answered { status, body, .. } = answered(Refused::body(BodyFault::TooLarge, 10)).await;
    assert_eq!((status, &body["error"]), (413, &json!("ALGOREP_005")));
    assert_eq!(body["details"], json!([{"field": null, "message": "the body must have at most 10 bytes"}]));
    let Answered { status, body, .. } = answered(Refused::body(BodyFault::Broken, 10)).await;
    assert_eq!((status, &body["error"]), (400, &json!("ALGOREP_005")));
}

#[tokio::test]
async fn a16_a_key_with_another_request_is_422() {
    let Answered { status, body, .. } = answered(directory::Error::from(Refusal::IdempotencyKeyReused)).await;
    assert_eq!((status, &body["error"]), (422, &json!("ALGOREP_005")));
}

#[tokio::test]
async fn faults_of_the_server_tell_nothing_of_the_inside() {
    let no_details = |code: &str, text: &str| json!({"error": code, "message": text, "details": []});
    let store = no_details("ALGOREP_003", "Dgraph Failed To Process The Request");
    let unknown = no_details("ALGOREP_001", "The server encountered an unknown error!");
    let secret = || "/var/secret".to_owned();
    for (refused, status, expected, retry_after) in [
        (Refused::from(directory::Error::Store(secret())), 500, &store, None),
        (directory::Error::Unavailable.into(), 500, &store, None),
        (directory::Error::Internal(secret()).into(), 500, &unknown, None),
        (directory::Error::from(Refusal::NotFound).into(), 500, &unknown, None),
        (directory::Error::Overloaded.into(), 503, &unknown, Some("1")),
        (ServerFault::Panicked.into(), 500, &unknown, None),
        (ServerFault::TimedOut.into(), 503, &unknown, Some("1")),
        (ServerFault::Overloaded { retry_after_seconds: 7 }.into(), 503, &unknown, Some("7")),
        (roster_auth::KeyRefused::RateLimited { retry_after_seconds: 9 }.into(), 429, &unknown, Some("9")),
        (roster_auth::KeyRefused::Failed(directory::Error::Store(secret())).into(), 500, &store, None),
    ] {
        let name = format!("{refused:?}");
        let answered = answered(refused).await;
        assert_eq!(answered.status, status, "{name}");
        assert_eq!(&answered.body, expected, "{name}");
        assert_eq!(answered.headers.get("retry-after").map(|v| v.to_str().unwrap()), retry_after, "{name}");
    }
}

#[test]
fn every_key_of_the_payload_is_some_field_of_the_directory() {
    let mut keys: Vec<&str> = Field::ALL.iter().filter_map(|field| key(*field)).collect();
    keys.sort_unstable();
    let mut expected = KEYS.to_vec();
    expected.sort_unstable();
    assert_eq!(keys, expected);
}
