//! Records: what the directory keeps besides users. One file for each kind of table.

mod api_keys;
mod idempotency;
mod registers;

use futures_util::future::{join_all, join3};
pub(crate) use idempotency::outcome_opens;
use roster_directory::record::{Record, RecordKey, Register};
use roster_directory::seal::Keyring;
use roster_directory::store::RecordWrite;
use roster_directory::{Link, Timestamp, UserId};

use crate::bulk::guarded;
use crate::cell::Cell;
use crate::error::{Error, Result};
use crate::load::Reads;
use crate::session::Session;
use crate::{Sealing, groups, members};

/// What others may do with a record that is read until the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// Anything.
    No,
    /// Refer to it and rename it, and not remove it: what is written refers to it.
    Refer,
    /// Nothing: it is to be written.
    Write,
}

impl Lock {
    fn sql(self, select: &'static str) -> String {
        match self {
            Self::No => select.to_owned(),
            Self::Refer => format!("{select} FOR KEY SHARE"),
            Self::Write => format!("{select} FOR UPDATE"),
        }
    }
}

/// What a guard's statement says of a record.
pub(crate) const RECORD: &str = "a record";

/// A statement that writes a part of a record.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) sql: String,
    pub(crate) cells: Vec<Cell>,
}

impl Write {
    fn new(sql: impl Into<String>, cells: Vec<Cell>) -> Self {
        Self { sql: sql.into(), cells }
    }

    /// One that fails unless it writes one row.
    fn one(sql: &str, cells: Vec<Cell>) -> Self {
        Self::new(guarded(&format!("{sql} RETURNING 1"), RECORD, "1"), cells)
    }
}

/// `INSERT INTO <table>`, over the row that is there if one was seen; over one that was not it fails.
struct Put {
    table: &'static str,
    key: &'static [&'static str],
    columns: &'static [&'static str],
    present: bool,
}

impl Put {
    fn sql(&self) -> String {
        let Self { table, key, columns, present } = self;
        let places: Vec<String> = (1..=columns.len()).map(|place| format!("${place}")).collect();
        let set =
            columns.iter().filter(|name| !key.contains(name)).map(|name| format!("{name} = EXCLUDED.{name}"));
        let (names, places, key) = (columns.join(", "), places.join(", "), key.join(", "));
        let insert = format!("INSERT INTO {table} ({names}) VALUES ({places}) ON CONFLICT ({key})");
        if *present {
            format!("{insert} DO UPDATE SET {}", set.collect::<Vec<_>>().join(", "))
        } else {
            guarded(&format!("{insert} DO NOTHING RETURNING 1"), RECORD, "1")
        }
    }
}

/// Records, in any order. Groups are read together, and so are memberships, of which one change may name very many.
pub(crate) async fn load_all(
    session: &Session,
    keyring: &Keyring,
    keys: Vec<RecordKey>,
    (lock, reads): (Lock, Reads),
) -> Result<Vec<(RecordKey, Option<Record>)>> {
    let (mut group_ids, mut member_keys, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for key in keys {
        if let RecordKey::Group(id) = key {
            group_ids.push(id);
        } else if let RecordKey::Membership(group, user) = key {
            member_keys.push((group, user));
        } else {
            others.push(key);
        }
    }
    let one_by_one = join_all(others.iter().map(|key| load(session, keyring, key, lock)));
    let groups = groups::load(session, &group_ids, lock);
    let memberships = members::memberships(session, &member_keys, reads);
    let (one_by_one, groups, memberships) = join3(one_by_one, groups, memberships).await;
    let (mut groups, mut memberships) = (groups?, memberships?);
    let mut records = Vec::with_capacity(group_ids.len() + member_keys.len() + others.len());
    for (key, record) in others.into_iter().zip(one_by_one) {
        records.push((key, record?));
    }
    records.extend(
        group_ids.into_iter().map(|id| (RecordKey::Group(id), groups.remove(&id).map(Record::Group))),
    );
    records.extend(member_keys.into_iter().map(|(group, user)| {
        let membership = memberships.remove(&(group, user));
        (RecordKey::Membership(group, user), membership.map(Record::Membership))
    }));
    Ok(records)
}

/// A record.
pub(crate) async fn load(
    session: &Session,
    keyring: &Keyring,
    key: &RecordKey,
    lock: Lock,
) -> Result<Option<Record>> {
    Ok(match key {
        RecordKey::ApiKey(id) => api_keys::load(session, id, lock).await?.map(Record::ApiKey),
        RecordKey::RevokedToken(jti) => {
            registers::revoked_token(session, jti, lock).await?.map(Record::RevokedToken)
        }
        RecordKey::Organisation(kind, id) => {
            registers::organisation(session, *kind, *id, lock).await?.map(Record::Organisation)
        }
        RecordKey::OrganisationByExternalId(kind, external_id) => {
            let found = registers::organisation_by_external_id(session, *kind, external_id, lock).await?;
            found.map(Record::Organisation)
        }
        RecordKey::Client(id) => registers::client(session, *id, lock).await?.map(Record::Client),
        RecordKey::Profile(id) => registers::profile(session, id, lock).await?.map(Record::Profile),
        RecordKey::Idempotency(client, key) => {
            let found = idempotency::load(session, keyring, (client, key), lock).await?;
            found.map(|record| Record::Idempotency(Box::new(record)))
        }
        RecordKey::Group(id) => groups::load(session, &[*id], lock).await?.remove(id).map(Record::Group),
        RecordKey::GroupByName(folded) => groups::by_name(session, folded).await?.map(Record::Group),
        RecordKey::Membership(group, user) => {
            members::membership(session, (*group, *user)).await?.map(Record::Membership)
        }
        RecordKey::GroupEntry(group, version) => {
            groups::entry(session, *group, *version).await?.map(|entry| Record::GroupEntry(Box::new(entry)))
        }
        RecordKey::SharedLink(link, user) => {
            shares(session, link, *user).await?.then(|| Record::SharedLink(link.clone(), *user))
        }
    })
}

/// The statements that write or remove a record. `present` is whether it was there when it was read.
pub(crate) fn writes(sealing: &Sealing, write: &RecordWrite, present: bool) -> Result<Vec<Write>> {
    Ok(match write {
        RecordWrite::Put(Record::ApiKey(key)) => api_keys::put(key, present),
        RecordWrite::Put(Record::RevokedToken(token)) => vec![registers::put_revoked_token(token, present)],
        RecordWrite::Put(Record::Organisation(organisation)) => {
            vec![registers::put_organisation(organisation, present)]
        }
        RecordWrite::Put(Record::Client(client)) => vec![registers::put_client(client, present)],
        RecordWrite::Put(Record::Profile(profile)) => vec![registers::put_profile(profile, present)],
        RecordWrite::Put(Record::Idempotency(record)) => vec![idempotency::put(sealing, record, present)?],
        // Those of groups share their statements: `save/groups.rs`.
        RecordWrite::Put(Record::Group(_) | Record::Membership(_) | Record::GroupEntry(_)) => Vec::new(),
        RecordWrite::Put(Record::SharedLink(link, user)) => {
            vec![Write::new(
                "INSERT INTO shared_links (source, external_id, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                shared(link, *user),
            )]
        }
        RecordWrite::Remove(key) => remove(key)?,
    })
}

fn shared(Link { source, external_id }: &Link, user: UserId) -> Vec<Cell> {
    vec![source.as_str().into(), external_id.as_str().into(), user.into()]
}

/// Whether a user has a link that leads to another.
pub(crate) async fn shares(session: &Session, link: &Link, user: UserId) -> Result<bool> {
    const SQL: &str = "SELECT 1 FROM shared_links WHERE source = $1 AND external_id = $2 AND user_id = $3";
    Ok(session.row(SQL, &shared(link, user)).await?.is_some())
}

fn remove(key: &RecordKey) -> Result<Vec<Write>> {
    Ok(vec![match key {
        RecordKey::ApiKey(id) => return Ok(api_keys::remove(id)),
        RecordKey::RevokedToken(jti) => {
            Write::one("DELETE FROM revoked_tokens WHERE jti = $1", vec![jti.as_str().into()])
        }
        RecordKey::Organisation(kind, id) => Write::one(
            "DELETE FROM organisations WHERE kind = $1 AND id = $2",
            vec![kind.name().into(), (*id).into()],
        ),
        RecordKey::OrganisationByExternalId(..) => {
            return Err(Error::Unstorable("an organisation is removed by its id alone"));
        }
        RecordKey::Group(_) | RecordKey::Membership(..) => return Ok(Vec::new()),
        RecordKey::GroupByName(_) => {
            return Err(Error::Unstorable("a group is removed by its id alone"));
        }
        RecordKey::GroupEntry(..) => {
            return Err(Error::Unstorable("an entry of a group's journal is never removed"));
        }
        // What the batch itself made and removed again was never there.
        RecordKey::SharedLink(link, user) => Write::new(
            "DELETE FROM shared_links WHERE source = $1 AND external_id = $2 AND user_id = $3",
            shared(link, *user),
        ),
        RecordKey::Client(id) => Write::one("DELETE FROM clients WHERE id = $1", vec![(*id).into()]),
        RecordKey::Profile(id) => Write::one("DELETE FROM profiles WHERE id = $1", vec![id.as_str().into()]),
        RecordKey::Idempotency(client, key) => Write::one(
            "DELETE FROM idempotency WHERE client = $1 AND key = $2",
            vec![client.as_str().into(), key.as_str().into()],
        ),
    }])
}

/// A page of a register, in the order of its keys.
pub(crate) async fn list(
    session: &Session,
    register: Register,
    after: Option<&RecordKey>,
    limit: usize,
) -> Result<Vec<Record>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    match register {
        Register::ApiKeys => api_keys::list(session, after, limit).await,
        Register::Organisations(kind) => registers::organisations(session, kind, after, limit).await,
        Register::Clients => registers::clients(session, after, limit).await,
        Register::Profiles => registers::profiles(session, after, limit).await,
    }
}

/// Removes at most `limit` records that expired before `now`; how many it removed.
pub(crate) async fn sweep(session: &Session, now: Timestamp, limit: usize) -> Result<usize> {
    let mut left = limit;
    // The time is asked for again: a key that is in use once more has another since.
    for sql in [
        "DELETE FROM idempotency i USING (SELECT client, key FROM idempotency WHERE expires_at_us <= $1 \
         ORDER BY expires_at_us LIMIT $2) AS t \
         WHERE i.client = t.client AND i.key = t.key AND i.expires_at_us <= $1",
        "DELETE FROM revoked_tokens r USING (SELECT jti FROM revoked_tokens WHERE expires_at_us <= $1 \
         ORDER BY expires_at_us LIMIT $2) AS t WHERE r.jti = t.jti AND r.expires_at_us <= $1",
    ] {
        let most = i64::try_from(left).unwrap_or(i64::MAX);
        let removed = session.execute(sql, &[now.into(), most.into()]).await?;
        left -= usize::try_from(removed).unwrap_or(left).min(left);
    }
    Ok(limit - left)
}
