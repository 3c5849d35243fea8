//! A13 and A14: what a user may refer to, and whose an email is.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Answer, Roster};

const ID: &str = "50658c1e-356e-4407-b120-d110552292d8";
const OTHER_ID: &str = "50658c1e-356e-4407-b120-d110552292d9";

async fn register(roster: &Roster, kind: &str, id: &str, external_id: &str) {
    let request = roster.with(roster.admin(), "PUT", &format!("/api/v1/organisations/{kind}/{id}"));
    let body = json!({"external_id": external_id, "name": "Green Paper Ltd"});
    let answer = Answer::of(request.json(&body)).await;
    assert!((200..300).contains(&answer.status), "{}", answer.shown());
}

#[tokio::test]
async fn a13_references_are_kept_as_sent_unless_they_must_be_known() {
    let roster = Roster::start();
    let body =
        json!({"producerId": ID, "producerBubbleId": "p", "sellerBubbleId": "alone", "originId": OTHER_ID});
    let user = roster.upserted("a13", &body).await;
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&user[field], value, "{field}");
    }
}

#[tokio::test]
async fn a13_known_references_name_one_organisation_of_their_kind() {
    let roster = Roster::settings().set("references", "known").start();
    for (kind, id, external_id) in
        [("producer", ID, "p1"), ("producer", OTHER_ID, "p2"), ("seller", ID, "s1"), ("origin", ID, "o1")]
    {
        register(&roster, kind, id, external_id).await;
    }
    for body in [
        json!({}),
        json!({"producerId": ID, "producerBubbleId": "p1", "sellerId": ID, "originBubbleId": "o1"}),
        json!({"producerBubbleId": "p2", "producerId": OTHER_ID.to_uppercase()}),
        json!({"producerBubbleId": null, "producerId": null}),
        json!({"sellerBubbleId": "s1"}),
    ] {
        assert_eq!(roster.upsert("a13", &body).await.status, 200, "{body}");
    }
    let before = roster.everything().await;
    for (body, fields) in [
        (json!({"producerBubbleId": "nobody"}), vec!["producerBubbleId"]),
        (json!({"producerBubbleId": "s1"}), vec!["producerBubbleId"]),
        (json!({"producerId": "00000000-0000-0000-0000-000000000000"}), vec!["producerId"]),
        (json!({"originId": OTHER_ID, "sellerBubbleId": "p1"}), vec!["sellerBubbleId", "originId"]),
    ] {
        let answer = roster.upsert("a13", &body).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("ALGOREP_004")), "{body}");
        let mut named = answer.fields();
        named.sort_unstable();
        let mut fields: Vec<String> = fields.into_iter().map(str::to_owned).collect();
        fields.sort_unstable();
        assert_eq!(named, fields, "{body}");
    }
    let both = roster.upsert("a13", &json!({"producerId": ID, "producerBubbleId": "p2"})).await;
    assert_eq!(both.json()["error"], "ALGOREP_004", "both halves name the same one");
    assert_snapshot!("pair", both.shown());
    assert_snapshot!("unknown", roster.upsert("new", &json!({"producerBubbleId": "nobody"})).await.shown());
    assert_eq!(roster.everything().await, before);
}

#[tokio::test]
async fn a13_it_is_the_merged_user_that_is_judged() {
    let roster = Roster::settings().set("references", "known").start();
    register(&roster, "producer", ID, "p1").await;
    register(&roster, "producer", OTHER_ID, "p2").await;
    roster.upserted("a13", &json!({"producerId": ID, "producerBubbleId": "p1"})).await;
    // Each half alone is right; with the half that is kept it is not.
    for body in [json!({"producerId": OTHER_ID}), json!({"producerBubbleId": "p2"})] {
        let answer = roster.upsert("a13", &body).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("ALGOREP_004")), "{body}");
    }
    assert_eq!(
        roster.upsert("a13", &json!({"producerId": OTHER_ID, "producerBubbleId": "p2"})).await.status,
        200
    );
}

#[tokio::test]
async fn a14_two_users_may_hold_one_email() {
    let roster = Roster::start();
    let body = json!({"email": "shared@example.org"});
    let (one, two) = (roster.upserted("one", &body).await, roster.upserted("two", &body).await);
    assert_ne!(one["id"], two["id"]);
    assert_eq!((&one["email"], &two["email"]), (&body["email"], &body["email"]));
}

#[tokio::test]
async fn a14_the_second_holder_is_refused_where_emails_are_unique() {
    let roster = Roster::settings().set("unique_email", "true").start();
    roster.upserted("one", &json!({"email": "Shared@example.org"})).await;
    let before = roster.everything().await;
    let refused = roster.upsert("two", &json!({"email": "shared@EXAMPLE.org", "status": "x"})).await;
    assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("ALGOREP_005")));
    assert_eq!(refused.fields(), ["email"]);
    assert_snapshot!(refused.shown());
    assert_eq!(roster.everything().await, before);

    roster.upserted("one", &json!({"email": "SHARED@example.org"})).await;
    roster.upserted("one", &json!({"email": null})).await;
    let free = roster.upserted("two", &json!({"email": "shared@example.org"})).await;
    assert_eq!(free["email"], "shared@example.org");
    assert_eq!(numbers(&roster).await, [1, 2], "a refusal consumes no number");
}

#[tokio::test]
async fn a14_simultaneous_claims_on_one_email_leave_one_holder() {
    let roster = Roster::settings().set("unique_email", "true").start();
    let body = json!({"email": "one@example.org"});
    let ids: Vec<String> = (0..16).map(|n| format!("a14-{n}")).collect();
    let answers = futures_util::future::join_all(ids.iter().map(|id| roster.upsert(id, &body))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|&status| status == 400), "{statuses:?}");
    assert_eq!(numbers(&roster).await, [1]);
}

/// The numbers of all users.
async fn numbers(roster: &Roster) -> Vec<i64> {
    roster.users().await.iter().map(|user: &Value| user["number"].as_i64().unwrap()).collect()
}
