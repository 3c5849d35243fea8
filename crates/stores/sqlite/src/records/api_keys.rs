//! API keys: `api_keys`, with `api_key_authorities` and `api_key_secrets` beside it.

use std::collections::BTreeSet;

use roster_directory::record::{ApiKey, KeySecret, Record, RecordKey};
use roster_directory::{Scope, Scopes, Source};
use rusqlite::{Connection, Row, params};

use crate::cell::{Cell, Columns};
use crate::error::{Error, Result};

const TABLE: &str = "api_keys";

pub(super) fn load(conn: &Connection, id: &str) -> Result<Option<ApiKey>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, name, source, scopes, created_at_us, expires_at_us, revoked_at_us, last_used_at_us \
         FROM api_keys WHERE id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(|row| read(conn, row)).transpose()
}

pub(super) fn list(conn: &Connection, after: Option<&RecordKey>, limit: i64) -> Result<Vec<Record>> {
    let after = if let Some(RecordKey::ApiKey(id)) = after { id.as_str() } else { "" };
    let mut statement = conn.prepare_cached(
        "SELECT id, name, source, scopes, created_at_us, expires_at_us, revoked_at_us, last_used_at_us \
         FROM api_keys WHERE id > ?1 ORDER BY id LIMIT ?2",
    )?;
    let mut rows = statement.query(params![after, limit])?;
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        page.push(Record::ApiKey(read(conn, row)?));
    }
    Ok(page)
}

fn read(conn: &Connection, row: &Row<'_>) -> Result<ApiKey> {
    let columns = &mut Columns::new(row, TABLE);
    let id = columns.text()?.to_owned();
    let authorities = authorities(conn, &id)?;
    let secrets = secrets(conn, &id)?;
    Ok(ApiKey {
        name: columns.text()?.to_owned(),
        source: {
            let source = columns.text()?;
            columns.check(Source::new(source))?
        },
        scopes: {
            let names = columns.text()?.split(',').filter(|name| !name.is_empty());
            names.map(Scope::from_name).collect::<Option<Scopes>>().ok_or_else(|| columns.corrupt())?
        },
        authorities,
        secrets,
        created_at: columns.time()?,
        expires_at: columns.optional_time()?,
        revoked_at: columns.optional_time()?,
        last_used_at: columns.optional_time()?,
        id,
    })
}

fn authorities(conn: &Connection, id: &str) -> Result<BTreeSet<String>> {
    let mut statement = conn.prepare_cached(
        "SELECT authority FROM api_key_authorities WHERE api_key_id = ?1 ORDER BY authority",
    )?;
    let names = statement.query_map([id], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

fn secrets(conn: &Connection, id: &str) -> Result<Vec<KeySecret>> {
    let mut statement = conn.prepare_cached(
        "SELECT sha256, created_at_us, expires_at_us FROM api_key_secrets WHERE api_key_id = ?1 ORDER BY place",
    )?;
    let mut rows = statement.query([id])?;
    let mut secrets = Vec::new();
    while let Some(row) = rows.next()? {
        let columns = &mut Columns::new(row, "api_key_secrets");
        let sha256 = columns.blob()?;
        secrets.push(KeySecret {
            sha256: columns.check(sha256.try_into())?,
            created_at: columns.time()?,
            expires_at: columns.optional_time()?,
        });
    }
    Ok(secrets)
}

pub(super) fn put(conn: &Connection, key: &ApiKey) -> Result<()> {
    let ApiKey {
        id,
        name,
        source,
        scopes,
        authorities,
        secrets,
        created_at,
        expires_at,
        revoked_at,
        last_used_at,
    } = key;
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
    conn.prepare_cached(
        "INSERT INTO api_keys \
         (id, name, source, scopes, created_at_us, expires_at_us, revoked_at_us, last_used_at_us) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
         ON CONFLICT (id) DO UPDATE SET name = ?2, source = ?3, scopes = ?4, created_at_us = ?5, \
         expires_at_us = ?6, revoked_at_us = ?7, last_used_at_us = ?8",
    )?
    .execute(params![
        id,
        name,
        source.as_str(),
        scopes.join(","),
        Cell::from(*created_at),
        Cell::from(*expires_at),
        Cell::from(*revoked_at),
        Cell::from(*last_used_at),
    ])?;
    remove_parts(conn, id)?;
    for authority in authorities {
        conn.prepare_cached("INSERT INTO api_key_authorities (api_key_id, authority) VALUES (?1, ?2)")?
            .execute([id, authority])?;
    }
    for (place, KeySecret { sha256, created_at, expires_at }) in (0_i64..).zip(secrets) {
        conn.prepare_cached(
            "INSERT INTO api_key_secrets (api_key_id, place, sha256, created_at_us, expires_at_us) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![id, place, sha256, Cell::from(*created_at), Cell::from(*expires_at)])?;
    }
    Ok(())
}

pub(super) fn remove(conn: &Connection, id: &str) -> Result<()> {
    let removed = conn.prepare_cached("DELETE FROM api_keys WHERE id = ?1")?.execute([id])?;
    remove_parts(conn, id)?;
    if removed == 1 { Ok(()) } else { Err(Error::Shortfall("an API key")) }
}

fn remove_parts(conn: &Connection, id: &str) -> Result<()> {
    conn.prepare_cached("DELETE FROM api_key_authorities WHERE api_key_id = ?1")?.execute([id])?;
    conn.prepare_cached("DELETE FROM api_key_secrets WHERE api_key_id = ?1")?.execute([id])?;
    Ok(())
}
