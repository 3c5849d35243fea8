//! `roster serve`.

use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use super::{Global, output};
use crate::config::choices::{Durability, LogRequests};
use crate::config::{Flags, Loaded, Origin, Settings};
use crate::demo::{self, Demo};
use crate::log;
use crate::server::{Ended, Server};
use crate::system::Outside;

const EXAMPLES: &str = "\
Examples:
  roster serve --demo                                     a throw-away directory with sample users and calls to try
  roster serve --data /var/lib/roster --listen 0.0.0.0:7878
  ROSTER_UNIQUE_EMAIL=true roster serve                   the same as --unique-email, or unique_email = true in roster.toml

SIGTERM and SIGINT stop it once what came in is answered. -h shows the usual settings, --help all of them.";

/// How long closing may take once everything is answered.
const CLOSING: Duration = Duration::from_secs(5);

/// File descriptors that are not connections: the database, the log, the listener.
const OTHER_FILES: u64 = 64;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
    /// Serve a fresh directory with sample users, and print calls to try. With --data it is made there and kept
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    flags: Flags,
}

impl Serve {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let Self { demo, flags } = self;
        let place = if demo { Some(demo::place(global.data.as_deref())?) } else { None };
        let global = Global {
            data: place.as_ref().map(|place| place.path().to_owned()).or(global.data.clone()),
            ..global.clone()
        };
        let mut loaded = global.load(flags)?;
        if demo && loaded.settings.database_url.0.is_some() {
            bail!("a demo has a directory of its own: leave out database_url");
        }
        if demo && loaded.origin("log_requests") == Origin::Default {
            loaded.settings.log_requests = LogRequests::All;
        }
        log::start(&loaded.settings);
        log::watch_panics();
        warn(&loaded);
        allow_connections(&loaded.settings);
        let runtime = runtime(&loaded.settings)?;
        let ended = runtime.block_on(serve(&loaded, demo));
        // Lets the store close its files. What takes longer may go: everything that was acknowledged is on disk.
        runtime.shutdown_timeout(CLOSING);
        ended
    }
}

/// What is allowed, and may not be what was meant.
fn warn(loaded: &Loaded) {
    for name in &loaded.unknown_variables {
        tracing::warn!(name, "this variable is no setting");
    }
    let settings = &loaded.settings;
    let has_no_client = settings.password_keys.is_empty() && settings.password_public_clients.is_empty();
    if settings.password_grant && has_no_client {
        tracing::warn!(
            "password_grant is on, and neither password_keys nor password_public_clients names who may use it"
        );
    }
    match settings.durability {
        Durability::Full => {}
        Durability::Relaxed => {
            tracing::warn!("durability is relaxed: a power cut loses acknowledged changes")
        }
    }
}

fn runtime(settings: &Settings) -> anyhow::Result<tokio::runtime::Runtime> {
    let cores = available_parallelism().map_or(1, usize::from);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores)
        // Lists and histories are read on these, and host names resolved.
        .max_blocking_threads(settings.readers.get().saturating_add(2))
        .thread_name("roster")
        .enable_all()
        .build()
        .context("the runtime can't be started")
}

async fn serve(loaded: &Loaded, with_demo: bool) -> anyhow::Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let server = Server::start(&loaded.settings, Outside::default()).await?;
    tracing::info!(address = %server.address, data = %loaded.settings.data.display(), version = env!("CARGO_PKG_VERSION"), "listening");
    if with_demo {
        let demo = Demo::fill(&server.system).await?;
        output::result(&demo.page(server.address))?;
    }
    let stop = server.stopper();
    let signals = tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: what came in is answered first");
        stop.send_replace(true);
    });
    let ended = server.ended().await;
    signals.abort();
    Ok(match ended {
        Ended::Stopped => {
            tracing::info!("stopped");
            ExitCode::SUCCESS
        }
        Ended::StoppedWithin(time) => {
            tracing::warn!(?time, "stopped; some requests were not answered in time");
            ExitCode::SUCCESS
        }
        Ended::Poisoned(why) => {
            tracing::error!(%why, "the store failed for good; start again once the disk is well");
            ExitCode::FAILURE
        }
    })
}

/// Raises the limit of open files as far as connections need it, and the system lets it.
fn allow_connections(settings: &Settings) {
    let wanted = OTHER_FILES.saturating_add(u64::try_from(settings.connections.get()).unwrap_or(u64::MAX));
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return;
    }
    let allowed = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum });
    if raised.is_err() || allowed < wanted {
        tracing::warn!(wanted, allowed, "the limit of open files is below what `connections` may need");
    }
}
