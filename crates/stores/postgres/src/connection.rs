//! Connections: how they are made, and the statements that each has prepared.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Row, Statement};

use crate::bulk::Parameter;
use crate::cell::Cell;
use crate::error::{Error, Result};
use crate::open::{Durability, OpenError, split_url};
use crate::tls::MakeTls;

/// How long making a connection may take, for each host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// After how long without an answer a connection is taken for lost.
const LOST_AFTER: Duration = Duration::from_secs(10);

/// Makes connections to the primary.
pub(crate) struct Connector {
    config: Config,
    tls: MakeTls,
    durability: Durability,
}

impl Connector {
    /// Reads the URL; connects to nothing yet.
    pub(crate) fn new(url: &SecretString, durability: Durability) -> std::result::Result<Self, OpenError> {
        let (url, extras) = split_url(url.expose_secret());
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            OpenError::Url(std::error::Error::source(&error).map_or_else(String::new, ToString::to_string))
        })?;
        // Whatever host is the primary now. A standby would answer reads from the past.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.tcp_user_timeout(config.get_tcp_user_timeout().copied().unwrap_or(LOST_AFTER));
        config.connect_timeout(config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT));
        config.keepalives_idle(config.get_keepalives_idle().min(LOST_AFTER));
        config.keepalives_interval(config.get_keepalives_interval().unwrap_or(Duration::from_secs(2)));
        config.keepalives_retries(config.get_keepalives_retries().unwrap_or(3));
        if config.get_application_name().is_none() {
            config.application_name("roster");
        }
        let tls = MakeTls::new(extras.roots.as_deref()).map_err(OpenError::Tls)?;
        Ok(Self { config, tls, durability })
    }

    /// Connects to whichever host is the primary.
    pub(crate) async fn connect(&self) -> Result<Session> {
        let made = self.config.connect(self.tls.clone()).await;
        let (client, connection) = made.map_err(|error| Error::Connect(told(&error)))?;
        let doubtful = Arc::new(AtomicBool::new(false));
        tokio::spawn(drive(connection, Arc::clone(&doubtful)));
        let session = Session { client, statements: Mutex::default(), doubtful };
        session.client.batch_execute(self.preparation()).await?;
        Ok(session)
    }

    /// A process that stops in the midst of a transaction must not hold its locks for ever. What is acknowledged is on
    /// disk, whatever the role's or the database's default is.
    fn preparation(&self) -> &'static str {
        match self.durability {
            Durability::Full => {
                "SET idle_in_transaction_session_timeout = '60s'; \
                 SELECT set_config('synchronous_commit', 'on', false) \
                 WHERE current_setting('synchronous_commit') IN ('off', 'local')"
            }
            Durability::Relaxed => {
                "SET idle_in_transaction_session_timeout = '60s'; SET synchronous_commit = off"
            }
        }
    }
}

/// The library's words for an attempt that failed, with the cause, which has no password in it.
fn told(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Runs a connection until it ends. A commit whose wait for the standby was cancelled reports success, and only a warning
/// tells.
async fn drive<S, T>(mut connection: Connection<S, T>, doubtful: Arc<AtomicBool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match poll_fn(|cx| connection.poll_message(cx)).await {
            Some(Ok(AsyncMessage::Notice(notice))) => {
                if *notice.code() == SqlState::WARNING {
                    doubtful.store(true, Ordering::SeqCst);
                }
                tracing::debug!(message = notice.message(), "PostgreSQL says");
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::debug!(error = told(&error), "a connection to PostgreSQL was lost");
                return;
            }
            None => return,
        }
    }
}

/// One statement with its parameters, to be sent with others.
pub(crate) struct Call<'a> {
    pub(crate) sql: &'a str,
    pub(crate) parameters: Vec<Parameter>,
}

/// A connection, with what it has prepared. Several callers may share one, as long as none begins a transaction.
pub(crate) struct Session {
    client: Client,
    statements: Mutex<HashMap<String, Statement>>,
    doubtful: Arc<AtomicBool>,
}

impl Session {
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Whether the server warned since this was last asked.
    pub(crate) fn was_warned(&self) -> bool {
        self.doubtful.swap(false, Ordering::SeqCst)
    }

    /// Statements without parameters, for which nothing is prepared.
    pub(crate) async fn batch(&self, sql: &str) -> Result<()> {
        Ok(self.client.batch_execute(sql).await?)
    }

    async fn prepare(&self, sql: &str) -> Result<Statement> {
        let known = self.statements.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// The rows of a query.
    pub(crate) async fn rows(&self, sql: &str, cells: &[Cell]) -> Result<Vec<Row>> {
        let statement = self.prepare(sql).await?;
        let parameters: Vec<_> = cells.iter().map(|cell| cell as &(dyn ToSql + Sync)).collect();
        Ok(self.client.query(&statement, &parameters).await?)
    }

    /// The first row of a query.
    pub(crate) async fn row(&self, sql: &str, cells: &[Cell]) -> Result<Option<Row>> {
        Ok(self.rows(sql, cells).await?.into_iter().next())
    }

    /// The rows of a query over arrays.
    pub(crate) async fn rows_of(&self, call: &Call<'_>) -> Result<Vec<Row>> {
        let statement = self.prepare(call.sql).await?;
        Ok(self.client.query(&statement, &pointers(&call.parameters)).await?)
    }

    /// Executes a statement; how many rows it wrote.
    pub(crate) async fn execute(&self, sql: &str, cells: &[Cell]) -> Result<u64> {
        let statement = self.prepare(sql).await?;
        let parameters: Vec<_> = cells.iter().map(|cell| cell as &(dyn ToSql + Sync)).collect();
        Ok(self.client.execute(&statement, &parameters).await?)
    }

    /// Executes statements one after the other without waiting in between; how many rows each wrote. The first that
    /// failed is told: inside a transaction those behind it only fail because it did.
    pub(crate) async fn execute_all(&self, calls: &[Call<'_>]) -> Result<Vec<u64>> {
        let mut statements = Vec::with_capacity(calls.len());
        for call in calls {
            statements.push(self.prepare(call.sql).await?);
        }
        let pointed: Vec<_> = calls.iter().map(|call| pointers(&call.parameters)).collect();
        let sent = statements
            .iter()
            .zip(&pointed)
            .map(|(statement, parameters)| self.client.execute(statement, parameters));
        let done = join_all(sent).await;
        done.into_iter().map(|done| done.map_err(Error::from)).collect()
    }
}

fn pointers(parameters: &[Parameter]) -> Vec<&(dyn ToSql + Sync)> {
    parameters.iter().map(|parameter| &**parameter as &(dyn ToSql + Sync)).collect()
}
