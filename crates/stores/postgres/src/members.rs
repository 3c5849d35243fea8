//! Who is a member of which group: `group_members`.

use std::collections::{BTreeSet, HashMap};

use futures_util::future::join_all;
use roster_directory::group::Membership;
use roster_directory::store::GroupsOf;
use roster_directory::{GroupId, GroupName, Member, Profile, Text, UserId};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::bulk::Parameter;
use crate::cell::{Cell, Columns};
use crate::error::Result;
use crate::load::{self, Reads};
use crate::records::Lock;
use crate::session::{Call, Session};

const TABLE: &str = "group_members";

/// The LIMIT has each looked up by the index, however many are asked for: see [`load::holders`].
const MEMBERSHIPS: &str = "SELECT t.group_id, t.user_id, m.since_us, m.display FROM unnest($1::uuid[], $2::uuid[]) AS t (group_id, user_id) \
                           CROSS JOIN LATERAL (SELECT since_us, display FROM group_members \
                           WHERE group_id = t.group_id AND user_id = t.user_id LIMIT 1) AS m";

const MEMBERSHIP: &str =
    "SELECT group_id, user_id, since_us, display FROM group_members WHERE group_id = $1 AND user_id = $2";

type Key = (GroupId, UserId);

/// A membership.
pub(crate) async fn membership(session: &Session, (group, user): Key) -> Result<Option<Membership>> {
    let row = session.row(MEMBERSHIP, &[group.into(), user.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// Memberships. Nothing is locked: whoever writes one writes the next version of its group as well.
pub(crate) async fn memberships(
    session: &Session,
    keys: &[Key],
    reads: Reads,
) -> Result<HashMap<Key, Membership>> {
    let by_key = |membership: Membership| ((membership.group_id, membership.user_id), membership);
    if reads.are_apart(keys.len()) {
        let found = join_all(keys.iter().map(|key| membership(session, *key))).await;
        return found.into_iter().filter_map(Result::transpose).map(|found| found.map(by_key)).collect();
    }
    let (groups, users): (Vec<Uuid>, Vec<Uuid>) =
        keys.iter().map(|(GroupId(group), UserId(user))| (*group, *user)).unzip();
    let parameters: Vec<Parameter> = vec![Box::new(groups), Box::new(users)];
    let rows = session.rows_of(&Call::new(MEMBERSHIPS, parameters)).await?;
    rows.iter().map(|row| read(row).map(by_key)).collect()
}

fn read(row: &Row) -> Result<Membership> {
    let columns = &mut Columns::new(row, TABLE);
    let (group_id, user_id, since) = (columns.group_id()?, columns.user_id()?, columns.time()?);
    let display = columns.optional_text()?.map(Text::new).transpose();
    Ok(Membership { group_id, user_id, since, display: columns.check(display)? })
}

/// The groups that each of these users is a member of. A change asks for them where it deletes the users: nobody makes one
/// of them a member until it ends, since that takes a lock on the user as well.
pub(crate) async fn of_users(
    session: &Session,
    users: &[UserId],
    lock: Lock,
) -> Result<HashMap<UserId, BTreeSet<GroupId>>> {
    let mut groups: HashMap<UserId, BTreeSet<GroupId>> =
        users.iter().map(|user| (*user, BTreeSet::new())).collect();
    if users.is_empty() {
        return Ok(groups);
    }
    let call = |one, many| match users {
        // So a planner finds the one partition.
        [user] => Call::new(one, vec![Box::new(Cell::from(*user))]),
        _ => Call::new(many, vec![load::ids(users.iter().copied())]),
    };
    let hold = call(
        "SELECT 1 FROM users WHERE id = $1 FOR UPDATE",
        "SELECT 1 FROM users WHERE id = ANY($1) ORDER BY id FOR UPDATE",
    );
    let select = call(
        "SELECT user_id, group_id FROM group_members WHERE user_id = $1",
        "SELECT user_id, group_id FROM group_members WHERE user_id = ANY($1)",
    );
    let rows = if lock == Lock::No {
        session.rows_of(&select).await?
    } else {
        session.rows_of_all(&[hold, select]).await?.pop().unwrap_or_default()
    };
    for row in &rows {
        let columns = &mut Columns::new(row, TABLE);
        let (user, group) = (columns.user_id()?, columns.group_id()?);
        groups.entry(user).or_default().insert(group);
    }
    Ok(groups)
}

/// The groups of each of these users with their names, in the order of their ids.
pub(crate) async fn named(session: &Session, users: &[UserId]) -> Result<GroupsOf> {
    const SQL: &str = "SELECT m.user_id, k.id, k.display_name FROM group_members m JOIN groups k ON k.id = m.group_id \
                       WHERE m.user_id = ANY($1) ORDER BY m.user_id, k.id";
    let rows = session.rows_of(&Call::new(SQL, vec![load::ids(users.iter().copied())])).await?;
    let mut groups = GroupsOf::new();
    for row in &rows {
        let columns = &mut Columns::new(row, TABLE);
        let (user, id, name) = (columns.user_id()?, columns.group_id()?, columns.text()?);
        groups.entry(user).or_default().push((id, columns.check(GroupName::new(name))?));
    }
    Ok(groups)
}

/// A page of a group's members behind an id: living users alone.
pub(crate) async fn page(
    session: &Session,
    (group, after, limit): (GroupId, Option<UserId>, usize),
) -> Result<Vec<Member>> {
    // The inner LIMIT has each looked up by its id: a merge of the two tables would read one of them from its beginning.
    const SQL: &str = "SELECT u.id, u.display_name, u.given_name, u.family_name, m.display FROM group_members m CROSS JOIN LATERAL \
                       (SELECT id, display_name, given_name, family_name FROM users \
                       WHERE id = m.user_id AND deleted_at_us IS NULL LIMIT 1) AS u \
                       WHERE m.group_id = $1 AND m.user_id > $2 ORDER BY m.user_id LIMIT $3";
    // Every id comes after the nil one.
    let after = after.map_or(Uuid::nil(), |UserId(id)| id);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = session.rows(SQL, &[group.into(), after.into(), limit.into()]).await?;
    rows.iter().map(read_member).collect()
}

fn read_member(row: &Row) -> Result<Member> {
    let columns = &mut Columns::new(row, "users");
    let user_id = columns.user_id()?;
    let profile = Profile {
        display_name: name(columns)?,
        given_name: name(columns)?,
        family_name: name(columns)?,
        ..Profile::default()
    };
    let named = columns.optional_text()?.map(str::to_owned);
    Ok(Member { user_id, display: named.or_else(|| profile.shown_name()) })
}

fn name(columns: &mut Columns<'_>) -> Result<Option<Text<255>>> {
    let text = columns.optional_text()?;
    columns.check(text.map(Text::new).transpose())
}
