//! The schema's migrations: numbered, each a list of steps, each remembered with its checksum.
//!
//! Every step is one statement that changes the schema, runs alone and does nothing the second time. So nothing need be
//! locked while processes that start at once migrate side by side, and an attempt that was cut off is finished by the next.
//!
//! During an upgrade the older Roster and the newer one work side by side. So a migration adds and takes nothing away, and
//! records the oldest schema whose Roster still works once it has run.

use aws_lc_rs::digest;
use roster_directory::Entropy;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::cell::{Cell, Columns};
use crate::error::{Error, Result};
use crate::feed::STREAMS;
use crate::open::OpenError;
use crate::session::Session;

struct Migration {
    number: i64,
    name: &'static str,
    sql: &'static str,
    /// The oldest schema whose Roster works once this has run.
    oldest: i64,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "directory",
        sql: include_str!("../migrations/0001_directory.sql"),
        oldest: 1,
    },
    Migration {
        number: 2,
        name: "changes_by_recording",
        sql: include_str!("../migrations/0002_changes_by_recording.sql"),
        oldest: 1,
    },
    Migration { number: 3, name: "scim", sql: include_str!("../migrations/0003_scim.sql"), oldest: 1 },
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

/// How often a step is tried that another process runs at the same moment, or that a transaction is in the way of.
const MOST_ATTEMPTS: usize = 20;

/// A step that waits for a lock, behind a long transaction, makes everyone wait who comes after it. So it gives up soon, lets them through,
/// and is tried again.
const WAIT_BRIEFLY: &str = "SET lock_timeout = '500ms'";

const MIGRATIONS_TABLE: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS migrations (number bigint PRIMARY KEY, name text NOT NULL, sha256 bytea NOT NULL)",
    "ALTER TABLE migrations ADD COLUMN IF NOT EXISTS oldest bigint",
];

/// Brings the database to [`SCHEMA`]; leaves a newer one that this Roster works on as it is.
pub(crate) async fn migrate(session: &Session, entropy: &dyn Entropy) -> Result<Migrated, OpenError> {
    check_encoding(session).await?;
    let from = schema_of(session).await?;
    if from < SCHEMA {
        session.batch(WAIT_BRIEFLY).await?;
        for sql in MIGRATIONS_TABLE {
            step(session, sql).await?;
        }
        for migration in MIGRATIONS.iter().filter(|migration| migration.number > from) {
            run(session, migration).await?;
        }
        session.batch("RESET lock_timeout").await?;
    }
    // Whoever migrated may have been cut off before this.
    insert_first_rows(session, entropy).await?;
    verify(session).await?;
    if from > SCHEMA {
        tracing::warn!(
            schema = from,
            known = SCHEMA,
            "a newer Roster has migrated the database; this one works on it still"
        );
    }
    Ok(Migrated { from, to: from.max(SCHEMA) })
}

async fn check_encoding(session: &Session) -> Result<(), OpenError> {
    let row = session.row("SELECT current_setting('server_encoding')", &[]).await?;
    let encoding = row.map(|row| Columns::new(&row, "settings").text().map(str::to_owned)).transpose()?;
    match encoding {
        Some(encoding) if encoding != "UTF8" => Err(OpenError::Encoding(encoding)),
        Some(_) | None => Ok(()),
    }
}

/// The schema's number: 0 of an empty one. An error if it is another's, or one that this Roster does not work on.
pub(crate) async fn schema_of(session: &Session) -> Result<i64, OpenError> {
    // The table of migrations is made before all others.
    let sql = "SELECT current_schema()::text, count(*), count(*) FILTER (WHERE table_name = 'migrations') \
               FROM information_schema.tables WHERE table_schema = current_schema()";
    let row = session.row(sql, &[]).await?.ok_or(Error::Corrupt("information_schema"))?;
    let columns = &mut Columns::new(&row, "information_schema");
    let schema = columns.optional_text()?.unwrap_or("(none)").to_owned();
    match (columns.integer()?, columns.integer()?) {
        (0, _) => return Ok(0),
        (_, 0) => return Err(OpenError::NotRosters(schema)),
        (_, _) => {}
    }
    let found = session.row("SELECT coalesce(max(number), 0) FROM migrations", &[]).await;
    let found = found.map_err(|_| OpenError::NotRosters(schema))?.ok_or(Error::Corrupt("migrations"))?;
    let found = Columns::new(&found, "migrations").integer()?;
    if found > SCHEMA && oldest(session).await? > SCHEMA {
        return Err(OpenError::Newer { found, known: SCHEMA });
    }
    Ok(found)
}

/// The oldest schema whose Roster works on the database. Whoever recorded a migration that is newer than this Roster has
/// said so.
async fn oldest(session: &Session) -> Result<i64> {
    let sql = "SELECT max(coalesce(oldest, number)) FROM migrations";
    let row = session.row(sql, &[]).await?.ok_or(Error::Corrupt("migrations"))?;
    Columns::new(&row, "migrations").integer()
}

async fn run(session: &Session, migration: &Migration) -> Result<()> {
    let Migration { number, name, sql, oldest } = migration;
    for statement in steps(sql) {
        step(session, statement).await?;
    }
    let cells = [(*number).into(), (*name).into(), checksum(sql).into(), (*oldest).into()];
    let record = "INSERT INTO migrations (number, name, sha256, oldest) VALUES ($1, $2, $3, $4) \
                  ON CONFLICT (number) DO NOTHING";
    session.execute(record, &cells).await?;
    Ok(())
}

/// The statements of a migration: each ends with a semicolon at the end of a line.
pub(crate) fn steps(sql: &str) -> impl Iterator<Item = &str> {
    let is_comment = |line: &str| line.trim_start().starts_with("--") || line.trim().is_empty();
    sql.split_inclusive(";\n").filter(move |step| !step.lines().all(is_comment))
}

/// `IF NOT EXISTS` does not keep two that run at once from meeting in the catalogue.
async fn step(session: &Session, sql: &str) -> Result<()> {
    let mut attempt = 1;
    loop {
        match session.batch(sql).await {
            Ok(()) => return Ok(()),
            Err(error) if attempt < MOST_ATTEMPTS && is_a_meeting(&error) => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

fn is_a_meeting(error: &Error) -> bool {
    let Error::Sql(error) = error else { return false };
    let meetings = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_OBJECT,
        SqlState::INTERNAL_ERROR,
        SqlState::LOCK_NOT_AVAILABLE,
    ];
    error.code().is_some_and(|code| meetings.contains(code) || matches!(code.code(), "40001" | "40P01"))
}

async fn insert_first_rows(session: &Session, entropy: &dyn Entropy) -> Result<()> {
    let meta = "INSERT INTO meta (singleton, epoch, \"references\", unique_email) VALUES (1, $1, 'open', false) \
                ON CONFLICT (singleton) DO NOTHING";
    session.execute(meta, &[Cell::Uuid(new_epoch(entropy))]).await?;
    let counters = "INSERT INTO counters (name, next) VALUES ('number', 1) ON CONFLICT (name) DO NOTHING";
    session.execute(counters, &[]).await?;
    let streams = "INSERT INTO streams (stream, next_n, fence, leased_until_us) \
                   SELECT stream, 1, 0, 0 FROM generate_series(0::int8, $1::int8 - 1) AS t (stream) ON CONFLICT (stream) DO NOTHING";
    session.execute(streams, &[STREAMS.into()]).await?;
    Ok(())
}

/// A random id for an epoch.
pub(crate) fn new_epoch(entropy: &dyn Entropy) -> Uuid {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// A migration that was changed after it ran leaves a schema that nobody has tested.
async fn verify(session: &Session) -> Result<(), OpenError> {
    for Migration { number, sql, .. } in MIGRATIONS {
        let row = session.row("SELECT sha256 FROM migrations WHERE number = $1", &[(*number).into()]).await?;
        let recorded =
            row.map(|row| Columns::new(&row, "migrations").bytes().map(<[u8]>::to_vec)).transpose()?;
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

    #[test]
    fn what_an_older_roster_needs_never_comes_back() {
        assert!(MIGRATIONS.iter().all(|migration| (1..=migration.number).contains(&migration.oldest)));
        assert!(MIGRATIONS.is_sorted_by_key(|migration| migration.oldest));
    }

    #[test]
    fn every_step_is_one_statement_that_may_run_again() {
        for migration in MIGRATIONS {
            for step in steps(migration.sql) {
                assert_eq!(step.matches(';').count() - step.matches("; ").count(), 1, "{step}");
                assert!(step.contains("IF NOT EXISTS") || step.contains("IF EXISTS"), "{step}");
            }
        }
    }
}
