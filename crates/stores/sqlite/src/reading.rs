//! Reads, each over one snapshot, on the thread and the connection that fit its length.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use roster_directory::store::StoreError;
use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use uuid::Uuid;

use crate::cache::{Cache, View};
use crate::error::Error;
use crate::flush::Flushed;
use crate::readers::Readers;
use crate::{Sealing, load};

/// Everything that reads need.
pub(crate) struct Reading {
    pub(crate) path: PathBuf,
    pub(crate) epoch: Uuid,
    pub(crate) sealing: Sealing,
    pub(crate) cache: Arc<Cache>,
    pub(crate) flushed: Arc<Flushed>,
    pub(crate) points: Readers,
    pub(crate) pages: Readers,
    pub(crate) search_timeout: Duration,
    /// How many long searches may go on at once: one reader is left to the lists.
    pub(crate) long_searches: Arc<Semaphore>,
}

/// How long a long search may wait for others to end.
const PATIENCE: Duration = Duration::from_secs(2);

impl Reading {
    /// A short read, on the calling thread: handing it to another would cost more than the read.
    pub(crate) async fn point<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        self.point_within(None, work).await
    }

    /// A short read that may find users in the cache.
    pub(crate) async fn view<T>(
        &self,
        work: impl FnOnce(&Connection, View<'_>) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        self.point(|conn| work(conn, self.as_of(conn)?)).await
    }

    /// A search that few fit.
    pub(crate) async fn short_search<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        self.point_within(Some(self.search_timeout), work).await
    }

    async fn point_within<T>(
        &self,
        most: Option<Duration>,
        work: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        let answer = self.points.snapshot(most, work).map_err(failed)?;
        self.flushed.wait().await?;
        Ok(answer)
    }

    /// What the snapshot that is open may use of the cache.
    pub(crate) fn as_of(&self, conn: &Connection) -> Result<View<'_>, Error> {
        Ok(self.cache.at(load::counters(conn)?.next_position))
    }

    /// A read of many rows, on a thread that may block.
    pub(crate) async fn page<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Self, &Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.page_within(None, work).await
    }

    /// A search that may look at everything.
    pub(crate) async fn long_search<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Self, &Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let most = Some(self.search_timeout);
        let turn = timeout(PATIENCE, Arc::clone(&self.long_searches).acquire_owned()).await;
        let turn = turn.map_err(|_| StoreError::Overloaded)?;
        let turn = turn.map_err(|error| StoreError::Failed(error.to_string()))?;
        // Who asked may be gone before the search ends, which has its turn until then.
        let work = move |reading: &Self, conn: &Connection| {
            let _turn = turn;
            work(reading, conn)
        };
        self.page_within(most, work).await
    }

    async fn page_within<T: Send + 'static>(
        self: Arc<Self>,
        most: Option<Duration>,
        work: impl FnOnce(&Self, &Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let reading = Arc::clone(&self);
        let task =
            tokio::task::spawn_blocking(move || reading.pages.snapshot(most, |conn| work(&reading, conn)));
        let answer = match task.await {
            Ok(answer) => answer.map_err(failed)?,
            Err(error) => return Err(StoreError::Failed(format!("a read did not finish: {error}"))),
        };
        self.flushed.wait().await?;
        Ok(answer)
    }
}

fn failed(error: Error) -> StoreError {
    if error.is_interrupted() { StoreError::TooSlow } else { StoreError::Failed(error.to_string()) }
}
