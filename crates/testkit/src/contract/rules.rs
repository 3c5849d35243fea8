//! The rules of the store, and its upkeep.

use std::collections::BTreeSet;

use roster_directory::record::{Organisation, OrganisationKind, Record, RegisteredClient, RegisteredProfile};
use roster_directory::{
    Change, Error, Fault, FaultAt, Field, GrantsPatch, IdempotencyKey, ProfileId, Reason, References,
    Refusal, Refused, Rules, UserPatch,
};
use uuid::Uuid;

use crate::build::{email, external_id, grant, patch, source, text, with_email, with_grants, with_user_name};
use crate::{Bench, StoreFactory};

fn faults(error: Option<Error>) -> Vec<Fault> {
    let Some(Error::Refused(Refused { refusal: Refusal::Faults(faults), .. })) = error else {
        panic!("{error:?}");
    };
    faults
}

fn with_producer(id: Option<u128>, external: Option<&str>) -> UserPatch {
    patch(|patch| {
        patch.profile.producer_id = id.map_or(Change::Clear, |id| Change::Set(Uuid::from_u128(id)));
        patch.profile.producer_external_id = external.map_or(Change::Clear, |id| Change::Set(text(id)));
    })
}

/// `references = "known"`.
pub async fn references_must_be_known_where_so_configured<F: StoreFactory>(bench: &mut Bench<F>) {
    bench.put("open", with_grants([(9, "none")])).await;
    bench.set_rules(References::Known, false).await;
    let who = bench.who();
    for (id, external) in [(1, "one"), (2, "two")] {
        let organisation = Organisation {
            kind: OrganisationKind::Producer,
            id: Uuid::from_u128(id),
            external_id: external_id(external),
            name: text("Producer"),
        };
        bench.directory.put_record(&who, Record::Organisation(organisation)).await.unwrap();
    }
    let client = RegisteredClient { id: 33, name: text("Client") };
    bench.directory.put_record(&who, Record::Client(client)).await.unwrap();
    let profile = RegisteredProfile { id: ProfileId::new("18").unwrap(), name: text("Profile") };
    bench.directory.put_record(&who, Record::Profile(profile)).await.unwrap();

    bench.upsert("good", with_producer(Some(1), Some("one"))).await.unwrap();
    bench.upsert("good", with_producer(None, Some("two"))).await.unwrap();
    bench.upsert("good", with_grants([(33, "18")])).await.unwrap();

    let fault = |field, reason| Fault { at: FaultAt::Field(field), reason };
    let unknown = bench.upsert("bad", with_producer(Some(3), Some("three"))).await.err();
    let unknown = faults(unknown);
    assert_eq!(unknown.len(), 2, "{unknown:?}");
    assert!(unknown.contains(&fault(Field::ProducerId, Reason::UnknownOrganisation)));
    assert!(unknown.contains(&fault(Field::ProducerExternalId, Reason::UnknownOrganisation)));
    let other = bench.upsert("bad", with_producer(Some(1), Some("two"))).await.err();
    assert_eq!(faults(other), [fault(Field::ProducerId, Reason::OtherOrganisation)]);
    let grants = faults(bench.upsert("bad", with_grants([(33, "19"), (34, "18")])).await.err());
    let at = |at, reason| Fault { at, reason };
    assert_eq!(grants.len(), 2, "{grants:?}");
    assert!(grants.contains(&at(FaultAt::GrantProfile(grant(33, "19")), Reason::UnknownProfile)));
    assert!(grants.contains(&at(FaultAt::GrantClient(grant(34, "18")), Reason::UnknownClient)));
}

/// A decision may ask a store for more a few times only: it once asked for one thing at a time, and failed where a change named
/// sixteen.
pub async fn one_change_may_name_very_many<F: StoreFactory>(bench: &mut Bench<F>) {
    const MANY: i64 = 40;
    bench.set_rules(References::Known, false).await;
    let who = bench.who();
    for id in 1..=MANY {
        let client = RegisteredClient { id, name: text("Client") };
        bench.directory.put_record(&who, Record::Client(client)).await.unwrap();
        let profile = ProfileId::new(&id.to_string()).unwrap();
        let profile = RegisteredProfile { id: profile, name: text("Profile") };
        bench.directory.put_record(&who, Record::Profile(profile)).await.unwrap();
    }
    let grants: BTreeSet<_> = (1..=MANY).map(|id| grant(id, &id.to_string())).collect();
    let links = (1..=MANY).map(|n| {
        let external_id = external_id(&format!("name{n}"));
        (source(&format!("source{n}")), Change::Set(external_id))
    });
    let very_many = patch(|patch| {
        patch.grants = GrantsPatch::Replace(grants.clone());
        patch.links.extend(links.clone());
    });
    // The names that the user could have are others' already.
    for n in 1..=MANY {
        bench.put(&format!("other{n}"), with_user_name(&format!("name{n}"))).await;
    }
    let user = bench.put("two@example.com", very_many).await;
    assert_eq!(user.grants, grants);
    assert_eq!(user.links.len(), 1 + usize::try_from(MANY).unwrap());
    assert_eq!(user.user_name.as_str(), user.id.to_string());
    bench.assert_sound().await;
}

/// Turning it on claims every living user's email, or tells those that several hold.
pub async fn unique_email_is_turned_on_unless_emails_are_shared<F: StoreFactory>(bench: &mut Bench<F>) {
    let on = Rules { references: References::Open, unique_email: true };
    bench.put("one", with_email("ann@example.com")).await;
    let gone = bench.put("gone", with_email("ANN@example.com")).await;
    bench.delete(&gone).await;
    let two = bench.put("two", with_email("Ann@Example.com")).await;
    bench.put("three", with_email("bob@example.com")).await;
    let shared = bench.store.configure(on).await.unwrap();
    assert_eq!(shared, Err(vec![email("ann@example.com")]), "as its first holder has it");
    assert_eq!(bench.store.rules().await.unwrap(), Rules::default(), "nothing was changed");
    bench.assert_sound().await;
    bench.delete(&two).await;
    bench.set_rules(on.references, on.unique_email).await;
    assert_eq!(bench.store.rules().await.unwrap(), on);
    bench.assert_sound().await;
    let refused = bench.upsert("four", with_email("BOB@example.com")).await;
    let taken = Fault { at: FaultAt::Field(Field::Email), reason: Reason::Taken };
    assert_eq!(faults(refused.err()), [taken]);
    bench.set_rules(References::Known, false).await;
    bench.upsert("four", with_email("BOB@example.com")).await.unwrap();
}

/// Small batches, the oldest first; what has not expired stays.
pub async fn what_expired_is_swept_in_small_batches<F: StoreFactory>(bench: &mut Bench<F>) {
    let who = bench.who();
    let go = async |key: &str| {
        let key = IdempotencyKey::new(key).unwrap();
        let request = bench.directory.idempotency(key, &[b"body"]);
        let dialect = roster_directory::Dialect::Algorep;
        let made =
            bench.directory.upsert(&who, dialect, external_id("one"), UserPatch::default(), Some(request));
        made.await.unwrap().replayed
    };
    for key in ["a", "b", "c", "d", "e"] {
        assert!(!go(key).await);
        bench.tick();
    }
    assert_eq!(bench.store.sweep(bench.now(), 100).await.unwrap(), 0);
    bench.clock.advance_seconds(24 * 60 * 60 - 2);
    let now = bench.now();
    assert_eq!(bench.store.sweep(now, 2).await.unwrap(), 2);
    assert_eq!(bench.store.sweep(now, 2).await.unwrap(), 2);
    assert_eq!(bench.store.sweep(now, 2).await.unwrap(), 0);
    assert!(go("e").await, "the last is still kept");
}

/// `/readyz`.
pub async fn the_store_is_ready<F: StoreFactory>(bench: &mut Bench<F>) {
    bench.store.ready().await.unwrap();
    let user = bench.put("one", UserPatch::default()).await;
    bench.store.ready().await.unwrap();
    assert_eq!(bench.stored(&user).await, *user);
}
