//! Every group: its row, its links and members, and its history, which replayed gives all of them.

use std::collections::{BTreeMap, BTreeSet};

use roster_directory::check::Findings;
use roster_directory::group::{GroupChange, GroupEntry};
use roster_directory::journal::EntryKind;
use roster_directory::{ExternalId, Group, GroupId, GroupName, Source, Timestamp, UserId};
use uuid::Uuid;

use crate::cell::Columns;
use crate::connection::Session;
use crate::error::Result;
use crate::groups;

/// How many groups, entries or members are looked at together.
const PAGE: usize = 1_000;

/// Statements whose rows are each of a group of which something is wrong. Whole tables are compared: it takes as long as reading
/// them.
const WRONG: [(&str, &str); 4] = [
    (
        "SELECT DISTINCT group_id FROM group_links l WHERE NOT EXISTS (SELECT 1 FROM groups k WHERE k.id = l.group_id)",
        "it has links and is not there",
    ),
    (
        "SELECT DISTINCT group_id FROM group_members m WHERE NOT EXISTS (SELECT 1 FROM groups k WHERE k.id = m.group_id)",
        "it has members and is not there",
    ),
    (
        "SELECT DISTINCT group_id FROM group_members m WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = m.user_id)",
        "one of its members is no user",
    ),
    (
        "SELECT group_id FROM group_journal GROUP BY group_id \
         HAVING (max(version) FILTER (WHERE kind = 'deleted') IS NOT DISTINCT FROM max(version)) \
         = EXISTS (SELECT 1 FROM groups k WHERE k.id = group_journal.group_id)",
        "it and its history disagree on whether it was deleted",
    ),
];

pub(super) async fn check(session: &Session, findings: &mut Findings) -> Result<()> {
    for (sql, problem) in WRONG {
        for row in session.rows(sql, &[]).await? {
            let group = Columns::new(&row, "groups").group_id()?;
            findings.add(format_args!("group {group}"), problem);
        }
    }
    let mut after = None;
    loop {
        let page = match groups::page(session, after, PAGE).await {
            Ok(page) => page,
            Err(error) => {
                findings.add("the groups", error.to_string());
                return Ok(());
            }
        };
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(last.id);
        for (group, folded) in &page {
            let is_folded = *folded == group.display_name.folded();
            findings.expect(is_folded, place(group), "name_folded is not its name, folded");
            check_history(session, group, findings).await?;
        }
    }
}

fn place(group: &Group) -> String {
    format!("group {}", group.id)
}

/// What a group's entries so far make of it.
#[derive(Default)]
struct Replay {
    version: u64,
    first_recorded_at: Option<Timestamp>,
    recorded_at: Option<Timestamp>,
    name: Option<GroupName>,
    links: BTreeMap<Source, ExternalId>,
    members: BTreeSet<UserId>,
}

impl Replay {
    fn step(&mut self, entry: GroupEntry, findings: &mut Findings) {
        let GroupEntry { group_id, version, kind, recorded_at, changes, .. } = entry;
        let place = format!("entry {version} of group {group_id}");
        findings.expect(version == self.version + 1, &place, "the one before is not there");
        let is_later = self.recorded_at.is_none_or(|before| recorded_at > before);
        findings.expect(is_later, &place, "it was not recorded after the one before");
        let creates = kind == EntryKind::Created;
        findings.expect(creates == (version == 1), &place, "the first entry, and no other, creates");
        self.version = version;
        self.recorded_at = Some(recorded_at);
        self.first_recorded_at = self.first_recorded_at.or(self.recorded_at);
        for change in changes {
            let follows = match change {
                GroupChange::Named(name) => self.name.replace(name.clone()).is_none_or(|old| old != name),
                GroupChange::Linked(source, Some(id)) => {
                    self.links.insert(source, id.clone()).is_none_or(|old| old != id)
                }
                GroupChange::Linked(source, None) => self.links.remove(&source).is_some(),
                GroupChange::Joined(user) => self.members.insert(user),
                GroupChange::Left(user) => self.members.remove(&user),
            };
            findings.expect(follows, &place, "it does not follow from the entry before");
        }
    }
}

async fn check_history(session: &Session, group: &Group, findings: &mut Findings) -> Result<()> {
    let mut replay = Replay::default();
    loop {
        match groups::entries(session, (group.id, replay.version, PAGE)).await {
            Ok(page) if page.is_empty() => break,
            Ok(page) => page.into_iter().for_each(|entry| replay.step(entry, findings)),
            Err(error) => {
                let problem = format!("after version {}: {error}", replay.version);
                findings.add(format_args!("journal of group {}", group.id), problem);
                return Ok(());
            }
        }
    }
    let Group { id: _, version, display_name, links, registered_at, recorded_at } = group;
    let compared = [
        (replay.version == *version, "its version is not that of its history"),
        (replay.name.as_ref() == Some(display_name), "its name is not what its history says"),
        (replay.links == *links, "its links are not what its history says"),
        (
            (replay.first_recorded_at, replay.recorded_at) == (Some(*registered_at), Some(*recorded_at)),
            "it was recorded at other times than its history",
        ),
        (has_members(session, group.id, &replay.members).await?, "its members are not what its history says"),
    ];
    for (holds, problem) in compared {
        findings.expect(holds, place(group), problem);
    }
    Ok(())
}

/// Whether these are the members of a group, each once.
async fn has_members(session: &Session, group: GroupId, wanted: &BTreeSet<UserId>) -> Result<bool> {
    const SQL: &str =
        "SELECT user_id FROM group_members WHERE group_id = $1 AND user_id > $2 ORDER BY user_id LIMIT $3";
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let (mut after, mut count) = (Uuid::nil(), 0);
    loop {
        let rows = session.rows(SQL, &[group.into(), after.into(), limit.into()]).await?;
        for row in &rows {
            let user = Columns::new(row, "group_members").user_id()?;
            if !wanted.contains(&user) {
                return Ok(false);
            }
            (after, count) = (user.0, count + 1);
        }
        if rows.len() < PAGE {
            return Ok(count == wanted.len());
        }
    }
}
