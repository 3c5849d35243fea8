//! Listing users: keyset paging over living users, so that nobody is lost while others come and go.

use std::sync::Arc;

use roster_directory::store::{Claim, UserFilter, UserQuery};
use roster_directory::{Timestamp, User, UserId, fold};
use rusqlite::{Connection, ToSql, params};

use crate::cell::Cell;
use crate::columns::{self, SELECT};
use crate::error::Result;
use crate::load;

/// How many users may be read on a thread that serves others as well. That few have one email.
const FEW: usize = 100;

/// Whether the page holds few users: mostly one has an email, and never more a user_name.
pub(crate) fn is_short(query: &UserQuery) -> bool {
    match query.filter {
        UserFilter::UserName(_) => true,
        UserFilter::Email(_) => query.limit <= FEW,
        UserFilter::All | UserFilter::RecordedSince(_) => false,
    }
}

/// A page of living users.
pub(crate) fn users(conn: &Connection, query: &UserQuery) -> Result<Vec<Arc<User>>> {
    let UserQuery { filter, after, limit } = query;
    let limit = i64::try_from(*limit).unwrap_or(i64::MAX);
    // Every id comes after the empty one.
    let after_id = after.map_or(Cell::Blob(&[]), |(_, id)| id.into());
    match filter {
        UserFilter::All => {
            let rest = "WHERE id > ?1 AND deleted_at_us IS NULL ORDER BY id LIMIT ?2";
            rows(conn, rest, params![after_id, limit])
        }
        UserFilter::Email(email) => {
            let rest = "WHERE email_folded = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
            rows(conn, rest, params![fold::fold(email.as_str()), after_id, limit])
        }
        UserFilter::UserName(name) => {
            let found = load::holder(conn, &Claim::user_name(name))?.filter(|id| is_after(*id, *after));
            let user = found.map(|id| load::user(conn, id)).transpose()?.flatten();
            Ok(user.filter(|user| user.is_living() && limit > 0).map(Arc::new).into_iter().collect())
        }
        UserFilter::RecordedSince(since) => {
            let rest = "WHERE (recorded_at_us, id) > (?1, ?2) AND deleted_at_us IS NULL \
                        ORDER BY recorded_at_us, id LIMIT ?3";
            // Nothing comes before the empty id: at the first moment asked for, everybody does.
            let (time, id) = match after {
                Some((time, id)) if time >= since => (*time, Cell::from(*id)),
                Some(_) | None => (*since, Cell::Blob(&[])),
            };
            rows(conn, rest, params![Cell::from(time), id, limit])
        }
    }
}

fn is_after(id: UserId, after: Option<(Timestamp, UserId)>) -> bool {
    after.is_none_or(|(_, last)| id > last)
}

fn rows(conn: &Connection, rest: &str, params: &[&dyn ToSql]) -> Result<Vec<Arc<User>>> {
    let mut statement = conn.prepare_cached(&format!("{} {rest}", *SELECT))?;
    let mut rows = statement.query(params)?;
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        let mut user = columns::user(row)?;
        load::load_links(conn, &mut user)?;
        load::load_grants(conn, &mut user)?;
        page.push(Arc::new(user));
    }
    Ok(page)
}
