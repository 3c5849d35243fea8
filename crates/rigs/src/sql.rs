//! PostgreSQL, asked past the server.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, NoTls, Row};

/// A connection.
#[derive(Debug)]
pub struct Session {
    /// For statements.
    pub client: Client,
    warned: Arc<AtomicBool>,
}

impl Session {
    /// Connects.
    pub async fn open(url: &str) -> Result<Self> {
        let (client, mut connection) = tokio_postgres::connect(url, NoTls).await?;
        let warned = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&warned);
        tokio::spawn(async move {
            // Its end is the client's to notice.
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                if matches!(message, AsyncMessage::Notice(_)) {
                    heard.store(true, Ordering::SeqCst);
                }
            }
        });
        Ok(Self { client, warned })
    }

    /// Whether the server warned of anything: a commit whose wait for the standby was cancelled reports success.
    pub fn was_warned(&self) -> bool {
        self.warned.load(Ordering::SeqCst)
    }
}

/// Runs something to its end, from where nothing else is asynchronous.
pub fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// The one row of a query.
pub fn one(url: &str, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Row> {
    block_on(async { Ok(Session::open(url).await?.client.query_one(sql, parameters).await?) })
}

/// Runs statements, one after the other.
pub fn run(url: &str, sql: &str) -> Result<()> {
    block_on(async { Ok(Session::open(url).await?.client.batch_execute(sql).await?) })
}
