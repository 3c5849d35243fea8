//! Making connections to whichever host is the primary.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Socket};

use crate::doubts::Doubts;
use crate::error::{Error, Result};
use crate::hosts;
use crate::open::{Durability, OpenError, split_url};
use crate::session::Session;
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
    pub(crate) durability: Durability,
    connect_timeout: Duration,
    pub(crate) lost_after: Duration,
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
        let session = Session::new(client, Arc::clone(self), host, doubtful, driver);
        let prepared = async {
            session.batch(self.preparation()).await?;
            session.batch(PLANS).await
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
    pub(crate) async fn answers(&self, host: usize) -> bool {
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
