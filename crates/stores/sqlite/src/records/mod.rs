//! Records: what the directory keeps besides users. One file for each kind of table.

mod api_keys;
mod groups;
mod idempotency;
mod registers;

pub(crate) use groups::load as load_group;
pub(crate) use idempotency::outcome_opens;
use roster_directory::record::{Record, RecordKey, Register};
use roster_directory::seal::Keyring;
use roster_directory::store::RecordWrite;
use roster_directory::{Entropy, Link, Timestamp, UserId};
use rusqlite::{Connection, params};

use crate::cell::Cell;
use crate::error::{Error, Result};

/// A record.
pub(crate) fn load(conn: &Connection, keyring: &Keyring, key: &RecordKey) -> Result<Option<Record>> {
    Ok(match key {
        RecordKey::ApiKey(id) => api_keys::load(conn, id)?.map(Record::ApiKey),
        RecordKey::RevokedToken(jti) => registers::revoked_token(conn, jti)?.map(Record::RevokedToken),
        RecordKey::Organisation(kind, id) => {
            registers::organisation(conn, *kind, *id)?.map(Record::Organisation)
        }
        RecordKey::OrganisationByExternalId(kind, external_id) => {
            registers::organisation_by_external_id(conn, *kind, external_id)?.map(Record::Organisation)
        }
        RecordKey::Client(id) => registers::client(conn, *id)?.map(Record::Client),
        RecordKey::Profile(id) => registers::profile(conn, id)?.map(Record::Profile),
        RecordKey::Idempotency(client, key) => {
            idempotency::load(conn, keyring, client, key)?.map(|record| Record::Idempotency(Box::new(record)))
        }
        RecordKey::Group(id) => groups::load(conn, *id)?.map(Record::Group),
        RecordKey::GroupByName(folded) => groups::load_by_name(conn, folded)?.map(Record::Group),
        RecordKey::Membership(group, user) => {
            groups::membership(conn, *group, *user)?.map(Record::Membership)
        }
        RecordKey::GroupEntry(group, version) => {
            groups::load_entry(conn, *group, *version)?.map(|entry| Record::GroupEntry(Box::new(entry)))
        }
        RecordKey::SharedLink(link, user) => {
            shares(conn, link, *user)?.then(|| Record::SharedLink(link.clone(), *user))
        }
    })
}

/// Whether a user has a link that leads to another.
pub(crate) fn shares(conn: &Connection, link: &Link, user: UserId) -> Result<bool> {
    let Link { source, external_id } = link;
    let mut statement = conn.prepare_cached(
        "SELECT 1 FROM shared_links WHERE source = ?1 AND external_id = ?2 AND user_id = ?3",
    )?;
    Ok(statement.exists(params![source.as_str(), external_id.as_str(), Cell::from(user)])?)
}

/// Writes or removes a record.
pub(crate) fn write(
    conn: &Connection,
    keyring: &Keyring,
    entropy: &dyn Entropy,
    write: &RecordWrite,
) -> Result<()> {
    match write {
        RecordWrite::Put(Record::ApiKey(key)) => api_keys::put(conn, key),
        RecordWrite::Put(Record::RevokedToken(token)) => registers::put_revoked_token(conn, token),
        RecordWrite::Put(Record::Organisation(organisation)) => {
            registers::put_organisation(conn, organisation)
        }
        RecordWrite::Put(Record::Client(client)) => registers::put_client(conn, client),
        RecordWrite::Put(Record::Profile(profile)) => registers::put_profile(conn, profile),
        RecordWrite::Put(Record::Idempotency(record)) => idempotency::put(conn, keyring, entropy, record),
        RecordWrite::Put(Record::Group(group)) => groups::put(conn, group),
        RecordWrite::Put(Record::Membership(membership)) => groups::put_membership(conn, membership),
        RecordWrite::Put(Record::GroupEntry(entry)) => groups::put_entry(conn, entry),
        RecordWrite::Put(Record::SharedLink(Link { source, external_id }, user)) => conn
            .prepare_cached("REPLACE INTO shared_links (source, external_id, user_id) VALUES (?1, ?2, ?3)")?
            .execute(params![source.as_str(), external_id.as_str(), Cell::from(*user)])
            .map(drop)
            .map_err(Error::from),
        RecordWrite::Remove(key) => remove(conn, key),
    }
}

fn remove(conn: &Connection, key: &RecordKey) -> Result<()> {
    let removed = match key {
        RecordKey::ApiKey(id) => return api_keys::remove(conn, id),
        RecordKey::RevokedToken(jti) => {
            conn.prepare_cached("DELETE FROM revoked_tokens WHERE jti = ?1")?.execute([jti])?
        }
        RecordKey::Organisation(kind, id) => conn
            .prepare_cached("DELETE FROM organisations WHERE kind = ?1 AND id = ?2")?
            .execute(params![kind.name(), Cell::Uuid(*id)])?,
        RecordKey::OrganisationByExternalId(..) => {
            return Err(Error::Unstorable("an organisation is removed by its id alone"));
        }
        RecordKey::Client(id) => conn.prepare_cached("DELETE FROM clients WHERE id = ?1")?.execute([id])?,
        RecordKey::Profile(id) => {
            conn.prepare_cached("DELETE FROM profiles WHERE id = ?1")?.execute([id.as_str()])?
        }
        RecordKey::Idempotency(client, key) => conn
            .prepare_cached("DELETE FROM idempotency WHERE client = ?1 AND key = ?2")?
            .execute([client, key.as_str()])?,
        RecordKey::Group(id) => return groups::remove(conn, *id),
        RecordKey::GroupByName(_) => {
            return Err(Error::Unstorable("a group is removed by its id alone"));
        }
        RecordKey::Membership(group, user) => conn
            .prepare_cached("DELETE FROM group_members WHERE group_id = ?1 AND user_id = ?2")?
            .execute([Cell::from(*group), Cell::from(*user)])?,
        RecordKey::GroupEntry(..) => {
            return Err(Error::Unstorable("an entry of a group's journal is never removed"));
        }
        RecordKey::SharedLink(Link { source, external_id }, user) => conn
            .prepare_cached(
                "DELETE FROM shared_links WHERE source = ?1 AND external_id = ?2 AND user_id = ?3",
            )?
            .execute(params![source.as_str(), external_id.as_str(), Cell::from(*user)])?,
    };
    if removed == 1 { Ok(()) } else { Err(Error::Shortfall("a record")) }
}

/// A page of a register, in the order of its keys.
pub(crate) fn list(
    conn: &Connection,
    register: Register,
    after: Option<&RecordKey>,
    limit: usize,
) -> Result<Vec<Record>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    match register {
        Register::ApiKeys => api_keys::list(conn, after, limit),
        Register::Organisations(kind) => registers::organisations(conn, kind, after, limit),
        Register::Clients => registers::clients(conn, after, limit),
        Register::Profiles => registers::profiles(conn, after, limit),
    }
}

/// Removes at most `limit` records that expired before `now`; how many it removed.
pub(crate) fn sweep(conn: &Connection, now: Timestamp, limit: usize) -> Result<usize> {
    let mut left = limit;
    for sql in [
        "DELETE FROM idempotency WHERE rowid IN \
         (SELECT rowid FROM idempotency WHERE expires_at_us <= ?1 ORDER BY expires_at_us LIMIT ?2)",
        "DELETE FROM revoked_tokens WHERE jti IN \
         (SELECT jti FROM revoked_tokens WHERE expires_at_us <= ?1 ORDER BY expires_at_us LIMIT ?2)",
    ] {
        let most = i64::try_from(left).unwrap_or(i64::MAX);
        left -= conn.prepare_cached(sql)?.execute(params![Cell::from(now), most])?.min(left);
    }
    Ok(limit - left)
}
