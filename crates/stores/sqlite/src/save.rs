//! Writing what was decided, inside the writer's transaction. Every write is guarded: what was read there must still
//! be so.

use std::collections::BTreeSet;

use roster_directory::journal::encode_changes;
use roster_directory::seal::Purpose;
use roster_directory::store::{ClaimWrite, UserWrite, WriteSet};
use roster_directory::{Entry, Grant, User};
use rusqlite::{Connection, params};

use crate::Sealing;
use crate::cell::{Cell, version};
use crate::columns;
use crate::error::{Error, Result};
use crate::{elements, records};

/// Writes everything of `writes`; a user's entry gets the position `n`.
pub(crate) fn write(conn: &Connection, sealing: &Sealing, writes: &WriteSet, n: i64) -> Result<()> {
    let WriteSet { user, claims, records } = writes;
    if let Some(UserWrite { before, after, entry }) = user {
        match before {
            Some(before) => update_user(conn, before, after)?,
            None => insert_user(conn, after)?,
        }
        write_links(conn, before.as_deref(), after)?;
        write_grants(conn, before.as_deref(), after)?;
        elements::write(conn, before.as_deref(), after)?;
        append(conn, sealing, after, entry, n)?;
    }
    for claim in claims {
        write_claim(conn, claim)?;
    }
    for record in records {
        records::write(conn, &sealing.keyring, &*sealing.entropy, record)?;
    }
    Ok(())
}

fn insert_user(conn: &Connection, user: &User) -> Result<()> {
    execute(conn, &columns::INSERT, &columns::cells(user)?)?;
    Ok(())
}

fn update_user(conn: &Connection, before: &User, after: &User) -> Result<()> {
    let (sql, values) = columns::update(before, after)?;
    let updated = execute(conn, &sql, &values)?;
    if updated == 1 { Ok(()) } else { Err(Error::Shortfall("a user")) }
}

/// Executes a statement with these values. An empty one need not be bound: half of a user's are.
fn execute(conn: &Connection, sql: &str, values: &[Cell<'_>]) -> Result<usize> {
    let mut statement = conn.prepare_cached(sql)?;
    for (place, value) in (1..).zip(values) {
        if *value != Cell::Null {
            statement.raw_bind_parameter(place, value)?;
        }
    }
    Ok(statement.raw_execute()?)
}

fn write_links(conn: &Connection, before: Option<&User>, after: &User) -> Result<()> {
    let none = Default::default();
    let old = before.map_or(&none, |user| &user.links);
    if *old == after.links {
        return Ok(());
    }
    let sources: BTreeSet<_> = old.keys().chain(after.links.keys()).collect();
    for source in sources {
        let external_id = after.links.get(source);
        if old.get(source) != external_id {
            conn.prepare_cached(
                "INSERT INTO links (user_id, source, external_id, version) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (user_id, source) DO UPDATE SET external_id = ?3, version = ?4",
            )?
            .execute(params![
                Cell::from(after.id),
                source.as_str(),
                external_id.map(|id| id.as_str()),
                version(after.version)?,
            ])?;
        }
    }
    Ok(())
}

fn write_grants(conn: &Connection, before: Option<&User>, after: &User) -> Result<()> {
    let none = Default::default();
    let old = before.map_or(&none, |user| &user.grants);
    for grant in old.difference(&after.grants) {
        write_grant(conn, after, grant, false)?;
    }
    for grant in after.grants.difference(old) {
        write_grant(conn, after, grant, true)?;
    }
    Ok(())
}

fn write_grant(conn: &Connection, user: &User, grant: &Grant, granted: bool) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO grants (user_id, client_id, profile_id, granted, version) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (user_id, client_id, profile_id) DO UPDATE SET granted = ?4, version = ?5",
    )?
    .execute(params![
        Cell::from(user.id),
        grant.client_id,
        grant.profile_id.as_str(),
        granted,
        version(user.version)?,
    ])?;
    Ok(())
}

/// Appends the entry to the journal, its changes sealed with the user's data key.
fn append(conn: &Connection, sealing: &Sealing, user: &User, entry: &Entry, n: i64) -> Result<()> {
    let changes = entry.changes.as_deref().ok_or(Error::Unstorable("an entry without its changes"))?;
    let purpose = Purpose::Journal { version: entry.version };
    let owner = (user.id, &user.data_key);
    let payload = sealing.keyring.seal(owner, purpose, &*sealing.entropy, encode_changes(changes))?;
    conn.prepare_cached(
        "INSERT INTO journal (n, stream, user_id, version, change_id, kind, dialect, client, actor_user_id, \
         recorded_at_us, field_ids, payload) VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        n,
        Cell::from(entry.user_id),
        version(entry.version)?,
        Cell::Uuid(entry.change_id.0),
        entry.kind.name(),
        entry.dialect.name(),
        entry.actor.client,
        Cell::from(entry.actor.user),
        Cell::from(entry.recorded_at),
        entry.field_ids_text(),
        payload,
    ])?;
    Ok(())
}

fn write_claim(conn: &Connection, write: &ClaimWrite) -> Result<()> {
    let changed = match write {
        ClaimWrite::Take { claim, holder } => conn
            .prepare_cached(
                "INSERT INTO user_keys (kind, key, user_id, folding) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (kind, key) DO NOTHING",
            )?
            .execute(params![claim.kind(), claim.key(), Cell::from(*holder), claim.folding()])?,
        ClaimWrite::Move { claim, from, to } => conn
            .prepare_cached(
                "UPDATE user_keys SET user_id = ?4 WHERE kind = ?1 AND key = ?2 AND user_id = ?3",
            )?
            .execute(params![claim.kind(), claim.key(), Cell::from(*from), Cell::from(*to)])?,
        ClaimWrite::Release { claim, holder } => conn
            .prepare_cached("DELETE FROM user_keys WHERE kind = ?1 AND key = ?2 AND user_id = ?3")?
            .execute(params![claim.kind(), claim.key(), Cell::from(*holder)])?,
    };
    if changed == 1 { Ok(()) } else { Err(Error::Shortfall("a claim")) }
}
