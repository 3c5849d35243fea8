//! The whole SQL of searches, as each engine gets it: what a change does to it is seen where it is reviewed.
//!
//! Whether the statements find the right users is for the stores' own tests; these say what is asked, and of which index.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(unreachable_pub, reason = "`pub` marks what other files of the tests use")]

mod groups;
mod made;
mod users;

use std::fmt::Write as _;

use roster_directory::search::{GroupSearch, UserSearch};
use roster_store_sql::{Engine, Param, Postgres, Queries, Sqlite, Statement};

#[test]
fn the_statements_of_sqlite() {
    insta::assert_snapshot!("sqlite", shown(&Sqlite));
}

#[test]
fn the_statements_of_postgresql() {
    insta::assert_snapshot!("postgresql", shown(&Postgres));
}

/// Every search by what is asked for, and its statements.
fn shown(engine: &impl Engine) -> String {
    let users = users::searches().into_iter().map(|(asked, search): (_, UserSearch)| {
        (format!("users: {asked}"), roster_store_sql::users(&search, engine))
    });
    let groups = groups::searches().into_iter().map(|(asked, search): (_, GroupSearch)| {
        (format!("groups: {asked}"), roster_store_sql::groups(&search, engine))
    });
    let mut shown = String::new();
    for (asked, Queries { page, count }) in users.chain(groups) {
        writeln!(shown, "## {asked}\n").unwrap();
        statement(&mut shown, engine, &page);
        if let Some(count) = &count {
            statement(&mut shown, engine, count);
        }
    }
    shown
}

fn statement(shown: &mut String, engine: &impl Engine, Statement { sql, params }: &Statement) {
    writeln!(shown, "{}", broken(sql)).unwrap();
    for (index, param) in params.iter().enumerate() {
        let place = engine.place(index + 1);
        assert!(sql.contains(&place), "{place} is nowhere in {sql}");
        let value = match param {
            Param::Text(text) => format!("{text:?}"),
            Param::Integer(number) => number.to_string(),
            Param::Truth(truth) => truth.to_string(),
            Param::Uuid(uuid) => uuid.to_string(),
        };
        writeln!(shown, "    {place} = {value}").unwrap();
    }
    shown.push('\n');
}

/// A line for each part, so that a difference shows where it is. No text of these searches has such a word in it.
fn broken(sql: &str) -> String {
    let words = [" FROM users u", " FROM groups k", " WHERE ", " AND ", " OR ", " UNION ALL ", " ORDER BY "];
    words.iter().fold(sql.to_owned(), |sql, word| sql.replace(word, &format!("\n {word}")))
}
