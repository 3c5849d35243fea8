//! Giving positions: from the outbox into the feed, in one transaction.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::cell::Columns;
use crate::error::{Error, Result};
use crate::session::{Call, Session};
use crate::transaction::{self, Failure};

/// The most entries that get their positions in one transaction.
pub(crate) const MOST_ENTRIES: usize = 4_096;

/// By what right positions are given, and in which streams.
#[derive(Debug)]
pub(crate) enum Hold {
    /// As their holder since these fences.
    Fences(BTreeMap<i64, i64>),
    /// From whoever holds it.
    TakeOver(i64, Uuid),
}

/// Moves entries from the outbox into the feed, in one transaction; how many.
pub(crate) async fn sequence(session: &Session, hold: &Hold) -> Result<usize> {
    transaction::begin(session).await?;
    let moved = match move_entries(session, hold).await {
        Ok(moved) => moved,
        Err(error) => {
            // The first failure is what is told.
            let _ = transaction::roll_back(session).await;
            return Err(error);
        }
    };
    match transaction::commit(session).await {
        // Whether it was made is seen by looking again: nothing is given twice.
        Ok(()) => Ok(moved),
        Err(Failure::Unreplicated) => Err(Error::Unreplicated),
        Err(Failure::RolledBack(error) | Failure::InDoubt(error)) => Err(error),
    }
}

/// The next position of each stream. Until this transaction ends nobody else gives positions in them.
async fn lock(session: &Session, hold: &Hold) -> Result<BTreeMap<i64, i64>> {
    let (rows, wanted) = match hold {
        Hold::Fences(fences) => {
            let sql = "SELECT s.stream, s.next_n FROM streams s JOIN unnest($1::int8[], $2::int8[]) AS t (stream, fence) \
                       ON s.stream = t.stream AND s.fence = t.fence ORDER BY s.stream FOR UPDATE OF s";
            let (streams, fences): (Vec<i64>, Vec<i64>) = fences.iter().unzip();
            let wanted = streams.len();
            let call = Call::new(sql, vec![Box::new(streams), Box::new(fences)]);
            (session.rows_of(&call).await?, wanted)
        }
        Hold::TakeOver(stream, me) => {
            let sql = "UPDATE streams SET holder = $2, fence = fence + CASE WHEN holder = $2 THEN 0 ELSE 1 END \
                       WHERE stream = $1 RETURNING stream, next_n";
            (session.rows(sql, &[(*stream).into(), (*me).into()]).await?, 1)
        }
    };
    if rows.len() != wanted {
        return Err(Error::Conflict("a fence"));
    }
    let read = |row| {
        let columns = &mut Columns::new(row, "streams");
        Ok((columns.integer()?, columns.integer()?))
    };
    rows.iter().map(read).collect()
}

async fn move_entries(session: &Session, hold: &Hold) -> Result<usize> {
    let mut next = lock(session, hold).await?;
    let locked: Vec<i64> = next.keys().copied().collect();
    // In the order in which they were recorded, which for one user is that of its versions.
    let sql = "SELECT stream, recorded_at_us, user_id, version FROM outbox WHERE stream = ANY($1) \
               ORDER BY stream, recorded_at_us, user_id LIMIT $2";
    let limit = i64::try_from(MOST_ENTRIES).unwrap_or(i64::MAX);
    let rows = session.rows_of(&Call::new(sql, vec![Box::new(locked), Box::new(limit)])).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut moved = Moved::default();
    for row in &rows {
        let columns = &mut Columns::new(row, "outbox");
        let stream = columns.integer()?;
        let n = next.get_mut(&stream).ok_or_else(|| columns.corrupt())?;
        moved.streams.push(stream);
        moved.numbers.push(*n);
        moved.recorded.push(columns.integer()?);
        moved.users.push(columns.uuid()?);
        moved.versions.push(columns.integer()?);
        *n += 1;
    }
    let written = session.execute_all(&moved.calls(&next)).await?;
    let wanted = rows.len() as u64;
    if written == [wanted, wanted, next.len() as u64] {
        Ok(rows.len())
    } else {
        Err(Error::Conflict("the outbox"))
    }
}

/// Entries on their way from the outbox into the feed.
#[derive(Default)]
struct Moved {
    streams: Vec<i64>,
    numbers: Vec<i64>,
    recorded: Vec<i64>,
    users: Vec<Uuid>,
    versions: Vec<i64>,
}

impl Moved {
    fn calls(self, next: &BTreeMap<i64, i64>) -> [Call<'static>; 3] {
        let Self { streams, numbers, recorded, users, versions } = self;
        let (next_streams, next_numbers): (Vec<i64>, Vec<i64>) = next.iter().unzip();
        [
            Call::new(
                "INSERT INTO feed (stream, n, user_id, version) \
                      SELECT * FROM unnest($1::int8[], $2::int8[], $3::uuid[], $4::int8[])",
                vec![
                    Box::new(streams.clone()),
                    Box::new(numbers),
                    Box::new(users.clone()),
                    Box::new(versions),
                ],
            ),
            Call::new(
                "DELETE FROM outbox AS o \
                      USING unnest($1::int8[], $2::int8[], $3::uuid[]) AS t (stream, recorded_at_us, user_id) \
                      WHERE o.stream = t.stream AND o.recorded_at_us = t.recorded_at_us AND o.user_id = t.user_id",
                vec![Box::new(streams), Box::new(recorded), Box::new(users)],
            ),
            Call::new(
                "UPDATE streams AS s SET next_n = t.next_n FROM unnest($1::int8[], $2::int8[]) AS t (stream, next_n) \
                      WHERE s.stream = t.stream",
                vec![Box::new(next_streams), Box::new(next_numbers)],
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use roster_directory::seal::Keyring;
    use roster_testkit::{SeededEntropy, TestDatabase};

    use super::*;
    use crate::connection::Connector;
    use crate::{Options, schema};

    /// Who was thought dead and is not finds another fence, and writes nothing.
    #[tokio::test]
    async fn d4_who_holds_an_older_fence_writes_nothing() {
        let (database, entropy) = (TestDatabase::new(), SeededEntropy::new(1));
        let keyring = Arc::new(Keyring::parse(&Keyring::generate(&entropy)).unwrap());
        let options = Options::new(database.url().into(), keyring, Arc::new(entropy));
        let session = Connector::new(&options.url, options.durability).unwrap().connect().await.unwrap();
        schema::migrate(&session, &SeededEntropy::new(2)).await.unwrap();
        let entry = |version: i64| {
            format!("INSERT INTO outbox VALUES (7, {version}, '{}', {version})", Uuid::from_u128(1))
        };
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));

        database.sql(&entry(1));
        assert_eq!(sequence(&session, &Hold::TakeOver(7, one)).await.unwrap(), 1);
        database.sql(&entry(2));
        let fence = BTreeMap::from([(7, 1)]);
        assert_eq!(sequence(&session, &Hold::Fences(fence.clone())).await.unwrap(), 1, "as the holder");
        database.sql(&entry(3));
        assert_eq!(sequence(&session, &Hold::TakeOver(7, other)).await.unwrap(), 1);
        database.sql(&entry(4));
        let late = sequence(&session, &Hold::Fences(fence)).await;
        assert!(matches!(late, Err(Error::Conflict("a fence"))), "{late:?}");
        assert_eq!(
            database.sql("SELECT string_agg(n || ':' || version, ' ' ORDER BY n) FROM feed"),
            "1:1 2:2 3:3"
        );
        assert_eq!(database.sql("SELECT version FROM outbox"), "4");
    }
}
