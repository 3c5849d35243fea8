//! `rigs`: breaks Roster on purpose and prints what was found.

use std::io::{Write, stdout};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use roster_rigs::report::Report;
use roster_rigs::rig::{self, Options};
use roster_rigs::undo;
use tokio::signal::unix::{SignalKind, signal};

/// Breaks Roster on purpose, and holds it to what it acknowledged. Most rigs need root; docs/reliability.md tells what
/// each does.
#[derive(Debug, Parser)]
#[command(name = "rigs")]
struct Rigs {
    #[command(subcommand)]
    rig: Rig,
}

#[derive(Debug, Args)]
struct Common {
    /// How many times to do the harm [default: the short form]
    #[arg(long)]
    rounds: Option<usize>,
    /// Decides what is left to chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The server's binary [default: the one beside this binary]
    #[arg(long, env = "ROSTER_BIN")]
    roster: Option<PathBuf>,
    /// A PostgreSQL database with nothing in it, for migrate-store
    #[arg(long)]
    database_url: Option<String>,
    /// This process has its mounts to itself
    #[arg(long, hide = true)]
    mounts_alone: bool,
}

#[derive(Debug, Subcommand)]
enum Rig {
    /// Cuts the power: rounds are images of the disk after a cut
    PowerCut(Common),
    /// Kills the process: rounds are kills
    Kill9(Common),
    /// Lets each call to the disk fail once: rounds are operations (1 create, 2 change, 3 first start)
    Inject(Common),
    /// Fills the disk: rounds are disks
    FullDisk(Common),
    /// Slows every sync: rounds are directories
    SlowDisk(Common),
    /// Asks the server to end under load: rounds are ends
    Sigterm(Common),
    /// Sends three times what a slow disk takes: rounds are servers. Give it a release build
    Overload(Common),
    /// Changes many passwords beside other work: rounds are servers. Give it a release build
    HashStorm(Common),
    /// Moves a directory to PostgreSQL and back: rounds are users. For its times, give it a release build
    MigrateStore(Common),
    /// Takes the primary of three PostgreSQL nodes away: rounds are times that each way of it is tried, 0 the control alone
    Failover(Common),
}

/// A rig with its short form's rounds.
type Run = (fn(&Options) -> Result<Report>, usize);

impl Rig {
    fn into_parts(self) -> (Run, Common) {
        match self {
            Self::PowerCut(common) => ((rig::power_cut::run, 60), common),
            Self::Kill9(common) => ((rig::kill9::run, 20), common),
            Self::Inject(common) => ((rig::inject::run, 1), common),
            Self::FullDisk(common) => ((rig::full_disk::run, 2), common),
            Self::SlowDisk(common) => ((rig::slow_disk::run, 1), common),
            Self::Sigterm(common) => ((rig::sigterm::run, 6), common),
            Self::Overload(common) => ((rig::overload::run, 1), common),
            Self::HashStorm(common) => ((rig::hash_storm::run, 1), common),
            Self::MigrateStore(common) => ((rig::migrate_store::run, 2_000), common),
            Self::Failover(common) => ((rig::failover::run, 1), common),
        }
    }
}

fn main() -> Result<ExitCode> {
    let Rigs { rig } = Rigs::parse();
    let mounts_images = matches!(rig, Rig::PowerCut(_) | Rig::FullDisk(_));
    let (run, common) = rig.into_parts();
    if mounts_images && !common.mounts_alone { again_alone() } else { break_it(run, common) }
}

/// Starts this process anew in a mount namespace of its own. Whoever makes one meanwhile, a container for instance, takes a copy of
/// all mounts that it sees along, and while an image is mounted there, mounting it again shows what it was.
fn again_alone() -> Result<ExitCode> {
    let mut alone = Command::new("unshare");
    alone.args(["--mount", "--propagation", "private", "--"]).arg(std::env::current_exe()?);
    let error = alone.args(std::env::args_os().skip(1)).arg("--mounts-alone").exec();
    Err(error).context("unshare, of util-linux, starts a rig that mounts images")
}

#[tokio::main]
async fn break_it((run, rounds): Run, common: Common) -> Result<ExitCode> {
    let Common { rounds: asked, seed, roster, database_url, mounts_alone: _ } = common;
    let roster = roster.map_or_else(beside, Ok)?;
    let options = Options { roster, rounds: asked.unwrap_or(rounds), seed, database_url };
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (tell, told) = tokio::sync::oneshot::channel();
    // On a thread of its own, which the end of the process ends: a signal does not wait for it.
    std::thread::spawn(move || drop(tell.send(run(&options))));
    let report = tokio::select! {
        report = told => report.context("the rig failed").and_then(|report| report),
        _ = interrupt.recv() => return Ok(interrupted()),
        _ = terminate.recv() => return Ok(interrupted()),
    };
    undo::everything();
    let report = report?;
    write!(stdout().lock(), "{report}")?;
    Ok(if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn interrupted() -> ExitCode {
    undo::everything();
    ExitCode::from(130)
}

/// The server's binary of the same build.
fn beside() -> Result<PathBuf> {
    let roster = std::env::current_exe()?.with_file_name("roster");
    anyhow::ensure!(
        roster.exists(),
        "{} is not built: cargo build -p roster, or give --roster",
        roster.display()
    );
    Ok(roster)
}
