//! Connections that search. Each has one search at a time, in a transaction of its own: so that a search sees one state, and is
//! ended when it takes too long.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::connection::Connector;
use crate::error::{Error, Remedy, Result};
use crate::readers::Waits;
use crate::session::Session;

/// A few searching connections.
pub(crate) struct Searchers {
    connector: Arc<Connector>,
    idle: Mutex<Vec<Arc<Session>>>,
    free: Semaphore,
    patience: Duration,
    begin: String,
}

impl Searchers {
    /// Connects to nothing yet.
    pub(crate) fn new(connector: &Arc<Connector>, count: usize, patience: Duration, most: Duration) -> Self {
        // No two searches are alike: each is planned for its own values, which the other statements need not be.
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {}; \
             SELECT set_config('plan_cache_mode', 'force_custom_plan', true) \
             WHERE current_setting('plan_cache_mode', true) IS NOT NULL",
            // None would be no limit.
            most.as_millis().max(1)
        );
        let (idle, free) = (Mutex::default(), Semaphore::new(count.max(1)));
        Self { connector: Arc::clone(connector), idle, free, patience, begin }
    }

    /// A search, whose first statement is sent with the beginning of the transaction. It may be asked again: what can pass is
    /// waited out.
    pub(crate) async fn search<T, F: Future<Output = Result<T>>>(
        &self,
        search: impl Fn(Arc<Session>) -> F,
    ) -> Result<T> {
        let mut waits = Waits::new(Instant::now() + self.patience);
        loop {
            let error = match self.attempt(&search).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.remedy() == Remedy::GiveUp || !waits.wait().await {
                return Err(error);
            }
        }
    }

    async fn attempt<T, F: Future<Output = Result<T>>>(
        &self,
        search: &impl Fn(Arc<Session>) -> F,
    ) -> Result<T> {
        let busy = |_| Error::Connect("the connections of other searches were not free in time".to_owned());
        let turn = timeout(self.patience, self.free.acquire()).await.map_err(busy)?;
        let _turn = turn.map_err(|_| Error::Unstorable("no searcher"))?;
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let session = match kept.filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => Arc::new(self.connector.connect().await?),
        };
        let (begun, found) = join(session.batch(&self.begin), search(Arc::clone(&session))).await;
        // It wrote nothing. Where this fails the connection is closed.
        if session.batch("ROLLBACK").await.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        }
        begun.and(found)
    }
}
