//! API keys: `api_keys`, with `api_key_authorities` and `api_key_secrets` beside it.
//!
//! A key is read by one statement, so that its secrets and its expiry are of one moment.

use roster_directory::record::{ApiKey, KeySecret, Record, RecordKey};
use roster_directory::{Scope, Scopes, Source, Timestamp};
use tokio_postgres::Row;

use super::{Lock, Put, Write};
use crate::cell::Columns;
use crate::error::Result;
use crate::session::Session;

const TABLE: &str = "api_keys";

/// Three arrays hold the secrets, the newest first.
const SELECT: &str = "SELECT k.id, k.name, k.source, k.scopes, k.created_at_us, k.expires_at_us, k.revoked_at_us, \
     k.last_used_at_us, \
     ARRAY(SELECT authority FROM api_key_authorities a WHERE a.api_key_id = k.id), \
     ARRAY(SELECT sha256 FROM api_key_secrets s WHERE s.api_key_id = k.id ORDER BY place), \
     ARRAY(SELECT created_at_us FROM api_key_secrets s WHERE s.api_key_id = k.id ORDER BY place), \
     ARRAY(SELECT expires_at_us FROM api_key_secrets s WHERE s.api_key_id = k.id ORDER BY place) FROM api_keys k";

pub(super) async fn load(session: &Session, id: &str, lock: Lock) -> Result<Option<ApiKey>> {
    if lock != Lock::No {
        // A statement sees its subqueries as they were when it began, maybe before the lock was had.
        let locked = session.row(&lock.sql("SELECT 1 FROM api_keys WHERE id = $1"), &[id.into()]).await?;
        if locked.is_none() {
            // One that is made now would be seen below, and not be locked.
            return Ok(None);
        }
    }
    let row = session.row(&format!("{SELECT} WHERE k.id = $1"), &[id.into()]).await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn list(session: &Session, after: Option<&RecordKey>, limit: i64) -> Result<Vec<Record>> {
    let after = if let Some(RecordKey::ApiKey(id)) = after { id.as_str() } else { "" };
    let sql = format!("{SELECT} WHERE k.id > $1 ORDER BY k.id LIMIT $2");
    let rows = session.rows(&sql, &[after.into(), limit.into()]).await?;
    rows.iter().map(|row| read(row).map(Record::ApiKey)).collect()
}

fn read(row: &Row) -> Result<ApiKey> {
    let columns = &mut Columns::new(row, TABLE);
    Ok(ApiKey {
        id: columns.text()?.to_owned(),
        name: columns.text()?.to_owned(),
        source: {
            let source = columns.text()?;
            columns.check(Source::new(source))?
        },
        scopes: {
            let names = columns.text()?.split(',').filter(|name| !name.is_empty());
            names.map(Scope::from_name).collect::<Option<Scopes>>().ok_or_else(|| columns.corrupt())?
        },
        created_at: columns.time()?,
        expires_at: columns.optional_time()?,
        revoked_at: columns.optional_time()?,
        last_used_at: columns.optional_time()?,
        authorities: columns.get::<Vec<String>>()?.into_iter().collect(),
        secrets: secrets(columns)?,
    })
}

fn secrets(columns: &mut Columns<'_>) -> Result<Vec<KeySecret>> {
    let hashes = columns.get::<Vec<&[u8]>>()?;
    let (created, expires) = (columns.get::<Vec<i64>>()?, columns.get::<Vec<Option<i64>>>()?);
    let time = |micros| Timestamp::from_unix_micros(micros).ok_or_else(|| columns.corrupt());
    hashes
        .into_iter()
        .zip(created.into_iter().zip(expires))
        .map(|(sha256, (created_at, expires_at))| {
            Ok(KeySecret {
                sha256: columns.check(sha256.try_into())?,
                created_at: time(created_at)?,
                expires_at: expires_at.map(time).transpose()?,
            })
        })
        .collect()
}

pub(super) fn put(key: &ApiKey, present: bool) -> Vec<Write> {
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
    let row = Put {
        table: TABLE,
        key: &["id"],
        columns: &[
            "id",
            "name",
            "source",
            "scopes",
            "created_at_us",
            "expires_at_us",
            "revoked_at_us",
            "last_used_at_us",
        ],
        present,
    };
    let cells = vec![
        id.as_str().into(),
        name.as_str().into(),
        source.as_str().into(),
        scopes.join(",").into(),
        (*created_at).into(),
        (*expires_at).into(),
        (*revoked_at).into(),
        (*last_used_at).into(),
    ];
    let mut writes = vec![Write::new(row.sql(), cells)];
    writes.extend(remove_parts(id));
    for authority in authorities {
        let sql = "INSERT INTO api_key_authorities (api_key_id, authority) VALUES ($1, $2)";
        writes.push(Write::new(sql, vec![id.as_str().into(), authority.as_str().into()]));
    }
    for (place, KeySecret { sha256, created_at, expires_at }) in (0_i64..).zip(secrets) {
        let sql = "INSERT INTO api_key_secrets (api_key_id, place, sha256, created_at_us, expires_at_us) \
                   VALUES ($1, $2, $3, $4, $5)";
        let cells = vec![
            id.as_str().into(),
            place.into(),
            sha256.to_vec().into(),
            (*created_at).into(),
            (*expires_at).into(),
        ];
        writes.push(Write::new(sql, cells));
    }
    writes
}

pub(super) fn remove(id: &str) -> Vec<Write> {
    let mut writes = vec![Write::one("DELETE FROM api_keys WHERE id = $1", vec![id.into()])];
    writes.extend(remove_parts(id));
    writes
}

fn remove_parts(id: &str) -> [Write; 2] {
    [
        Write::new("DELETE FROM api_key_authorities WHERE api_key_id = $1", vec![id.into()]),
        Write::new("DELETE FROM api_key_secrets WHERE api_key_id = $1", vec![id.into()]),
    ]
}
