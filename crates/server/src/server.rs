//! A running server: started, watched, stopped.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use metrics_exporter_prometheus::BuildError;
use roster_auth::Auth;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::config::Settings;
use crate::http::accept::{self, Drained, Limits};
use crate::http::client_address::Proxies;
use crate::http::edge::Edge;
use crate::http::metrics::Metrics;
use crate::http::request_id::RequestIds;
use crate::http::routes::routes;
use crate::system::{Outside, System, SystemError};

/// How often expired records are looked for, and how many go at once: the writer must not be held up.
const SWEEP_EACH: Duration = Duration::from_secs(60);
const SWEPT_AT_ONCE: usize = 500;
/// How often it is looked whether the token secrets were rotated, and what was recorded is sorted.
const LOOK_EACH: Duration = Duration::from_millis(500);

/// Why a server can't be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address can't be listened on.
    #[error("{address} can't be listened on: {}", told(.error))]
    Listen {
        /// The address, as configured.
        address: String,
        /// Why.
        error: io::Error,
    },
    /// The system can't be opened.
    #[error(transparent)]
    System(#[from] SystemError),
    /// Metrics can't be kept.
    #[error("metrics can't be kept: {0}")]
    Metrics(BuildError),
}

fn told(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::AddrInUse {
        "another process listens there; stop it, or take another port with --listen".to_owned()
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        "ports below 1024 need a privilege; take another with --listen".to_owned()
    } else {
        error.to_string()
    }
}

/// How a server ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It was asked to; every request that had come in was answered.
    Stopped,
    /// It was asked to; some requests were not answered in time.
    StoppedWithin(Duration),
    /// The store failed for good, and says why. Nothing that was acknowledged is lost; the next start reads what is on disk.
    Poisoned(Arc<str>),
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it serves. Whoever keeps the system keeps its store open.
    pub system: Arc<System>,
    stop: watch::Sender<bool>,
    task: JoinHandle<Ended>,
}

impl Server {
    /// Starts a server: it listens when this returns.
    pub async fn start(settings: &Settings, outside: Outside) -> Result<Self, StartError> {
        let listen_failed = |error| StartError::Listen { address: settings.listen.to_string(), error };
        let listener = accept::listen(&settings.listen, settings.connections).await.map_err(listen_failed)?;
        let address = listener.local_addr().map_err(listen_failed)?;
        let system = Arc::new(System::open_and_configure(settings, outside).await?);
        let routes = routes(&system, settings)?;
        let edge = Arc::new(Edge {
            router: routes.router,
            metrics: Arc::clone(&routes.metrics),
            ids: RequestIds::new(&*system.outside.entropy),
            proxies: Proxies::new(settings.trusted_proxies.clone(), settings.forwarded_header),
            log: settings.log_requests,
            closing: AtomicBool::new(false),
        });
        let (stop, stopped) = watch::channel(false);
        let chores = [
            tokio::spawn(sweep(Arc::clone(&system))),
            tokio::spawn(look(Arc::clone(&system), routes.auth, routes.metrics)),
        ];
        let limits = Limits::from(settings);
        let drain = settings.drain_timeout;
        let mut poison = system.any_store.poisoned();
        let (stop_accepting, accepting) = watch::channel(false);
        let mut accepting = tokio::spawn(accept::serve(listener, edge, limits, accepting));
        let task = tokio::spawn(async move {
            let ended = tokio::select! {
                why = poisoned(poison.as_mut()) => Some(why),
                () = asked(stopped) => None,
                _ = &mut accepting => None,
            };
            stop_accepting.send_replace(true);
            let drained = (&mut accepting).await;
            for chore in chores {
                chore.abort();
            }
            match (ended, poison.and_then(|poison| poison.borrow().clone())) {
                (Some(why), _) | (None, Some(why)) => Ended::Poisoned(why),
                (None, None) if matches!(drained, Ok(Drained::Partly)) => Ended::StoppedWithin(drain),
                (None, None) => Ended::Stopped,
            }
        });
        Ok(Self { address, system, stop, task })
    }

    /// Asks the server to stop, once it has answered what came in.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// By which others can ask it to: `true` does.
    pub fn stopper(&self) -> watch::Sender<bool> {
        self.stop.clone()
    }

    /// Waits until the server has ended.
    pub async fn ended(self) -> Ended {
        let Self { task, stop, .. } = self;
        let ended = task.await.unwrap_or_else(|_| Ended::Poisoned("the server's task panicked".into()));
        drop(stop);
        ended
    }
}

async fn asked(mut stopped: watch::Receiver<bool>) {
    // An error means that the handle was dropped: nobody can ask any more, and nobody waits.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Never, where a store recovers by itself.
async fn poisoned(poison: Option<&mut watch::Receiver<Option<Arc<str>>>>) -> Arc<str> {
    let Some(poison) = poison else { return std::future::pending().await };
    match poison.wait_for(Option::is_some).await.map(|why| why.clone()) {
        Ok(Some(why)) => why,
        Ok(None) | Err(_) => "the writer is gone".into(),
    }
}

/// Removes expired records, in small batches.
async fn sweep(system: Arc<System>) {
    let mut tick = interval(SWEEP_EACH);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        loop {
            match system.store.sweep(system.outside.clock.now(), SWEPT_AT_ONCE).await {
                Ok(swept) if swept == SWEPT_AT_ONCE => tokio::task::yield_now().await,
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "expired records were not removed");
                    break;
                }
            }
        }
    }
}

/// Takes up rotated token secrets, and sorts what the metrics recorded.
async fn look(system: Arc<System>, auth: Arc<Auth>, metrics: Arc<Metrics>) {
    let mut tick = interval(LOOK_EACH);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = system.token_secrets.first_version();
    let mut told = None;
    loop {
        tick.tick().await;
        metrics.tidy();
        let version = system.token_secrets.version().await;
        if version == seen || version.is_none() {
            continue;
        }
        match system.token_secrets.now(&*system.outside.entropy).await {
            Ok(secrets) => {
                seen = version;
                auth.set_secrets(secrets);
                tracing::info!("token secrets were rotated");
            }
            Err(error) if told != version => {
                // It is tried again, and told once.
                told = version;
                tracing::warn!(%error, "the rotated token secrets can't be read: the old ones stay")
            }
            Err(_) => {}
        }
    }
}
