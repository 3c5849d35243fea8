//! What is kept besides users.

use roster_directory::record::{
    ApiKey, KeySecret, Organisation, OrganisationKind, Record, RecordKey, Register, RegisteredClient,
    RegisteredProfile, RevokedToken,
};
use roster_directory::store::{RecordWrite, Submitted};
use roster_directory::{
    ChangeId, ChangeRecord, Entropy as _, Fault, FaultAt, Field, ProfileId, Reason, Refusal, Scope,
    SystemEntropy,
};
use std::sync::Arc;
use uuid::Uuid;

use crate::build::{external_id, source, text, time};
use crate::{Bench, StoreFactory};

fn api_key(id: &str) -> ApiKey {
    let secret = |byte, created, expires: Option<&str>| KeySecret {
        sha256: [byte; 32],
        created_at: time(created),
        expires_at: expires.map(time),
    };
    ApiKey {
        id: id.to_owned(),
        name: "Bubble, production".to_owned(),
        source: source("bubble"),
        scopes: [Scope::UsersRead, Scope::UsersWrite].into(),
        authorities: ["ROLE_SYSTEMADMIN".to_owned(), "with, comma and space".to_owned()].into(),
        secrets: vec![
            secret(2, "2024-02-01T00:00:00Z", None),
            secret(1, "2024-01-01T00:00:00Z", Some("2024-02-08T00:00:00Z")),
        ],
        created_at: time("2024-01-01T00:00:00Z"),
        expires_at: Some(time("2025-01-01T00:00:00Z")),
        revoked_at: None,
        last_used_at: None,
    }
}

async fn put<F: StoreFactory>(bench: &Bench<F>, record: Record) {
    bench.directory.put_record(&bench.who(), record).await.unwrap();
}

async fn get<F: StoreFactory>(bench: &Bench<F>, key: RecordKey) -> Option<Record> {
    bench.store.record(key).await.unwrap()
}

/// Keys, with their secrets and authorities.
pub async fn api_keys_are_kept_whole<F: StoreFactory>(bench: &mut Bench<F>) {
    let (key, name) = (api_key("a1"), || RecordKey::ApiKey("a1".to_owned()));
    assert_eq!(get(bench, name()).await, None);
    put(bench, Record::ApiKey(key.clone())).await;
    put(bench, Record::ApiKey(api_key("a2"))).await;
    assert_eq!(get(bench, name()).await, Some(Record::ApiKey(key.clone())));
    let mut changed = key.clone();
    changed.scopes = [Scope::Admin].into();
    changed.authorities.clear();
    changed.secrets.truncate(1);
    changed.expires_at = None;
    changed.revoked_at = Some(time("2024-03-01T00:00:00Z"));
    changed.last_used_at = Some(time("2024-03-02T00:00:00Z"));
    put(bench, Record::ApiKey(changed.clone())).await;
    bench.reopen().await;
    assert_eq!(get(bench, name()).await, Some(Record::ApiKey(changed)));
    bench.directory.remove_record(&bench.who(), name()).await.unwrap();
    assert_eq!(get(bench, name()).await, None);
    let left = bench.store.records(Register::ApiKeys, None, 10).await.unwrap();
    assert_eq!(left, [Record::ApiKey(api_key("a2"))]);
}

fn organisation(kind: OrganisationKind, id: u128, external: &str) -> Record {
    let name = text("Ferme de l'Étang");
    Record::Organisation(Organisation {
        kind,
        id: Uuid::from_u128(id),
        external_id: external_id(external),
        name,
    })
}

fn client(id: i64) -> Record {
    Record::Client(RegisteredClient { id, name: text(&format!("client {id}")) })
}

fn profile(id: &str) -> Record {
    Record::Profile(RegisteredProfile { id: ProfileId::new(id).unwrap(), name: text("Profile") })
}

/// Keyset paging, from the very first key on.
pub async fn registers_are_listed_in_order_and_in_pages<F: StoreFactory>(bench: &mut Bench<F>) {
    let kind = OrganisationKind::Seller;
    let registers = [
        (Register::Clients, vec![client(1), client(2), client(10), client(i64::MAX)]),
        (Register::Profiles, vec![profile("18"), profile("2"), profile("a"), profile("é")]),
        (Register::Organisations(kind), (0..4).map(|id| organisation(kind, id, &format!("o{id}"))).collect()),
        (Register::ApiKeys, ["a", "b", "c", "d"].map(|id| Record::ApiKey(api_key(id))).to_vec()),
    ];
    put(bench, organisation(OrganisationKind::Producer, 1, "o1")).await;
    for (register, records) in registers {
        for record in records.iter().rev() {
            put(bench, record.clone()).await;
        }
        let mut listed = Vec::new();
        loop {
            let after = listed.last().map(Record::key);
            let page = bench.directory.records(&bench.who(), register, after, 3).await.unwrap();
            assert!(page.len() <= 3);
            if page.is_empty() {
                break;
            }
            listed.extend(page);
        }
        assert_eq!(listed, records, "{register:?}");
    }
}

/// Both ids, within a kind.
pub async fn an_organisations_names_are_unique_in_their_kind<F: StoreFactory>(bench: &mut Bench<F>) {
    let (producer, seller) = (OrganisationKind::Producer, OrganisationKind::Seller);
    put(bench, organisation(producer, 1, "one")).await;
    put(bench, organisation(seller, 1, "one")).await;
    let refused = bench.directory.put_record(&bench.who(), organisation(producer, 2, "one")).await;
    let fault = Fault { at: FaultAt::Field(Field::ProducerExternalId), reason: Reason::Taken };
    assert_eq!(refused.err(), Some(Refusal::Faults(vec![fault]).into()));
    let by_name = |text: &str| RecordKey::OrganisationByExternalId(producer, external_id(text));
    assert_eq!(get(bench, by_name("one")).await, Some(organisation(producer, 1, "one")));
    put(bench, organisation(producer, 1, "uno")).await;
    assert_eq!(get(bench, by_name("one")).await, None, "the old name leads nowhere");
    put(bench, organisation(producer, 2, "one")).await;
    assert_eq!(get(bench, by_name("one")).await, Some(organisation(producer, 2, "one")));
    let key = RecordKey::Organisation(producer, Uuid::from_u128(1));
    bench.directory.remove_record(&bench.who(), key.clone()).await.unwrap();
    assert_eq!((get(bench, key).await, get(bench, by_name("uno")).await), (None, None));
}

/// By `jti`.
pub async fn revoked_tokens_are_kept<F: StoreFactory>(bench: &mut Bench<F>) {
    let token = RevokedToken {
        jti: "é 1".to_owned(),
        revoked_at: time("2024-03-01T00:00:00Z"),
        expires_at: time("2024-03-01T01:00:00Z"),
    };
    let key = RecordKey::RevokedToken(token.jti.clone());
    let put = token.clone();
    let change = ChangeRecord::new(ChangeId(SystemEntropy.uuid_v7(bench.now())), key.clone(), move |_| {
        Ok(Some(RecordWrite::Put(Record::RevokedToken(put.clone()))))
    });
    let submitted = bench.store.submit(Arc::new(change)).await.unwrap();
    assert!(matches!(submitted, Submitted::Decided(Ok(_))), "{submitted:?}");
    bench.reopen().await;
    assert_eq!(get(bench, key).await, Some(Record::RevokedToken(token)));
}

/// 404.
pub async fn removing_what_is_not_there_is_refused<F: StoreFactory>(bench: &mut Bench<F>) {
    for key in [
        RecordKey::Client(1),
        RecordKey::Profile(ProfileId::new("18").unwrap()),
        RecordKey::Organisation(OrganisationKind::Origin, Uuid::from_u128(1)),
        RecordKey::ApiKey("none".to_owned()),
    ] {
        let refused = bench.directory.remove_record(&bench.who(), key.clone()).await;
        assert_eq!(refused.err(), Some(Refusal::NotFound.into()), "{key:?}");
    }
}
