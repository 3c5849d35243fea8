//! Reading groups and their journal. (Groups are written as the records that they are, with those of the whole batch.)

use std::collections::{BTreeMap, HashMap};

use roster_directory::group::{GroupEntry, decode_changes};
use roster_directory::journal::EntryKind;
use roster_directory::{Actor, ChangeId, Dialect, ExternalId, Group, GroupId, GroupName, Source, UserId};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::bulk::Parameter;
use crate::cell::{Cell, Columns};
use crate::error::Result;
use crate::records::Lock;
use crate::session::{Call, Session};

const TABLE: &str = "groups";

/// A group's links come with it, as `source:external id`: a source has no colon.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT k.id, k.version, k.display_name, k.name_folded, k.registered_at_us, k.recorded_at_us, \
             ARRAY(SELECT l.source || ':' || l.external_id FROM group_links l WHERE l.group_id = k.id) \
             FROM groups k WHERE ",
            $condition
        )
    };
}

/// Groups by their ids. Each that a change reads is one that it writes, so it is locked; a statement sees its subqueries as they
/// were when it began, maybe before the lock was had, and so the lock is had by one of its own.
pub(crate) async fn load(session: &Session, ids: &[GroupId], lock: Lock) -> Result<HashMap<GroupId, Group>> {
    const LOCK: &str = "SELECT 1 FROM groups WHERE id = ANY($1) ORDER BY id FOR UPDATE";
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let call = |sql| Call::new(sql, vec![self::ids(ids)]);
    let read = call(select!("k.id = ANY($1)"));
    let rows = if lock == Lock::No {
        session.rows_of(&read).await?
    } else {
        session.rows_of_all(&[call(LOCK), read]).await?.pop().unwrap_or_default()
    };
    rows.iter().map(|row| self::read(row).map(|group| (group.id, group))).collect()
}

/// The group with that folded name. Nothing is locked: the name is unique in the table.
pub(crate) async fn by_name(session: &Session, folded: &str) -> Result<Option<Group>> {
    let row = session.row(select!("k.name_folded = $1"), &[folded.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// A group, and its name as it is compared; for checking the store.
pub(crate) async fn with_folded(session: &Session, id: GroupId) -> Result<Option<(Group, String)>> {
    let row = session.row(select!("k.id = $1"), &[id.into()]).await?;
    row.as_ref().map(read_with_folded).transpose()
}

fn read(row: &Row) -> Result<Group> {
    read_with_folded(row).map(|(group, _)| group)
}

fn read_with_folded(row: &Row) -> Result<(Group, String)> {
    let columns = &mut Columns::new(row, TABLE);
    let (id, version, name) = (columns.group_id()?, columns.version()?, columns.text()?);
    let folded = columns.text()?.to_owned();
    let display_name = columns.check(GroupName::new(name))?;
    let (registered_at, recorded_at) = (columns.time()?, columns.time()?);
    let links = links(columns)?;
    Ok((Group { id, version, display_name, links, registered_at, recorded_at }, folded))
}

fn links(columns: &mut Columns<'_>) -> Result<BTreeMap<Source, ExternalId>> {
    let mut links = BTreeMap::new();
    for link in columns.get::<Vec<&str>>()? {
        let (source, external_id) = link.split_once(':').ok_or_else(|| columns.corrupt())?;
        let (source, external_id) = (Source::new(source), ExternalId::new(external_id));
        links.insert(columns.check(source)?, columns.check(external_id)?);
    }
    Ok(links)
}

/// A page of a group's journal, oldest first: the entries of versions above `after`. Of a deleted group too.
pub(crate) async fn entries(
    session: &Session,
    (group, after, limit): (GroupId, u64, usize),
) -> Result<Vec<GroupEntry>> {
    const SQL: &str = "SELECT version, change_id, kind, dialect, client, actor_user_id, recorded_at_us, payload \
                       FROM group_journal WHERE group_id = $1 AND version > $2 ORDER BY version LIMIT $3";
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = session.rows(SQL, &[group.into(), after.into(), limit.into()]).await?;
    rows.iter().map(|row| read_entry(row, group)).collect()
}

/// The entry of a group's version.
pub(crate) async fn entry(session: &Session, group: GroupId, of: u64) -> Result<Option<GroupEntry>> {
    let Some(before) = of.checked_sub(1) else { return Ok(None) };
    let found = entries(session, (group, before, 1)).await?.pop();
    Ok(found.filter(|entry| entry.version == of))
}

fn read_entry(row: &Row, group_id: GroupId) -> Result<GroupEntry> {
    let columns = &mut Columns::new(row, "group_journal");
    Ok(GroupEntry {
        group_id,
        version: columns.version()?,
        change_id: ChangeId(columns.uuid()?),
        kind: EntryKind::from_name(columns.text()?).ok_or_else(|| columns.corrupt())?,
        dialect: Dialect::from_name(columns.text()?).ok_or_else(|| columns.corrupt())?,
        actor: Actor { client: columns.text()?.to_owned(), user: columns.get::<Option<Uuid>>()?.map(UserId) },
        recorded_at: columns.time()?,
        changes: {
            let payload = columns.bytes()?;
            decode_changes(payload).ok_or_else(|| columns.corrupt())?
        },
    })
}

/// Whether a change of a group is in its journal.
pub(crate) async fn made(session: &Session, group: GroupId, change: ChangeId) -> Result<bool> {
    const SQL: &str = "SELECT 1 FROM group_journal WHERE group_id = $1 AND change_id = $2";
    Ok(session.row(SQL, &[group.into(), Cell::Uuid(change.0)]).await?.is_some())
}

/// Groups' ids as one parameter.
pub(crate) fn ids(groups: &[GroupId]) -> Parameter {
    Box::new(groups.iter().map(|GroupId(id)| *id).collect::<Vec<Uuid>>())
}
