//! A database of PostgreSQL.

use anyhow::Result;
use tokio_postgres::Row;

use super::{Found, RULES, Rule, Stored, USERS};
use crate::sql::Session;

/// Numbers have gaps here, and the feed has many streams, none of which has a gap.
const RULES_HERE: [Rule; 3] = [
    ("numbers that were given twice", "SELECT count(*) - count(DISTINCT number) FROM users"),
    (
        "journal entries that are not exactly once in the feed or on their way there",
        "SELECT count(*) FROM journal FULL JOIN
         (SELECT user_id, version, count(*) AS times
          FROM (SELECT user_id, version FROM feed UNION ALL SELECT user_id, version FROM outbox) AS told
          GROUP BY user_id, version) AS told
         USING (user_id, version) WHERE journal.change_id IS NULL OR told.times IS DISTINCT FROM 1",
    ),
    (
        "positions that were skipped",
        "SELECT count(*) FROM streams WHERE next_n - 1 <> (SELECT count(*) FROM feed WHERE feed.stream = streams.stream)",
    ),
];

impl Stored {
    /// Reads a database. Nothing may be serving it.
    pub async fn read_postgres(url: &str) -> Result<Self> {
        let session = Session::open(url).await?;
        let mut stored = Self::default();
        for row in session.client.query(USERS, &[]).await? {
            stored.add(&found(&row)?);
        }
        for (rule, sql) in RULES.into_iter().chain(RULES_HERE) {
            stored.judge(rule, session.client.query_one(sql, &[]).await?.try_get(0)?);
        }
        Ok(stored)
    }
}

fn found(row: &Row) -> Result<Found> {
    Ok(Found {
        key: row.try_get(0)?,
        version: row.try_get(1)?,
        given_name: row.try_get(2)?,
        family_name: row.try_get(3)?,
        role: row.try_get(4)?,
        email: row.try_get(5)?,
        avatar: row.try_get(6)?,
        links: row.try_get(7)?,
        entries: row.try_get(8)?,
        newest: row.try_get(9)?,
    })
}
