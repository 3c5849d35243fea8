//! A user's history, with the places of its entries in the feed; and a group's, which is in no feed.

use std::sync::Arc;
use std::time::Duration;

use roster_directory::group::GroupEntry;
use roster_directory::store::StoreError;
use roster_directory::{Entry, GroupId, Position, UserId};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::error::{Error, Remedy};
use crate::session::Session;
use crate::store::failed;
use crate::{PostgresStore, feed, groups, load};

impl PostgresStore {
    /// A page of a user's history. Entries that have no position yet are given theirs: who reads them must not find others
    /// before them later.
    pub(crate) async fn read_history(
        &self,
        user: UserId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(Position, Entry)>, StoreError> {
        let keyring = &self.sealing.keyring;
        let entries = self
            .pages
            .read(async |session| load::entries(&session, keyring, (user, after, limit)).await)
            .await;
        let entries = entries.map_err(failed)?;
        let versions: Vec<i64> =
            entries.iter().filter_map(|entry| i64::try_from(entry.version).ok()).collect();
        let stream = feed::stream_of(user);
        let positions = async || {
            let read = async |session: Arc<Session>| feed::positions(&session, user, versions.clone()).await;
            self.pages.read(read).await.map_err(failed)
        };
        let mut placed = positions().await?;
        if placed.len() < entries.len() {
            self.sequence(stream).await?;
            placed = positions().await?;
        }
        self.settled().await?;
        let corrupt = || failed(Error::Corrupt("feed"));
        let stream = u16::try_from(stream).map_err(|_| corrupt())?;
        let place = |entry: Entry| {
            let n = placed.get(&entry.version).copied().ok_or_else(corrupt)?;
            Ok((Position { epoch: self.epoch, stream, n }, entry))
        };
        entries.into_iter().map(place).collect()
    }

    /// A page of a group's history.
    pub(crate) async fn read_group_history(
        &self,
        group: GroupId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<GroupEntry>, StoreError> {
        let read = async |session: Arc<Session>| groups::entries(&session, (group, after, limit)).await;
        let entries = self.pages.read(read).await.map_err(failed)?;
        self.settled().await?;
        Ok(entries)
    }

    /// Has positions given to what is committed in a stream.
    async fn sequence(&self, stream: i64) -> Result<(), StoreError> {
        let gone = || StoreError::Failed("the sequencer is gone".to_owned());
        let requests = self.requests.as_ref().ok_or_else(gone)?;
        let until = Instant::now() + self.patience;
        loop {
            let (reply, done) = oneshot::channel();
            requests.send((stream, reply)).await.map_err(|_| gone())?;
            match done.await.map_err(|_| gone())? {
                Ok(()) => return Ok(()),
                Err(error) if error.remedy() == Remedy::GiveUp || Instant::now() > until => {
                    return Err(failed(error));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}
