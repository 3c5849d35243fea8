//! Connections that only read. Reads that go on at once share one: each is one statement, and statements queue in it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::connection::Connector;
use crate::error::{Error, Remedy, Result};
use crate::session::Session;

/// How long is waited at first before something is tried again, and at most.
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// Waits longer each time, until the time is up.
pub(crate) struct Waits {
    next: Duration,
    until: Instant,
}

impl Waits {
    pub(crate) fn new(until: Instant) -> Self {
        Self { next: FIRST_WAIT, until }
    }

    /// Waits. False, at once, if the time is up.
    pub(crate) async fn wait(&mut self) -> bool {
        if Instant::now() + self.next > self.until {
            return false;
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(LONGEST_WAIT);
        true
    }
}

/// A few reading connections.
pub(crate) struct Readers {
    connector: Arc<Connector>,
    slots: Vec<Mutex<Option<Arc<Session>>>>,
    next: AtomicUsize,
    patience: Duration,
}

impl Readers {
    /// Connects to nothing yet.
    pub(crate) fn new(connector: &Arc<Connector>, count: usize, patience: Duration) -> Self {
        let slots = (0..count.max(1)).map(|_| Mutex::default()).collect();
        Self { connector: Arc::clone(connector), slots, next: AtomicUsize::new(0), patience }
    }

    /// A read. It may be asked again: what can pass is waited out, on another connection where this one was lost.
    pub(crate) async fn read<T, F: Future<Output = Result<T>>>(
        &self,
        read: impl Fn(Arc<Session>) -> F,
    ) -> Result<T> {
        let mut waits = Waits::new(Instant::now() + self.patience);
        loop {
            let error = match self.session().await {
                Ok(session) => match read(session).await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            if error.remedy() == Remedy::GiveUp || !waits.wait().await {
                return Err(error);
            }
        }
    }

    async fn session(&self) -> Result<Arc<Session>> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let slot = self.slots.get(turn % self.slots.len()).ok_or(Error::Unstorable("no reader"))?;
        let mut slot = slot.lock().await;
        if let Some(session) = slot.as_ref().filter(|session| !session.is_closed()) {
            return Ok(Arc::clone(session));
        }
        let session = Arc::new(self.connector.connect().await?);
        *slot = Some(Arc::clone(&session));
        Ok(session)
    }
}
