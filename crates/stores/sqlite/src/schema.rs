//! The schema's migrations: numbered, each run once in a transaction, each remembered with its checksum.

use aws_lc_rs::digest;
use roster_directory::Entropy;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use crate::OpenError;
use crate::cell::Cell;

/// Marks the file as Roster's: "Rost".
const APPLICATION_ID: i64 = 0x526f_7374;

struct Migration {
    number: i64,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "directory", sql: include_str!("../migrations/0001_directory.sql") },
    Migration {
        number: 2,
        name: "changes_by_recording",
        sql: include_str!("../migrations/0002_changes_by_recording.sql"),
    },
    Migration { number: 3, name: "scim", sql: include_str!("../migrations/0003_scim.sql") },
];

/// What a migration did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// The schema before; 0 if there was none.
    pub from: i64,
    /// The schema now.
    pub to: i64,
}

/// The newest schema that this version of Roster knows.
pub const SCHEMA: i64 = 3;

/// Brings the database to [`SCHEMA`].
pub(crate) fn migrate(conn: &mut Connection, entropy: &dyn Entropy) -> Result<Migrated, OpenError> {
    let from = schema_of(conn)?;
    if from < SCHEMA {
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have migrated while this one waited for the lock.
        let found = schema_of(&transaction)?;
        for migration in MIGRATIONS.iter().filter(|migration| migration.number > found) {
            run(&transaction, migration)?;
        }
        begin_epoch_if_new(&transaction, entropy)?;
        transaction.commit()?;
    }
    verify(conn)?;
    Ok(Migrated { from, to: SCHEMA })
}

/// The schema's number: 0 of an empty database. An error if the database is another's, or newer than this Roster.
pub(crate) fn schema_of(conn: &Connection) -> Result<i64, OpenError> {
    // One statement sees one moment: another process may be creating the database.
    let (application, found, is_empty): (i64, i64, bool) = conn.query_row(
        "SELECT application_id, user_version, NOT EXISTS (SELECT 1 FROM sqlite_schema) \
         FROM pragma_application_id, pragma_user_version",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    match (application, is_empty) {
        (APPLICATION_ID, _) if found > SCHEMA => Err(OpenError::Newer { found, known: SCHEMA }),
        (APPLICATION_ID, _) => Ok(found),
        (0, true) if found == 0 => Ok(0),
        (_, _) => Err(OpenError::NotRosters),
    }
}

fn run(conn: &Connection, Migration { number, name, sql }: &Migration) -> Result<(), OpenError> {
    conn.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (\
         number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 BLOB NOT NULL) STRICT",
    )?;
    conn.execute_batch(sql)?;
    conn.execute(
        "INSERT INTO migrations (number, name, sha256) VALUES (?1, ?2, ?3)",
        params![number, name, checksum(sql)],
    )?;
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    conn.pragma_update(None, "user_version", number)?;
    Ok(())
}

fn begin_epoch_if_new(conn: &Connection, entropy: &dyn Entropy) -> rusqlite::Result<()> {
    conn.execute(
        "INSERT INTO meta (singleton, epoch, next_number, next_position, \"references\", unique_email) \
         VALUES (1, ?1, 1, 1, 'open', 0) ON CONFLICT DO NOTHING",
        [Cell::Uuid(new_epoch(entropy))],
    )?;
    Ok(())
}

/// A random id for an epoch.
pub(crate) fn new_epoch(entropy: &dyn Entropy) -> uuid::Uuid {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// A migration that was changed after it ran leaves a schema that nobody has tested.
fn verify(conn: &Connection) -> Result<(), OpenError> {
    for Migration { number, sql, .. } in MIGRATIONS {
        let recorded: Option<Vec<u8>> = conn
            .query_row("SELECT sha256 FROM migrations WHERE number = ?1", [number], |row| row.get(0))
            .optional()?;
        if recorded.as_deref() != Some(checksum(sql).as_slice()) {
            return Err(OpenError::MigrationChanged { number: *number });
        }
    }
    Ok(())
}

fn checksum(sql: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, sql.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_without_gaps_up_to_the_schema() {
        let numbers: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.number).collect();
        assert_eq!(numbers, (1..=SCHEMA).collect::<Vec<_>>());
    }
}
