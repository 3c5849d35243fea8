//! Searches of users and groups: a page, and how many fit. The SQL is that of every store (`roster-store-sql`).

use roster_directory::element::Attribute;
use roster_directory::search::{
    self, Comparison, Condition, ElementKey, ElementTest, Found, FoundUsers, GroupSearch, Order, Search,
    TextOrder, UserKey, UserSearch, UserTest,
};
use roster_directory::{Group, UserId};
use roster_store_sql::{Param, Queries, Sqlite, Statement};
use rusqlite::{Connection, Row, params_from_iter};

use crate::cache::View;
use crate::cell::{Cell, Columns};
use crate::error::{Error, Result};
use crate::query::{FEW, PageReader};
use crate::records;

/// Whether a search is for so few users, of one name or address, that it may be made on a thread that serves others as well.
pub(crate) fn is_short(search: &UserSearch) -> bool {
    search.limit <= FEW && is_narrow(&search.condition)
}

/// Behind whom the page begins, if the search is for all users in the order of their ids.
pub(crate) fn of_all(search: &UserSearch) -> Option<Option<UserId>> {
    match search {
        Search {
            condition: Condition::Always(true),
            from: search::From::After(after),
            counts: false,
            ..
        } => Some(*after),
        Search { .. } => None,
    }
}

fn is_narrow(condition: &Condition<UserTest>) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().any(is_narrow),
        Condition::Any(parts) => parts.iter().all(is_narrow),
        Condition::Test(UserTest::Key(UserKey::Id | UserKey::UserName, comparison)) => is_equal(comparison),
        Condition::Test(UserTest::Key(UserKey::ExternalId(_), comparison)) => {
            // The index has them as they are.
            is_equal(comparison) && matches!(comparison, Comparison::Text { exact: true, .. })
        }
        Condition::Test(UserTest::Element(Attribute::Emails, wanted)) => has_value(wanted),
        Condition::Test(
            UserTest::Key(..) | UserTest::Element(..) | UserTest::Grant(_) | UserTest::Group(_),
        )
        | Condition::Always(_)
        | Condition::Not(_) => false,
    }
}

fn has_value(wanted: &Condition<ElementTest>) -> bool {
    match wanted {
        Condition::All(parts) => parts.iter().any(has_value),
        Condition::Test((key, comparison)) => *key == ElementKey::Value && is_equal(comparison),
        Condition::Always(_) | Condition::Any(_) | Condition::Not(_) => false,
    }
}

fn is_equal(comparison: &Comparison) -> bool {
    matches!(comparison, Comparison::Text { order: TextOrder::Order(Order::Eq), .. })
}

/// How many living users there are, told by two indexes.
const COUNT_ALL: &str = "SELECT (SELECT count(*) FROM users) \
                         - (SELECT count(*) FROM users WHERE deleted_at_us IS NOT NULL)";

/// The statements of a search of users.
fn queries(search: &UserSearch) -> Queries {
    let Queries { page, count } = roster_store_sql::users(search, &Sqlite);
    let count = count.map(|count| match search.condition {
        Condition::Always(true) => Statement { sql: COUNT_ALL.to_owned(), params: Vec::new() },
        Condition::Always(false)
        | Condition::All(_)
        | Condition::Any(_)
        | Condition::Not(_)
        | Condition::Test(_) => count,
    });
    Queries { page, count }
}

/// Living users that fit.
pub(crate) fn users(conn: &Connection, view: View<'_>, search: &UserSearch) -> Result<FoundUsers> {
    let mut reader = PageReader::new(conn, view);
    let Found { page, total, more } = find(conn, search, queries(search), |row| reader.find(row))?;
    Ok(Found { page: reader.whole(page)?, total, more })
}

/// Groups that fit.
pub(crate) fn groups(conn: &Connection, search: &GroupSearch) -> Result<Found<Group>> {
    find(conn, search, roster_store_sql::groups(search, &Sqlite), |row| {
        let id = Columns::new(row, "groups").group_id()?;
        records::load_group(conn, id)?.ok_or(Error::Corrupt("groups"))
    })
}

fn find<T, Key, Id, Item>(
    conn: &Connection,
    search: &Search<T, Key, Id>,
    Queries { page: statement, count }: Queries,
    mut load: impl FnMut(&Row<'_>) -> Result<Item>,
) -> Result<Found<Item>> {
    let mut prepared = conn.prepare_cached(&statement.sql)?;
    let mut rows = prepared.query(params_from_iter(statement.params.iter().map(cell)))?;
    let (mut page, mut more) = (Vec::new(), false);
    while let Some(row) = rows.next()? {
        if page.len() == search.limit {
            more = true;
            break;
        }
        page.push(load(row)?);
    }
    drop(rows);
    let total = match count {
        None => None,
        Some(count) => Some(match search.from.all_with(page.len()).filter(|_| !more) {
            Some(all) => all,
            None => run_count(conn, &count)?,
        }),
    };
    Ok(Found { page, total, more })
}

fn run_count(conn: &Connection, Statement { sql, params }: &Statement) -> Result<u64> {
    let mut statement = conn.prepare_cached(sql)?;
    let count: i64 = statement.query_row(params_from_iter(params.iter().map(cell)), |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

fn cell(param: &Param) -> Cell<'_> {
    match param {
        Param::Text(text) => text.as_str().into(),
        Param::Integer(integer) => (*integer).into(),
        Param::Truth(truth) => (*truth).into(),
        Param::Uuid(uuid) => Cell::Uuid(*uuid),
    }
}

#[cfg(test)]
mod tests {
    use roster_directory::search::Order;

    use super::*;

    #[test]
    fn what_one_name_alone_fits_is_short() {
        let text = |key, exact| {
            let order = TextOrder::Order(Order::Eq);
            let comparison = Comparison::Text { order, value: "x".to_owned(), exact };
            Condition::Test(UserTest::Key(key, comparison))
        };
        let source = || UserKey::ExternalId(roster_directory::Source::new("crm").unwrap());
        let name = || text(UserKey::UserName, false);
        let title = || text(UserKey::Field(roster_directory::Field::Title), false);
        for (condition, is_short) in [
            (name(), true),
            (text(source(), true), true),
            (text(source(), false), false),
            (title(), false),
            (Condition::All(vec![title(), name()]), true),
            (Condition::All(vec![title()]), false),
            (Condition::Any(vec![name(), text(UserKey::Id, true)]), true),
            (Condition::Any(vec![name(), title()]), false),
            (Condition::Not(Box::new(name())), false),
            (Condition::Always(true), false),
        ] {
            assert_eq!(is_narrow(&condition), is_short, "{condition:?}");
        }
    }
}
