//! A connection in use: the statements that it has prepared, how they are sent, and how long their answers are waited for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use futures_util::future::{try_join, try_join_all};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Statement};

use crate::bulk::Parameter;
use crate::cell::Cell;
use crate::connection::Connector;
use crate::doubts::Doubts;
use crate::error::{Error, Result};
use crate::open::Durability;

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
    /// A connection to a host, just made. Its driver notes in `doubtful` that the server warned.
    pub(crate) fn new(
        client: Client,
        connector: Arc<Connector>,
        host: usize,
        doubtful: Arc<AtomicBool>,
        driver: AbortHandle,
    ) -> Self {
        let looked = tokio::sync::Mutex::new(Instant::now());
        Self { client, statements: Mutex::default(), doubtful, driver, connector, host, looked }
    }

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
