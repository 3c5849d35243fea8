//! Listing users: keyset paging over living users, so that nobody is lost while others come and go.

use std::sync::{Arc, LazyLock};

use roster_directory::store::{Claim, Place, StoreError, UserFilter, UserPage, UserQuery};
use roster_directory::{Timestamp, User, UserId, fold};
use rusqlite::{Connection, Row, ToSql, params};

use crate::cache::View;
use crate::cell::{Cell, Columns};
use crate::columns::{SELECT, SELECT_BY_NUMBER};
use crate::error::Result;
use crate::load::Users;
use crate::reading::Reading;

/// Both are answered by an index alone, whose entries lead to the rows by number.
const ALL: &str = "SELECT id, number FROM users WHERE id > ?1 ORDER BY id";

const BY_EMAIL: &str = "SELECT id, number FROM users WHERE email_folded = ?1 AND id > ?2 ORDER BY id";

static AS_OF: LazyLock<String> =
    LazyLock::new(|| format!("{} WHERE id = ?1 AND recorded_at_us = ?2 AND deleted_at_us IS NULL", *SELECT));

/// How many users a page may have that is read on a thread that serves others as well. That few have one email.
pub(crate) const FEW: usize = 100;

/// How many users a page of so few looks at, at the most: deleted ones are passed by.
const MOST_LOOKED_AT: usize = 2 * FEW;

/// How many entries of the journal are looked at, at the most, for each user that is asked for.
const MOST_PASSED_BY: usize = 100;

/// Whether the page holds few users: mostly one has an email, and never more a user_name.
pub(crate) fn is_short(query: &UserQuery) -> bool {
    match query.filter {
        UserFilter::UserName(_) => true,
        UserFilter::Email(_) => query.limit <= FEW,
        UserFilter::All | UserFilter::RecordedSince(_) => false,
    }
}

impl Reading {
    /// A page of all living users on the thread that asks, as many do who walk through them; `None` where that takes a longer read.
    pub(crate) async fn few(
        &self,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Option<UserPage>, StoreError> {
        // Of a page of nobody, its end does not tell whether others follow.
        if limit == 0 || limit > FEW {
            return Ok(None);
        }
        let bounds = (limit, MOST_LOOKED_AT);
        self.view(|conn, view| page_within(conn, view, ALL, params![behind(after)], bounds)).await
    }
}

/// Every id comes after the empty one.
fn behind(after: Option<UserId>) -> Cell<'static> {
    after.map_or(Cell::Blob(&[]), Cell::from)
}

/// Reads the users of a page.
pub(crate) struct PageReader<'a> {
    conn: &'a Connection,
    view: View<'a>,
    /// From the first user on that is not cached.
    uncached: Option<Users<'a>>,
}

/// A user of a page.
pub(crate) struct Listed {
    user: Arc<User>,
    /// Or read from its row alone: the rest is read for all of the page.
    is_whole: bool,
}

impl<'a> PageReader<'a> {
    pub(crate) fn new(conn: &'a Connection, view: View<'a>) -> Self {
        Self { conn, view, uncached: None }
    }

    /// The user of a row that begins with an id and a number.
    pub(crate) fn find(&mut self, row: &Row<'_>) -> Result<Listed> {
        let columns = &mut Columns::new(row, "users");
        let (id, number) = (columns.user_id()?, columns.integer()?);
        if let Some(user) = self.view.cached(id) {
            return Ok(Listed { user: Arc::new(user), is_whole: true });
        }
        let users = match &mut self.uncached {
            Some(users) => users,
            none => none.insert(Users::prepare(self.conn, &SELECT_BY_NUMBER)?),
        };
        // The number is where the row is.
        let user = users.find_row([number])?.ok_or_else(|| columns.corrupt())?;
        Ok(Listed { user: Arc::new(user), is_whole: false })
    }

    /// The users that were found, whole.
    pub(crate) fn whole(mut self, mut listed: Vec<Listed>) -> Result<Vec<Arc<User>>> {
        if let Some(users) = &mut self.uncached {
            let rows = listed.iter_mut().filter(|listed| !listed.is_whole);
            users.add_parts(rows.map(|listed| Arc::make_mut(&mut listed.user)))?;
            let read = listed.iter().filter(|listed| !listed.is_whole);
            self.view.keep_page(read.map(|listed| &*listed.user));
        }
        Ok(listed.into_iter().map(|listed| listed.user).collect())
    }
}

/// A page of living users.
pub(crate) fn users(conn: &Connection, view: View<'_>, query: &UserQuery) -> Result<UserPage> {
    let UserQuery { filter, after, limit } = query;
    let after_id = behind(after.map(|(_, id)| id));
    match filter {
        UserFilter::All => page(conn, view, ALL, params![after_id], *limit),
        UserFilter::Email(email) => {
            let folded = fold::fold(email.as_str());
            page(conn, view, BY_EMAIL, params![folded, after_id], *limit)
        }
        UserFilter::UserName(name) => {
            let found = view.holder(conn, &Claim::user_name(name))?.filter(|id| is_after(*id, *after));
            let user = found.map(|id| view.user(conn, id)).transpose()?.flatten();
            let user = user.filter(|user| user.is_living() && *limit > 0);
            Ok(UserPage { users: user.map(Arc::new).into_iter().collect(), next: None })
        }
        UserFilter::RecordedSince(since) => {
            // Nothing comes before the empty id: at the first moment asked for, everybody does.
            let behind = match after {
                Some((time, id)) if time >= since => (*time, Cell::from(*id)),
                Some(_) | None => (*since, Cell::Blob(&[])),
            };
            recorded(conn, view, behind, *limit)
        }
    }
}

fn is_after(id: UserId, after: Option<Place>) -> bool {
    after.is_none_or(|(_, last)| id > last)
}

/// The living ones among the users to whom `sql` leads.
fn page(
    conn: &Connection,
    view: View<'_>,
    sql: &str,
    params: &[&dyn ToSql],
    limit: usize,
) -> Result<UserPage> {
    Ok(page_within(conn, view, sql, params, (limit, usize::MAX))?.unwrap_or_default())
}

/// The same; `None` where more users must be looked at than `most`. One more than asked for tells whether others follow.
fn page_within(
    conn: &Connection,
    view: View<'_>,
    sql: &str,
    params: &[&dyn ToSql],
    (limit, most): (usize, usize),
) -> Result<Option<UserPage>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut reader = PageReader::new(conn, view);
    let mut page = Vec::new();
    for _ in 0..most {
        let Some(row) = rows.next()? else {
            return Ok(Some(UserPage { users: reader.whole(page)?, next: None }));
        };
        let listed = reader.find(row)?;
        if !listed.user.is_living() {
            continue;
        }
        if page.len() == limit {
            let users = reader.whole(page)?;
            let next = users.last().map(|user| (user.recorded_at, user.id));
            return Ok(Some(UserPage { users, next }));
        }
        page.push(listed);
    }
    Ok(None)
}

/// Users in the order of the entries that recorded their last change. Entries that later ones of the same user followed
/// are passed by; so that a page does not take long where many are, they may end it.
fn recorded(
    conn: &Connection,
    view: View<'_>,
    (time, id): (Timestamp, Cell<'_>),
    limit: usize,
) -> Result<UserPage> {
    let most = limit.saturating_mul(MOST_PASSED_BY);
    let mut entries = conn.prepare_cached(
        "SELECT recorded_at_us, user_id FROM journal WHERE (recorded_at_us, user_id) > (?1, ?2) \
         ORDER BY recorded_at_us, user_id LIMIT ?3",
    )?;
    let mut as_of = Users::prepare(conn, &AS_OF)?;
    let one_more = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let mut entries = entries.query(params![Cell::from(time), id, one_more])?;
    let mut page = UserPage::default();
    let (mut passed, mut last) = (0, None);
    while let Some(entry) = entries.next()? {
        if passed == most {
            page.next = last;
            break;
        }
        let columns = &mut Columns::new(entry, "journal");
        let place @ (time, id) = (columns.time()?, columns.user_id()?);
        let user = match view.cached(id) {
            Some(user) => Some(user).filter(|user| user.recorded_at == time && user.is_living()),
            None => as_of.find([Cell::from(id), Cell::from(time)])?,
        };
        if let Some(user) = user {
            if page.users.len() == limit {
                page.next = last;
                break;
            }
            page.users.push(Arc::new(user));
        }
        (passed, last) = (passed + 1, Some(place));
    }
    Ok(page)
}
