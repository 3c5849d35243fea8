//! The statements that write groups, their links, members and journal: those of a whole batch together.
//!
//! A group is written only if it still has the version that was seen; of its members and links nobody else writes one meanwhile,
//! since that takes the group's next version as well.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use roster_directory::group::{GroupEntry, Membership, encode_changes};
use roster_directory::record::{Record, RecordKey};
use roster_directory::store::RecordWrite;
use roster_directory::{Group, Text, UserId};

use super::plan::Plan;
use crate::bulk::{Bulk, Column, Kind};
use crate::cell::{Cell, version};
use crate::error::Result;
use crate::load::Present;
use crate::net::Net;

const GROUP: [Column; 6] = [
    ("id", Kind::Uuid),
    ("version", Kind::Integer),
    ("display_name", Kind::Text),
    ("name_folded", Kind::Text),
    ("registered_at_us", Kind::Integer),
    ("recorded_at_us", Kind::Integer),
];

static INSERT: LazyLock<Bulk> = LazyLock::new(|| Bulk::insert_new("a group", "groups", &GROUP, "id"));

static UPDATE: LazyLock<Bulk> = LazyLock::new(|| {
    let columns: Vec<Column> = GROUP.into_iter().chain([("guard", Kind::Integer)]).collect();
    let head = "UPDATE groups AS k SET version = {version}, display_name = {display_name}, \
                name_folded = {name_folded}, registered_at_us = {registered_at_us}, recorded_at_us = {recorded_at_us}";
    Bulk::guarded("a group", &columns, head, "FROM {rows}", "k.id = {id} AND k.version = {guard} RETURNING 1")
});

static REMOVE: LazyLock<Bulk> = LazyLock::new(|| {
    let columns = [("id", Kind::Uuid), ("guard", Kind::Integer)];
    let condition = "k.id = {id} AND k.version = {guard} RETURNING 1";
    Bulk::guarded("a group", &columns, "DELETE FROM groups AS k", "USING {rows}", condition)
});

const OF_GROUP: [Column; 1] = [("group_id", Kind::Uuid)];

static REMOVE_LINKS: LazyLock<Bulk> = LazyLock::new(|| {
    let (head, condition) = ("DELETE FROM group_links AS l", "l.group_id = {group_id}");
    Bulk::over(&OF_GROUP, head, "USING {rows}", condition)
});

static REMOVE_MEMBERS: LazyLock<Bulk> = LazyLock::new(|| {
    let (head, condition) = ("DELETE FROM group_members AS m", "m.group_id = {group_id}");
    Bulk::over(&OF_GROUP, head, "USING {rows}", condition)
});

static UNLINK: LazyLock<Bulk> = LazyLock::new(|| {
    let columns = [("group_id", Kind::Uuid), ("source", Kind::Text)];
    let condition = "l.group_id = {group_id} AND l.source = {source} RETURNING 1";
    Bulk::guarded("a link of a group", &columns, "DELETE FROM group_links AS l", "USING {rows}", condition)
});

static LINK: LazyLock<Bulk> = LazyLock::new(|| {
    let columns = [("group_id", Kind::Uuid), ("source", Kind::Text), ("external_id", Kind::Text)];
    Bulk::insert("group_links", &columns, "")
});

/// Users that become members must be living, and stay so until this is committed: whoever deletes one has locked it (see
/// [`crate::members::of_users`]), and reads its groups behind that. Other changes of the user go on.
static LIVING: LazyLock<Bulk> = LazyLock::new(|| {
    let condition = "u.id = {user_id} AND u.deleted_at_us IS NULL FOR KEY SHARE OF u";
    let columns = [("user_id", Kind::Uuid)];
    Bulk::guarded("a member", &columns, "SELECT 1 FROM users AS u", "JOIN {rows} ON true", condition)
});

static JOIN: LazyLock<Bulk> = LazyLock::new(|| {
    let columns = [
        ("group_id", Kind::Uuid),
        ("user_id", Kind::Uuid),
        ("since_us", Kind::Integer),
        ("display", Kind::Text),
    ];
    let over = "ON CONFLICT (group_id, user_id) DO UPDATE SET since_us = EXCLUDED.since_us, display = EXCLUDED.display";
    Bulk::insert("group_members", &columns, over)
});

static LEAVE: LazyLock<Bulk> = LazyLock::new(|| {
    let columns = [("group_id", Kind::Uuid), ("user_id", Kind::Uuid)];
    let condition = "m.group_id = {group_id} AND m.user_id = {user_id} RETURNING 1";
    Bulk::guarded("a member", &columns, "DELETE FROM group_members AS m", "USING {rows}", condition)
});

static JOURNAL: LazyLock<Bulk> = LazyLock::new(|| {
    let columns = [
        ("group_id", Kind::Uuid),
        ("version", Kind::Integer),
        ("change_id", Kind::Uuid),
        ("kind", Kind::Text),
        ("dialect", Kind::Text),
        ("client", Kind::Text),
        ("actor_user_id", Kind::Uuid),
        ("recorded_at_us", Kind::Integer),
        ("payload", Kind::Bytes),
    ];
    Bulk::insert("group_journal", &columns, "")
});

type Rows = Vec<Vec<Cell>>;

/// The rows of each statement.
#[derive(Default)]
struct Changes {
    removed: Rows,
    gone: Rows,
    changed: Rows,
    new: Rows,
    unlinked: Rows,
    linked: Rows,
    living: BTreeSet<UserId>,
    left: Rows,
    joined: Rows,
    entries: Rows,
}

/// Plans what the batch writes of groups. Names of groups that are removed are free before others take them.
pub(super) fn plan(plan: &mut Plan, net: &Net, present: &Present) -> Result<()> {
    let mut changes = Changes::default();
    for write in net.records.values() {
        match write {
            RecordWrite::Put(Record::Group(group)) => changes.put(present.group(group.id), group)?,
            RecordWrite::Put(Record::Membership(membership)) => changes.join(membership),
            RecordWrite::Put(Record::GroupEntry(entry)) => changes.entries.push(journal_row(entry)?),
            RecordWrite::Remove(key) => changes.remove(key, present)?,
            RecordWrite::Put(
                Record::ApiKey(_)
                | Record::RevokedToken(_)
                | Record::Organisation(_)
                | Record::Client(_)
                | Record::Profile(_)
                | Record::Idempotency(_)
                | Record::SharedLink(..),
            ) => {}
        }
    }
    let Changes { removed, gone, changed, new, unlinked, linked, living, left, joined, entries } = changes;
    plan.bulk(&REMOVE, removed)?;
    plan.bulk(&REMOVE_LINKS, gone.clone())?;
    plan.bulk(&REMOVE_MEMBERS, gone)?;
    plan.bulk(&UPDATE, changed)?;
    plan.bulk(&INSERT, new)?;
    plan.bulk(&UNLINK, unlinked)?;
    plan.bulk(&LINK, linked)?;
    plan.bulk(&LIVING, living.into_iter().map(|user| vec![user.into()]).collect())?;
    plan.bulk(&LEAVE, left)?;
    plan.bulk(&JOIN, joined)?;
    plan.bulk(&JOURNAL, entries)
}

impl Changes {
    /// A group that was not there is a new one; what the batch made and changed is written once.
    fn put(&mut self, before: Option<&Group>, after: &Group) -> Result<()> {
        let mut row: Vec<Cell> = vec![
            after.id.into(),
            version(after.version)?.into(),
            after.display_name.as_str().into(),
            after.display_name.folded().into(),
            after.registered_at.into(),
            after.recorded_at.into(),
        ];
        match before {
            Some(before) => {
                row.push(version(before.version)?.into());
                self.changed.push(row);
            }
            None => self.new.push(row),
        }
        let none = Default::default();
        let old = before.map_or(&none, |group| &group.links);
        for source in old.iter().filter(|(source, id)| after.links.get(source) != Some(id)).map(|(s, _)| s) {
            self.unlinked.push(vec![after.id.into(), source.as_str().into()]);
        }
        for (source, id) in after.links.iter().filter(|(source, id)| old.get(source) != Some(id)) {
            self.linked.push(vec![after.id.into(), source.as_str().into(), id.as_str().into()]);
        }
        Ok(())
    }

    fn join(&mut self, membership: &Membership) {
        let Membership { group_id, user_id, since, display } = membership;
        self.living.insert(*user_id);
        let display = display.as_ref().map(Text::as_str);
        self.joined.push(vec![(*group_id).into(), (*user_id).into(), (*since).into(), display.into()]);
    }

    /// What the batch itself made and removed again was never there.
    fn remove(&mut self, key: &RecordKey, present: &Present) -> Result<()> {
        if let RecordKey::Group(id) = key
            && let Some(Group { version: before, .. }) = present.group(*id)
        {
            self.removed.push(vec![(*id).into(), version(*before)?.into()]);
            self.gone.push(vec![(*id).into()]);
        }
        if let RecordKey::Membership(group, user) = key
            && present.get(key) != Some(false)
        {
            self.left.push(vec![(*group).into(), (*user).into()]);
        }
        Ok(())
    }
}

fn journal_row(entry: &GroupEntry) -> Result<Vec<Cell>> {
    let GroupEntry { change_id, group_id, version: number, kind, recorded_at, actor, dialect, changes } =
        entry;
    Ok(vec![
        (*group_id).into(),
        version(*number)?.into(),
        change_id.0.into(),
        kind.name().into(),
        dialect.name().into(),
        actor.client.as_str().into(),
        actor.user.into(),
        (*recorded_at).into(),
        encode_changes(changes).into(),
    ])
}
