//! Reading users, claims, records and the journal.
//!
//! A decision is over rows that several statements read. So that it is over one state of each user, a user with its links, grants and elements is read by
//! one statement, and a claim is believed only if the user that it leads to has what is claimed. What is written is
//! guarded besides.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::{Arc, LazyLock};

use futures_util::future::{join_all, join3};
use roster_directory::journal::{EntryKind, decode_changes};
use roster_directory::record::{Record, RecordKey};
use roster_directory::seal::{Keyring, Purpose, SealError, WrappedKey};
use roster_directory::store::{Claim, ReadSet, Seen};
use roster_directory::{Actor, ChangeId, Dialect, Entry, Group, GroupId, Number, Target, User, UserId};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::bulk::Parameter;
use crate::cell::{Cell, Columns};
use crate::columns;
use crate::error::{Error, Result};
use crate::net::{Net, Told};
use crate::records::{self, Lock};
use crate::session::{Call, Session};
use crate::{groups, members};

const HOLDER: &str = "SELECT user_id FROM user_keys WHERE kind = $1 AND key = $2";

/// The claims `t` of kinds `$1` and keys `$2` that are held, each with its holder `k.user_id`. The LIMIT has each key looked up by the
/// index: as a join it read the whole table, while that grew faster than its statistics.
pub(crate) const HELD: &str = "unnest($1::int8[], $2::text[]) AS t (kind, key) CROSS JOIN LATERAL \
                               (SELECT user_id FROM user_keys WHERE kind = t.kind AND key = t.key LIMIT 1) AS k";

static HOLDERS: LazyLock<String> = LazyLock::new(|| format!("SELECT t.kind, t.key, k.user_id FROM {HELD}"));

/// Who holds a claim.
async fn holder(session: &Session, claim: &Claim) -> Result<Option<UserId>> {
    let row = session.row(HOLDER, &[claim.kind().into(), claim.key().into()]).await?;
    row.map(|row| Columns::new(&row, "user_keys").user_id()).transpose()
}

/// How rows of one table are read and written: with one statement, or with one for each, so that each needs one shard alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    Together,
    OneByOne,
}

/// Where a change names more rows of one table than this, they share a statement all the same: they are on all shards anyway.
const MOST_APART: usize = 100;

impl Reads {
    /// Whether so many rows have a statement each.
    pub(crate) fn are_apart(self, rows: usize) -> bool {
        rows < 2 || (self == Self::OneByOne && rows <= MOST_APART)
    }
}

/// Who holds each claim.
pub(crate) async fn holders(
    session: &Session,
    claims: &[Claim],
    reads: Reads,
) -> Result<HashMap<Claim, UserId>> {
    if reads.are_apart(claims.len()) {
        let found = join_all(claims.iter().map(|claim| holder(session, claim))).await;
        let held =
            claims.iter().zip(found).map(|(claim, found)| Ok(found?.map(|holder| (claim.clone(), holder))));
        return held.filter_map(Result::transpose).collect();
    }
    let rows = session.rows_of(&Call::new(HOLDERS.as_str(), claimed(claims))).await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        let columns = &mut Columns::new(row, "user_keys");
        let claim =
            Claim::from_stored(columns.integer()?, columns.text()?).ok_or_else(|| columns.corrupt())?;
        found.insert(claim, columns.user_id()?);
    }
    Ok(found)
}

/// Who holds each claim, and the holders themselves: they come by the same statement where rows share one.
async fn holders_with_users(
    session: &Session,
    claims: &[Claim],
    reads: Reads,
) -> Result<(HashMap<Claim, UserId>, HashMap<UserId, User>)> {
    if reads == Reads::OneByOne || claims.is_empty() {
        return Ok((holders(session, claims, reads).await?, HashMap::new()));
    }
    let rows = session.rows_of(&Call::new(columns::SELECT_HOLDERS.as_str(), claimed(claims))).await?;
    let (mut found, mut users) = (HashMap::with_capacity(rows.len()), HashMap::with_capacity(rows.len()));
    for row in &rows {
        let (claim, id) = columns::held(row)?;
        // Several claims may lead to one.
        if let Slot::Vacant(place) = users.entry(id) {
            place.insert(columns::user(row)?);
        }
        found.insert(claim, id);
    }
    Ok((found, users))
}

/// Claims as parameters: their kinds, and their keys.
fn claimed(claims: &[Claim]) -> Vec<Parameter> {
    let kinds: Vec<i64> = claims.iter().map(Claim::kind).collect();
    let keys: Vec<String> = claims.iter().map(Claim::key).collect();
    vec![Box::new(kinds), Box::new(keys)]
}

/// A user, deleted ones too.
pub(crate) async fn user(session: &Session, id: UserId) -> Result<Option<User>> {
    let row = session.row(&columns::SELECT_ONE, &[id.into()]).await?;
    row.map(|row| columns::user(&row)).transpose()
}

/// Users, deleted ones too.
pub(crate) async fn users(session: &Session, ids: &[UserId], reads: Reads) -> Result<HashMap<UserId, User>> {
    if reads.are_apart(ids.len()) {
        let found = join_all(ids.iter().map(|id| user(session, *id))).await;
        return found
            .into_iter()
            .filter_map(Result::transpose)
            .map(|user| user.map(|user| (user.id, user)))
            .collect();
    }
    let rows = session
        .rows_of(&Call::new(columns::SELECT_MANY.as_str(), vec![self::ids(ids.iter().copied())]))
        .await?;
    rows.iter().map(|row| columns::user(row).map(|user| (user.id, user))).collect()
}

/// The user that is named. Where not by its id, a living one: what a deleted user was called may be another's. And one
/// that is still called so: between the two reads it may have given the name up.
pub(crate) async fn target(session: &Session, target: &Target) -> Result<Option<User>> {
    let claim = match target {
        Target::Id(id) => return user(session, *id).await,
        Target::Number(_) | Target::Link(_) | Target::UserName(_) => target.claim(),
    };
    let Some(claim) = claim else { return Ok(None) };
    let Some(id) = holder(session, &claim).await? else { return Ok(None) };
    Ok(user(session, id).await?.filter(|user| user.is_living() && claim.is_of(user)))
}

/// A user's wrapped data key.
pub(crate) async fn data_key(session: &Session, id: UserId) -> Result<Option<WrappedKey>> {
    let row = session.row("SELECT data_key FROM users WHERE id = $1", &[id.into()]).await?;
    row.map(|row| Ok(WrappedKey::from_bytes(Columns::new(&row, "users").bytes()?.to_vec()))).transpose()
}

/// What was read of records: whether each was there, and the groups as they were.
#[derive(Debug, Default)]
pub(crate) struct Present {
    there: HashMap<RecordKey, bool>,
    groups: HashMap<GroupId, Group>,
}

impl Present {
    /// Whether a record was there, if anyone looked.
    pub(crate) fn get(&self, key: &RecordKey) -> Option<bool> {
        self.there.get(key).copied()
    }

    /// A group as it was.
    pub(crate) fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(&id)
    }

    fn put(&mut self, key: &RecordKey, record: Option<&Record>) {
        self.there.insert(key.clone(), record.is_some());
        if let (RecordKey::Group(id), Some(Record::Group(group))) = (key, record) {
            self.groups.insert(*id, group.clone());
        }
    }
}

/// How is read what a decision needs.
pub(crate) struct Reading<'a> {
    pub(crate) present: &'a mut Present,
    pub(crate) lock: Lock,
    pub(crate) reads: Reads,
    /// What the earlier changes of the batch came to, which is not written yet.
    pub(crate) net: &'a Net,
}

/// Reads into `seen` what of `wanted` is not there yet, but for the number. A claim brings its holder along.
pub(crate) async fn fill(
    session: &Session,
    keyring: &Keyring,
    seen: &mut Seen,
    wanted: ReadSet,
    Reading { present, lock, reads, net }: Reading<'_>,
) -> Result<()> {
    let ReadSet { claims, users, records: keys, groups_of, number: _ } = seen.missing(wanted);
    let (claims, keys, groups_of) = (unique(claims), unique(keys), unique(groups_of));
    let records = records::load_all(session, keyring, keys, (lock, reads));
    let groups_of = members::of_users(session, &groups_of, lock);
    let found = holders_with_users(session, &claims, reads);
    // Holders are asked for behind what locks records and users: mostly, who waited for one sees what it waited for. The rest is
    // the guards'.
    let (records, groups_of, found) = join3(records, groups_of, found).await;
    let (found, mut loaded) = found?;
    for (key, record) in records? {
        present.put(&key, record.as_ref());
        seen.put_record(key, record);
    }
    for (user, groups) in groups_of? {
        seen.put_groups_of(user, net.groups_of(user, groups));
    }
    let ids = users.into_iter().chain(found.values().copied()).filter(|id| !seen.has_user(*id)).collect();
    let ids = unique(ids);
    let others: Vec<UserId> = ids.iter().copied().filter(|id| !loaded.contains_key(id)).collect();
    loaded.extend(self::users(session, &others, reads).await?);
    for id in ids {
        seen.put_user(id, loaded.remove(&id).map(Arc::new));
    }
    for claim in claims {
        let holder = found.get(&claim).copied();
        if let Some(id) = holder
            && !seen.user_read(id).is_some_and(|user| claim.is_of(user))
        {
            return Err(Error::Conflict("a claim"));
        }
        seen.put_claim(claim, holder);
    }
    Ok(())
}

/// In order, each once.
fn unique<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort_unstable();
    list.dedup();
    list
}

/// The number of the next user as far as anyone can say who does not take it.
pub(crate) async fn next_number(session: &Session) -> Result<Number> {
    let row = session.row("SELECT next FROM counters WHERE name = 'number'", &[]).await?;
    let row = row.ok_or(Error::Corrupt("counters"))?;
    let columns = &mut Columns::new(&row, "counters");
    let number = columns.integer()?;
    columns.check(Number::new(number))
}

/// The columns of `journal` that [`entry`] reads.
pub(crate) const ENTRY: &str =
    "version, change_id, kind, dialect, client, actor_user_id, recorded_at_us, payload";

/// A page of a user's journal, oldest first: the entries of versions above `after`.
pub(crate) async fn entries(
    session: &Session,
    keyring: &Keyring,
    (user, after, limit): (UserId, u64, usize),
) -> Result<Vec<Entry>> {
    let Some(key) = data_key(session, user).await? else { return Ok(Vec::new()) };
    let sql =
        format!("SELECT {ENTRY} FROM journal WHERE user_id = $1 AND version > $2 ORDER BY version LIMIT $3");
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = session.rows(&sql, &[user.into(), after.into(), limit.into()]).await?;
    rows.iter().map(|row| entry(row, keyring, (user, &key))).collect()
}

/// A journal entry from a row that begins with [`ENTRY`].
pub(crate) fn entry(row: &Row, keyring: &Keyring, owner: (UserId, &WrappedKey)) -> Result<Entry> {
    let columns = &mut Columns::new(row, "journal");
    let version = columns.version()?;
    let change_id = ChangeId(columns.uuid()?);
    let kind = EntryKind::from_name(columns.text()?).ok_or_else(|| columns.corrupt())?;
    let dialect = Dialect::from_name(columns.text()?).ok_or_else(|| columns.corrupt())?;
    let actor =
        Actor { client: columns.text()?.to_owned(), user: columns.get::<Option<Uuid>>()?.map(UserId) };
    let recorded_at = columns.time()?;
    let changes = match keyring.unseal(owner, Purpose::Journal { version }, columns.bytes()?) {
        Ok(plain) => Some(decode_changes(&plain).ok_or_else(|| columns.corrupt())?),
        Err(SealError::Erased) => None,
        Err(error @ (SealError::MasterKey | SealError::Unreadable)) => return Err(error.into()),
    };
    Ok(Entry { change_id, user_id: owner.0, version, kind, recorded_at, actor, dialect, changes })
}

/// Whether these changes are in their journals.
pub(crate) async fn made(session: &Session, changes: &[Told]) -> Result<bool> {
    const SQL: &str = "SELECT 1 FROM journal WHERE user_id = $1 AND change_id = $2";
    // They were one transaction: what holds of one holds of all.
    match changes.first() {
        Some(Told::User(user, change)) => {
            Ok(session.row(SQL, &[(*user).into(), Cell::Uuid(change.0)]).await?.is_some())
        }
        Some(Told::Group(group, change)) => groups::made(session, *group, *change).await,
        None => Ok(false),
    }
}

/// Users' ids as one parameter.
pub(crate) fn ids(users: impl IntoIterator<Item = UserId>) -> Parameter {
    Box::new(users.into_iter().map(|id| id.0).collect::<Vec<Uuid>>())
}
