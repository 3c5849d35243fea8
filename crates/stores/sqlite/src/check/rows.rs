//! The file, the counters, rows that lead nowhere, and records that can't be read.

use roster_directory::check::Findings;
use roster_directory::record::{OrganisationKind, Record, RecordKey, Register};
use roster_directory::seal::Keyring;
use roster_directory::{GroupId, UserId};
use rusqlite::Connection;

use crate::cell::Columns;
use crate::error::Result;
use crate::records;

/// SQLite's own check: pages, indexes, types, and every CHECK of the schema.
pub(super) fn check_file(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let mut statement = conn.prepare("PRAGMA integrity_check(100)")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let said: String = row.get(0)?;
        findings.expect(said == "ok", "the database", &said);
    }
    Ok(())
}

/// The counters are above everything that was given.
pub(super) fn check_meta(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let rows: i64 = conn.query_row("SELECT count(*) FROM meta", [], |row| row.get(0))?;
    findings.expect(rows == 1, "meta", "it must have one row");
    for (given, next, problem) in [
        ("SELECT max(number) FROM users", "next_number", "next_number was given already"),
        (
            "SELECT max(CAST(key AS INTEGER)) FROM user_keys WHERE kind = 2",
            "next_number",
            "next_number was claimed already",
        ),
        ("SELECT max(n) FROM journal", "next_position", "next_position was given already"),
    ] {
        let given: Option<i64> = conn.query_row(given, [], |row| row.get(0))?;
        let next: Option<i64> =
            conn.query_row(&format!("SELECT max({next}) FROM meta"), [], |row| row.get(0))?;
        findings.expect(given.is_none_or(|given| Some(given) < next), "meta", problem);
    }
    Ok(())
}

/// Rows whose user, group or key is not there.
pub(super) fn check_orphans(conn: &Connection, findings: &mut Findings) -> Result<()> {
    for table in
        ["links", "shared_links", "grants", "user_elements", "group_members", "journal", "idempotency"]
    {
        let sql = format!(
            "SELECT DISTINCT user_id FROM {table} WHERE user_id IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM users WHERE users.id = {table}.user_id)"
        );
        let mut statement = conn.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let user: UserId = Columns::new(row, "user_id").user_id()?;
            findings.add(format_args!("{table} of user {user}"), "there is no such user");
        }
    }
    for table in ["group_links", "group_members"] {
        let sql = format!(
            "SELECT DISTINCT group_id FROM {table} \
             WHERE NOT EXISTS (SELECT 1 FROM groups WHERE groups.id = {table}.group_id)"
        );
        let mut statement = conn.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let group: GroupId = Columns::new(row, "group_id").group_id()?;
            findings.add(format_args!("{table} of group {group}"), "there is no such group");
        }
    }
    for table in ["api_key_authorities", "api_key_secrets"] {
        let sql = format!(
            "SELECT DISTINCT api_key_id FROM {table} \
             WHERE NOT EXISTS (SELECT 1 FROM api_keys WHERE api_keys.id = {table}.api_key_id)"
        );
        let mut statement = conn.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key: String = row.get(0)?;
            findings.add(format_args!("{table} of API key {key}"), "there is no such key");
        }
    }
    Ok(())
}

/// Every record can be read, and every idempotent outcome opens.
pub(super) fn check_records(conn: &Connection, keyring: &Keyring, findings: &mut Findings) -> Result<()> {
    let kinds = OrganisationKind::ALL.map(Register::Organisations);
    for register in [Register::ApiKeys, Register::Clients, Register::Profiles].into_iter().chain(kinds) {
        check_register(conn, register, findings)?;
    }
    let mut statement = conn
        .prepare("SELECT client, key, user_id, snapshot, rowid FROM idempotency WHERE effect IS NOT NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let opens = records::outcome_opens(conn, keyring, row)?;
        let rowid: i64 = row.get(4)?;
        findings.expect(opens, format_args!("idempotency {rowid}"), "its outcome can't be unsealed");
    }
    Ok(())
}

fn check_register(conn: &Connection, register: Register, findings: &mut Findings) -> Result<()> {
    const PAGE: usize = 1_000;
    let mut after: Option<RecordKey> = None;
    loop {
        match records::list(conn, register, after.as_ref(), PAGE) {
            Ok(page) => match page.last().map(Record::key) {
                Some(last) => after = Some(last),
                None => return Ok(()),
            },
            Err(error) => {
                findings.add(format_args!("register {register:?}"), error.to_string());
                return Ok(());
            }
        }
    }
}
