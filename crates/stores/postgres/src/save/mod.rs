//! The statements that write a batch. Where what was read must still be so, they fail if it is not.

mod groups;
mod plan;

use std::sync::LazyLock;

pub(crate) use plan::Plan;
use roster_directory::journal::encode_changes;
use roster_directory::seal::Purpose;
use roster_directory::store::RecordWrite;
use roster_directory::{Entry, Rules, User};

use crate::bulk::{Bulk, Column, Kind};
use crate::cell::{Cell, version};
use crate::columns::{self, Statements, Width};
use crate::error::{Error, Result};
use crate::load::{Present, Reads};
use crate::net::{Net, NetUser};
use crate::records;
use crate::{Sealing, elements, feed};

static LINKS: LazyLock<Bulk> = LazyLock::new(|| {
    let columns = [
        ("user_id", Kind::Uuid),
        ("source", Kind::Text),
        ("external_id", Kind::Text),
        ("version", Kind::Integer),
    ];
    let over = "ON CONFLICT (user_id, source) DO UPDATE SET external_id = EXCLUDED.external_id, version = EXCLUDED.version";
    Bulk::insert("links", &columns, over)
});

static GRANTS: LazyLock<Bulk> = LazyLock::new(|| {
    let columns = [
        ("user_id", Kind::Uuid),
        ("client_id", Kind::Integer),
        ("profile_id", Kind::Text),
        ("granted", Kind::Truth),
        ("version", Kind::Integer),
    ];
    let over = "ON CONFLICT (user_id, client_id, profile_id) DO UPDATE SET granted = EXCLUDED.granted, version = EXCLUDED.version";
    Bulk::insert("grants", &columns, over)
});

static JOURNAL: LazyLock<Bulk> = LazyLock::new(|| {
    let columns = [
        ("user_id", Kind::Uuid),
        ("version", Kind::Integer),
        ("change_id", Kind::Uuid),
        ("kind", Kind::Text),
        ("dialect", Kind::Text),
        ("client", Kind::Text),
        ("actor_user_id", Kind::Uuid),
        ("recorded_at_us", Kind::Integer),
        ("field_ids", Kind::Text),
        ("payload", Kind::Bytes),
    ];
    Bulk::insert("journal", &columns, "")
});

pub(crate) static OUTBOX: LazyLock<Bulk> = LazyLock::new(|| {
    let columns = [
        ("stream", Kind::Integer),
        ("recorded_at_us", Kind::Integer),
        ("user_id", Kind::Uuid),
        ("version", Kind::Integer),
    ];
    Bulk::insert("outbox", &columns, "")
});

const CLAIM: [Column; 3] = [("kind", Kind::Integer), ("key", Kind::Text), ("user_id", Kind::Uuid)];
const HELD: &str = "k.kind = {kind} AND k.key = {key} AND k.user_id = {user_id} RETURNING 1";

static RELEASE: LazyLock<Bulk> =
    LazyLock::new(|| Bulk::guarded("a claim", &CLAIM, "DELETE FROM user_keys AS k", "USING {rows}", HELD));

static MOVE: LazyLock<Bulk> = LazyLock::new(|| {
    let [kind, key, user] = CLAIM;
    let columns = [kind, key, user, ("new_holder", Kind::Uuid)];
    Bulk::guarded(
        "a claim",
        &columns,
        "UPDATE user_keys AS k SET user_id = {new_holder}",
        "FROM {rows}",
        HELD,
    )
});

static TAKE: LazyLock<Bulk> = LazyLock::new(|| {
    let [kind, key, user] = CLAIM;
    let columns = [kind, key, user, ("folding", Kind::Integer)];
    Bulk::insert_new("a claim", "user_keys", &columns, "kind, key")
});

/// What writes a batch that was decided by these rules.
pub(crate) fn plan(
    sealing: &Sealing,
    net: &Net,
    present: &Present,
    (rules, reads): (Rules, Reads),
) -> Result<Plan> {
    let mut plan = Plan::new(reads);
    plan_users(&mut plan, sealing, net)?;
    plan_claims(&mut plan, net)?;
    if !net.users.is_empty() {
        plan.rules(rules);
    }
    groups::plan(&mut plan, net, present)?;
    plan_records(&mut plan, sealing, net, present)?;
    Ok(plan)
}

fn plan_records(plan: &mut Plan, sealing: &Sealing, net: &Net, present: &Present) -> Result<()> {
    for (key, write) in &net.records {
        let present = present.get(key);
        // What the batch itself made and removed again was never there.
        if matches!(write, RecordWrite::Remove(_)) && present == Some(false) {
            continue;
        }
        // A change that did not look writes over whatever is there.
        records::writes(sealing, write, present.unwrap_or(true))?
            .into_iter()
            .for_each(|write| plan.record(write));
    }
    Ok(())
}

fn plan_users(plan: &mut Plan, sealing: &Sealing, net: &Net) -> Result<()> {
    // One width for all, since two statements would lock rows in another order than that of their keys.
    let wants_whole = |user: &NetUser| Width::of(user.before.as_deref(), &user.after) == Width::Whole;
    let width = if net.users.values().any(wants_whole) { Width::Whole } else { Width::Usual };
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for NetUser { before, after } in net.users.values() {
        match before {
            Some(before) => changed.push(columns::guarded_cells(before, after, width)?),
            None => new.push(columns::cells(after, width)?),
        }
    }
    let Statements { insert, update } = Statements::of(width);
    plan.bulk(update, changed)?;
    plan.bulk(insert, new)?;
    let links = net.links.iter().map(|((user, source), (external_id, at))| {
        let external_id = external_id.as_ref().map(|id| id.as_str());
        Ok(vec![(*user).into(), source.as_str().into(), external_id.into(), version(*at)?.into()])
    });
    plan.bulk(&LINKS, links.collect::<Result<_>>()?)?;
    let grants = net.grants.iter().map(|((user, grant), (granted, at))| {
        let profile = grant.profile_id.as_str();
        Ok(vec![
            (*user).into(),
            grant.client_id.into(),
            profile.into(),
            (*granted).into(),
            version(*at)?.into(),
        ])
    });
    plan.bulk(&GRANTS, grants.collect::<Result<_>>()?)?;
    let elements = net.elements.iter().map(|((user, id), (state, at))| elements::row(*user, *id, state, *at));
    plan.bulk(&elements::WRITE, elements.collect::<Result<_>>()?)?;
    let journal = net.entries.iter().map(|(user, entry)| journal_row(sealing, user, entry));
    plan.bulk(&JOURNAL, journal.collect::<Result<_>>()?)?;
    let outbox = net.entries.iter().map(|(user, entry)| {
        let stream = feed::stream_of(user.id);
        Ok(vec![stream.into(), entry.recorded_at.into(), user.id.into(), version(entry.version)?.into()])
    });
    plan.bulk(&OUTBOX, outbox.collect::<Result<_>>()?)
}

/// An entry's row, its changes sealed with the user's data key.
fn journal_row(sealing: &Sealing, user: &User, entry: &Entry) -> Result<Vec<Cell>> {
    let changes = entry.changes.as_deref().ok_or(Error::Unstorable("an entry without its changes"))?;
    let purpose = Purpose::Journal { version: entry.version };
    let owner = (user.id, &user.data_key);
    let payload = sealing.keyring.seal(owner, purpose, &*sealing.entropy, encode_changes(changes))?;
    Ok(vec![
        entry.user_id.into(),
        version(entry.version)?.into(),
        entry.change_id.0.into(),
        entry.kind.name().into(),
        entry.dialect.name().into(),
        entry.actor.client.as_str().into(),
        entry.actor.user.into(),
        entry.recorded_at.into(),
        entry.field_ids_text().into(),
        payload.into(),
    ])
}

fn plan_claims(plan: &mut Plan, net: &Net) -> Result<()> {
    let (mut released, mut moved, mut taken) = (Vec::new(), Vec::new(), Vec::new());
    for (claim, holders) in &net.claims {
        let (kind, key): (Cell, Cell) = (claim.kind().into(), claim.key().into());
        match *holders {
            (Some(before), Some(after)) if before != after => {
                moved.push(vec![kind, key, before.into(), after.into()]);
            }
            (Some(before), None) => released.push(vec![kind, key, before.into()]),
            (None, Some(after)) => {
                taken.push(vec![kind, key, after.into(), claim.folding().map(i64::from).into()]);
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    plan.bulk(&RELEASE, released)?;
    plan.bulk(&MOVE, moved)?;
    plan.bulk(&TAKE, taken)
}
