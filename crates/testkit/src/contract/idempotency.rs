//! `Idempotency-Key`: D8.

use std::sync::Arc;

use futures_util::future::join_all;
use roster_directory::{
    Applied, Dialect, Effect, Error, Idempotency, IdempotencyKey, Principal, Refusal, Refused, Update, User,
    UserPatch,
};

use crate::build::{by_id, external_id, full_patch, principal, with_given_name, with_user_name};
use crate::{Bench, StoreFactory};

const DAY_SECONDS: i64 = 24 * 60 * 60;

fn request<F: StoreFactory>(bench: &Bench<F>, key: &str, body: &str) -> Option<Idempotency> {
    let key = IdempotencyKey::new(key).unwrap();
    Some(bench.directory.idempotency(key, &[b"POST", b"/users/one", b"", body.as_bytes()]))
}

async fn upsert<F: StoreFactory>(
    bench: &Bench<F>,
    patch: UserPatch,
    (key, body): (&str, &str),
) -> Result<Applied, Error> {
    upsert_as(bench, &bench.who(), patch, request(bench, key, body)).await
}

async fn upsert_as<F: StoreFactory>(
    bench: &Bench<F>,
    who: &Principal,
    patch: UserPatch,
    request: Option<Idempotency>,
) -> Result<Applied, Error> {
    bench.directory.upsert(who, Dialect::Algorep, external_id("one"), patch, request).await
}

/// What a caller is shown of a user: neither the password nor what the store alone needs.
fn shown(user: &User) -> User {
    let none = roster_directory::user::FieldVersions::default();
    let data_key = roster_directory::seal::WrappedKey::from_bytes(Vec::new());
    User { password: None, data_key, field_versions: none, ..user.clone() }
}

/// D8.
pub async fn d8_a_repeated_request_is_answered_again<F: StoreFactory>(bench: &mut Bench<F>) {
    let first = upsert(bench, full_patch("ann"), ("k", "body")).await.unwrap();
    assert_eq!((first.effect, first.replayed), (Effect::Created, false));
    bench.tick();
    bench.reopen().await;
    let again = upsert(bench, full_patch("ann"), ("k", "body")).await.unwrap();
    assert_eq!((again.effect, again.replayed), (Effect::Created, true));
    assert_eq!(shown(&again.user), shown(&first.user));
    assert_eq!(bench.history(&first.user).await.len(), 1);
}

/// D8.
pub async fn d8_a_replay_shows_the_user_as_it_was<F: StoreFactory>(bench: &mut Bench<F>) {
    let first = upsert(bench, with_given_name("Ann"), ("k", "body")).await.unwrap().user;
    bench.put("one", with_given_name("Bea")).await;
    let again = upsert(bench, with_given_name("Ann"), ("k", "body")).await.unwrap();
    assert_eq!(shown(&again.user), shown(&first));
    assert_eq!(bench.stored(&first).await.profile.given_name.unwrap().as_str(), "Bea");
    bench.delete(&first).await;
    let again = upsert(bench, with_given_name("Ann"), ("k", "body")).await.unwrap();
    assert!(again.replayed && again.user.is_living());
}

/// D8: 422.
pub async fn d8_another_request_with_the_key_is_refused<F: StoreFactory>(bench: &mut Bench<F>) {
    let first = upsert(bench, with_given_name("Ann"), ("k", "body")).await.unwrap().user;
    let other = upsert(bench, with_given_name("Bea"), ("k", "other body")).await;
    assert_eq!(other.err(), Some(Refusal::IdempotencyKeyReused.into()));
    assert_eq!(bench.stored(&first).await, *first);
    assert!(upsert(bench, with_given_name("Ann"), ("k", "body")).await.unwrap().replayed, "the first stays");
    assert!(!upsert(bench, with_given_name("Bea"), ("l", "other body")).await.unwrap().replayed);
}

/// D8: what was decided in the transaction is kept, refusals too.
pub async fn d8_a_refusal_is_kept<F: StoreFactory>(bench: &mut Bench<F>) {
    let holder = bench.put("holder", with_user_name("ann")).await;
    let refused = upsert(bench, with_user_name("ann"), ("k", "body")).await;
    let Err(Error::Refused(Refused { refusal, replayed: false })) = refused else { panic!("{refused:?}") };
    bench.put("holder", with_user_name("bea")).await;
    let again = upsert(bench, with_user_name("ann"), ("k", "body")).await;
    assert_eq!(again.err(), Some(Error::Refused(Refused { refusal, replayed: true })));
    assert!(
        upsert(bench, with_user_name("ann"), ("l", "body")).await.is_ok(),
        "another key is another request"
    );

    let target = by_id(&holder);
    let update = |key: &str| Update { idempotency: request(bench, key, ""), ..Update::default() };
    bench.delete(&holder).await;
    for replayed in [false, true] {
        let missing = bench.directory.update(&bench.who(), Dialect::Rest, target.clone(), update("m")).await;
        assert_eq!(missing.err(), Some(Error::Refused(Refused { refusal: Refusal::NotFound, replayed })));
    }
}

/// D8: 24 hours.
pub async fn d8_a_key_is_free_again_after_a_day<F: StoreFactory>(bench: &mut Bench<F>) {
    upsert(bench, with_given_name("Ann"), ("k", "body")).await.unwrap();
    bench.clock.advance_seconds(DAY_SECONDS - 1);
    assert!(upsert(bench, with_given_name("Ann"), ("k", "body")).await.unwrap().replayed);
    bench.clock.advance_seconds(1);
    let anew = upsert(bench, with_given_name("Bea"), ("k", "other body")).await.unwrap();
    assert_eq!((anew.effect, anew.replayed), (Effect::Updated, false));
    bench.clock.advance_seconds(DAY_SECONDS - 1);
    assert!(upsert(bench, with_given_name("Bea"), ("k", "other body")).await.unwrap().replayed, "kept anew");
}

/// D8.
pub async fn d8_two_simultaneous_requests_apply_once<F: StoreFactory>(bench: &mut Bench<F>) {
    let go = |_| {
        let (directory, who) = (Arc::clone(&bench.directory), bench.who());
        let request = request(bench, "k", "body");
        tokio::spawn(async move {
            let patch = with_given_name("Ann");
            directory.upsert(&who, Dialect::Algorep, external_id("one"), patch, request).await
        })
    };
    let done = join_all((0..16).map(go)).await;
    let done: Vec<Applied> = done.into_iter().map(|done| done.unwrap().unwrap()).collect();
    assert_eq!(done.iter().filter(|applied| !applied.replayed).count(), 1);
    assert!(done.iter().all(|applied| applied.effect == Effect::Created));
    assert_eq!(bench.history(&done[0].user).await.len(), 1);
}

/// D8: a change of nothing was decided as well.
pub async fn d8_a_change_of_nothing_is_kept<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_given_name("Ann")).await;
    let first = upsert(bench, with_given_name("Ann"), ("k", "body")).await.unwrap();
    assert_eq!((first.effect, first.replayed), (Effect::Unchanged, false));
    bench.put("one", with_given_name("Bea")).await;
    let again = upsert(bench, with_given_name("Ann"), ("k", "body")).await.unwrap();
    assert_eq!((again.effect, again.replayed), (Effect::Unchanged, true));
    assert_eq!(bench.history(&user).await.len(), 2);
}

/// D8.
pub async fn d8_keys_are_scoped_to_the_client<F: StoreFactory>(bench: &mut Bench<F>) {
    upsert(bench, with_given_name("Ann"), ("k", "body")).await.unwrap();
    let other = principal("other");
    let made = upsert_as(bench, &other, with_given_name("Bea"), request(bench, "k", "other")).await.unwrap();
    assert_eq!((made.effect, made.replayed), (Effect::Created, false));
}
