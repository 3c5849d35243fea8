//! How long searches may take, and beside what.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{directory, keyring, options};
use roster_directory::search::{
    Comparison, Condition, From, Order, Search, TextOrder, UserKey, UserSearch, UserTest,
};
use roster_directory::store::{UserFilter, UserQuery};
use roster_directory::{Dialect, Error, Field, Rules, Store as _};
use roster_store_sqlite::{Options, SqliteStore};
use roster_testkit::build::{external_id, principal, with_given_name};

fn search(condition: Condition<UserTest>) -> UserSearch {
    Search { condition, sort: None, from: From::Skip(0), limit: 100, counts: true }
}

fn text(key: UserKey, order: TextOrder, value: &str) -> Condition<UserTest> {
    Condition::Test(UserTest::Key(key, Comparison::Text { order, value: value.to_owned(), exact: false }))
}

/// The next search, and the store, are none the worse for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_takes_too_long_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let usual = options(&folder.path().join("roster.db"), &keyring());
    let hasty = Options { search_timeout: Duration::ZERO, page_readers: 1, point_readers: 1, ..usual };
    let store = Arc::new(SqliteStore::open(hasty).unwrap());
    let directory = directory(&store, &keyring(), Rules::default());
    let who = principal("bubble");
    for n in 0..50 {
        let patch = with_given_name(&format!("name {n}"));
        directory.upsert(&who, Dialect::Algorep, external_id(&n.to_string()), patch, None).await.unwrap();
    }
    let contains = |n: i32| text(UserKey::Field(Field::GivenName), TextOrder::Contains, &format!("no {n}"));
    let long = || search(Condition::Any((0..300).map(contains).collect()));
    for _ in 0..3 {
        assert_eq!(directory.search_users(&who, long()).await, Err(Error::TooSlow));
        let quick = search(text(UserKey::UserName, TextOrder::Order(Order::Eq), "7"));
        assert_eq!(directory.search_users(&who, quick).await.unwrap().total, Some(1));
        let few = UserSearch { limit: 3, counts: false, ..search(Condition::Always(true)) };
        assert_eq!(directory.search_users(&who, few).await.unwrap().page.len(), 3);
    }
    // What is no search takes as long as it takes.
    for _ in 0..10 {
        let all = UserQuery { filter: UserFilter::All, after: None, limit: 100 };
        assert_eq!(store.users(all).await.unwrap().users.len(), 50);
    }
}

/// However many search, and whether or not those who asked still wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_searches_leave_a_reader_to_the_lists() {
    let folder = tempfile::tempdir().unwrap();
    let usual = options(&folder.path().join("roster.db"), &keyring());
    let patient = Options { search_timeout: Duration::from_secs(600), page_readers: 2, ..usual };
    let store = Arc::new(SqliteStore::open(patient).unwrap());
    let directory = Arc::new(directory(&store, &keyring(), Rules::default()));
    let who = principal("bubble");
    for n in 0..400 {
        let patch = with_given_name(&format!("name {n}"));
        directory.upsert(&who, Dialect::Algorep, external_id(&n.to_string()), patch, None).await.unwrap();
    }
    let contains = |n: i32| text(UserKey::Field(Field::GivenName), TextOrder::Contains, &format!("no {n}"));
    let long = search(Condition::Any((0..900).map(contains).collect()));
    let searches: Vec<_> = (0..6)
        .map(|_| {
            let (directory, who, long) = (Arc::clone(&directory), who.clone(), long.clone());
            tokio::spawn(async move { directory.search_users(&who, long).await })
        })
        .collect();
    for _ in 0..3 {
        let all = UserQuery { filter: UserFilter::All, after: None, limit: 200 };
        assert_eq!(store.users(all).await.unwrap().users.len(), 200);
    }
    let going_on = searches.iter().filter(|search| !search.is_finished()).count();
    assert!(going_on > 0, "the lists were asked behind the searches");
    for search in searches {
        let found = search.await.unwrap();
        assert!(matches!(found, Ok(_) | Err(Error::Overloaded)), "{found:?}");
    }
}
