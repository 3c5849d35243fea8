//! How searches are run: by which indexes, how long at the most, and that each is planned for itself. (What they find is the
//! contract's.)
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::proxy::Proxy;
use common::{directory, keyring, open, options};
use futures_util::future::join_all;
use roster_directory::search::{
    Comparison, Condition, ElementKey, From, GroupKey, GroupSearch, GroupTest, Order, TextOrder, UserKey,
    UserSearch, UserTest,
};
use roster_directory::store::StoreError;
use roster_directory::{Attribute, Dialect, GroupId, Rules, Store as _, UserId};
use roster_store_postgres::{Options, PostgresStore};
use roster_store_sql::{Param, Postgres, Queries, Statement};
use roster_testkit::TestDatabase;
use roster_testkit::build::{external_id, principal, source, with_user_name};
use uuid::Uuid;

fn equal(value: &str) -> Comparison {
    text(TextOrder::Order(Order::Eq), value)
}

/// As external ids are compared.
fn exactly(value: &str) -> Comparison {
    Comparison::Text { order: TextOrder::Order(Order::Eq), value: value.to_owned(), exact: true }
}

fn text(order: TextOrder, value: &str) -> Comparison {
    Comparison::Text { order, value: value.to_owned(), exact: false }
}

fn key(key: UserKey, comparison: Comparison) -> Condition<UserTest> {
    Condition::Test(UserTest::Key(key, comparison))
}

fn search(condition: Condition<UserTest>, from: From<UserId>) -> UserSearch {
    UserSearch { condition, sort: None, from, limit: 100, counts: true }
}

/// 20,000 users, each with an email, a link and an element, and 1,000 groups, each of a hundred of them.
async fn filled() -> (TestDatabase, PostgresStore) {
    let (database, keyring) = (TestDatabase::new(), keyring());
    let store = open(&database, &keyring).await;
    let id = |n: &str| format!("('00000000-0000-7000-8000-' || lpad(to_hex({n}), 12, '0'))::uuid");
    let (n, group, member) = (id("n"), id("n"), id("1 + (n * 20 + m) % 20000"));
    let users = "generate_series(1, 20000) AS t (n)";
    let groups = "generate_series(1, 1000) AS t (n)";
    for sql in [
        format!(
            "INSERT INTO users (id, number, version, user_name, user_name_chosen, active, created_at_us, \
             updated_at_us, registered_at_us, recorded_at_us, data_key, field_versions, email, email_folded, last_element) \
             SELECT {n}, n, 1, 'user' || n, true, true, 0, 0, 0, 0, '', '\\x00', n || '@E.example', n || '@e.example', 1 FROM {users}"
        ),
        format!(
            "INSERT INTO user_keys SELECT 3, 'user' || n, {n}, 1 FROM {users} \
             UNION ALL SELECT 1, 'bubble:x' || n, {n}, NULL FROM {users}"
        ),
        format!("INSERT INTO links SELECT {n}, 'bubble', 'x' || n, 1 FROM {users}"),
        format!(
            "INSERT INTO user_elements (user_id, id, attribute, version, is_there, is_own, value, value_folded) \
             SELECT {n}, 1, 1 + n % 8, 1, true, false, n || '@H.example', n || '@h.example' FROM {users}"
        ),
        format!("INSERT INTO groups SELECT {group}, 1, 'Group' || n, 'group' || n, 0, 0 FROM {groups}"),
        format!("INSERT INTO group_links SELECT {group}, 'bubble', 'g' || n FROM {groups}"),
        format!(
            "INSERT INTO group_members SELECT {group}, {member}, 0 FROM {groups}, generate_series(1, 100) AS s (m)"
        ),
        "ANALYZE".to_owned(),
    ] {
        database.sql(&sql);
    }
    (database, store)
}

/// The plan of a statement, for its own values.
fn plan(database: &TestDatabase, Statement { sql, params }: &Statement) -> String {
    let kinds = params.iter().map(|param| match param {
        Param::Text(_) => "text",
        Param::Integer(_) => "int8",
        Param::Truth(_) => "bool",
        Param::Uuid(_) => "uuid",
    });
    let values = params.iter().map(|param| match param {
        Param::Text(text) => format!("'{text}'"),
        Param::Integer(integer) => integer.to_string(),
        Param::Truth(truth) => truth.to_string(),
        Param::Uuid(uuid) => format!("'{uuid}'"),
    });
    let (kinds, values) = (kinds.collect::<Vec<_>>().join(", "), values.collect::<Vec<_>>().join(", "));
    let (kinds, values) =
        if params.is_empty() { (kinds, values) } else { (format!("({kinds})"), format!("({values})")) };
    database.sql(&format!(
        "SET plan_cache_mode = force_custom_plan; PREPARE s{kinds} AS {sql}; EXPLAIN EXECUTE s{values}"
    ))
}

fn assert_by_index(database: &TestDatabase, name: &str, statement: &Statement) {
    let plan = plan(database, statement);
    for table in ["users", "user_elements", "user_keys", "links", "groups", "group_links", "group_members"] {
        assert!(!plan.contains(&format!("Seq Scan on {table}")), "{name}: {}\n{plan}", statement.sql);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn narrow_searches_read_no_table_whole() {
    let (database, store) = filled().await;
    let someone = Uuid::from_u128(0x7000_8000_0000_0000_2000);
    let emails = |wanted| Condition::Test(UserTest::Element(Attribute::Emails, wanted));
    let element = |key, value| Condition::Test((key, equal(value)));
    let email = |value| emails(element(ElementKey::Value, value));
    let first = From::Skip(0);
    let by_name = || key(UserKey::UserName, equal("USER7000"));
    let narrow = [
        ("user_name", 1, search(by_name(), first)),
        ("external id", 1, search(key(UserKey::ExternalId(source("bubble")), exactly("x7000")), first)),
        ("own email", 1, search(email("7000@E.EXAMPLE"), first)),
        ("other email", 1, search(email("7000@h.example"), first)),
        (
            "email of a type",
            1,
            search(
                emails(Condition::All(vec![
                    element(ElementKey::Kind, "work"),
                    element(ElementKey::Value, "7000@e.example"),
                ])),
                first,
            ),
        ),
        ("id", 1, search(key(UserKey::Id, equal(&someone.to_string())), first)),
        (
            "user_name of an active one",
            1,
            search(
                Condition::All(vec![
                    by_name(),
                    key(UserKey::Active, Comparison::Truth { equal: true, value: true }),
                ]),
                first,
            ),
        ),
        (
            "members",
            100,
            search(
                Condition::Test(UserTest::Group(Condition::Test((
                    GroupKey::Id,
                    equal(&Uuid::from_u128(0x7000_8000_0000_0000_0007).to_string()),
                )))),
                first,
            ),
        ),
    ];
    for (name, found, search) in narrow {
        let Queries { page, count } = roster_store_sql::users(&search, &Postgres);
        assert_by_index(&database, name, &page);
        assert_by_index(&database, name, &count.unwrap());
        let users = store.search_users(search).await.unwrap();
        assert_eq!((users.page.len(), users.total), (found, Some(found as u64)), "{name}");
    }
    let active = || key(UserKey::Active, Comparison::Truth { equal: true, value: true });
    for from in [first, From::After(None), From::After(Some(UserId(someone)))] {
        let Queries { page, .. } = roster_store_sql::users(&search(active(), from), &Postgres);
        assert_by_index(&database, "a page", &page);
    }
    let by = |key, value: &str| Condition::Test(GroupTest::Key(key, equal(value)));
    let groups = [
        ("name", 1, by(GroupKey::DisplayName, "GROUP700")),
        (
            "external id",
            1,
            Condition::Test(GroupTest::Key(GroupKey::ExternalId(source("bubble")), exactly("g700"))),
        ),
        ("id", 1, by(GroupKey::Id, &Uuid::from_u128(0x7000_8000_0000_0000_0007).to_string())),
        ("member", 5, Condition::Test(GroupTest::Member(Condition::Test(equal(&someone.to_string()))))),
    ];
    for (name, found, condition) in groups {
        let search =
            GroupSearch { condition, sort: None, from: From::<GroupId>::Skip(0), limit: 100, counts: true };
        let Queries { page, count } = roster_store_sql::groups(&search, &Postgres);
        // Of few groups a planner may read all.
        for statement in [page, count.unwrap()] {
            let plan = plan(&database, &statement);
            assert!(!plan.contains("Seq Scan on group_members"), "{name}: {}\n{plan}", statement.sql);
        }
        assert_eq!(store.search_groups(search).await.unwrap().total, Some(found), "{name}");
    }
}

/// One that no index helps, of many users.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_takes_too_long_is_ended_and_told() {
    let (database, _store) = filled().await;
    let search_timeout = Duration::from_millis(5);
    let store =
        PostgresStore::open(Options { search_timeout, ..options(&database, &keyring()) }).await.unwrap();
    let part = |n: u32| key(UserKey::UserName, text(TextOrder::Contains, &format!("{n}9876")));
    let slow = search(Condition::Any((0..100).map(part).collect()), From::Skip(0));
    assert_eq!(store.search_users(slow.clone()).await, Err(StoreError::TooSlow));
    // Its connection is as good as before, and other reads have no such limit.
    for _ in 0..4 {
        assert_eq!(store.search_users(slow.clone()).await, Err(StoreError::TooSlow));
    }
    let connections = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND query = 'ROLLBACK'",
        database.name()
    );
    assert_eq!(database.sql(&connections), "1");
    let found = store.search_users(search(key(UserKey::UserName, equal("user7")), From::Skip(0))).await;
    assert_eq!(found.unwrap().total, Some(1));
}

/// As many at once as there are; and no statement of one is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_wait_for_each_other_and_keep_nothing_prepared() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    let proxy = Proxy::to(&database).await;
    let options = Options { url: proxy.url().into(), searchers: 2, ..options(&database, &keyring) };
    let store = Arc::new(PostgresStore::open(options).await.unwrap());
    let roster = directory(&store, &keyring, Rules::default(), 1);
    for n in 0..8 {
        let (who, id) = (principal("bubble"), external_id(&n.to_string()));
        roster.upsert(&who, Dialect::Rest, id, with_user_name(&format!("user{n}")), None).await.unwrap();
    }
    let searches = (0..64).map(|n| {
        let name = |n: usize| key(UserKey::UserName, text(TextOrder::EndsWith, &n.to_string()));
        // Each has another text.
        let wanted = Condition::Any(std::iter::repeat_n(name(n % 8), n + 1).collect());
        let store = Arc::clone(&store);
        async move { store.search_users(search(wanted, From::Skip(0))).await.unwrap() }
    });
    for (n, found) in join_all(searches).await.into_iter().enumerate() {
        assert_eq!(found.page[0].user_name.as_str(), format!("user{}", n % 8));
        assert_eq!((found.page.len(), found.total, found.more), (1, Some(1), false));
    }
    let of_searches = "SELECT count(*) FROM pg_stat_activity WHERE query = 'ROLLBACK' AND datname = ";
    let connections: usize = database.sql(&format!("{of_searches}'{}'", database.name())).parse().unwrap();
    assert!((1..=2).contains(&connections), "{connections}");
    assert_eq!((proxy.kept("right("), proxy.kept("FROM users u WHERE u.id = $1")), (0, connections));
}
