//! The registers (organisations, clients, profiles), and revoked tokens.

use roster_directory::record::{
    Organisation, OrganisationKind, Record, RecordKey, RegisteredClient, RegisteredProfile, RevokedToken,
};
use roster_directory::{ExternalId, ProfileId, Text};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Lock, Put, Write};
use crate::cell::{Cell, Columns};
use crate::error::Result;
use crate::session::Session;

/// The first row of a query, read.
async fn one<T>(
    session: &Session,
    sql: &str,
    cells: &[Cell],
    read: impl FnOnce(&Row) -> Result<T>,
) -> Result<Option<T>> {
    session.row(sql, cells).await?.as_ref().map(read).transpose()
}

/// Every row of a query, read.
async fn all<T>(
    session: &Session,
    sql: &str,
    cells: &[Cell],
    read: impl Fn(&Row) -> Result<T>,
) -> Result<Vec<T>> {
    session.rows(sql, cells).await?.iter().map(read).collect()
}

pub(super) async fn revoked_token(session: &Session, jti: &str, lock: Lock) -> Result<Option<RevokedToken>> {
    let sql = lock.sql("SELECT jti, revoked_at_us, expires_at_us FROM revoked_tokens WHERE jti = $1");
    one(session, &sql, &[jti.into()], |row| {
        let columns = &mut Columns::new(row, "revoked_tokens");
        Ok(RevokedToken {
            jti: columns.text()?.to_owned(),
            revoked_at: columns.time()?,
            expires_at: columns.time()?,
        })
    })
    .await
}

pub(super) fn put_revoked_token(token: &RevokedToken, present: bool) -> Write {
    let RevokedToken { jti, revoked_at, expires_at } = token;
    let put = Put {
        table: "revoked_tokens",
        key: &["jti"],
        columns: &["jti", "revoked_at_us", "expires_at_us"],
        present,
    };
    Write::new(put.sql(), vec![jti.as_str().into(), (*revoked_at).into(), (*expires_at).into()])
}

fn read_organisation(row: &Row) -> Result<Organisation> {
    let columns = &mut Columns::new(row, "organisations");
    let kind = OrganisationKind::from_name(columns.text()?).ok_or_else(|| columns.corrupt())?;
    let id = columns.uuid()?;
    let (external_id, name) = (columns.text()?, columns.text()?);
    let (external_id, name) = (ExternalId::new(external_id), Text::new(name));
    Ok(Organisation { kind, id, external_id: columns.check(external_id)?, name: columns.check(name)? })
}

pub(super) async fn organisation(
    session: &Session,
    kind: OrganisationKind,
    id: Uuid,
    lock: Lock,
) -> Result<Option<Organisation>> {
    let sql = lock.sql("SELECT kind, id, external_id, name FROM organisations WHERE kind = $1 AND id = $2");
    one(session, &sql, &[kind.name().into(), id.into()], read_organisation).await
}

pub(super) async fn organisation_by_external_id(
    session: &Session,
    kind: OrganisationKind,
    external_id: &ExternalId,
    lock: Lock,
) -> Result<Option<Organisation>> {
    let sql = lock
        .sql("SELECT kind, id, external_id, name FROM organisations WHERE kind = $1 AND external_id = $2");
    one(session, &sql, &[kind.name().into(), external_id.as_str().into()], read_organisation).await
}

pub(super) async fn organisations(
    session: &Session,
    kind: OrganisationKind,
    after: Option<&RecordKey>,
    limit: i64,
) -> Result<Vec<Record>> {
    let after = if let Some(RecordKey::Organisation(_, id)) = after { Some(*id) } else { None };
    let sql = "SELECT kind, id, external_id, name FROM organisations \
               WHERE kind = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3";
    let cells = [kind.name().into(), after.into(), limit.into()];
    all(session, sql, &cells, |row| read_organisation(row).map(Record::Organisation)).await
}

pub(super) fn put_organisation(organisation: &Organisation, present: bool) -> Write {
    let Organisation { kind, id, external_id, name } = organisation;
    let put = Put {
        table: "organisations",
        key: &["kind", "id"],
        columns: &["kind", "id", "external_id", "name"],
        present,
    };
    Write::new(
        put.sql(),
        vec![kind.name().into(), (*id).into(), external_id.as_str().into(), name.as_str().into()],
    )
}

fn read_client(row: &Row) -> Result<RegisteredClient> {
    let columns = &mut Columns::new(row, "clients");
    let (id, name) = (columns.integer()?, columns.text()?);
    Ok(RegisteredClient { id, name: columns.check(Text::new(name))? })
}

pub(super) async fn client(session: &Session, id: i64, lock: Lock) -> Result<Option<RegisteredClient>> {
    one(session, &lock.sql("SELECT id, name FROM clients WHERE id = $1"), &[id.into()], read_client).await
}

pub(super) async fn clients(session: &Session, after: Option<&RecordKey>, limit: i64) -> Result<Vec<Record>> {
    let after = if let Some(RecordKey::Client(id)) = after { *id } else { 0 };
    let sql = "SELECT id, name FROM clients WHERE id > $1 ORDER BY id LIMIT $2";
    all(session, sql, &[after.into(), limit.into()], |row| read_client(row).map(Record::Client)).await
}

pub(super) fn put_client(client: &RegisteredClient, present: bool) -> Write {
    let RegisteredClient { id, name } = client;
    let put = Put { table: "clients", key: &["id"], columns: &["id", "name"], present };
    Write::new(put.sql(), vec![(*id).into(), name.as_str().into()])
}

fn read_profile(row: &Row) -> Result<RegisteredProfile> {
    let columns = &mut Columns::new(row, "profiles");
    let (id, name) = (columns.text()?, columns.text()?);
    Ok(RegisteredProfile { id: columns.check(ProfileId::new(id))?, name: columns.check(Text::new(name))? })
}

pub(super) async fn profile(
    session: &Session,
    id: &ProfileId,
    lock: Lock,
) -> Result<Option<RegisteredProfile>> {
    let sql = lock.sql("SELECT id, name FROM profiles WHERE id = $1");
    one(session, &sql, &[id.as_str().into()], read_profile).await
}

pub(super) async fn profiles(
    session: &Session,
    after: Option<&RecordKey>,
    limit: i64,
) -> Result<Vec<Record>> {
    let after = if let Some(RecordKey::Profile(id)) = after { id.as_str() } else { "" };
    let sql = "SELECT id, name FROM profiles WHERE id > $1 ORDER BY id LIMIT $2";
    all(session, sql, &[after.into(), limit.into()], |row| read_profile(row).map(Record::Profile)).await
}

pub(super) fn put_profile(profile: &RegisteredProfile, present: bool) -> Write {
    let RegisteredProfile { id, name } = profile;
    let put = Put { table: "profiles", key: &["id"], columns: &["id", "name"], present };
    Write::new(put.sql(), vec![id.as_str().into(), name.as_str().into()])
}
