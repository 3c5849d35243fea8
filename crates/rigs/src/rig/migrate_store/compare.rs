//! Two SQLite files, row by row.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, OpenFlags};

use crate::report::Report;
use crate::tool;

/// What is a store's own, and begins anew with another: the places of the journal's entries in the feed, and within what they hold.
const OWN: [(&str, &str); 4] =
    [("journal", "n"), ("journal", "stream"), ("meta", "epoch"), ("meta", "next_position")];

/// Adds how many rows there are, and those that are in one file alone.
pub(super) fn tell(one: &Path, other: &Path, report: &mut Report) -> Result<()> {
    let connection = Connection::open_with_flags(one, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.execute("ATTACH ?1 AS other", [tool::text(other)?])?;
    let (mut compared, mut differing) = (0, 0);
    for table in names(
        &connection,
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )? {
        let columns = names(&connection, &format!("SELECT name FROM pragma_table_info('{table}')"))?;
        let is_own = |column: &String| OWN.contains(&(table.as_str(), column.as_str()));
        let columns: Vec<_> =
            columns.iter().filter(|column| !is_own(column)).map(|name| format!("\"{name}\"")).collect();
        let select = |place: &str| format!("SELECT {} FROM {place}.\"{table}\"", columns.join(", "));
        let count = |sql: &str| -> Result<usize> {
            let rows: i64 =
                connection.query_row(&format!("SELECT count(*) FROM ({sql})"), [], |row| row.get(0))?;
            Ok(usize::try_from(rows)?)
        };
        let [main, other] = ["main", "other"].map(select);
        let rows = count(&main)?;
        let found = count(&format!("{main} EXCEPT {other}"))?.max(count(&format!("{other} EXCEPT {main}"))?);
        let found = found.max(rows.abs_diff(count(&other)?));
        report.row(format!("rows of {table}"), rows);
        if found > 0 {
            report.violations.push(format!("{found} rows of {table} differ"));
        }
        compared += rows;
        differing += found;
    }
    report.found("rows that differ", differing, compared);
    let own = OWN.map(|(table, column)| format!("{table}.{column}"));
    report.row("not compared: a store's own", own.join(", "));
    Ok(())
}

fn names(connection: &Connection, sql: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_missing_or_other_is_told_and_a_position_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let made = |name: &str, rows: &str| {
            let path = folder.path().join(name);
            let tables = "CREATE TABLE journal (user_id, version, n); CREATE TABLE users (id, email);";
            Connection::open(&path).unwrap().execute_batch(&format!("{tables} {rows}")).unwrap();
            path
        };
        let one =
            made("one", "INSERT INTO journal VALUES (1, 1, 7); INSERT INTO users VALUES (1, 'a'), (2, NULL)");
        let moved = made(
            "moved",
            "INSERT INTO journal VALUES (1, 1, 1); INSERT INTO users VALUES (2, NULL), (1, 'a')",
        );
        let other = made("other", "INSERT INTO users VALUES (1, 'a'), (2, 'b')");
        for (file, told) in
            [(&moved, &[][..]), (&other, &["1 rows of journal differ", "1 rows of users differ"])]
        {
            let mut report = Report::new("");
            tell(&one, file, &mut report).unwrap();
            assert_eq!(report.violations, told);
        }
    }
}
