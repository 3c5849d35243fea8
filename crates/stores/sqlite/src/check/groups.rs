//! Every group: its row, its members, and its history, which replayed gives the group.

use roster_directory::check::{Findings, GroupReplay};
use roster_directory::{Group, GroupId};
use rusqlite::Connection;

use crate::cell::{Cell, Columns};
use crate::error::{Error, Result};
use crate::{groups, records};

pub(super) fn check(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let sql = "SELECT id FROM groups UNION SELECT group_id FROM group_journal";
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = Columns::new(row, "groups").group_id()?;
        match check_group(conn, id, findings) {
            Err(error @ Error::Corrupt(_)) => findings.add(format_args!("group {id}"), error.to_string()),
            checked => checked?,
        }
    }
    check_members(conn, findings)
}

fn check_group(conn: &Connection, id: GroupId, findings: &mut Findings) -> Result<()> {
    let mut replay = GroupReplay::default();
    let mut statement = groups::entries(conn)?;
    let mut rows = statement.query((Cell::from(id), 0, -1))?;
    while let Some(row) = rows.next()? {
        replay.step(&groups::entry(row, id)?, findings);
    }
    let place = format!("group {id}");
    let Some(group) = records::load_group(conn, id)? else {
        replay.expect_deleted(&place, findings);
        return Ok(());
    };
    replay.compare(&group, findings);
    check_folding(conn, &group, &place, findings)?;
    let mut members = 0;
    let mut statement = conn.prepare_cached("SELECT user_id FROM group_members WHERE group_id = ?1")?;
    let mut rows = statement.query([Cell::from(id)])?;
    while let Some(row) = rows.next()? {
        let user = Columns::new(row, "group_members").user_id()?;
        members += 1;
        findings.expect(
            replay.has_member(user),
            format_args!("member {user} of group {id}"),
            "it is not as the history says",
        );
    }
    findings.expect(members >= replay.members(), &place, "a member that the history knows has no row");
    Ok(())
}

fn check_folding(conn: &Connection, group: &Group, place: &str, findings: &mut Findings) -> Result<()> {
    let mut statement = conn.prepare_cached("SELECT name_folded FROM groups WHERE id = ?1")?;
    let folded: String = statement.query_row([Cell::from(group.id)], |row| row.get(0))?;
    findings.expect(folded == group.display_name.folded(), place, "name_folded is not its name, folded");
    Ok(())
}

/// A user that was deleted has left its groups. (That there is such a user, and such a group, `rows` checks.)
fn check_members(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let sql = "SELECT group_members.group_id, group_members.user_id FROM group_members \
               JOIN users ON users.id = group_members.user_id WHERE users.deleted_at_us IS NOT NULL";
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let columns = &mut Columns::new(row, "group_members");
        let (group, user) = (columns.group_id()?, columns.user_id()?);
        findings.add(format_args!("member {user} of group {group}"), "the user was deleted");
    }
    Ok(())
}
