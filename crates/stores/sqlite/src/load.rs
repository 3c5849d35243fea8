//! Reading users, claims and the journal on any connection, inside whatever transaction is open there.

use std::sync::Arc;

use roster_directory::journal::{EntryKind, decode_changes};
use roster_directory::seal::{Keyring, Purpose, SealError, WrappedKey};
use roster_directory::store::{Claim, ReadSet, Seen};
use roster_directory::{Actor, ChangeId, Dialect, Entry, Number, Position, Target, User, UserId};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Params, Row, params};
use uuid::Uuid;

use crate::cache::View;
use crate::cell::{Cell, Columns};
use crate::columns;
use crate::error::{Error, Result};
use crate::parts::Parts;
use crate::{groups, records};

/// Who holds a claim.
pub(crate) fn holder(conn: &Connection, claim: &Claim) -> Result<Option<UserId>> {
    let mut statement = conn.prepare_cached("SELECT user_id FROM user_keys WHERE kind = ?1 AND key = ?2")?;
    let mut rows = statement.query(params![claim.kind(), claim.key()])?;
    rows.next()?.map(|row| Columns::new(row, "user_keys").user_id()).transpose()
}

/// A user, deleted ones too.
pub(crate) fn user(conn: &Connection, id: UserId) -> Result<Option<User>> {
    Users::prepare(conn, &columns::SELECT_BY_ID)?.find([Cell::from(id)])
}

/// Reads users by the statements it is made with, which are looked up once for all that it reads.
pub(crate) struct Users<'conn> {
    row: CachedStatement<'conn>,
    parts: Parts<'conn>,
}

impl<'conn> Users<'conn> {
    /// `sql` is a [`columns::SELECT`] of one row.
    pub(crate) fn prepare(conn: &'conn Connection, sql: &str) -> Result<Self> {
        Ok(Self { row: conn.prepare_cached(sql)?, parts: Parts::prepare(conn)? })
    }

    /// The user that the statement's parameters lead to.
    pub(crate) fn find(&mut self, params: impl Params) -> Result<Option<User>> {
        let mut user = self.find_row(params)?;
        self.add_parts(&mut user)?;
        Ok(user)
    }

    /// The same without what is not in its row.
    pub(crate) fn find_row(&mut self, params: impl Params) -> Result<Option<User>> {
        let mut rows = self.row.query(params)?;
        rows.next()?.map(columns::user).transpose()
    }

    /// Adds what is not in the rows of users.
    pub(crate) fn add_parts<'u>(&mut self, users: impl IntoIterator<Item = &'u mut User>) -> Result<()> {
        self.parts.add_to(users)
    }
}

/// The user that is named. Where not by its id, a living one: what a deleted user was called may be another's.
pub(crate) fn target(conn: &Connection, view: View<'_>, target: &Target) -> Result<Option<User>> {
    let id = match target {
        Target::Id(id) => return view.user(conn, *id),
        Target::Number(_) | Target::Link(_) | Target::UserName(_) => match target.claim() {
            Some(claim) => view.holder(conn, &claim)?,
            None => None,
        },
    };
    let found = id.map(|id| view.user(conn, id)).transpose()?.flatten();
    Ok(found.filter(User::is_living))
}

/// A user's wrapped data key.
pub(crate) fn data_key(conn: &Connection, id: UserId) -> Result<Option<WrappedKey>> {
    let mut statement = conn.prepare_cached("SELECT data_key FROM users WHERE id = ?1")?;
    let key: Option<Vec<u8>> = statement.query_row([Cell::from(id)], |row| row.get(0)).optional()?;
    Ok(key.map(WrappedKey::from_bytes))
}

/// Reads into `seen` what of `wanted` is not there yet. A claim brings its holder along.
pub(crate) fn fill(
    conn: &Connection,
    view: View<'_>,
    keyring: &Keyring,
    seen: &mut Seen,
    wanted: ReadSet,
) -> Result<()> {
    let ReadSet { claims, users, records: record_keys, groups_of, number } = seen.missing(wanted);
    for claim in claims {
        let holder = view.holder(conn, &claim)?;
        seen.put_claim(claim, holder);
        if let Some(id) = holder {
            fill_user(conn, view, seen, id)?;
        }
    }
    for id in users {
        fill_user(conn, view, seen, id)?;
    }
    for key in record_keys {
        let record = records::load(conn, keyring, &key)?;
        seen.put_record(key, record);
    }
    for id in groups_of {
        seen.put_groups_of(id, groups::ids_of(conn, id)?);
    }
    if number {
        seen.put_next_number(counters(conn)?.next_number);
    }
    Ok(())
}

/// What the store counts, as of the transaction: other processes count beside this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counters {
    /// The number of the next user.
    pub(crate) next_number: Number,
    /// The position of the next journal entry.
    pub(crate) next_position: i64,
}

/// Reads the counters.
pub(crate) fn counters(conn: &Connection) -> Result<Counters> {
    let mut statement = conn.prepare_cached("SELECT next_number, next_position FROM meta")?;
    let mut rows = statement.query([])?;
    let row = rows.next()?.ok_or(Error::Corrupt("meta"))?;
    let columns = &mut Columns::new(row, "meta");
    let next_number = columns.integer()?;
    Ok(Counters { next_number: columns.check(Number::new(next_number))?, next_position: columns.integer()? })
}

fn fill_user(conn: &Connection, view: View<'_>, seen: &mut Seen, id: UserId) -> Result<()> {
    if !seen.has_user(id) {
        let user = view.user(conn, id)?;
        seen.put_user(id, user.map(Arc::new));
    }
    Ok(())
}

/// The columns that [`entry`] reads.
const ENTRY: &str = "SELECT n, stream, version, change_id, kind, dialect, client, actor_user_id, recorded_at_us, \
                     payload, field_ids FROM journal WHERE user_id = ?1 AND version > ?2 ORDER BY version LIMIT ?3";

/// A page of a user's journal: the entries of versions above `after`, oldest first.
pub(crate) fn history(
    conn: &Connection,
    keyring: &Keyring,
    epoch: Uuid,
    (user, after, limit): (UserId, u64, usize),
) -> Result<Vec<(Position, Entry)>> {
    let Some(key) = data_key(conn, user)? else { return Ok(Vec::new()) };
    let mut statement = entries(conn)?;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![Cell::from(user), after, limit])?;
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        page.push(entry(row, keyring, epoch, (user, &key))?);
    }
    Ok(page)
}

/// The statement whose rows [`entry`] reads; its parameters are the user, the version after which, and how many.
pub(crate) fn entries(conn: &Connection) -> Result<CachedStatement<'_>> {
    Ok(conn.prepare_cached(ENTRY)?)
}

/// A journal entry from a row of [`entries`].
pub(crate) fn entry(
    row: &Row<'_>,
    keyring: &Keyring,
    epoch: Uuid,
    owner: (UserId, &WrappedKey),
) -> Result<(Position, Entry)> {
    let columns = &mut Columns::new(row, "journal");
    let n = columns.integer()?;
    let stream = columns.integer()?;
    let stream = columns.check(u16::try_from(stream))?;
    let version = columns.version()?;
    let change_id = ChangeId(columns.uuid()?);
    let kind = EntryKind::from_name(columns.text()?).ok_or_else(|| columns.corrupt())?;
    let dialect = Dialect::from_name(columns.text()?).ok_or_else(|| columns.corrupt())?;
    let actor = Actor { client: columns.text()?.to_owned(), user: columns.optional_uuid()?.map(UserId) };
    let recorded_at = columns.time()?;
    let changes = match keyring.unseal(owner, Purpose::Journal { version }, columns.blob()?) {
        Ok(plain) => Some(decode_changes(&plain).ok_or_else(|| columns.corrupt())?),
        Err(SealError::Erased) => None,
        Err(error @ (SealError::MasterKey | SealError::Unreadable)) => return Err(error.into()),
    };
    let entry = Entry { change_id, user_id: owner.0, version, kind, recorded_at, actor, dialect, changes };
    Ok((Position { epoch, stream, n }, entry))
}
