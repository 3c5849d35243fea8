//! `references`, open and known.

use roster_directory::Rules;
use roster_directory::directory::References;
use roster_directory::record::{Organisation, OrganisationKind, Record};
use roster_testkit::build;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Server, Setup};

const PRODUCER: Uuid = Uuid::from_u128(0x10);
const OTHER_PRODUCER: Uuid = Uuid::from_u128(0x11);
const SELLER: Uuid = Uuid::from_u128(0x20);

async fn with_known_references() -> Server {
    let rules = Rules { references: References::Known, unique_email: true };
    let server = Server::with(Setup { rules, ..Setup::default() }).await;
    for (kind, id, external_id) in [
        (OrganisationKind::Producer, PRODUCER, "p"),
        (OrganisationKind::Producer, OTHER_PRODUCER, "other p"),
        (OrganisationKind::Seller, SELLER, "s"),
    ] {
        let name = build::text("an organisation");
        let organisation = Organisation { kind, id, external_id: build::external_id(external_id), name };
        let record = Record::Organisation(organisation);
        server.directory.put_record(&build::principal("bubble"), record).await.unwrap();
    }
    server
}

#[tokio::test]
async fn a13_references_are_kept_as_sent_by_default() {
    let server = Server::start().await;
    let sent = json!({ "producerId": PRODUCER, "producerBubbleId": "nobody", "originBubbleId": "" });
    let user = server.post("u1", sent.clone()).await.user();
    for (key, value) in sent.as_object().unwrap() {
        assert_eq!(&user[key], value);
    }
}

#[tokio::test]
async fn a13_known_references_name_registered_organisations_of_their_kind() {
    let server = with_known_references().await;
    let good = json!({ "producerId": PRODUCER, "producerBubbleId": "p", "sellerBubbleId": "s" });
    server.post("u1", good).await.user();
    let refused: [(Value, &[&str]); 3] = [
        (json!({ "producerId": SELLER }), &["producerId"]),
        (json!({ "originBubbleId": "p" }), &["originBubbleId"]),
        (json!({ "sellerId": PRODUCER, "sellerBubbleId": "p" }), &["sellerBubbleId", "sellerId"]),
    ];
    for (body, fields) in refused {
        let answer = server.post("u2", body).await;
        assert_eq!(answer.json()["message"], "Producer could not be found");
        answer.assert_refused("ALGOREP_004", fields);
    }
    assert!(server.stored("u2").await.is_none());
}

#[tokio::test]
async fn a13_the_merged_user_is_judged() {
    let server = with_known_references().await;
    server.post("u1", json!({ "producerId": PRODUCER, "producerBubbleId": "p" })).await.user();
    let answer = server.post("u1", json!({ "producerBubbleId": "other p" })).await;
    assert_eq!((answer.status.as_u16(), answer.faults().0.as_str()), (400, "ALGOREP_004"));
    let both = json!({ "producerId": OTHER_PRODUCER, "producerBubbleId": "other p" });
    assert_eq!(server.post("u1", both).await.user()["producerBubbleId"], "other p");
}

#[tokio::test]
async fn a17_algorep_004_only_where_references_are_the_only_fault() {
    let server = with_known_references().await;
    server.post("u1", json!({ "email": "a@b" })).await.user();
    server
        .post("u2", json!({ "sellerBubbleId": "nobody" }))
        .await
        .assert_refused("ALGOREP_004", &["sellerBubbleId"]);
    let with_form = json!({ "sellerBubbleId": "nobody", "role": 1 });
    server.post("u2", with_form).await.assert_refused("ALGOREP_005", &["role", "sellerBubbleId"]);
    let with_email = json!({ "sellerBubbleId": "nobody", "email": "a@b" });
    let answer = server.post("u2", with_email).await;
    let (code, mut fields) = answer.faults();
    fields.sort();
    assert_eq!(
        (code.as_str(), fields),
        ("ALGOREP_005", vec![Some("email".into()), Some("sellerBubbleId".into())])
    );
}
