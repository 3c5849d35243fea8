//! `roster check`: whether everything that the store promises is so. It streams: a user at a time, never all of them.

mod claims;
mod groups;
mod rows;
mod users;

use std::path::Path;
use std::time::Duration;

use roster_directory::check::{Finding, Findings};
use roster_directory::seal::Keyring;
use rusqlite::Connection;

use crate::SqliteStore;
use crate::connection;
use crate::error::Result;
use crate::schema::{SCHEMA, schema_of};

impl SqliteStore {
    /// Checks the store as of this moment, while changes go on. It blocks, and takes long where there is much.
    pub fn check(&self) -> Vec<Finding> {
        check(&self.reading().path, &self.reading().sealing.keyring)
    }
}

/// Checks the database at `path`, a backup for instance, without changing it.
pub fn check(path: &Path, keyring: &Keyring) -> Vec<Finding> {
    let mut findings = Findings::default();
    let checked = connection::open_checker(path, Duration::from_secs(10))
        .map_err(Into::into)
        .and_then(|conn| check_all(&conn, keyring, &mut findings));
    if let Err(error) = checked {
        findings.add("the database", format!("it can't be read to its end: {error}"));
    }
    findings.into_vec()
}

fn check_all(conn: &Connection, keyring: &Keyring, findings: &mut Findings) -> Result<()> {
    // One snapshot, so that a change meanwhile is no contradiction.
    let snapshot = conn.unchecked_transaction()?;
    // Of a schema that it does not know, or of another program's, a check can say nothing.
    match schema_of(&snapshot) {
        Ok(SCHEMA) => {}
        Ok(older) => findings
            .add("the database", format!("it has schema {older}: `roster migrate` brings it to {SCHEMA}")),
        Err(error) => findings.add("the database", error.to_string()),
    }
    if !findings.is_empty() {
        return Ok(snapshot.finish()?);
    }
    rows::check_file(&snapshot, findings)?;
    rows::check_meta(&snapshot, findings)?;
    rows::check_orphans(&snapshot, findings)?;
    rows::check_records(&snapshot, keyring, findings)?;
    users::check(&snapshot, keyring, findings)?;
    groups::check(&snapshot, findings)?;
    claims::check(&snapshot, findings)?;
    Ok(snapshot.finish()?)
}
