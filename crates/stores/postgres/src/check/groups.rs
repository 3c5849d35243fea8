//! Every group: its row, its members, and its history, which replayed gives the group.
//!
//! A user that was deleted may still be a member: an older Roster, that works beside this one during an upgrade, knows no groups.

use roster_directory::check::{Findings, GroupReplay};
use roster_directory::{GroupId, UserId};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::cell::Columns;
use crate::error::{Error, Result};
use crate::groups;
use crate::session::Session;

/// How many groups, entries or members are looked at together.
const PAGE: usize = 1_000;

pub(super) async fn check(session: &Session, findings: &mut Findings) -> Result<()> {
    // A page of each, so that neither table is read whole for each page.
    const IDS: &str = "SELECT id FROM ((SELECT id FROM groups WHERE id > $1 ORDER BY id LIMIT $2) UNION \
                       (SELECT DISTINCT group_id FROM group_journal WHERE group_id > $1 ORDER BY group_id LIMIT $2)) AS t \
                       ORDER BY id LIMIT $2";
    let mut after = GroupId(Uuid::nil());
    loop {
        let rows = session.rows(IDS, &[after.into(), limit().into()]).await?;
        let page =
            rows.iter().map(|row| Columns::new(row, "groups").group_id()).collect::<Result<Vec<_>>>()?;
        let Some(last) = page.last() else { return Ok(()) };
        after = *last;
        for id in page {
            match check_group(session, id, findings).await {
                Err(error @ Error::Corrupt(_)) => findings.add(format_args!("group {id}"), error.to_string()),
                checked => checked?,
            }
        }
    }
}

fn limit() -> i64 {
    i64::try_from(PAGE).unwrap_or(i64::MAX)
}

async fn check_group(session: &Session, id: GroupId, findings: &mut Findings) -> Result<()> {
    let (mut replay, mut last) = (GroupReplay::default(), 0);
    loop {
        let page = groups::entries(session, (id, last, PAGE)).await?;
        page.iter().for_each(|entry| replay.step(entry, findings));
        let Some(entry) = page.last() else { break };
        last = entry.version;
    }
    let place = format!("group {id}");
    let Some((group, folded)) = groups::with_folded(session, id).await? else {
        replay.expect_deleted(&place, findings);
        return Ok(());
    };
    replay.compare(&group, findings);
    findings.expect(folded == group.display_name.folded(), &place, "name_folded is not its name, folded");
    check_members(session, id, &replay, findings).await
}

async fn check_members(
    session: &Session,
    group: GroupId,
    replay: &GroupReplay,
    findings: &mut Findings,
) -> Result<()> {
    const SQL: &str =
        "SELECT user_id FROM group_members WHERE group_id = $1 AND user_id > $2 ORDER BY user_id LIMIT $3";
    let (mut after, mut count) = (UserId(Uuid::nil()), 0);
    loop {
        let rows = session.rows(SQL, &[group.into(), after.into(), limit().into()]).await?;
        let user = |row: &Row| Columns::new(row, "group_members").user_id();
        let Some(last) = rows.last().map(user).transpose()? else { break };
        after = last;
        for row in &rows {
            let user = user(row)?;
            count += 1;
            let place = format!("member {user} of group {group}");
            findings.expect(replay.has_member(user), &place, "it is not as the history says");
        }
    }
    let place = format!("group {group}");
    findings.expect(count >= replay.members(), &place, "a member that the history knows has no row");
    Ok(())
}
