//! What one user alone may hold: D7.

use roster_directory::search::{Comparison, Condition, From, Order, Search, TextOrder, UserKey, UserTest};
use roster_directory::{
    Change, Effect, Error, Fault, FaultAt, Field, FieldChange, Reason, References, Refusal, TakenLinks,
    Target, User, UserId, UserPatch, Value,
};

use crate::build::{
    by_id, link, patch, principal, source, user_name, with_email, with_given_name, with_link, with_user_name,
};
use crate::{Bench, StoreFactory};

fn taken(at: FaultAt) -> Error {
    Refusal::Faults(vec![Fault { at, reason: Reason::Taken }]).into()
}

fn name(user: &User) -> (&str, bool) {
    (user.user_name.as_str(), user.user_name_chosen)
}

async fn holder<F: StoreFactory>(bench: &Bench<F>, name: &str) -> Option<String> {
    let user = bench.store.user(Target::UserName(user_name(name))).await.unwrap();
    user.map(|user| user.id.to_string())
}

/// D7.
pub async fn d7_user_name_is_derived_from_the_email<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_email("Ann@Example.com")).await;
    assert_eq!(name(&user), ("Ann@Example.com", false));
    assert_eq!(holder(bench, "ann@example.COM").await, Some(user.id.to_string()));
}

/// D7: the first that is free and has no `@`.
pub async fn d7_user_name_is_derived_from_an_external_id<F: StoreFactory>(bench: &mut Bench<F>) {
    assert_eq!(name(&*bench.put("one", UserPatch::default()).await), ("one", false));
    bench.put("first", with_email("shared@example.com")).await;
    let second = bench.put("second", with_email("SHARED@example.com")).await;
    assert_eq!(name(&second), ("second", false), "the email is taken as a user_name");
    let with_two = patch(|patch| {
        patch.links.insert(source("zulu"), Change::Set(crate::build::external_id("Zoe")));
    });
    assert_eq!(name(&*bench.put("x@y", with_two).await), ("Zoe", false));
}

/// D7.
pub async fn d7_user_name_is_derived_from_the_id_at_last<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("x@y", UserPatch::default()).await;
    assert_eq!(name(&user), (user.id.to_string().as_str(), false));
    bench.put("other", with_user_name("three")).await;
    let user = bench.put("THREE", UserPatch::default()).await;
    assert_eq!(name(&user), (user.id.to_string().as_str(), false));
}

/// D7: never because of another user.
pub async fn d7_a_derived_user_name_changes_only_with_the_users_own_email_or_links<F: StoreFactory>(
    bench: &mut Bench<F>,
) {
    let holder = bench.put("first", with_email("a@example.com")).await;
    let user = bench.put("second", with_email("a@example.com")).await;
    assert_eq!(name(&user), ("second", false));
    bench.delete(&holder).await;
    let user = bench.put("second", with_given_name("Ann")).await;
    assert_eq!(name(&user), ("second", false), "neither another user nor another field moves it");
    let user = bench.put("second", with_link("crm", Change::Set("7"))).await;
    assert_eq!(name(&user), ("a@example.com", false), "its own link does");
    bench.tick();
    let user = bench.put("second", with_email("b@example.com")).await;
    assert_eq!(name(&user), ("b@example.com", false), "its own email does");
    assert_eq!(self::holder(bench, "a@example.com").await, None, "the old one is free");
    let last = &bench.history(&user).await.pop().unwrap().1;
    let fields: Vec<Field> = last.changes.iter().flatten().map(|change| change.field).collect();
    assert_eq!(fields, [Field::Email, Field::UserName, Field::UpdatedAt], "it is journalled");
}

/// D7.
pub async fn d7_a_chosen_user_name_stays<F: StoreFactory>(bench: &mut Bench<F>) {
    bench.put("one", with_user_name("Ann")).await;
    let user = bench.put("one", with_email("ann@example.com")).await;
    assert_eq!(name(&user), ("Ann", true));
    let user = bench.put("one", patch(|patch| patch.user_name = Change::Clear)).await;
    assert_eq!(name(&user), ("ann@example.com", false), "cleared, it is derived again");
    let user = bench.put("one", with_user_name("ann@example.com")).await;
    assert_eq!(name(&user), ("ann@example.com", true), "choosing what was derived is a choice");
    let user = bench.put("one", with_email("other@example.com")).await;
    assert_eq!(name(&user), ("ann@example.com", true));
}

/// D7.
pub async fn d7_user_names_compare_folded<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_user_name("Straße")).await;
    for other in ["STRASSE", "strasse", "Straße"] {
        let refused = bench.upsert("two", with_user_name(other)).await;
        assert_eq!(refused.err(), Some(taken(FaultAt::Field(Field::UserName))), "{other}");
        assert_eq!(holder(bench, other).await, Some(user.id.to_string()));
    }
    let renamed = bench.put("one", with_user_name("STRASSE")).await;
    assert_eq!((renamed.version, name(&renamed)), (2, ("STRASSE", true)), "one's own may be spelt anew");
}

/// D7.
pub async fn d7_a_user_name_is_one_users_alone<F: StoreFactory>(bench: &mut Bench<F>) {
    bench.put("one", with_user_name("ann")).await;
    let two = bench.put("two", with_user_name("bob")).await;
    let refused = bench.update(by_id(&two), with_user_name("ann")).await;
    assert_eq!(refused.err(), Some(taken(FaultAt::Field(Field::UserName))));
    bench.put("one", with_user_name("anna")).await;
    assert_eq!(name(&*bench.put("two", with_user_name("ann")).await), ("ann", true), "it was given up");
}

/// D7.
pub async fn d7_links_are_one_users_alone_in_their_source<F: StoreFactory>(bench: &mut Bench<F>) {
    let one = bench.put("one", with_link("crm", Change::Set("7"))).await;
    let two = bench.put("two", with_link("erp", Change::Set("7"))).await;
    assert_ne!(one.id, two.id, "each source has its own name space");
    let refused = bench.update(by_id(&two), with_link("crm", Change::Set("7"))).await;
    assert_eq!(refused.err(), Some(taken(FaultAt::Link(source("crm")))));
    bench.put("one", with_link("crm", Change::Clear)).await;
    assert_eq!(bench.put("two", with_link("crm", Change::Set("7"))).await.links.len(), 3);
    let found = bench.store.user(Target::Link(link("crm", "7"))).await.unwrap().unwrap();
    assert_eq!(found.id, two.id);
}

/// The users whom a search for what `crm` calls them finds.
async fn found<F: StoreFactory>(bench: &Bench<F>, id: &str) -> Vec<UserId> {
    let order = TextOrder::Order(Order::Eq);
    let comparison = Comparison::Text { order, value: id.to_owned(), exact: true };
    let test = UserTest::Key(UserKey::ExternalId(source("crm")), comparison);
    let search =
        Search { condition: Condition::Test(test), sort: None, from: From::Skip(0), limit: 10, counts: true };
    let found = bench.store.search_users(search).await.unwrap();
    assert_eq!(found.total, u64::try_from(found.page.len()).ok());
    found.page.iter().map(|user| user.id).collect()
}

/// It goes on leading to the one that had it first, and is a way to find both.
pub async fn a_link_is_shared_where_the_caller_allows_it<F: StoreFactory>(bench: &mut Bench<F>) {
    let seven = || with_link("crm", Change::Set("7"));
    let sharing = || UserPatch { taken_links: TakenLinks::Share, ..seven() };
    let leads_to = async |bench: &Bench<F>| {
        bench.store.user(Target::Link(link("crm", "7"))).await.unwrap().map(|user| user.id)
    };
    let sorted = |mut ids: Vec<UserId>| {
        ids.sort_unstable();
        ids
    };
    let first = bench.put("one", sharing()).await;
    assert_eq!(bench.upsert("two", seven()).await.err(), Some(taken(FaultAt::Link(source("crm")))));
    bench.tick();
    let second = bench.put("two", sharing()).await;
    assert_eq!(second.external_id(&source("crm")), first.external_id(&source("crm")));
    assert_eq!(bench.stored(&second).await, *second);
    assert_eq!(leads_to(bench).await, Some(first.id));
    assert_eq!(found(bench, "7").await, sorted(vec![first.id, second.id]));
    assert_eq!(bench.upsert("two", sharing()).await.unwrap().effect, Effect::Unchanged);
    assert_eq!(bench.upsert("two", seven()).await.unwrap().effect, Effect::Unchanged);

    let cleared = || with_link("crm", Change::Clear);
    bench.put("one", cleared()).await;
    assert_eq!((leads_to(bench).await, found(bench, "7").await), (None, vec![second.id]));
    let third = bench.put("three", seven()).await;
    assert_eq!(leads_to(bench).await, Some(third.id));
    assert_eq!(found(bench, "7").await, sorted(vec![second.id, third.id]));
    bench.put("two", cleared()).await;
    assert_eq!((leads_to(bench).await, found(bench, "7").await), (Some(third.id), vec![third.id]));

    bench.reopen().await;
    bench.put("two", sharing()).await;
    bench.delete(&third).await;
    assert_eq!((leads_to(bench).await, found(bench, "7").await), (None, vec![second.id]));
    let fourth = bench.put("four", sharing()).await;
    assert_eq!(leads_to(bench).await, Some(fourth.id), "it is taken over from the deleted one");
    bench.put("two", with_link("crm", Change::Set("8"))).await;
    assert_eq!((found(bench, "7").await, found(bench, "8").await), (vec![fourth.id], vec![second.id]));
    bench.put("two", sharing()).await;
    bench.delete(&second).await;
    assert_eq!(found(bench, "7").await, [fourth.id]);
}

/// D7.
pub async fn d7_external_ids_compare_character_for_character<F: StoreFactory>(bench: &mut Bench<F>) {
    let ids = ["é", "e\u{301}", "É", "Straße", "STRASSE", " x", "x", "X", "a:b", "a%3Ab"];
    let mut users = Vec::new();
    for id in ids {
        let made = bench.upsert(id, UserPatch::default()).await.unwrap();
        assert_eq!(made.effect, Effect::Created, "{id:?}");
        users.push(made.user.id);
    }
    for (id, user) in ids.into_iter().zip(users) {
        let found = bench.store.user(Target::Link(link("bubble", id))).await.unwrap().unwrap();
        assert_eq!(found.id, user, "{id:?}");
    }
}

/// Deletion.
pub async fn d7_a_deleted_user_gives_up_its_names_and_keeps_its_number<F: StoreFactory>(
    bench: &mut Bench<F>,
) {
    bench.set_rules(References::Open, true).await;
    let gone = bench.put("one", with_email("ann@example.com")).await;
    bench.tick();
    let deleted = bench.delete(&gone).await;
    assert_eq!((deleted.effect, deleted.user.deleted_at), (Effect::Deleted, Some(bench.now())));
    let who = bench.who();
    for target in [
        by_id(&gone),
        Target::Number(gone.number),
        Target::Link(link("bubble", "one")),
        Target::UserName(gone.user_name.clone()),
    ] {
        let got = bench.directory.get(&who, target.clone()).await;
        assert_eq!(got.err(), Some(Refusal::NotFound.into()), "{target:?}");
        let updated = bench.update(target.clone(), with_given_name("Ann")).await;
        assert_eq!(updated.err(), Some(Refusal::NotFound.into()), "{target:?}");
    }
    let other = bench.put("two", with_email("ann@example.com")).await;
    assert_eq!(other.user_name.as_str(), "ann@example.com", "user_name and email are free");
    let stored = bench.stored(&gone).await;
    assert_eq!((stored.id, stored.number, stored.version), (gone.id, gone.number, 2));
    let history = bench.directory.history(&who, by_id(&gone), 0, 10).await.unwrap();
    assert_eq!(history.len(), 2, "the history stays");
}

/// Deletion, then an upsert of the same external id.
pub async fn d7_a_link_is_taken_over_from_a_deleted_user<F: StoreFactory>(bench: &mut Bench<F>) {
    let gone = bench.put("one", UserPatch::default()).await;
    bench.delete(&gone).await;
    let made = bench.upsert("one", UserPatch::default()).await.unwrap();
    assert_eq!(made.effect, Effect::Created);
    let user = made.user;
    assert_ne!((user.id, user.number), (gone.id, gone.number));
    let found = bench.store.user(Target::Link(link("bubble", "one"))).await.unwrap().unwrap();
    assert_eq!(found, user);
    let (_, entry) = bench.history(&user).await.remove(0);
    let moved = FieldChange {
        field: Field::Links,
        before: Some(Value::Holder(gone.id)),
        after: Some(Value::Link(link("bubble", "one"))),
    };
    assert!(entry.changes.unwrap().contains(&moved), "the take-over is journalled");
    let third = bench.put("third", with_link("crm", Change::Set("9"))).await;
    bench.delete(&third).await;
    let over = bench.update(by_id(&user), with_link("crm", Change::Set("9"))).await.unwrap();
    assert_eq!(over.user.links.len(), 2, "an update takes over as well");
}

/// CVE-2025-41115.
pub async fn d7_no_caller_chosen_id_is_looked_up_as_another<F: StoreFactory>(bench: &mut Bench<F>) {
    let victim = bench.put("victim", UserPatch::default()).await;
    for text in [victim.id.to_string(), victim.number.to_string(), "bubble:victim".to_owned()] {
        let made = bench.upsert(&text, UserPatch::default()).await.unwrap();
        assert_eq!(made.effect, Effect::Created, "{text}");
        assert_ne!(made.user.id, victim.id);
    }
    // A source's name has no colon, so that two sources can't share a claim.
    let other = principal("bubbl");
    let made = bench.directory.upsert(
        &other,
        roster_directory::Dialect::Algorep,
        crate::build::external_id("e:victim"),
        UserPatch::default(),
        None,
    );
    assert_eq!(made.await.unwrap().effect, Effect::Created);
    assert_eq!(bench.stored(&victim).await, *victim);
}

/// D7.
pub async fn d7_email_is_shared_unless_it_is_unique<F: StoreFactory>(bench: &mut Bench<F>) {
    bench.put("one", with_email("ann@example.com")).await;
    let two = bench.put("two", with_email("ann@example.com")).await;
    bench.put("two", with_email("bob@example.com")).await;
    bench.set_rules(References::Open, true).await;
    let refused = bench.update(by_id(&two), with_email("ANN@example.com")).await;
    assert_eq!(refused.err(), Some(taken(FaultAt::Field(Field::Email))));
    let own = bench.update(by_id(&two), with_email("Bob@example.com")).await.unwrap();
    assert_eq!(own.effect, Effect::Updated, "one's own may be spelt anew");
    bench.put("one", patch(|patch| patch.profile.email = Change::Clear)).await;
    let freed = bench.update(by_id(&two), with_email("ann@example.com")).await.unwrap();
    assert_eq!(freed.effect, Effect::Updated, "it was given up");
    bench.set_rules(References::Open, false).await;
    assert_eq!(bench.upsert("three", with_email("ann@example.com")).await.unwrap().effect, Effect::Created);
}
