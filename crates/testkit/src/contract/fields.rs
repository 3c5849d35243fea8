//! Creating and changing users.

use roster_directory::{
    Assign, Change, Effect, Error, Fault, FaultAt, Field, Reason, Refusal, Resolution, Scope, Target, Update,
    UserPatch,
};

use crate::build::{
    by_id, clearing_patch, email, external_id, filled, full_patch, patch, source, time, user_name,
    with_email, with_given_name, with_link, with_scopes, with_user_name,
};
use crate::{Bench, StoreFactory};

/// D1.
pub async fn d1_each_field_is_kept_cleared_or_set<F: StoreFactory>(bench: &mut Bench<F>) {
    let full = bench.put("full", full_patch("ann")).await;
    assert_eq!(filled(&full.profile).len(), 36, "{:?}", filled(&full.profile));
    assert_eq!(full.profile.given_name.as_ref().unwrap().as_str(), "ann given");
    assert_eq!(full.profile.staff, Some(false));
    assert!(!full.active);
    assert_eq!(bench.stored(&full).await, *full, "what is answered is what is stored");

    bench.tick();
    let kept = bench.upsert("full", UserPatch::default()).await.unwrap();
    assert_eq!((kept.effect, &*kept.user), (Effect::Unchanged, &*full));

    bench.tick();
    let cleared = bench.put("full", clearing_patch()).await;
    assert_eq!(filled(&cleared.profile), [""; 0]);
    assert!(!cleared.active, "what can't be cleared is kept");
    assert_eq!(cleared.grants.len(), 0);
    assert_eq!(cleared.links.len(), 1, "the path's own link stays");
    assert_eq!(bench.stored(&full).await, *cleared);

    bench.tick();
    let again = bench.put("full", full_patch("bob")).await;
    assert_eq!(filled(&again.profile).len(), 36);
    assert_eq!(again.external_id(&source("second")), Some(&external_id("bob link")));
    assert_eq!((again.version, full.version), (3, 1));
    assert_eq!(bench.stored(&full).await, *again);

    bench.tick();
    let other = bench.put("full", with_given_name("Bea")).await;
    let mut expected = roster_directory::User::clone(&again);
    expected.profile.given_name = other.profile.given_name.clone();
    expected.version = 4;
    expected.updated_at = bench.now();
    expected.recorded_at = bench.now();
    expected.field_versions.set(Field::GivenName, 4);
    expected.field_versions.set(Field::UpdatedAt, 4);
    assert_eq!(*other, expected, "a change of one field leaves all others");
}

/// D1: a new user is active, its times are the server's, and all else is empty.
pub async fn d1_a_new_user_has_its_defaults<F: StoreFactory>(bench: &mut Bench<F>) {
    let made = bench.upsert("new", UserPatch::default()).await.unwrap();
    assert_eq!(made.effect, Effect::Created);
    let user = made.user;
    assert!(user.active);
    assert_eq!(filled(&user.profile), [""; 0]);
    assert_eq!((user.created_at, user.updated_at, user.recorded_at), (bench.now(), bench.now(), bench.now()));
    assert_eq!((user.version, user.number.get()), (1, 1));
    assert_eq!(user.password, None);
    assert_eq!(user.id.0.get_version_num(), 7);
    assert_eq!(bench.stored(&user).await, *user);
}

/// D6.
pub async fn d6_a_change_that_changes_nothing_writes_nothing<F: StoreFactory>(bench: &mut Bench<F>) {
    let patch = || UserPatch { updated_at: Assign::Keep, ..full_patch("ann") };
    let user = bench.put("one", patch()).await;
    bench.tick();
    for _ in 0..3 {
        let again = bench.upsert("one", patch()).await.unwrap();
        assert_eq!((again.effect, &*again.user), (Effect::Unchanged, &*user));
        let same = bench.update(by_id(&user), clearing_nothing()).await.unwrap();
        assert_eq!((same.effect, &*same.user), (Effect::Unchanged, &*user));
    }
    assert_eq!(bench.stored(&user).await, *user);
    assert_eq!(bench.history(&user).await.len(), 1);
}

/// Clears links and grants that the user does not have.
fn clearing_nothing() -> UserPatch {
    with_link("nobody", Change::Clear)
}

/// D6.
pub async fn d6_a_time_that_is_told_to_the_second_agrees_with_the_stored_one<F: StoreFactory>(
    bench: &mut Bench<F>,
) {
    let at = |text: &str, resolution| {
        patch(|patch| {
            patch.profile.last_login = Change::Set(time(text));
            patch.last_login_resolution = resolution;
        })
    };
    let user = bench.put("one", at("2024-06-22T17:04:06.500Z", Resolution::Exact)).await;
    let same = bench.upsert("one", at("2024-06-22T17:04:06Z", Resolution::Second)).await.unwrap();
    assert_eq!((same.effect, same.user.version), (Effect::Unchanged, user.version));
    let exact = bench.upsert("one", at("2024-06-22T17:04:06Z", Resolution::Exact)).await.unwrap();
    assert_eq!(exact.effect, Effect::Updated);
    let later = bench.upsert("one", at("2024-06-22T17:04:07Z", Resolution::Second)).await.unwrap();
    assert_eq!(later.user.profile.last_login, Some(time("2024-06-22T17:04:07Z")));
}

/// D9.
pub async fn d9_a_refusal_names_every_fault_and_changes_nothing<F: StoreFactory>(bench: &mut Bench<F>) {
    bench.set_rules(roster_directory::References::Open, true).await;
    let ann = bench.put("ann", with_email("ann@example.com")).await;
    let bob = bench.put("bob", with_given_name("Bob")).await;
    let wanted = patch(|patch| {
        patch.user_name = Change::Set(user_name("ANN@example.com"));
        patch.profile.email = Change::Set(email("Ann@Example.com"));
        patch.profile.given_name = Change::Set(crate::build::text("Robert"));
        patch.links.insert(source("bubble"), Change::Set(external_id("ann")));
    });
    let refused = bench.update(by_id(&bob), wanted.clone()).await;
    let Err(Error::Refused(refused)) = refused else { panic!("{refused:?}") };
    let Refusal::Faults(faults) = refused.refusal else { panic!("{refused:?}") };
    let taken = |at| Fault { at, reason: Reason::Taken };
    assert_eq!(faults.len(), 3, "{faults:?}");
    for at in [FaultAt::Field(Field::UserName), FaultAt::Field(Field::Email), FaultAt::Link(source("bubble"))]
    {
        assert!(faults.contains(&taken(at)), "{faults:?}");
    }
    let told = bench.directory.update_faults(&bench.who(), by_id(&bob), wanted).await.unwrap();
    assert_eq!(told, faults, "asking beforehand tells the same");
    assert_eq!(bench.stored(&bob).await, *bob);
    assert_eq!(bench.stored(&ann).await, *ann);
    assert_eq!(bench.history(&bob).await.len(), 1);
}

/// `updated_at` is the callers'; `recorded_at` is the server's.
pub async fn updated_at_moves_unless_a_caller_sets_it<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", UserPatch::default()).await;
    bench.tick();
    let moved = bench.put("one", with_given_name("Ann")).await;
    assert_eq!((moved.updated_at, moved.created_at), (bench.now(), user.created_at));
    bench.tick();
    let told = time("2001-01-01T00:00:00Z");
    let set = bench.put("one", patch(|patch| patch.updated_at = Assign::Set(told))).await;
    assert_eq!((set.updated_at, set.recorded_at), (told, bench.now()));
    bench.tick();
    let unchanged = bench.upsert("one", patch(|patch| patch.updated_at = Assign::Set(told))).await.unwrap();
    assert_eq!(unchanged.effect, Effect::Unchanged);
    let cleared = bench.put("one", patch(|patch| patch.created_at = Change::Clear)).await;
    assert_eq!(cleared.version, set.version, "the server's own time of creation was never replaced");
}

/// `If-Match`.
pub async fn expected_versions_are_checked_in_the_transaction<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", UserPatch::default()).await;
    let update = |versions: &[u64], name: &str| Update {
        patch: with_given_name(name),
        if_version: Some(versions.to_vec()),
        ..Update::default()
    };
    let dialect = roster_directory::Dialect::Rest;
    let who = bench.who();
    let go = |update| bench.directory.update(&who, dialect, by_id(&user), update);
    assert_eq!(go(update(&[7, 1], "Ann")).await.unwrap().user.version, 2);
    let refused = go(update(&[1], "Bea")).await;
    assert_eq!(refused.err(), Some(Refusal::VersionMismatch { current: 2 }.into()));
    let refused = bench.directory.delete(&who, dialect, by_id(&user), Some(vec![1]), None).await;
    assert_eq!(refused.err(), Some(Refusal::VersionMismatch { current: 2 }.into()));
    assert_eq!(bench.stored(&user).await.version, 2);
}

/// The numbers of users are in order of creation.
pub async fn numbers_have_no_gaps_and_refusals_take_none<F: StoreFactory>(bench: &mut Bench<F>) {
    let first = bench.put("a", with_user_name("taken")).await;
    for attempt in 0..3 {
        let refused = bench.upsert(&format!("refused {attempt}"), with_user_name("TAKEN")).await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    }
    let second = bench.put("b", UserPatch::default()).await;
    bench.delete(&second).await;
    let third = bench.put("b", UserPatch::default()).await;
    assert_eq!([first.number.get(), second.number.get(), third.number.get()], [1, 2, 3]);
    bench.reopen().await;
    assert_eq!(bench.put("c", UserPatch::default()).await.number.get(), 4, "a number is never given again");
    let by_number = bench.store.user(Target::Number(first.number)).await.unwrap().unwrap();
    assert_eq!(by_number, first);
}

/// A handler can't forget to ask.
pub async fn scopes_are_asked_for_again<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", UserPatch::default()).await;
    let reader = with_scopes("bubble", &[Scope::UsersRead]);
    let writer = with_scopes("bubble", &[Scope::UsersWrite]);
    let dialect = roster_directory::Dialect::Rest;
    let directory = &bench.directory;
    let denied = Some(Error::Forbidden(Scope::UsersWrite));
    assert_eq!(
        directory.upsert(&reader, dialect, external_id("x"), UserPatch::default(), None).await.err(),
        denied
    );
    assert_eq!(directory.update(&reader, dialect, by_id(&user), Update::default()).await.err(), denied);
    assert_eq!(directory.delete(&reader, dialect, by_id(&user), None, None).await.err(), denied);
    assert_eq!(directory.get(&writer, by_id(&user)).await.err(), Some(Error::Forbidden(Scope::UsersRead)));
    assert_eq!(directory.get(&reader, by_id(&user)).await.unwrap(), user);
    assert_eq!(bench.history(&user).await.len(), 1);
}

/// D5.
pub async fn everything_survives_a_restart<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", full_patch("ann")).await;
    let deleted = bench.put("two", full_patch("bob")).await;
    bench.delete(&deleted).await;
    let (before, gone) = (bench.history(&user).await, bench.stored(&deleted).await);
    bench.reopen().await;
    assert_eq!(bench.stored(&user).await, *user);
    assert_eq!(bench.history(&user).await, before);
    assert_eq!(bench.stored(&deleted).await, gone);
    let again = bench.upsert("one", full_patch("ann")).await.unwrap();
    assert_eq!(again.effect, Effect::Unchanged);
}
