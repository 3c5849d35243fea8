//! Reading groups: who is a member of which, and what happened to them. (Groups are written as the records that they are.)

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use roster_directory::group::{GroupEntry, decode_changes};
use roster_directory::journal::EntryKind;
use roster_directory::store::GroupsOf;
use roster_directory::{Actor, ChangeId, Dialect, GroupId, GroupName, Member, Profile, Text, UserId};
use rusqlite::{CachedStatement, Connection, Row, params};

use crate::cell::{Cell, Columns};
use crate::error::Result;
use crate::walk::walk;

/// The groups that a user is a member of.
pub(crate) fn ids_of(conn: &Connection, user: UserId) -> Result<BTreeSet<GroupId>> {
    let mut statement = conn.prepare_cached("SELECT group_id FROM group_members WHERE user_id = ?1")?;
    let mut rows = statement.query([Cell::from(user)])?;
    let mut groups = BTreeSet::new();
    while let Some(row) = rows.next()? {
        groups.insert(Columns::new(row, "group_members").group_id()?);
    }
    Ok(groups)
}

/// The memberships of users from one id to another.
pub(crate) const MEMBERSHIPS: &str =
    "SELECT user_id, group_id FROM group_members WHERE user_id BETWEEN ?1 AND ?2 ORDER BY user_id, group_id";

/// The groups that each of these users is a member of, in the order of their ids.
pub(crate) fn of(conn: &Connection, users: &[UserId]) -> Result<GroupsOf> {
    Ok(few_of(conn, users, usize::MAX)?.unwrap_or_default())
}

/// The same, if there are at most so many. An index alone says who is where, and what each group is called is read once.
pub(crate) fn few_of(conn: &Connection, users: &[UserId], most: usize) -> Result<Option<GroupsOf>> {
    let mut statement = conn.prepare_cached(MEMBERSHIPS)?;
    let mut groups: Vec<(UserId, Vec<_>)> = users.iter().map(|user| (*user, Vec::new())).collect();
    groups.sort_by_key(|(user, _)| *user);
    groups.dedup_by_key(|(user, _)| *user);
    let mut names = BTreeMap::new();
    let are_few = walk((&mut statement, "group_members"), &mut groups, most, |own, columns| {
        let id = columns.group_id()?;
        let name = match names.entry(id) {
            Entry::Occupied(name) => name.into_mut(),
            Entry::Vacant(place) => place.insert(display_name(conn, id)?),
        };
        own.extend(name.clone().map(|name| (id, name)));
        Ok(())
    })?;
    Ok(are_few.then(|| groups.into_iter().collect()))
}

fn display_name(conn: &Connection, id: GroupId) -> Result<Option<GroupName>> {
    let mut statement = conn.prepare_cached("SELECT display_name FROM groups WHERE id = ?1")?;
    let mut rows = statement.query([Cell::from(id)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let columns = &mut Columns::new(row, "groups");
    let name = columns.text()?;
    columns.check(GroupName::new(name)).map(Some)
}

/// A page of a group's members behind an id: living users alone.
pub(crate) fn members(
    conn: &Connection,
    group: GroupId,
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<Member>> {
    let mut statement = conn.prepare_cached(
        "SELECT users.id, users.display_name, users.given_name, users.family_name, group_members.display FROM group_members \
         JOIN users ON users.id = group_members.user_id \
         WHERE group_members.group_id = ?1 AND group_members.user_id > ?2 AND users.deleted_at_us IS NULL \
         ORDER BY group_members.user_id LIMIT ?3",
    )?;
    // Every id comes after the empty one.
    let after = after.map_or(Cell::Blob(&[]), Cell::from);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![Cell::from(group), after, limit])?;
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        let columns = &mut Columns::new(row, "users");
        let user_id = columns.user_id()?;
        let profile = Profile {
            display_name: name(columns)?,
            given_name: name(columns)?,
            family_name: name(columns)?,
            ..Profile::default()
        };
        let named = columns.optional_text()?.map(str::to_owned);
        page.push(Member { user_id, display: named.or_else(|| profile.shown_name()) });
    }
    Ok(page)
}

fn name(columns: &mut Columns<'_>) -> Result<Option<Text<255>>> {
    let text = columns.optional_text()?;
    columns.check(text.map(Text::new).transpose())
}

/// A page of a group's journal: the entries of versions above `after`, oldest first.
pub(crate) fn history(
    conn: &Connection,
    group: GroupId,
    after: u64,
    limit: usize,
) -> Result<Vec<GroupEntry>> {
    let mut statement = entries(conn)?;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![Cell::from(group), after, limit])?;
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        page.push(entry(row, group)?);
    }
    Ok(page)
}

/// The statement whose rows [`entry`] reads; its parameters are the group, the version after which, and how many.
pub(crate) fn entries(conn: &Connection) -> Result<CachedStatement<'_>> {
    Ok(conn.prepare_cached(
        "SELECT version, change_id, kind, dialect, client, actor_user_id, recorded_at_us, payload \
         FROM group_journal WHERE group_id = ?1 AND version > ?2 ORDER BY version LIMIT ?3",
    )?)
}

/// An entry of a group's journal from a row of [`entries`].
pub(crate) fn entry(row: &Row<'_>, group_id: GroupId) -> Result<GroupEntry> {
    let columns = &mut Columns::new(row, "group_journal");
    Ok(GroupEntry {
        group_id,
        version: columns.version()?,
        change_id: ChangeId(columns.uuid()?),
        kind: EntryKind::from_name(columns.text()?).ok_or_else(|| columns.corrupt())?,
        dialect: Dialect::from_name(columns.text()?).ok_or_else(|| columns.corrupt())?,
        actor: Actor { client: columns.text()?.to_owned(), user: columns.optional_uuid()?.map(UserId) },
        recorded_at: columns.time()?,
        changes: {
            let payload = columns.blob()?;
            decode_changes(payload).ok_or_else(|| columns.corrupt())?
        },
    })
}
