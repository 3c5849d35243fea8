//! Connections: how they are made, and the statements that each has prepared.

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{try_join, try_join_all};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Row, Socket, Statement};

use crate::bulk::Parameter;
use crate::cell::Cell;
use crate::doubts::Doubts;
use crate::error::{Error, Result};
use crate::hosts;
use crate::open::{Durability, OpenError, split_url};
use crate::tls::{Encrypted, MakeTls};

/// How long making a connection may take, for each address.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// After how long without an answer it is asked whether the server is there. A connection whose bytes are not acknowledged for
/// as long is lost.
const LOST_AFTER: Duration = Duration::from_secs(10);

/// Statements are few, short and prepared: a plan is made once, and none is worth being compiled. (Together a quarter more upserts a
/// second.) A server that does not know these settings goes without.
const PLANS: &str = "SELECT set_config(wanted.name, wanted.setting, false) \
                     FROM (VALUES ('jit', 'off'), ('plan_cache_mode', 'force_generic_plan')) AS wanted (name, setting) \
                     WHERE wanted.name IN (SELECT name FROM pg_settings)";

/// A connection as it is made.
type Made = (Client, Connection<Socket, Encrypted<Socket>>);

/// Makes connections to the primary.
pub(crate) struct Connector {
    hosts: Vec<Config>,
    /// The host to begin with: which took writes when that was last seen, or comes behind one that did not answer.
    next: AtomicUsize,
    tls: MakeTls,
    durability: Durability,
    connect_timeout: Duration,
    lost_after: Duration,
    pub(crate) doubts: Doubts,
}

impl Connector {
    /// Reads the URL; connects to nothing yet.
    pub(crate) fn new(url: &SecretString, durability: Durability) -> Result<Arc<Self>, OpenError> {
        let (url, extras) = split_url(url.expose_secret());
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            OpenError::Url(std::error::Error::source(&error).map_or_else(String::new, ToString::to_string))
        })?;
        let lost_after = config.get_tcp_user_timeout().copied().unwrap_or(LOST_AFTER);
        let connect_timeout = config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
        // Whatever host is the primary now. A standby would answer reads from the past.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.tcp_user_timeout(lost_after);
        config.connect_timeout(connect_timeout);
        config.keepalives_idle(config.get_keepalives_idle().min(LOST_AFTER));
        config.keepalives_interval(config.get_keepalives_interval().unwrap_or(Duration::from_secs(2)));
        config.keepalives_retries(config.get_keepalives_retries().unwrap_or(3));
        if config.get_application_name().is_none() {
            config.application_name("roster");
        }
        let hosts = hosts::each(&config).map_err(|why| OpenError::Url(why.to_owned()))?;
        let tls = MakeTls::new(extras.roots.as_deref()).map_err(OpenError::Tls)?;
        let (next, doubts) = (AtomicUsize::new(0), Doubts::default());
        Ok(Arc::new(Self { hosts, next, tls, durability, connect_timeout, lost_after, doubts }))
    }

    /// Connects to whichever host is the primary.
    pub(crate) async fn connect(self: &Arc<Self>) -> Result<Session> {
        let mut failed = Error::Connect("there is no host".to_owned());
        let first = self.next.load(Ordering::Relaxed);
        for host in (first..self.hosts.len()).chain(0..first) {
            match self.connect_to(host).await {
                Ok(session) => {
                    self.next.store(host, Ordering::Relaxed);
                    return Ok(session);
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    async fn connect_to(self: &Arc<Self>, host: usize) -> Result<Session> {
        let (client, connection) = self.reach(host).await?;
        let doubtful = Arc::new(AtomicBool::new(false));
        let driver = tokio::spawn(drive(connection, Arc::clone(&doubtful))).abort_handle();
        let (connector, looked) = (Arc::clone(self), tokio::sync::Mutex::new(Instant::now()));
        let session =
            Session { client, statements: Mutex::default(), doubtful, driver, connector, host, looked };
        let prepared = async {
            session.client.batch_execute(self.preparation()).await?;
            Ok(session.client.batch_execute(PLANS).await?)
        };
        self.in_time(prepared).await?;
        Ok(session)
    }

    /// A connection to a host that takes writes, by the first of its addresses where one is.
    async fn reach(&self, host: usize) -> Result<Made> {
        let mut failed = Error::Connect("the host has no address".to_owned());
        let Some(config) = self.hosts.get(host) else { return Err(failed) };
        let found =
            async { hosts::addresses(config).await.map_err(|error| Error::Connect(error.to_string())) };
        for address in self.in_time(found).await? {
            let made = async { address.connect(self.tls.clone()).await.map_err(refused) };
            match self.in_time(made).await {
                Ok(made) => return Ok(made),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Whether a host takes writes, or would if it had a connection to spare. If not, others are tried before it.
    async fn answers(&self, host: usize) -> bool {
        let answers = matches!(self.reach(host).await, Ok(_) | Err(Error::Sql(_)));
        if !answers {
            self.next.store((host + 1) % self.hosts.len(), Ordering::Relaxed);
        }
        answers
    }

    /// A step of making a connection.
    async fn in_time<T>(&self, step: impl Future<Output = Result<T>>) -> Result<T> {
        let late = |_| Error::Connect("the server did not answer in time".to_owned());
        timeout(self.connect_timeout, step).await.map_err(late)?
    }

    /// A process that stops in the midst of a transaction must not hold its locks for ever. What is acknowledged is on
    /// disk, whatever the role's or the database's default is. (Of a transaction [`Session::begin`] says it again.)
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

/// Why a server refused a connection.
fn refused(error: tokio_postgres::Error) -> Error {
    match error.code() {
        Some(&SqlState::TOO_MANY_CONNECTIONS) => Error::Sql(error),
        Some(_) | None => Error::Connect(told(&error)),
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
    sql: Cow<'a, str>,
    parameters: Vec<Parameter>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(sql: impl Into<Cow<'a, str>>, parameters: Vec<Parameter>) -> Self {
        Self { sql: sql.into(), parameters }
    }
}

/// The first failure of statements that were sent together.
pub(crate) struct Failed {
    /// Which statement; behind the last is the commit.
    pub(crate) at: usize,
    pub(crate) error: Error,
    /// Whether the commit was sent as well.
    pub(crate) commits: bool,
}

impl Failed {
    /// That of a statement, with no commit sent behind it.
    fn before<E: Into<Error>>(at: usize) -> impl Fn(E) -> Self {
        move |error| Self { at, error: error.into(), commits: false }
    }

    fn committing(self) -> Self {
        Self { commits: true, ..self }
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

/// A connection, with what it has prepared. Several callers may share one, as long as none begins a transaction.
pub(crate) struct Session {
    client: Client,
    statements: Mutex<HashMap<String, Statement>>,
    doubtful: Arc<AtomicBool>,
    driver: AbortHandle,
    connector: Arc<Connector>,
    host: usize,
    /// When it was last asked whether its server is there.
    looked: tokio::sync::Mutex<Instant>,
}

impl Session {
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// What commits of this process left in doubt.
    pub(crate) fn doubts(&self) -> &Doubts {
        &self.connector.doubts
    }

    /// Whether the server warned since this was last asked.
    pub(crate) fn was_warned(&self) -> bool {
        self.doubtful.swap(false, Ordering::SeqCst)
    }

    /// Waits for an answer as long as the server answers others: then the statement takes long, or waits for a lock or the
    /// standby. Else the connection is given up, and whatever was asked by it fails. Nothing is cancelled: of a commit that
    /// would leave less known than before.
    async fn answer<T, E>(&self, asked: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let mut asked = pin!(asked);
        loop {
            match timeout(self.connector.lost_after, asked.as_mut()).await {
                Ok(answer) => return answer,
                Err(_) => self.look().await,
            }
        }
    }

    /// Whether the server is still there; of many who wait, one looks.
    async fn look(&self) {
        let mut looked = self.looked.lock().await;
        if looked.elapsed() < self.connector.lost_after {
            return;
        }
        if !self.connector.answers(self.host).await {
            tracing::warn!("a connection to PostgreSQL is given up: its server does not answer");
            self.driver.abort();
        }
        *looked = Instant::now();
    }

    /// Statements without parameters, for which nothing is prepared.
    pub(crate) async fn batch(&self, sql: &str) -> Result<()> {
        Ok(self.answer(self.client.batch_execute(sql)).await?)
    }

    /// Begins a transaction. How it is committed is said in each: behind a pooler the next may be on another connection of
    /// the server, where what this one set when it was made does not hold.
    pub(crate) async fn begin(&self) -> Result<()> {
        self.batch(match self.connector.durability {
            Durability::Full => {
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
                 SELECT set_config('synchronous_commit', 'on', true) \
                 WHERE current_setting('synchronous_commit') IN ('off', 'local')"
            }
            Durability::Relaxed => {
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = off"
            }
        })
        .await
    }

    async fn prepare(&self, sql: &str) -> Result<Statement> {
        let known = self.statements.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.answer(self.client.prepare(sql)).await?;
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// The rows of a query.
    pub(crate) async fn rows(&self, sql: &str, cells: &[Cell]) -> Result<Vec<Row>> {
        let statement = self.prepare(sql).await?;
        let parameters: Vec<_> = cells.iter().map(|cell| cell as &(dyn ToSql + Sync)).collect();
        Ok(self.answer(self.client.query(&statement, &parameters)).await?)
    }

    /// The rows of a query that is not likely to be asked again: it is not kept prepared.
    pub(crate) async fn rows_once(&self, sql: &str, cells: &[(Cell, Type)]) -> Result<Vec<Row>> {
        let parameters: Vec<_> =
            cells.iter().map(|(cell, kind)| (cell as &(dyn ToSql + Sync), kind.clone())).collect();
        Ok(self.answer(self.client.query_typed(sql, &parameters)).await?)
    }

    /// The first row of a query.
    pub(crate) async fn row(&self, sql: &str, cells: &[Cell]) -> Result<Option<Row>> {
        Ok(self.rows(sql, cells).await?.into_iter().next())
    }

    /// The rows of a query over arrays.
    pub(crate) async fn rows_of(&self, call: &Call<'_>) -> Result<Vec<Row>> {
        let statement = self.prepare(&call.sql).await?;
        Ok(self.answer(self.client.query(&statement, &pointers(&call.parameters))).await?)
    }

    /// The rows of queries that are sent one after the other without waiting in between, in this order.
    pub(crate) async fn rows_of_all(&self, calls: &[Call<'_>]) -> Result<Vec<Vec<Row>>> {
        let statements = self.prepare_all(calls).await?;
        let pointed: Vec<_> = calls.iter().map(|call| pointers(&call.parameters)).collect();
        let sent = statements
            .iter()
            .zip(&pointed)
            .map(|(statement, parameters)| self.client.query(statement, parameters));
        Ok(self.answer(try_join_all(sent)).await?)
    }

    /// Executes a statement; how many rows it wrote.
    pub(crate) async fn execute(&self, sql: &str, cells: &[Cell]) -> Result<u64> {
        let statement = self.prepare(sql).await?;
        let parameters: Vec<_> = cells.iter().map(|cell| cell as &(dyn ToSql + Sync)).collect();
        Ok(self.answer(self.client.execute(&statement, &parameters)).await?)
    }

    /// Executes statements one after the other without waiting in between; how many rows each wrote.
    pub(crate) async fn execute_all(&self, calls: &[Call<'_>]) -> Result<Vec<u64>, Failed> {
        let statements = self.prepare_all(calls).await.map_err(Failed::before(0))?;
        self.answer(self.send_all(calls, &statements)).await
    }

    /// The same inside a transaction, with its commit behind the last. The server makes it a rollback where a statement failed.
    pub(crate) async fn execute_all_and_commit(&self, calls: &[Call<'_>]) -> Result<(), Failed> {
        let statements = self.prepare_all(calls).await.map_err(Failed::before(0))?;
        let committed = async {
            let committed = self.client.batch_execute("COMMIT").await;
            committed.map_err(Failed::before(calls.len()))
        };
        let sent_and_committed = async {
            let mut sent = pin!(self.send_all(calls, &statements));
            // They are all sent when they are first polled. What can't be sent fails there, and then nothing may be committed.
            match poll_fn(|cx| Poll::Ready(sent.as_mut().poll(cx))).await {
                Poll::Ready(done) => {
                    done?;
                    committed.await.map_err(Failed::committing)
                }
                // The commit is polled first: it is sent whatever has become of the others meanwhile.
                Poll::Pending => try_join(committed, sent).await.map(|_| ()).map_err(Failed::committing),
            }
        };
        self.answer(sent_and_committed).await
    }

    /// Sends statements when it is first polled.
    fn send_all(
        &self,
        calls: &[Call<'_>],
        statements: &[Statement],
    ) -> impl Future<Output = Result<Vec<u64>, Failed>> {
        try_join_all(calls.iter().zip(statements).enumerate().map(async |(at, (call, statement))| {
            let executed = self.client.execute(statement, &pointers(&call.parameters)).await;
            executed.map_err(Failed::before(at))
        }))
    }

    async fn prepare_all(&self, calls: &[Call<'_>]) -> Result<Vec<Statement>> {
        let mut statements = Vec::with_capacity(calls.len());
        for call in calls {
            statements.push(self.prepare(&call.sql).await?);
        }
        Ok(statements)
    }
}

fn pointers(parameters: &[Parameter]) -> Vec<&(dyn ToSql + Sync)> {
    parameters.iter().map(|parameter| &**parameter as &(dyn ToSql + Sync)).collect()
}
