//! The registers (organisations, clients, profiles), and revoked tokens.

use roster_directory::record::{
    Organisation, OrganisationKind, Record, RecordKey, RegisteredClient, RegisteredProfile, RevokedToken,
};
use roster_directory::{ExternalId, ProfileId, Text};
use rusqlite::{Connection, Params, Row, params};
use uuid::Uuid;

use crate::cell::{Cell, Columns};
use crate::error::Result;

/// The first row of a query, read.
fn one<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

/// Every row of a query, read.
fn all<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

pub(super) fn revoked_token(conn: &Connection, jti: &str) -> Result<Option<RevokedToken>> {
    one(conn, "SELECT jti, revoked_at_us, expires_at_us FROM revoked_tokens WHERE jti = ?1", [jti], |row| {
        let columns = &mut Columns::new(row, "revoked_tokens");
        Ok(RevokedToken {
            jti: columns.text()?.to_owned(),
            revoked_at: columns.time()?,
            expires_at: columns.time()?,
        })
    })
}

pub(super) fn put_revoked_token(conn: &Connection, token: &RevokedToken) -> Result<()> {
    let RevokedToken { jti, revoked_at, expires_at } = token;
    conn.prepare_cached(
        "INSERT INTO revoked_tokens (jti, revoked_at_us, expires_at_us) VALUES (?1, ?2, ?3) \
         ON CONFLICT (jti) DO UPDATE SET revoked_at_us = ?2, expires_at_us = ?3",
    )?
    .execute(params![jti, Cell::from(*revoked_at), Cell::from(*expires_at)])?;
    Ok(())
}

fn read_organisation(row: &Row<'_>) -> Result<Organisation> {
    let columns = &mut Columns::new(row, "organisations");
    let kind = OrganisationKind::from_name(columns.text()?).ok_or_else(|| columns.corrupt())?;
    let id = columns.uuid()?;
    let (external_id, name) = (columns.text()?, columns.text()?);
    let (external_id, name) = (ExternalId::new(external_id), Text::new(name));
    Ok(Organisation { kind, id, external_id: columns.check(external_id)?, name: columns.check(name)? })
}

pub(super) fn organisation(
    conn: &Connection,
    kind: OrganisationKind,
    id: Uuid,
) -> Result<Option<Organisation>> {
    let sql = "SELECT kind, id, external_id, name FROM organisations WHERE kind = ?1 AND id = ?2";
    one(conn, sql, params![kind.name(), Cell::Uuid(id)], read_organisation)
}

pub(super) fn organisation_by_external_id(
    conn: &Connection,
    kind: OrganisationKind,
    external_id: &ExternalId,
) -> Result<Option<Organisation>> {
    let sql = "SELECT kind, id, external_id, name FROM organisations WHERE kind = ?1 AND external_id = ?2";
    one(conn, sql, [kind.name(), external_id.as_str()], read_organisation)
}

pub(super) fn organisations(
    conn: &Connection,
    kind: OrganisationKind,
    after: Option<&RecordKey>,
    limit: i64,
) -> Result<Vec<Record>> {
    // Every id comes after the empty one.
    let after =
        if let Some(RecordKey::Organisation(_, id)) = after { Cell::Uuid(*id) } else { Cell::Blob(&[]) };
    let sql = "SELECT kind, id, external_id, name FROM organisations WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    all(conn, sql, params![kind.name(), after, limit], |row| read_organisation(row).map(Record::Organisation))
}

pub(super) fn put_organisation(conn: &Connection, organisation: &Organisation) -> Result<()> {
    let Organisation { kind, id, external_id, name } = organisation;
    conn.prepare_cached(
        "INSERT INTO organisations (kind, id, external_id, name) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (kind, id) DO UPDATE SET external_id = ?3, name = ?4",
    )?
    .execute(params![kind.name(), Cell::Uuid(*id), external_id.as_str(), name.as_str()])?;
    Ok(())
}

fn read_client(row: &Row<'_>) -> Result<RegisteredClient> {
    let columns = &mut Columns::new(row, "clients");
    let (id, name) = (columns.integer()?, columns.text()?);
    Ok(RegisteredClient { id, name: columns.check(Text::new(name))? })
}

pub(super) fn client(conn: &Connection, id: i64) -> Result<Option<RegisteredClient>> {
    one(conn, "SELECT id, name FROM clients WHERE id = ?1", [id], read_client)
}

pub(super) fn clients(conn: &Connection, after: Option<&RecordKey>, limit: i64) -> Result<Vec<Record>> {
    let after = if let Some(RecordKey::Client(id)) = after { *id } else { 0 };
    let sql = "SELECT id, name FROM clients WHERE id > ?1 ORDER BY id LIMIT ?2";
    all(conn, sql, [after, limit], |row| read_client(row).map(Record::Client))
}

pub(super) fn put_client(conn: &Connection, client: &RegisteredClient) -> Result<()> {
    let RegisteredClient { id, name } = client;
    conn.prepare_cached(
        "INSERT INTO clients (id, name) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET name = ?2",
    )?
    .execute(params![id, name.as_str()])?;
    Ok(())
}

fn read_profile(row: &Row<'_>) -> Result<RegisteredProfile> {
    let columns = &mut Columns::new(row, "profiles");
    let (id, name) = (columns.text()?, columns.text()?);
    Ok(RegisteredProfile { id: columns.check(ProfileId::new(id))?, name: columns.check(Text::new(name))? })
}

pub(super) fn profile(conn: &Connection, id: &ProfileId) -> Result<Option<RegisteredProfile>> {
    one(conn, "SELECT id, name FROM profiles WHERE id = ?1", [id.as_str()], read_profile)
}

pub(super) fn profiles(conn: &Connection, after: Option<&RecordKey>, limit: i64) -> Result<Vec<Record>> {
    let after = if let Some(RecordKey::Profile(id)) = after { id.as_str() } else { "" };
    let sql = "SELECT id, name FROM profiles WHERE id > ?1 ORDER BY id LIMIT ?2";
    all(conn, sql, params![after, limit], |row| read_profile(row).map(Record::Profile))
}

pub(super) fn put_profile(conn: &Connection, profile: &RegisteredProfile) -> Result<()> {
    let RegisteredProfile { id, name } = profile;
    conn.prepare_cached(
        "INSERT INTO profiles (id, name) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET name = ?2",
    )?
    .execute([id.as_str(), name.as_str()])?;
    Ok(())
}
