//! How SQLite goes about each search: what one name or address alone fits is looked up in an index, and a page behind an id
//! begins there. Read a difference as you would read code: `SCAN` goes through all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::fmt::Write as _;

use common::{keyring, open};
use roster_directory::search::{
    Comparison, Condition, ElementKey, From, GroupKey, GroupSearch, GroupTest, Order, Search, SortKey,
    TextOrder, UserKey, UserSearch, UserTest,
};
use roster_directory::{Attribute, Field, GroupId, UserId};
use roster_store_sql::{Queries, Sqlite, Statement};
use roster_testkit::build::source;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use uuid::Uuid;

fn equal(value: &str, exact: bool) -> Comparison {
    Comparison::Text { order: TextOrder::Order(Order::Eq), value: value.to_owned(), exact }
}

fn key(key: UserKey, comparison: Comparison) -> Condition<UserTest> {
    Condition::Test(UserTest::Key(key, comparison))
}

fn element(attribute: Attribute, value: &str, exact: bool) -> Condition<UserTest> {
    let value = Condition::Test((ElementKey::Value, equal(value, exact)));
    Condition::Test(UserTest::Element(attribute, value))
}

fn of_group(group: GroupKey, comparison: Comparison) -> Condition<UserTest> {
    Condition::Test(UserTest::Group(Condition::Test((group, comparison))))
}

fn first<T, Key, Id>(condition: Condition<T>) -> Search<T, Key, Id> {
    Search { condition, sort: None, from: From::Skip(0), limit: 100, counts: true }
}

/// The plan of a statement, a line for each step, those within others behind them.
fn plan(conn: &Connection, Statement { sql, .. }: &Statement) -> String {
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut depths = std::collections::HashMap::from([(0, 0)]);
    let mut text = String::new();
    while let Some(row) = rows.next().unwrap() {
        let (id, parent, step): (i64, i64, String) =
            (row.get(0).unwrap(), row.get(1).unwrap(), row.get("detail").unwrap());
        let depth = depths[&parent] + 1;
        depths.insert(id, depth);
        writeln!(text, "{}{step}", "  ".repeat(depth)).unwrap();
    }
    text
}

fn tell(text: &mut String, conn: &Connection, what: &str, Queries { page, count }: &Queries) {
    writeln!(text, "{what}\n{}", plan(conn, page).trim_end()).unwrap();
    let counted = count.as_ref().map(|count| plan(conn, count)).unwrap_or_default();
    if counted != plan(conn, page) {
        writeln!(text, " count\n{}", counted.trim_end()).unwrap();
    }
    text.push('\n');
}

fn database() -> (tempfile::TempDir, Connection) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("roster.db");
    drop(open(&path, &keyring()));
    let conn = Connection::open(&path).unwrap();
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_scalar_function("roster_fold", 1, flags, |_| Ok(String::new())).unwrap();
    (directory, conn)
}

#[test]
fn users() {
    let (_directory, conn) = database();
    let id = Uuid::from_u128(7).to_string();
    let user_name = || key(UserKey::UserName, equal("ann", false));
    let active = || key(UserKey::Active, Comparison::Truth { equal: true, value: true });
    let sorted = |sort| UserSearch { sort: Some((sort, false)), ..first(active()) };
    let behind = |condition| UserSearch { from: From::After(Some(UserId(Uuid::nil()))), ..first(condition) };
    let work = Condition::All(vec![
        Condition::Test((ElementKey::Kind, equal("work", false))),
        Condition::Test((ElementKey::Value, equal("ann@example.com", false))),
    ]);
    let mut text = String::new();
    for (what, search) in [
        ("id eq", first(key(UserKey::Id, equal(&id, true)))),
        ("userName eq", first(user_name())),
        ("userName eq, case counts", first(key(UserKey::UserName, equal("ann", true)))),
        ("externalId eq", first(key(UserKey::ExternalId(source("bubble")), equal("7", true)))),
        ("emails eq", first(element(Attribute::Emails, "ann@example.com", false))),
        (
            "emails[type eq work and value eq]",
            first(Condition::Test(UserTest::Element(Attribute::Emails, work))),
        ),
        ("entitlements eq", first(element(Attribute::Entitlements, "print", false))),
        ("groups eq", first(of_group(GroupKey::Id, equal(&id, true)))),
        ("userName eq and active", first(Condition::All(vec![active(), user_name()]))),
        ("userName eq or emails eq", {
            first(Condition::Any(vec![user_name(), element(Attribute::Emails, "ann@example.com", false)]))
        }),
        (
            "userName eq, by title",
            UserSearch {
                sort: Some((SortKey::Key(UserKey::Field(Field::Title)), false)),
                ..first(user_name())
            },
        ),
        ("all, behind an id", behind(Condition::Always(true))),
        ("all, from the first id", UserSearch { from: From::After(None), ..first(Condition::Always(true)) }),
        ("active, behind an id", behind(active())),
        ("all", first(Condition::Always(true))),
        ("phoneNumbers eq", first(element(Attribute::PhoneNumbers, "1", false))),
        ("groups display eq", first(of_group(GroupKey::DisplayName, equal("Readers", false)))),
        ("active, by userName", sorted(SortKey::Key(UserKey::UserName))),
        ("active, by emails", sorted(SortKey::Element(Attribute::Emails, ElementKey::Value))),
    ] {
        tell(&mut text, &conn, what, &roster_store_sql::users(&search, &Sqlite));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn groups() {
    let (_directory, conn) = database();
    let id = Uuid::from_u128(7).to_string();
    let key = |key, comparison| first(Condition::Test(GroupTest::Key(key, comparison)));
    let mut text = String::new();
    for (what, search) in [
        ("id eq", key(GroupKey::Id, equal(&id, true))),
        ("displayName eq", key(GroupKey::DisplayName, equal("Readers", false))),
        ("externalId eq", key(GroupKey::ExternalId(source("bubble")), equal("g1", true))),
        ("members eq", first(Condition::Test(GroupTest::Member(Condition::Test(equal(&id, true)))))),
        (
            "all, behind an id",
            GroupSearch { from: From::After(Some(GroupId(Uuid::nil()))), ..first(Condition::Always(true)) },
        ),
        ("all", first(Condition::Always(true))),
    ] {
        tell(&mut text, &conn, what, &roster_store_sql::groups(&search, &Sqlite));
    }
    insta::assert_snapshot!(text);
}

/// Everybody who lives is counted without a look at each.
#[test]
fn the_living_are_counted_by_indexes() {
    let (_directory, conn) = database();
    let sql =
        "SELECT (SELECT count(*) FROM users) - (SELECT count(*) FROM users WHERE deleted_at_us IS NOT NULL)";
    let steps = plan(&conn, &Statement { sql: sql.to_owned(), params: Vec::new() });
    insta::assert_snapshot!(steps);
}
