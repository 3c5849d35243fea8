//! The order of the feed (D4): positions are given to committed entries alone.
//!
//! A change commits its entry with a row in the outbox, which has no position. A sequencer moves those rows into the feed,
//! stream by stream, in a transaction that holds the stream's row: so positions of a stream become visible in their order, and
//! a transaction that began early and commits late gets its position late. The row has a fence, which whoever takes the
//! stream over raises: who was thought dead and is not finds another fence, and writes nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use roster_directory::UserId;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::cell::Columns;
use crate::connection::Connector;
use crate::error::{Error, Result};
use crate::sequence::{Hold, MOST_ENTRIES, sequence};
use crate::session::{Call, Session};

/// How many streams there are. A user's stream never changes.
pub(crate) const STREAMS: i64 = 64;

/// For how long a sequencer has its streams to itself.
const LEASE: Duration = Duration::from_secs(10);

/// How often it looks for what other processes wrote.
const EVERY: Duration = Duration::from_millis(500);

/// How long it lets what this process wrote gather, unless somebody waits for a position.
const GATHERING: Duration = Duration::from_millis(100);

/// The stream of a user's entries: FNV-1a of the id.
pub(crate) fn stream_of(user: UserId) -> i64 {
    let hash = user.0.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    i64::try_from(hash % STREAMS.unsigned_abs()).unwrap_or_default()
}

/// Asks for a stream's entries to be given their positions now.
pub(crate) type Request = (i64, oneshot::Sender<Result<()>>);

/// Gives positions to what is committed.
pub(crate) struct Sequencer {
    connector: Arc<Connector>,
    session: Option<Session>,
    me: Uuid,
    /// The fence of each stream that it holds, and until when.
    held: HashMap<i64, i64>,
    until: Instant,
}

impl Sequencer {
    pub(crate) fn new(connector: Arc<Connector>, me: Uuid) -> Self {
        Self { connector, session: None, me, held: HashMap::new(), until: Instant::now() }
    }

    /// Works until nobody can ask any more.
    pub(crate) async fn run(mut self, mut requests: mpsc::Receiver<Request>, written: Arc<Notify>) {
        loop {
            let (asked, tends) = tokio::select! {
                asked = requests.recv() => (Some(asked), false),
                // Who asks ends the gathering: with many who do, the others' positions would wait for ever.
                () = written.notified() => (timeout(GATHERING, requests.recv()).await.ok(), true),
                () = tokio::time::sleep(EVERY) => (None, true),
            };
            match asked {
                Some(None) => return,
                Some(Some((stream, reply))) => {
                    let done = self.take_over(stream).await;
                    self.forget_after(&done);
                    // Who no longer waits needs no answer.
                    let _ = reply.send(done);
                }
                None => {}
            }
            if tends {
                let done = self.tend().await;
                self.forget_after(&done);
                if let Err(error) = done {
                    tracing::debug!(%error, "the feed waits");
                }
            }
        }
    }

    /// After a failure nothing is known of the connection, or of who holds what.
    fn forget_after(&mut self, done: &Result<()>) {
        if done.is_err() {
            self.session = None;
            self.held.clear();
            self.until = Instant::now();
        }
    }

    async fn session(&mut self) -> Result<&Session> {
        if self.session.as_ref().is_none_or(Session::is_closed) {
            self.session = Some(self.connector.connect().await?);
        }
        self.session.as_ref().ok_or(Error::Conflict("a connection"))
    }

    /// Takes the streams that nobody holds, and gives positions in all that it has.
    async fn tend(&mut self) -> Result<()> {
        if self.until < Instant::now() + LEASE / 2 {
            self.lease().await?;
        }
        let held: Vec<i64> = self.held.keys().copied().collect();
        let session = self.session().await?;
        let waiting = "SELECT DISTINCT stream FROM outbox WHERE stream = ANY($1)";
        let rows = session.rows_of(&Call::new(waiting, vec![Box::new(held)])).await?;
        let streams =
            rows.iter().map(|row| Columns::new(row, "outbox").integer()).collect::<Result<Vec<_>>>()?;
        let fences = streams.iter().filter_map(|stream| Some((*stream, *self.held.get(stream)?))).collect();
        let hold = Hold::Fences(fences);
        let session = self.session().await?;
        while !streams.is_empty() && sequence(session, &hold).await? == MOST_ENTRIES {}
        Ok(())
    }

    async fn lease(&mut self) -> Result<()> {
        // The server's clock alone: those of several processes differ.
        let sql = "UPDATE streams SET holder = $1, fence = fence + CASE WHEN holder = $1 THEN 0 ELSE 1 END, \
                   leased_until_us = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $2 \
                   WHERE holder = $1 OR leased_until_us < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint \
                   RETURNING stream, fence";
        let lease_us = i64::try_from(LEASE.as_micros()).unwrap_or(i64::MAX);
        let (asked, me) = (Instant::now(), self.me);
        let rows = self.session().await?.rows(sql, &[me.into(), lease_us.into()]).await?;
        let read = |row| {
            let columns = &mut Columns::new(row, "streams");
            Ok((columns.integer()?, columns.integer()?))
        };
        self.held = rows.iter().map(read).collect::<Result<_>>()?;
        self.until = asked + LEASE;
        Ok(())
    }

    /// Gives positions in one stream, whoever holds it: someone waits for them.
    async fn take_over(&mut self, stream: i64) -> Result<()> {
        let hold = Hold::TakeOver(stream, self.me);
        let session = self.session().await?;
        while sequence(session, &hold).await? == MOST_ENTRIES {}
        Ok(())
    }
}

/// The positions of a user's entries in its stream, by version: of those that have one.
pub(crate) async fn positions(
    session: &Session,
    user: UserId,
    versions: Vec<i64>,
) -> Result<HashMap<u64, i64>> {
    let sql = "SELECT version, n FROM feed WHERE stream = $1 AND user_id = $2 AND version = ANY($3)";
    let parameters: Vec<crate::bulk::Parameter> =
        vec![Box::new(stream_of(user)), Box::new(user.0), Box::new(versions)];
    let rows = session.rows_of(&Call::new(sql, parameters)).await?;
    let read = |row| {
        let columns = &mut Columns::new(row, "feed");
        Ok((columns.version()?, columns.integer()?))
    };
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Users' streams are in the database for ever: if this fails, entries would go to other streams than before.
    #[test]
    fn d4_a_users_stream_never_changes() {
        let streams = [0, 1, 7, u128::MAX].map(|id| stream_of(UserId(Uuid::from_u128(id))));
        assert_eq!(streams, [37, 50, 0, 21]);
    }
}
