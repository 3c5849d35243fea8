//! Any text as a filter, to the SQL of both engines: it is read or refused, and no value of it is ever part of the SQL.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roster_directory::search::{Condition, From, Search};
use roster_store_sql::{Engine, Postgres, Queries, Sqlite, Statement};

fuzz_target!(|text: &str| {
    let (users, groups) = roster_dialect_scim::fuzzing::filter(text);
    if let Some(condition) = users {
        let search = search(condition);
        check(&Sqlite, roster_store_sql::users(&search, &Sqlite));
        check(&Postgres, roster_store_sql::users(&search, &Postgres));
    }
    if let Some(condition) = groups {
        let search = search(condition);
        check(&Sqlite, roster_store_sql::groups(&search, &Sqlite));
        check(&Postgres, roster_store_sql::groups(&search, &Postgres));
    }
});

fn search<T, Key, Id>(condition: Condition<T>) -> Search<T, Key, Id> {
    Search { condition, sort: None, from: From::Skip(7), limit: 10, counts: true }
}

fn check(engine: &impl Engine, queries: Queries) {
    for Statement { sql, params } in [Some(queries.page), queries.count].into_iter().flatten() {
        // Every text of SQL is Roster's own, which is ASCII, has no comment and an even number of quotes.
        assert!(sql.is_ascii() && !sql.contains("--") && !sql.contains(';'), "{sql}");
        assert!(sql.matches('\'').count().is_multiple_of(2), "{sql}");
        assert_eq!(sql.matches('(').count(), sql.matches(')').count(), "{sql}");
        let mark = engine.place(1).remove(0);
        let places = sql.split(mark).skip(1).map(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<usize>().expect("a number")
        });
        assert_eq!(places.max().unwrap_or(0), params.len(), "{sql}");
    }
}
