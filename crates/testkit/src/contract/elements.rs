//! What a user may have several of.

use roster_directory::element::{Address, Element, ElementId};
use roster_directory::{
    Attribute, Change, Content, Effect, Field, FieldChange, Idempotency, IdempotencyKey, User, Value,
};

use crate::build::{
    clearing_patch, content, elements_of, email, external_id, patch, primary, text, with_elements, with_email,
};
use crate::{Bench, StoreFactory};

const EMAILS: Attribute = Attribute::Emails;

/// The ids of a user's elements, with their types.
fn ids(user: &User) -> Vec<(ElementId, &str)> {
    let elements = user.elements.iter();
    elements.map(|element| (element.id, element.content.kind.as_deref().unwrap_or_default())).collect()
}

/// The changes of the last entry that are about elements.
async fn last_changes<F: StoreFactory>(
    bench: &Bench<F>,
    user: &User,
) -> Vec<(Option<Element>, Option<Element>)> {
    let element = |value: Option<Value>| match value {
        Some(Value::Element(element)) => Some(*element),
        None => None,
        Some(other) => panic!("{other:?}"),
    };
    let (_, entry) = bench.history(user).await.pop().unwrap();
    let changes = entry.changes.unwrap().into_iter().filter(|change| change.field == Field::Elements);
    changes.map(|FieldChange { before, after, .. }| (element(before), element(after))).collect()
}

fn three() -> Vec<Content> {
    vec![primary("a@e.example", "work"), content("b@e.example", "home"), content("c@e.example", "other")]
}

/// An element that stays, or is changed, keeps its id; one that was taken away never gives its id to another.
pub async fn elements_keep_their_ids_and_give_them_to_no_other<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_elements(EMAILS, three())).await;
    assert_eq!(ids(&user), [(1, "work"), (2, "home"), (3, "other")]);
    assert_eq!(elements_of(&user, EMAILS), three());
    assert_eq!(bench.stored(&user).await, *user);

    bench.tick();
    let shown = Content { display: Some("C".to_owned()), ..content("c@e.example", "other") };
    let two = || vec![shown.clone(), primary("a@e.example", "work")];
    let user = bench.put("one", with_elements(EMAILS, two())).await;
    assert_eq!(ids(&user), [(1, "work"), (3, "other")]);
    assert_eq!(user.elements[1].content, shown);

    let all = || [two(), vec![content("b@e.example", "home")]].concat();
    let user = bench.put("one", with_elements(EMAILS, all())).await;
    assert_eq!(ids(&user), [(1, "work"), (3, "other"), (4, "home")]);
    let user = bench.put("one", with_elements(EMAILS, two())).await;
    assert_eq!((ids(&user), user.last_element), (vec![(1, "work"), (3, "other")], 4));
    bench.reopen().await;
    assert_eq!(bench.stored(&user).await, *user);
    let user = bench.put("one", with_elements(EMAILS, all())).await;
    assert_eq!(ids(&user), [(1, "work"), (3, "other"), (5, "home")]);

    let moved = vec![content("c@e.example", "moved"), primary("a@e.example", "work")];
    let user = bench.put("one", with_elements(EMAILS, moved)).await;
    assert_eq!(ids(&user), [(1, "work"), (3, "moved")], "the value tells that it is the same");
    let other = vec![content("d@e.example", "moved"), primary("a@e.example", "work")];
    let user = bench.put("one", with_elements(EMAILS, other)).await;
    assert_eq!(ids(&user), [(1, "work"), (3, "moved")], "or the type");
    let user = bench.put("one", with_elements(EMAILS, Vec::new())).await;
    assert_eq!((ids(&user), user.last_element, user.profile.email.clone()), (vec![], 5, None));
    bench.reopen().await;
    assert_eq!(bench.stored(&user).await, *user);
}

/// Every attribute, with everything that an element may say.
pub async fn elements_are_kept_whole<F: StoreFactory>(bench: &mut Bench<F>) {
    let said = |value: &str| Content {
        value: Some(value.to_owned()),
        kind: Some("Kind".to_owned()),
        display: Some("Émile's".to_owned()),
        primary: Some(false),
        address: None,
    };
    let address = Address {
        formatted: Some("1 Main St\nParis".to_owned()),
        street_address: Some("1 Main St".to_owned()),
        locality: Some("Paris".to_owned()),
        region: Some(String::new()),
        postal_code: Some("75001".to_owned()),
        country: Some("FR".to_owned()),
    };
    let addresses = vec![
        Content { address: Some(Box::new(address)), ..Content::default() },
        Content { address: Some(Box::default()), ..said("an address that is a value") },
        Content { primary: Some(true), ..said("the primary one") },
    ];
    let lists = [
        (EMAILS, vec![said("a@e.example"), said("b@e.example")]),
        (Attribute::PhoneNumbers, vec![said("tel:1"), said("tel:2")]),
        (Attribute::Photos, vec![said("https://e.example/1"), said("//e.example/2")]),
        (Attribute::Addresses, addresses),
        (Attribute::Ims, vec![said("@ann"), said("@ANN")]),
        (Attribute::Roles, vec![said("admin"), said("admin")]),
        (Attribute::Entitlements, vec![said(&"é".repeat(1_024))]),
        (Attribute::X509Certificates, vec![said(&"M".repeat(16_384))]),
    ];
    let all = patch(|patch| {
        for (attribute, list) in lists.clone() {
            patch.elements.extend(with_elements(attribute, list).elements);
        }
    });
    let user = bench.put("one", all.clone()).await;
    bench.reopen().await;
    assert_eq!(bench.stored(&user).await, *user);
    for (attribute, mut list) in lists {
        // An address of which nothing is said is none.
        list.iter_mut().for_each(|content| {
            drop(content.address.take_if(|address| address.parts().iter().all(|(_, text)| text.is_none())))
        });
        assert_eq!(elements_of(&user, attribute), list, "{attribute:?}");
    }
    let same = bench.upsert("one", all).await.unwrap();
    assert_eq!((same.effect, &*same.user), (Effect::Unchanged, &*user));
    let cleared = bench.put("one", clearing_patch()).await;
    assert_eq!(cleared.elements.len(), 3 + 2 + 1 + 1 + 4, "the four own values went, and nothing else");
    assert_eq!(bench.stored(&user).await, *cleared);
}

/// One value is the directory's own: a caller that knows of one alone and one that knows of several agree on it.
pub async fn the_own_value_follows_whoever_writes_it<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_elements(EMAILS, three())).await;
    assert_eq!(user.profile.email, Some(email("a@e.example")));
    assert_eq!((user.elements[0].is_own, &user.elements[0].content.value), (true, &None));

    bench.tick();
    let user = bench.put("one", with_email("new@e.example")).await;
    let mut expected = three();
    expected[0].value = Some("new@e.example".to_owned());
    assert_eq!(elements_of(&user, EMAILS), expected, "the others are left");
    assert_eq!(last_changes(bench, &user).await, [], "the history tells of the field");
    assert_eq!(bench.stored(&user).await, *user);

    // The other caller calls another one the primary one.
    bench.tick();
    let list = vec![content("new@e.example", "work"), primary("b@e.example", "home")];
    let user = bench.put("one", with_elements(EMAILS, list.clone())).await;
    assert_eq!(user.profile.email, Some(email("b@e.example")));
    let mut found = elements_of(&user, EMAILS);
    found.sort_by_key(|content| content.primary);
    assert_eq!(found, list);
    assert_eq!(bench.stored(&user).await, *user);
}

/// Clearing the plain field.
pub async fn a_cleared_own_value_takes_its_element_with_it<F: StoreFactory>(bench: &mut Bench<F>) {
    bench.put("one", with_elements(EMAILS, three())).await;
    bench.tick();
    let user = bench.put("one", patch(|patch| patch.profile.email = Change::Clear)).await;
    assert_eq!(user.profile.email, None, "no other is promoted");
    assert_eq!(ids(&user), [(2, "home"), (3, "other")]);
    assert_eq!(elements_of(&user, EMAILS), three()[1..]);
    let own = Element {
        id: 1,
        attribute: EMAILS,
        is_own: true,
        content: Content { value: None, ..three().remove(0) },
    };
    assert_eq!(last_changes(bench, &user).await, [(Some(own), None)]);
    assert_eq!(bench.stored(&user).await, *user);

    bench.tick();
    let user = bench.put("one", with_email("new@e.example")).await;
    assert_eq!(ids(&user), [(2, "home"), (3, "other")], "no element is made for it");
    let implied = primary("new@e.example", "work");
    assert_eq!(elements_of(&user, EMAILS), [vec![implied], three()[1..].to_vec()].concat());
    assert_eq!(bench.stored(&user).await, *user);
}

/// A list that says no more than the field does makes none.
pub async fn what_the_field_says_alone_is_no_element<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_email("a@e.example")).await;
    let only = || with_elements(EMAILS, vec![primary("a@e.example", "work")]);
    assert_eq!(elements_of(&user, EMAILS), [primary("a@e.example", "work")]);
    let same = bench.upsert("one", only()).await.unwrap();
    assert_eq!((same.effect, same.user.last_element), (Effect::Unchanged, 0));
    let user = bench.put("two", only()).await;
    assert_eq!((&user.elements[..], user.last_element), (&[][..], 0));
    bench.put("two", with_elements(EMAILS, three())).await;
    let user = bench.put("two", only()).await;
    assert_eq!((&user.elements[..], user.last_element), (&[][..], 3));
    assert_eq!(bench.stored(&user).await, *user);
}

/// D6: in any order.
pub async fn d6_elements_that_are_there_already_are_not_written<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_elements(EMAILS, three())).await;
    bench.tick();
    let mut list = three();
    for _ in 0..list.len() {
        list.rotate_left(1);
        let same = bench.upsert("one", with_elements(EMAILS, list.clone())).await.unwrap();
        assert_eq!((same.effect, &*same.user), (Effect::Unchanged, &*user));
    }
    assert_eq!(bench.history(&user).await.len(), 1);
}

/// D2: each with its id.
pub async fn d2_the_journal_tells_each_element<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_elements(EMAILS, three())).await;
    let born = last_changes(bench, &user).await;
    let after: Vec<_> = user.elements.iter().map(|element| (None, Some(element.clone()))).collect();
    assert_eq!(born, after);
    bench.tick();
    let list =
        vec![primary("a@e.example", "work"), content("B@e.example", "home"), content("d@e.example", "new")];
    let changed = bench.put("one", with_elements(EMAILS, list)).await;
    let (_, entry) = bench.history(&user).await.pop().unwrap();
    assert_eq!(entry.field_ids(), [27, 45]);
    let [own, home, other] = &user.elements[..] else { panic!("{user:?}") };
    let [kept, new_home, new] = &changed.elements[..] else { panic!("{changed:?}") };
    assert_eq!((kept, new_home.id, new.id), (own, home.id, 4));
    let expected = [
        (Some(home.clone()), Some(new_home.clone())),
        (Some(other.clone()), None),
        (None, Some(new.clone())),
    ];
    assert_eq!(last_changes(bench, &user).await, expected);
    assert_eq!(changed.field_versions.get(Field::Elements), 2);
}

/// D8: a replay shows them.
pub async fn d8_a_replay_shows_the_elements_as_they_were<F: StoreFactory>(bench: &mut Bench<F>) {
    let request =
        || -> Idempotency { bench.directory.idempotency(IdempotencyKey::new("k").unwrap(), &[b"body"]) };
    let who = bench.who();
    let go = || {
        let patch = with_elements(EMAILS, three());
        let dialect = roster_directory::Dialect::Scim;
        bench.directory.upsert(&who, dialect, external_id("one"), patch, Some(request()))
    };
    let first = go().await.unwrap();
    bench.put("one", with_elements(EMAILS, Vec::new())).await;
    let again = go().await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.user.elements, first.user.elements);
    assert_eq!(elements_of(&again.user, EMAILS), three());
}

/// With elements of other attributes, and the fields that are not elements.
pub async fn an_attribute_that_is_not_named_is_left<F: StoreFactory>(bench: &mut Bench<F>) {
    bench.put("one", with_elements(EMAILS, three())).await;
    bench.put("one", patch(|patch| patch.profile.title = Change::Set(text("Chief")))).await;
    let roles = vec![content("admin", "x"), content("reader", "y")];
    let user = bench.put("one", with_elements(Attribute::Roles, roles.clone())).await;
    assert_eq!((elements_of(&user, EMAILS), elements_of(&user, Attribute::Roles)), (three(), roles));
    assert_eq!(user.profile.role, Some(text("admin")), "the first, where none is the primary one");
    let deleted = bench.delete(&user).await.user;
    assert_eq!(bench.stored(&user).await, *deleted);
    assert_eq!(deleted.elements, user.elements, "as it keeps its fields");
}
