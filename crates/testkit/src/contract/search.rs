//! Searches of users and groups, compared with what one finds in memory.

use roster_directory::search::{
    Comparison, Condition, ElementKey, Found, From, GroupKey, GroupSearch, GroupTest, Order, Search, SortKey,
    TextOrder, UserKey, UserSearch, UserTest,
};
use roster_directory::{Attribute, Error, Field, Group, GroupId, UserId};

use crate::build::{
    patch, source, user_name, with_elements, with_email, with_link, with_scopes, with_user_name,
};
use crate::searching::conditions::{Trees, of_elements, of_grants_and_groups, of_groups, of_users};
use crate::searching::{World, people};
use crate::{Bench, StoreFactory};

fn all<T, Key, Id>(condition: Condition<T>) -> Search<T, Key, Id> {
    Search { condition, sort: None, from: From::After(None), limit: 1_000, counts: true }
}

async fn find<F: StoreFactory>(
    bench: &Bench<F>,
    search: &UserSearch,
) -> roster_directory::search::FoundUsers {
    bench.directory.search_users(&bench.who(), search.clone()).await.unwrap()
}

async fn find_groups<F: StoreFactory>(bench: &Bench<F>, search: &GroupSearch) -> Found<Group> {
    bench.directory.search_groups(&bench.who(), search.clone()).await.unwrap()
}

/// How many fit; and fails unless the store finds what is found in memory.
async fn compare<F: StoreFactory>(bench: &Bench<F>, world: &World, search: &UserSearch) -> usize {
    let (found, expected) = (find(bench, search).await, world.find_users(search));
    let numbers = |found: &roster_directory::search::FoundUsers| -> Vec<i64> {
        found.page.iter().map(|user| user.number.get()).collect()
    };
    assert_eq!(numbers(&found), numbers(&expected), "{search:#?}");
    assert_eq!(found, expected, "{search:#?}");
    expected.page.len()
}

async fn compare_groups<F: StoreFactory>(bench: &Bench<F>, world: &World, search: &GroupSearch) -> usize {
    let (found, expected) = (find_groups(bench, search).await, world.find_groups(search));
    assert_eq!(found, expected, "{search:#?}");
    expected.page.len()
}

/// Each test by itself, and what does not fit it.
async fn compare_each<F: StoreFactory>(bench: &Bench<F>, world: &World, tests: Vec<UserTest>) {
    let (mut some, count) = (0, tests.len());
    for test in tests {
        let found = compare(bench, world, &all(Condition::Test(test.clone()))).await;
        some += usize::from((1..people::USERS).contains(&found));
        compare(bench, world, &all(Condition::Not(Box::new(Condition::Test(test))))).await;
    }
    assert!(some > count / 3, "{some} of {count} tests tell users apart");
}

/// Of every kind, with every comparison.
pub async fn users_are_found_by_their_own_values<F: StoreFactory>(bench: &mut Bench<F>) {
    let world = people::world(bench).await;
    compare_each(bench, &world, of_users(&world)).await;
    for always in [true, false] {
        compare(bench, &world, &all(Condition::Always(always))).await;
    }
}

/// Also where the directory's own value is one without being stored as one.
pub async fn users_are_found_by_their_elements<F: StoreFactory>(bench: &mut Bench<F>) {
    let world = people::world(bench).await;
    compare_each(bench, &world, of_elements()).await;
}

/// One grant or group must fit.
pub async fn users_are_found_by_their_grants_and_groups<F: StoreFactory>(bench: &mut Bench<F>) {
    let world = people::world(bench).await;
    compare_each(bench, &world, of_grants_and_groups(&world)).await;
}

/// In any way.
pub async fn conditions_are_combined<F: StoreFactory>(bench: &mut Bench<F>) {
    let world = people::world(bench).await;
    let trees = Trees::new(7);
    let mut tests = [of_users(&world), of_elements(), of_grants_and_groups(&world)].concat();
    tests.extend((0..200).map(|_| trees.of_one(&of_elements())).collect::<Vec<_>>());
    let mut some = 0;
    for _ in 0..400 {
        let found = compare(bench, &world, &all(trees.tree(&tests, 3))).await;
        some += usize::from((1..people::USERS).contains(&found));
    }
    assert!(some > 100, "{some} conditions tell users apart");
}

/// By every kind of value, both ways, with those that have none.
pub async fn users_are_put_in_order<F: StoreFactory>(bench: &mut Bench<F>) {
    let world = people::world(bench).await;
    let keys = [
        UserKey::Id,
        UserKey::Number,
        UserKey::UserName,
        UserKey::ExternalId(source("crm")),
        UserKey::Active,
        UserKey::CreatedAt,
        UserKey::RecordedAt,
        UserKey::Field(Field::DisplayName),
        UserKey::Field(Field::Title),
        UserKey::Field(Field::Manager),
        UserKey::Field(Field::Staff),
        UserKey::Field(Field::LastLogin),
        UserKey::Field(Field::ProducerId),
    ];
    let elements = [
        (Attribute::Emails, ElementKey::Value),
        (Attribute::Emails, ElementKey::Kind),
        (Attribute::Emails, ElementKey::Primary),
        (Attribute::PhoneNumbers, ElementKey::Value),
        (Attribute::PhoneNumbers, ElementKey::Primary),
        (Attribute::Photos, ElementKey::Kind),
        (Attribute::Roles, ElementKey::Value),
        (Attribute::Roles, ElementKey::Display),
        (Attribute::Addresses, ElementKey::Locality),
        (Attribute::Addresses, ElementKey::Kind),
        (Attribute::Ims, ElementKey::Value),
        (Attribute::X509Certificates, ElementKey::Value),
    ];
    let keys = keys.into_iter().map(SortKey::Key);
    let keys = keys.chain(elements.map(|(attribute, part)| SortKey::Element(attribute, part)));
    let active = Comparison::Truth { equal: true, value: true };
    for key in keys {
        for descending in [false, true] {
            for condition in
                [Condition::Always(true), Condition::Test(UserTest::Key(UserKey::Active, active.clone()))]
            {
                for (skipped, limit) in [(0, 1_000), (10, 15), (50, 15)] {
                    let search = UserSearch {
                        condition: condition.clone(),
                        sort: Some((key.clone(), descending)),
                        from: From::Skip(skipped),
                        limit,
                        counts: true,
                    };
                    compare(bench, &world, &search).await;
                }
            }
        }
    }
}

/// With how many fit, where that is asked.
pub async fn a_page_begins_behind_so_many<F: StoreFactory>(bench: &mut Bench<F>) {
    let world = people::world(bench).await;
    let titled = UserTest::Key(UserKey::Field(Field::Title), Comparison::Present);
    let narrow = |name: &str| {
        let comparison =
            Comparison::Text { order: TextOrder::Order(Order::Eq), value: name.to_owned(), exact: false };
        UserTest::Key(UserKey::UserName, comparison)
    };
    let name = world.users[7].user_name.as_str();
    for test in [titled, narrow(name), narrow("nobody")] {
        let fitting = world.find_users(&all(Condition::Test(test.clone()))).page.len();
        let fitting = u64::try_from(fitting).unwrap();
        let mut froms: Vec<_> =
            [0, 1, 7, fitting.saturating_sub(1), fitting, fitting + 1, i64::MAX.unsigned_abs()]
                .map(From::Skip)
                .to_vec();
        let ids = [0, 20, 59].map(|user: usize| Some(world.users[user].id));
        froms.extend(ids.into_iter().chain([None, Some(UserId(uuid::Uuid::max()))]).map(From::After));
        for from in froms {
            for limit in [0, 1, 7, 1_000] {
                for counts in [true, false] {
                    let condition = Condition::Test(test.clone());
                    compare(bench, &world, &UserSearch { condition, sort: None, from, limit, counts }).await;
                }
            }
        }
    }
}

/// Behind an id: nobody is missed, or comes twice, while others come and go.
pub async fn a_page_begins_behind_an_id<F: StoreFactory>(bench: &mut Bench<F>) {
    let mut users = Vec::new();
    for number in 0..20 {
        bench.tick();
        users.push(bench.put(&format!("u{number}"), patch(|_| {})).await);
    }
    let mut listed: Vec<UserId> = Vec::new();
    for round in 0_usize.. {
        let from = From::After(listed.last().copied());
        let search = UserSearch { from, limit: 3, counts: false, ..all(Condition::Always(true)) };
        let found = find(bench, &search).await;
        assert_eq!((found.page.len() == 3 || !found.more, found.total), (true, None));
        listed.extend(found.page.iter().map(|user| user.id));
        if !found.more {
            break;
        }
        if round < 5 {
            bench.delete(&users[round * 2]).await;
            bench.delete(&users[19 - round]).await;
            bench.tick();
            bench.put(&format!("new {round}"), patch(|_| {})).await;
        }
    }
    for user in &users {
        if bench.stored(user).await.is_living() {
            assert!(listed.contains(&user.id), "{}", user.number);
        }
    }
    assert!(listed.is_sorted());
    listed.dedup();
    assert!(listed.len() >= 15, "{}", listed.len());
}

/// What an index finds is compared as names are: fully folded.
pub async fn names_and_addresses_are_found_however_they_are_written<F: StoreFactory>(bench: &mut Bench<F>) {
    let named = bench.put("a", with_user_name("Straße")).await;
    let emailed = bench.put("b", with_email("Straße@e.example")).await;
    let list = vec![
        crate::build::primary("own@e.example", "work"),
        crate::build::content("STRASSE@e.example", "home"),
    ];
    let several = bench.put("c", with_elements(Attribute::Emails, list)).await;
    let linked = bench.put("d", with_link("crm", roster_directory::Change::Set("Straße"))).await;
    let gone = bench.put("e", with_email("strasse@e.example")).await;
    bench.delete(&gone).await;
    let equal = |value: &str, exact| Comparison::Text {
        order: TextOrder::Order(Order::Eq),
        value: value.to_owned(),
        exact,
    };
    let by_name = |value: &str| UserTest::Key(UserKey::UserName, equal(value, false));
    let by_email = |value: &str, exact| {
        UserTest::Element(Attribute::Emails, Condition::Test((ElementKey::Value, equal(value, exact))))
    };
    let by_link = |value: &str, exact| UserTest::Key(UserKey::ExternalId(source("crm")), equal(value, exact));
    let mut emails = [emailed.id, several.id];
    emails.sort_unstable();
    for (test, expected) in [
        (by_name("STRASSE"), &[named.id][..]),
        (by_name("strase"), &[]),
        (by_email("strasse@E.example", false), &emails),
        (by_email("STRASSE@e.example", true), &[several.id]),
        (by_email("strasse@e.example", true), &[]),
        (by_link("Straße", true), &[linked.id]),
        (by_link("STRASSE", true), &[]),
    ] {
        let found = find(bench, &all(Condition::Test(test.clone()))).await;
        let ids: Vec<UserId> = found.page.iter().map(|user| user.id).collect();
        assert_eq!((&ids[..], found.total), (expected, u64::try_from(expected.len()).ok()), "{test:?}");
    }
    // One that was given up is nobody's.
    bench.put("a", with_user_name("Weg")).await;
    assert_eq!(find(bench, &all(Condition::Test(by_name("straße")))).await.page, []);
    assert_eq!(user_name("Weg").as_str(), "Weg");
}

/// By their own values and by their members, in any order and page.
pub async fn groups_are_found<F: StoreFactory>(bench: &mut Bench<F>) {
    let world = people::world(bench).await;
    let trees = Trees::new(8);
    let tests = of_groups(&world);
    let mut some = 0;
    let each = tests.iter().cloned().map(Condition::Test);
    let negated = tests.iter().cloned().map(|test| Condition::Not(Box::new(Condition::Test(test))));
    let combined = (0..200).map(|_| trees.tree(&tests, 3));
    for condition in each.chain(negated).chain(combined) {
        let found = compare_groups(bench, &world, &all(condition)).await;
        some += usize::from((1..world.groups.len()).contains(&found));
    }
    assert!(some > 100, "{some} conditions tell groups apart");
    let keys = [
        GroupKey::Id,
        GroupKey::DisplayName,
        GroupKey::ExternalId(source("bubble")),
        GroupKey::RegisteredAt,
        GroupKey::RecordedAt,
    ];
    let sorts =
        keys.into_iter().flat_map(|key| [false, true].map(|descending| Some((key.clone(), descending))));
    for sort in sorts.chain([None]) {
        for (skipped, limit) in [(0, 1_000), (1, 2), (4, 2), (5, 2), (9, 1), (0, 0)] {
            for counts in [true, false] {
                let search = GroupSearch {
                    condition: Condition::Always(true),
                    sort: sort.clone(),
                    from: From::Skip(skipped),
                    limit,
                    counts,
                };
                compare_groups(bench, &world, &search).await;
            }
        }
    }
    for group in [None, Some(world.groups[1].id), Some(GroupId(uuid::Uuid::max()))] {
        for limit in [1, 10] {
            let search = GroupSearch { from: From::After(group), limit, ..all(Condition::Always(true)) };
            compare_groups(bench, &world, &search).await;
        }
    }
    let none: Condition<GroupTest> = Condition::Always(false);
    assert_eq!(compare_groups(bench, &world, &all(none)).await, 0);
}

/// A handler can't forget to ask.
pub async fn searches_ask_for_their_scope<F: StoreFactory>(bench: &mut Bench<F>) {
    let nobody = with_scopes("bubble", &[roster_directory::Scope::UsersWrite]);
    let users = bench.directory.search_users(&nobody, all(Condition::Always(true))).await;
    assert!(matches!(users, Err(Error::Forbidden(_))), "{users:?}");
    let groups = bench.directory.search_groups(&nobody, all(Condition::Always(true))).await;
    assert!(matches!(groups, Err(Error::Forbidden(_))), "{groups:?}");
}
