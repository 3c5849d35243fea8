//! What a store holds, read past the server: by SQL, with the columns that operators see.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags, Row};

use crate::mark;

/// Each user that a link leads to, as the directory would find it.
const USERS: &str = "
    SELECT keys.key, users.version, users.given_name, users.family_name, users.role, users.email, users.avatar,
           (SELECT count(*) FROM links WHERE links.user_id = users.id AND 'bubble:' || links.external_id = keys.key),
           (SELECT count(*) FROM journal WHERE journal.user_id = users.id),
           (SELECT max(version) FROM journal WHERE journal.user_id = users.id)
    FROM user_keys AS keys LEFT JOIN users ON users.id = keys.user_id
    WHERE keys.kind = 1 AND keys.key LIKE 'bubble:%'";

/// A user as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUser {
    /// The mark that every field carries, or what does not fit together.
    pub mark: Result<u64, String>,
    /// How often the user was changed.
    pub version: i64,
}

/// Everything that streams left in a store.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// The users by external id.
    pub users: HashMap<String, StoredUser>,
    /// What no whole store shows, whoever wrote it.
    pub torn: Vec<String>,
}

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
            let key: String = row.get(0)?;
            let external_id = key.trim_start_matches("bubble:");
            stored.users.insert(external_id.to_owned(), stored_user(row, external_id)?);
        }
        stored.torn = torn(&connection)?;
        Ok(stored)
    }
}

fn stored_user(row: &Row<'_>, external_id: &str) -> rusqlite::Result<StoredUser> {
    let version = row.get::<_, Option<i64>>(1)?.unwrap_or_default();
    let text = |column| row.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
    let (given_name, family_name, role): (String, String, String) = (text(2)?, text(3)?, text(4)?);
    let (email, avatar): (String, String) = (text(5)?, text(6)?);
    let (links, entries, newest): (i64, i64, Option<i64>) = (row.get(7)?, row.get(8)?, row.get(9)?);
    let mark = match mark::read(external_id, &given_name) {
        Some(mark)
            if family_name == given_name
                && role == mark.to_string()
                && email == mark::email(external_id, mark)
                && avatar == mark::avatar(external_id, mark)
                && links == 1
                && entries == version
                && newest == Some(version) =>
        {
            Ok(mark)
        }
        Some(_) | None => Err(format!(
            "given_name {given_name}, family_name {family_name}, role {role}, email {email}, avatar of {} characters, \
             {links} links, version {version} with {entries} journal entries up to {newest:?}",
            avatar.len()
        )),
    };
    Ok(StoredUser { mark, version })
}

/// Each query counts what must not be.
fn torn(connection: &Connection) -> Result<Vec<String>> {
    let rules = [
        (
            "users whom no link leads to",
            "SELECT count(*) FROM users WHERE deleted_at_us IS NULL
             AND NOT EXISTS (SELECT 1 FROM links WHERE links.user_id = users.id AND external_id IS NOT NULL)",
        ),
        (
            "claims that lead to nobody",
            "SELECT count(*) FROM user_keys WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.id = user_id)",
        ),
        (
            "journal entries of nobody",
            "SELECT count(*) FROM journal WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.id = user_id)",
        ),
        (
            "numbers that were skipped or given twice",
            "SELECT abs((SELECT next_number FROM meta) - 1 - (SELECT count(*) FROM users))",
        ),
        (
            "positions that were skipped or given twice",
            "SELECT abs((SELECT next_position FROM meta) - 1 - (SELECT count(*) FROM journal))",
        ),
    ];
    let mut torn = Vec::new();
    for (what, sql) in rules {
        let found: i64 = connection.query_row(sql, [], |row| row.get(0))?;
        if found != 0 {
            torn.push(format!("{found} {what}"));
        }
    }
    Ok(torn)
}
