//! Groups, memberships, and the entries of the groups' journal.

use std::collections::BTreeMap;

use roster_directory::group::{GroupEntry, Membership, encode_changes};
use roster_directory::{ExternalId, Group, GroupId, GroupName, Source, Text, UserId};
use rusqlite::{Connection, Params, params};

use crate::cell::{Cell, Columns, version};
use crate::error::{Error, Result};
use crate::groups::{entries, entry};

const SELECT: &str =
    "SELECT id, version, display_name, registered_at_us, recorded_at_us FROM groups WHERE id = ?1";

const BY_NAME: &str =
    "SELECT id, version, display_name, registered_at_us, recorded_at_us FROM groups WHERE name_folded = ?1";

pub(crate) fn load(conn: &Connection, id: GroupId) -> Result<Option<Group>> {
    one(conn, SELECT, [Cell::from(id)])
}

pub(super) fn load_by_name(conn: &Connection, folded: &str) -> Result<Option<Group>> {
    one(conn, BY_NAME, [folded])
}

fn one(conn: &Connection, sql: &str, params: impl Params) -> Result<Option<Group>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let columns = &mut Columns::new(row, "groups");
    let id = columns.group_id()?;
    Ok(Some(Group {
        id,
        version: columns.version()?,
        display_name: {
            let name = columns.text()?;
            columns.check(GroupName::new(name))?
        },
        links: links(conn, id)?,
        registered_at: columns.time()?,
        recorded_at: columns.time()?,
    }))
}

fn links(conn: &Connection, id: GroupId) -> Result<BTreeMap<Source, ExternalId>> {
    let mut statement =
        conn.prepare_cached("SELECT source, external_id FROM group_links WHERE group_id = ?1")?;
    let mut rows = statement.query([Cell::from(id)])?;
    let mut links = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let columns = &mut Columns::new(row, "group_links");
        let (source, external_id) = (columns.text()?, columns.text()?);
        let (source, external_id) = (Source::new(source), ExternalId::new(external_id));
        links.insert(columns.check(source)?, columns.check(external_id)?);
    }
    Ok(links)
}

/// Writes a new group, or the next version of one. It is a shortfall if it has another version by now, or another its name.
pub(super) fn put(conn: &Connection, group: &Group) -> Result<()> {
    let Group { id, version: number, display_name, links: wanted, registered_at, recorded_at } = group;
    let cells = params![
        Cell::from(*id),
        version(*number)?,
        display_name.as_str(),
        display_name.folded(),
        Cell::from(*registered_at),
        Cell::from(*recorded_at),
    ];
    let sql = if *number == 1 {
        "INSERT INTO groups (id, version, display_name, name_folded, registered_at_us, recorded_at_us) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING"
    } else {
        "UPDATE OR IGNORE groups SET version = ?2, display_name = ?3, name_folded = ?4, registered_at_us = ?5, \
         recorded_at_us = ?6 WHERE id = ?1 AND version = ?2 - 1"
    };
    expect_one(conn.prepare_cached(sql)?.execute(cells)?, "a group")?;
    put_links(conn, *id, wanted)
}

/// Most changes of a group are of its members, and leave its links.
fn put_links(conn: &Connection, id: GroupId, wanted: &BTreeMap<Source, ExternalId>) -> Result<()> {
    let stored = links(conn, id)?;
    for source in
        stored.iter().filter(|(source, old)| wanted.get(source) != Some(old)).map(|(source, _)| source)
    {
        conn.prepare_cached("DELETE FROM group_links WHERE group_id = ?1 AND source = ?2")?
            .execute(params![Cell::from(id), source.as_str()])?;
    }
    for (source, external_id) in wanted.iter().filter(|(source, new)| stored.get(source) != Some(new)) {
        let put = conn
            .prepare_cached(
                "INSERT INTO group_links (group_id, source, external_id) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![Cell::from(id), source.as_str(), external_id.as_str()])?;
        expect_one(put, "a link of a group")?;
    }
    Ok(())
}

/// Removes a group with its links and its memberships. Its journal stays.
pub(super) fn remove(conn: &Connection, id: GroupId) -> Result<()> {
    let removed = conn.prepare_cached("DELETE FROM groups WHERE id = ?1")?.execute([Cell::from(id)])?;
    expect_one(removed, "a group")?;
    for sql in
        ["DELETE FROM group_links WHERE group_id = ?1", "DELETE FROM group_members WHERE group_id = ?1"]
    {
        conn.prepare_cached(sql)?.execute([Cell::from(id)])?;
    }
    Ok(())
}

pub(super) fn membership(
    conn: &Connection,
    group_id: GroupId,
    user_id: UserId,
) -> Result<Option<Membership>> {
    let mut statement = conn
        .prepare_cached("SELECT since_us, display FROM group_members WHERE group_id = ?1 AND user_id = ?2")?;
    let mut rows = statement.query([Cell::from(group_id), Cell::from(user_id)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let columns = &mut Columns::new(row, "group_members");
    let (since, display) = (columns.time()?, columns.optional_text()?);
    let display = columns.check(display.map(Text::new).transpose())?;
    Ok(Some(Membership { group_id, user_id, since, display }))
}

pub(super) fn put_membership(conn: &Connection, membership: &Membership) -> Result<()> {
    let Membership { group_id, user_id, since, display } = membership;
    let display = display.as_ref().map(Text::as_str);
    conn.prepare_cached(
        "REPLACE INTO group_members (group_id, user_id, since_us, display) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute([Cell::from(*group_id), Cell::from(*user_id), Cell::from(*since), Cell::from(display)])?;
    Ok(())
}

pub(super) fn load_entry(conn: &Connection, group: GroupId, number: u64) -> Result<Option<GroupEntry>> {
    let Some(before) = number.checked_sub(1) else { return Ok(None) };
    let mut statement = entries(conn)?;
    let mut rows = statement.query(params![Cell::from(group), version(before)?, 1])?;
    let found = rows.next()?.map(|row| entry(row, group)).transpose()?;
    Ok(found.filter(|entry| entry.version == number))
}

/// Appends an entry to a group's journal.
pub(super) fn put_entry(conn: &Connection, entry: &GroupEntry) -> Result<()> {
    let GroupEntry { change_id, group_id, version: number, kind, recorded_at, actor, dialect, changes } =
        entry;
    let put = conn
        .prepare_cached(
            "INSERT INTO group_journal (group_id, version, change_id, kind, dialect, client, actor_user_id, \
             recorded_at_us, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            Cell::from(*group_id),
            version(*number)?,
            Cell::Uuid(change_id.0),
            kind.name(),
            dialect.name(),
            actor.client,
            Cell::from(actor.user),
            Cell::from(*recorded_at),
            encode_changes(changes),
        ])?;
    expect_one(put, "the journal of a group")
}

fn expect_one(changed: usize, what: &'static str) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(Error::Shortfall(what)) }
}
