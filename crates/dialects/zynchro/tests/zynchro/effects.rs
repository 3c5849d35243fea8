//! What a request does.

use roster_dialect_zynchro::Options;
use roster_directory::directory::References;
use roster_directory::record::{Record, RecordKey, RegisteredClient, RegisteredProfile};
use roster_directory::user::Number;
use roster_directory::{Dialect, ProfileId, Rules, Target, Update, UserPatch};
use roster_testkit::build;
use serde_json::{Value, json};

use crate::rig::{Rig, USER_3, changed, documented};

#[tokio::test]
async fn the_documented_request_has_the_documented_answer() {
    let rig = Rig::new().await;
    let answer = rig.patch(USER_3, include_str!("../../examples/update.request.json")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let mut expected: Value =
        serde_json::from_str(include_str!("../../examples/update.response.json")).unwrap();
    // The request says true, and the answer says what is stored.
    expected["data"]["user"]["isControlTower"] = json!(true);
    // As text: the order of the members is documented too.
    assert_eq!(answer.text, expected.to_string());
}

#[tokio::test]
async fn the_documented_errors_are_answered() {
    let rig = Rig::new().await;
    let body = r#"{"header":{"transactionId":"123455566677788"},"data":{"user":{}}}"#;
    let answer = rig.patch(USER_3, body).await;
    let expected: Value = serde_json::from_str(include_str!("../../examples/update.errors.json")).unwrap();
    assert_eq!((answer.status.as_u16(), answer.text), (400, expected.to_string()));
}

#[tokio::test]
async fn z8_named_fields_are_replaced_and_absent_ones_left_as_they_are() {
    let rig = Rig::new().await;
    let before = rig.user(3).await;
    let body = changed(|request| {
        let user = &mut request["data"]["user"];
        user["name"] = json!("");
        user["telephone"] = json!("");
        user["isControlTower"] = Value::Null;
        user["lastLogin"] = Value::Null;
    });
    let answer = rig.patch(USER_3, &body).await.json();
    let expected = json!({"id": 3, "name": "", "email": "user_test_modif@test.com", "telephone": "",
        "lastLogin": "06-22-2024 05:04:06 PM", "isControlTower": false});
    assert_eq!(answer["data"]["user"], expected);
    let after = rig.user(3).await;
    assert_eq!(after.version, before.version + 1);
    assert_eq!(after.profile.display_name, Some(build::text("")));
    assert_eq!(after.profile.given_name, before.profile.given_name);
    assert_eq!(after.profile.last_login, before.profile.last_login);
    assert_eq!(after.profile.control_tower, None);
    assert_eq!(after.grants, build::grants([(33, "1"), (38, "1")]));
    assert!(after.password.is_some());
}

#[tokio::test]
async fn a_user_who_never_signed_in_has_no_last_login() {
    let rig = Rig::new().await;
    let answer = rig.patch("/zynchro.api.system-config/v1/users/1", &documented().to_string()).await;
    assert_eq!(answer.json()["data"]["user"]["lastLogin"], Value::Null);
}

#[tokio::test]
async fn z9_the_list_is_replaced() {
    let rig = Rig::new().await;
    for (list, expected) in [
        (
            json!([{"clientId": 1, "profileId": "a"}, {"clientId": 1, "profileId": "b"}]),
            vec![(1, "a"), (1, "b")],
        ),
        (json!([{"clientId": 1, "profileId": "b"}, {"clientId": 1, "profileId": "b"}]), vec![(1, "b")]),
        (json!([]), vec![]),
    ] {
        let answer = rig.patch(USER_3, &changed(|request| request["data"]["clientsProfile"] = list)).await;
        assert_eq!(answer.status, 200);
        let expected: std::collections::BTreeSet<_> =
            expected.into_iter().map(|(client, profile)| build::grant(client, profile)).collect();
        assert_eq!(rig.user(3).await.grants, expected);
    }
}

#[tokio::test]
async fn z11_what_changes_nothing_is_no_change() {
    let rig = Rig::new().await;
    let first = rig.patch(USER_3, &documented().to_string()).await;
    let (stored, hashed) = (rig.user(3).await, rig.passwords.hashed());
    rig.clock.advance_seconds(60);
    // The stored time has 789 ms, which the answer does not show.
    for last_login in ["06-22-2024 05:04:06 PM", "2024-06-22T17:04:06Z", "2024-06-22T19:04:06.1+02:00"] {
        let body = changed(|request| {
            request["data"]["user"]["lastLogin"] = json!(last_login);
            request["data"]["user"]["id"] = json!(3);
            request["data"]["clientsProfile"].as_array_mut().unwrap().reverse();
        });
        assert_eq!(rig.patch(USER_3, &body).await.text, first.text, "{last_login}");
    }
    assert_eq!(rig.user(3).await, stored);
    // Z10: a password that verifies is no change, and is not hashed again.
    assert_eq!(rig.passwords.hashed(), hashed);
    let history = rig.store.history(stored.id, 0, 100).await.unwrap();
    assert_eq!(history.len(), 2);
    let body = changed(|request| request["data"]["user"]["lastLogin"] = json!("06-22-2024 05:04:07 PM"));
    rig.patch(USER_3, &body).await;
    let moved = rig.user(3).await;
    assert_eq!(moved.version, stored.version + 1);
    assert_eq!(moved.profile.last_login, Some(build::time("2024-06-22T17:04:07Z")));
}

#[tokio::test]
async fn z10_another_password_is_hashed_and_is_nowhere_to_be_seen() {
    let rig = Rig::new().await;
    rig.patch(USER_3, &documented().to_string()).await;
    let before = rig.user(3).await;
    let body = changed(|request| request["data"]["user"]["password"] = json!("correct horse battery"));
    let answer = rig.patch(USER_3, &body).await;
    let after = rig.user(3).await;
    assert_ne!(after.password, before.password);
    assert_eq!(after.version, before.version + 1);
    assert!(!answer.text.contains("correct horse"));
    let history = rig.store.history(after.id, 1, 10).await.unwrap();
    assert_eq!(history.len(), 2);
    assert!(!format!("{history:?}").contains("correct horse"));
}

#[tokio::test]
async fn z10_a_request_that_is_refused_costs_no_hash() {
    let rig = Rig::new().await;
    let body = changed(|request| request["data"]["user"]["email"] = json!("none"));
    assert_eq!(rig.patch(USER_3, &body).await.status, 400);
    assert_eq!(
        rig.patch("/zynchro.api.system-config/v1/users/4", &documented().to_string()).await.status,
        404
    );
    assert_eq!(rig.passwords.hashed(), 0);
}

#[tokio::test]
async fn z9_with_known_references_an_unknown_client_or_profile_is_a_field_error() {
    let rules = Rules { references: References::Known, unique_email: false };
    let rig = Rig::with(rules, Options::default()).await;
    let who = build::principal("cli");
    let profile = |id: &str| ProfileId::new(id).unwrap();
    for record in [
        Record::Client(RegisteredClient { id: 33, name: build::text("a client") }),
        Record::Profile(RegisteredProfile { id: profile("1"), name: build::text("a profile") }),
    ] {
        rig.directory.put_record(&who, record).await.unwrap();
    }
    let list = json!([
        {"clientId": 33, "profileId": 1},
        {"clientId": 38, "profileId": 1},
        {"clientId": 33, "profileId": "2"},
        {"clientId": 40, "profileId": "3"},
        {"clientId": 38, "profileId": "1"},
    ]);
    let body = changed(|request| request["data"]["clientsProfile"] = list);
    let unknown = [
        "clientsProfile[1].clientId",
        "clientsProfile[2].profileId",
        "clientsProfile[3].clientId",
        "clientsProfile[3].profileId",
        "clientsProfile[4].clientId",
    ];
    let answer = rig.patch(USER_3, &body).await;
    assert_eq!(answer.faulty(), (400, unknown.map(str::to_owned).to_vec()));
    let first = json!({"fieldName": unknown[0], "fieldDesc": "Field names no registered client"});
    assert_eq!(answer.json()["errors"][0], first);
    // Faults of form are named together with them.
    let mut request: Value = serde_json::from_str(&body).unwrap();
    request["data"]["user"]["password"] = json!("short");
    request["data"]["clientsProfile"][0]["clientId"] = json!("33");
    let answer = rig.patch(USER_3, &request.to_string()).await;
    let both = [&["password", "clientsProfile[0].clientId"], &unknown[..]].concat();
    assert_eq!(answer.faulty(), (400, both.iter().map(ToString::to_string).collect()));
    assert_eq!(rig.versions().await, [1, 1, 1]);
    let known =
        changed(|request| request["data"]["clientsProfile"] = json!([{"clientId": 33, "profileId": 1}]));
    assert_eq!(rig.patch(USER_3, &known).await.status, 200);
    // What is no longer registered stays until the list is sent again.
    rig.directory.remove_record(&who, RecordKey::Client(33)).await.unwrap();
    assert_eq!(
        rig.patch(USER_3, &known).await.faulty(),
        (400, vec!["clientsProfile[0].clientId".to_owned()])
    );
}

#[tokio::test]
async fn a14_two_users_may_hold_one_email_unless_it_is_unique() {
    let body = changed(|request| request["data"]["user"]["email"] = json!("USER1@example.com"));
    let rig = Rig::new().await;
    assert_eq!(rig.patch(USER_3, &body).await.status, 200);
    let rules = Rules { references: References::Open, unique_email: true };
    let rig = Rig::with(rules, Options::default()).await;
    let answer = rig.patch(USER_3, &body).await;
    assert_eq!(answer.status, 409);
    let why = "Another user holds that email";
    let header = json!({"resultCode": "error", "messageCode": "CONFLICT", "messageDescription": why, "transactionId": "123456"});
    assert_eq!(answer.json(), json!({"header": header, "data": {"success": false, "message": why}}));
    assert_eq!(rig.versions().await, [1, 1, 1]);
    let faulty = body.replace("33556567", "short");
    assert_eq!(
        rig.patch(USER_3, &faulty).await.faulty(),
        (400, vec!["password".to_owned(), "email".to_owned()])
    );
}

#[tokio::test]
async fn the_change_is_in_the_history_as_this_dialects() {
    let rig = Rig::new().await;
    rig.patch(USER_3, &documented().to_string()).await;
    let user = rig.user(3).await;
    let history = rig.store.history(user.id, 1, 10).await.unwrap();
    let [(_, entry)] = &history[..] else { panic!("one entry: {history:?}") };
    assert_eq!(entry.dialect, Dialect::Zynchro);
    assert_eq!(entry.actor.client, "zynchro");
    assert_eq!(entry.version, 2);
}

#[tokio::test]
async fn a_deleted_user_is_not_found_and_an_inactive_one_is() {
    let rig = Rig::new().await;
    let who = build::principal("cli");
    let target = |number| Target::Number(Number::new(number).unwrap());
    let inactive = UserPatch { active: roster_directory::Assign::Set(false), ..UserPatch::default() };
    let update = Update { patch: inactive, ..Update::default() };
    rig.directory.update(&who, Dialect::Rest, target(1), update).await.unwrap();
    rig.directory.delete(&who, Dialect::Rest, target(2), None, None).await.unwrap();
    let path = |number: i64| format!("/zynchro.api.system-config/v1/users/{number}");
    assert_eq!(rig.patch(&path(1), &documented().to_string()).await.status, 200);
    let answer = rig.patch(&path(2), &documented().to_string()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["header"]["messageCode"].as_str()),
        (404, Some("NOT_FOUND"))
    );
}

#[tokio::test]
async fn the_name_is_the_given_and_the_family_name_until_it_is_set() {
    let rig = Rig::new().await;
    assert_eq!(rig.user(3).await.shown_name().as_deref(), Some("User"));
    rig.patch(USER_3, &documented().to_string()).await;
    let after = rig.user(3).await;
    assert_eq!(after.shown_name().as_deref(), Some("User Test Modif"));
    assert_eq!(after.profile.given_name, Some(build::text("User")));
}
