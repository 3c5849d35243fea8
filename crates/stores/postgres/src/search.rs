//! Searches of users and groups: a page, and how many fit. The SQL is that of every store (`roster-store-sql`).

use std::sync::Arc;

use roster_directory::search::{Found, FoundUsers, GroupSearch, Search, UserSearch};
use roster_directory::store::StoreError;
use roster_directory::{Group, GroupId, UserId};
use roster_store_sql::{Param, Postgres, Queries, Statement};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::cell::{Cell, Columns};
use crate::error::{Error, Result};
use crate::load::{self, Reads};
use crate::records::Lock;
use crate::session::Session;
use crate::store::failed;
use crate::{PostgresStore, groups};

impl PostgresStore {
    /// Living users that fit.
    pub(crate) async fn find_users(&self, search: UserSearch) -> Result<FoundUsers, StoreError> {
        let queries = roster_store_sql::users(&search, &Postgres);
        let found = async |session: Arc<Session>| {
            let id = |row: &Row| Columns::new(row, "users").user_id();
            let Found { page: ids, total, more } = find(&session, &search, &queries, id).await?;
            let mut users = load::users(&session, &ids, Reads::Together).await?;
            let page = ids.iter().map(|id: &UserId| users.remove(id).map(Arc::new)).collect::<Option<_>>();
            Ok(Found { page: page.ok_or(Error::Corrupt("users"))?, total, more })
        };
        self.searchers.search(found).await.map_err(search_failed)
    }

    /// Groups that fit.
    pub(crate) async fn find_groups(&self, search: GroupSearch) -> Result<Found<Group>, StoreError> {
        let queries = roster_store_sql::groups(&search, &Postgres);
        let found = async |session: Arc<Session>| {
            let id = |row: &Row| Columns::new(row, "groups").group_id();
            let Found { page: ids, total, more } = find(&session, &search, &queries, id).await?;
            let mut groups = groups::load(&session, &ids, Lock::No).await?;
            let page = ids.iter().map(|id: &GroupId| groups.remove(id)).collect::<Option<_>>();
            Ok(Found { page: page.ok_or(Error::Corrupt("groups"))?, total, more })
        };
        self.searchers.search(found).await.map_err(search_failed)
    }
}

fn search_failed(error: Error) -> StoreError {
    if error.is_cancelled() { StoreError::TooSlow } else { failed(error) }
}

/// The ids of a page, and how many fit.
async fn find<T, Key, Place, Id>(
    session: &Session,
    search: &Search<T, Key, Place>,
    queries: &Queries,
    id: impl Fn(&Row) -> Result<Id>,
) -> Result<Found<Id>> {
    let rows = rows(session, &queries.page).await?;
    let page = rows.iter().take(search.limit).map(id).collect::<Result<Vec<_>>>()?;
    let more = rows.len() > page.len();
    let total = match &queries.count {
        None => None,
        Some(count) => Some(match search.from.all_with(page.len()).filter(|_| !more) {
            Some(all) => all,
            None => self::count(session, count).await?,
        }),
    };
    Ok(Found { page, total, more })
}

async fn count(session: &Session, statement: &Statement) -> Result<u64> {
    let rows = rows(session, statement).await?;
    let row = rows.first().ok_or(Error::Corrupt("users"))?;
    Ok(Columns::new(row, "users").integer()?.unsigned_abs())
}

async fn rows(session: &Session, Statement { sql, params }: &Statement) -> Result<Vec<Row>> {
    let typed: Vec<(Cell, Type)> = params.iter().map(cell).collect();
    session.rows_once(sql, &typed).await
}

fn cell(param: &Param) -> (Cell, Type) {
    match param {
        Param::Text(text) => (text.as_str().into(), Type::TEXT),
        Param::Integer(integer) => ((*integer).into(), Type::INT8),
        Param::Truth(truth) => ((*truth).into(), Type::BOOL),
        Param::Uuid(uuid) => ((*uuid).into(), Type::UUID),
    }
}
