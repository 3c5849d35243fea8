//! `Idempotency-Key`: Z12 and D8.

use roster_dialect_zynchro::Options;
use roster_directory::Rules;
use roster_directory::directory::References;
use serde_json::json;

use crate::rig::{Rig, USER_3, changed, documented};

#[tokio::test]
async fn z12_a_repeated_request_is_answered_again_and_applied_once() {
    let rig = Rig::new().await;
    let body = documented().to_string();
    let first = rig.keyed(USER_3, &body, "key 1").await;
    assert_eq!((first.status.as_u16(), first.header("idempotent-replayed")), (200, None));
    let other = changed(|request| request["data"]["user"]["name"] = json!("Somebody Else"));
    assert_eq!(rig.patch(USER_3, &other).await.status, 200);
    let (stored, hashed) = (rig.user(3).await, rig.passwords.hashed());
    let again = rig.keyed(USER_3, &body, "key 1").await;
    assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (200, Some("true")));
    assert_eq!(again.text, first.text);
    assert_eq!(rig.user(3).await, stored);
    assert_eq!(rig.passwords.hashed(), hashed);
}

#[tokio::test]
async fn z12_the_key_with_another_request_is_422() {
    let rig = Rig::new().await;
    let body = documented().to_string();
    rig.keyed(USER_3, &body, "key").await;
    let versions = rig.versions().await;
    let other_query = format!("{USER_3}?transaction_id=1");
    let other_password = body.replace("33556567", "33556568");
    for (path, body) in [
        ("/zynchro.api.system-config/v1/users/2", &body),
        (&other_query, &body),
        (USER_3, &other_password),
        (USER_3, &format!("{body} ")),
        // Not even whether there is such a user is told.
        ("/zynchro.api.system-config/v1/users/4", &body),
    ] {
        let answer = rig.keyed(path, body, "key").await;
        assert_eq!(answer.status, 422, "{path}");
        let why = "The Idempotency-Key was used with another request";
        let header = json!({"resultCode": "error", "messageCode": "IDEMPOTENCY_KEY_REUSED", "messageDescription": why,
            "transactionId": "123456"});
        assert_eq!(answer.json(), json!({"header": header, "data": {"success": false, "message": why}}));
    }
    assert_eq!(rig.versions().await, versions);
}

#[tokio::test]
async fn d8_a_refusal_that_was_decided_is_replayed() {
    let rules = Rules { references: References::Known, unique_email: true };
    let rig = Rig::with(rules, Options::default()).await;
    let nobody = "/zynchro.api.system-config/v1/users/4";
    let taken = changed(|request| {
        request["data"]["user"]["email"] = json!("user1@example.com");
        request["data"]["clientsProfile"] = json!([]);
    });
    for (key, path, body, status) in [
        ("a", nobody, documented().to_string(), 404),
        ("b", USER_3, documented().to_string(), 400),
        ("c", USER_3, taken, 409),
    ] {
        let first = rig.keyed(path, &body, key).await;
        assert_eq!((first.status.as_u16(), first.header("idempotent-replayed")), (status, None));
        let again = rig.keyed(path, &body, key).await;
        assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (status, Some("true")));
        assert_eq!(again.text, first.text);
    }
}

#[tokio::test]
async fn d8_faults_of_form_are_not_kept() {
    let rig = Rig::new().await;
    let faulty = changed(|request| request["data"]["user"]["name"] = json!(1));
    assert_eq!(rig.keyed(USER_3, &faulty, "key").await.status, 400);
    assert_eq!(rig.keyed(USER_3, &documented().to_string(), "key").await.status, 200);
}

#[tokio::test]
async fn d8_a_key_is_forgotten_after_a_day() {
    let rig = Rig::new().await;
    rig.keyed(USER_3, &documented().to_string(), "key").await;
    let other = changed(|request| request["data"]["user"]["name"] = json!("Somebody Else"));
    rig.clock.advance_seconds(24 * 3_600 - 1);
    assert_eq!(rig.keyed(USER_3, &other, "key").await.status, 422);
    rig.clock.advance_seconds(1);
    assert_eq!(rig.keyed(USER_3, &other, "key").await.status, 200);
}

#[tokio::test]
async fn d8_simultaneous_requests_with_one_key_apply_once() {
    let rig = Rig::new().await;
    let body = documented().to_string();
    let answers = futures_util::future::join_all((0..16).map(|_| rig.keyed(USER_3, &body, "key"))).await;
    let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_some()).count();
    assert_eq!(replayed, 15);
    assert!(answers.iter().all(|answer| answer.text == answers[0].text));
    assert_eq!(rig.versions().await, [1, 1, 2]);
}
