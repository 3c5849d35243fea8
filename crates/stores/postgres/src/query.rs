//! Listing users: keyset paging over living users, so that nobody is lost while others come and go.

use std::sync::{Arc, LazyLock};

use roster_directory::store::{Place, Target, UserFilter, UserPage, UserQuery};
use roster_directory::{Timestamp, User, UserId, fold};
use uuid::Uuid;

use crate::cell::{Cell, Columns};
use crate::columns::{self, SELECT};
use crate::error::Result;
use crate::load::{self, Reads};
use crate::session::Session;

static ALL: LazyLock<String> = LazyLock::new(|| {
    format!("{} WHERE u.id > $1 AND u.deleted_at_us IS NULL ORDER BY u.id LIMIT $2", *SELECT)
});

static BY_EMAIL: LazyLock<String> =
    LazyLock::new(|| format!("{} WHERE u.email_folded = $1 AND u.id > $2 ORDER BY u.id LIMIT $3", *SELECT));

/// How many entries of the journal are looked at, at the most, for each user that is asked for.
const MOST_PASSED_BY: usize = 100;

/// How many of them are read at once.
const AT_ONCE: usize = 1_000;

/// A page of living users.
pub(crate) async fn users(session: &Session, query: &UserQuery) -> Result<UserPage> {
    let UserQuery { filter, after, limit } = query;
    // Every id comes after the nil one.
    let after_id: Cell = after.map_or(Uuid::nil(), |(_, id)| id.0).into();
    match filter {
        UserFilter::All => page(session, &ALL, &[after_id, one_more(*limit).into()], *limit).await,
        UserFilter::Email(email) => {
            let folded = fold::fold(email.as_str());
            page(session, &BY_EMAIL, &[folded.into(), after_id, one_more(*limit).into()], *limit).await
        }
        UserFilter::UserName(name) => {
            let user = load::target(session, &Target::UserName(name.clone())).await?;
            let user = user.filter(|user| *limit > 0 && is_after(user.id, *after));
            Ok(UserPage { users: user.map(Arc::new).into_iter().collect(), next: None })
        }
        UserFilter::RecordedSince(since) => {
            // Nothing comes before the nil id: at the first moment asked for, everybody does.
            let behind = match after {
                Some((time, id)) if time >= since => (*time, id.0),
                Some(_) | None => (*since, Uuid::nil()),
            };
            recorded(session, behind, *limit).await
        }
    }
}

fn is_after(id: UserId, after: Option<Place>) -> bool {
    after.is_none_or(|(_, last)| id > last)
}

/// One more than asked for tells whether others follow.
fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}

async fn page(session: &Session, sql: &str, cells: &[Cell], limit: usize) -> Result<UserPage> {
    let rows = session.rows(sql, cells).await?;
    let read = rows.iter().take(limit).map(|row| columns::user(row).map(Arc::new));
    let users: Vec<Arc<User>> = read.collect::<Result<_>>()?;
    let next = users.last().filter(|_| rows.len() > limit).map(|user| (user.recorded_at, user.id));
    Ok(UserPage { users, next })
}

/// Users in the order of the entries that recorded their last change. Entries that later ones of the same user followed
/// are passed by; so that a page does not take long where many are, they may end it. A user that changes between the two
/// statements is shown here as it is then, and maybe behind this once more.
async fn recorded(session: &Session, behind: (Timestamp, Uuid), limit: usize) -> Result<UserPage> {
    let most = limit.saturating_mul(MOST_PASSED_BY);
    let mut page = UserPage::default();
    let (mut passed, mut last) = (0, None);
    loop {
        let (time, id) = last.map_or(behind, |(time, id): Place| (time, id.0));
        let at_once = limit.saturating_add(1).min(AT_ONCE);
        let entries = entries(session, (time, id), at_once).await?;
        let current = entries.iter().filter(|(_, is_last)| *is_last);
        let ids: Vec<UserId> = current.map(|((_, id), _)| *id).collect();
        let users = load::users(session, &ids, Reads::Together).await?;
        for (place, is_last) in &entries {
            if passed == most {
                page.next = last;
                return Ok(page);
            }
            let user = users.get(&place.1).filter(|user| *is_last && user.is_living());
            if let Some(user) = user {
                if page.users.len() == limit {
                    page.next = last;
                    return Ok(page);
                }
                page.users.push(Arc::new(user.clone()));
            }
            (passed, last) = (passed + 1, Some(*place));
        }
        if entries.len() < at_once {
            return Ok(page);
        }
    }
}

/// When who was recorded, behind a place, and whether that was the user's last change. One statement tells both: what is
/// not a user's last change here has a later one.
async fn entries(
    session: &Session,
    (time, id): (Timestamp, Uuid),
    limit: usize,
) -> Result<Vec<(Place, bool)>> {
    let sql = "SELECT j.recorded_at_us, j.user_id, EXISTS (SELECT 1 FROM users u \
               WHERE u.id = j.user_id AND u.recorded_at_us = j.recorded_at_us) \
               FROM journal j WHERE (j.recorded_at_us, j.user_id) > ($1, $2) \
               ORDER BY j.recorded_at_us, j.user_id LIMIT $3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = session.rows(sql, &[time.into(), id.into(), limit.into()]).await?;
    let read = |row| {
        let columns = &mut Columns::new(row, "journal");
        Ok(((columns.time()?, columns.user_id()?), columns.truth()?))
    };
    rows.iter().map(read).collect()
}
