//! The database in a data directory.

use std::path::Path;

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags, Row};

use super::{Found, RULES, Rule, Stored, USERS};

/// One writer gives numbers and positions without a gap.
const RULES_HERE: [Rule; 2] = [
    (
        "numbers that were skipped or given twice",
        "SELECT abs((SELECT next_number FROM meta) - 1 - (SELECT count(*) FROM users))",
    ),
    (
        "positions that were skipped or given twice",
        "SELECT abs((SELECT next_position FROM meta) - 1 - (SELECT count(*) FROM journal))",
    ),
];

impl Stored {
    /// Reads the database in a data directory. Nothing may be serving it, and it was recovered by whoever opened it last.
    pub fn read(data: &Path) -> Result<Self> {
        let path = data.join("roster.db");
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .with_context(|| format!("{} does not open", path.display()))?;
        let mut stored = Self::default();
        let mut statement = connection.prepare(USERS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            stored.add(&found(row)?);
        }
        for (rule, sql) in RULES.into_iter().chain(RULES_HERE) {
            stored.judge(rule, connection.query_row(sql, [], |row| row.get(0))?);
        }
        Ok(stored)
    }
}

fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    Ok(Found {
        key: row.get(0)?,
        version: row.get(1)?,
        given_name: row.get(2)?,
        family_name: row.get(3)?,
        role: row.get(4)?,
        email: row.get(5)?,
        avatar: row.get(6)?,
        links: row.get(7)?,
        entries: row.get(8)?,
        newest: row.get(9)?,
    })
}
