//! The primary of a PostgreSQL cluster is taken away under two Roster processes: what was acknowledged is on the one that
//! takes over, writes go on, and no two nodes take writes at once.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::{Judgement, Options, Tally, Workspace};
use crate::cluster::Cluster;
use crate::device::Mount;
use crate::ledger::{Ledger, Store};
use crate::report::Report;
use crate::server::{Launch, Server, Started, check, create_key};
use crate::sql;
use crate::stored::Stored;
use crate::stream::{Plan, Stream};

mod fault;
mod watch;

use fault::Fault;
use watch::{Seen, Watch};

/// Of each process.
const WRITERS: usize = 16;
/// So many writes each process acknowledges before the harm, and once it serves again.
const LEAST_ACKNOWLEDGED: u64 = 300;
const PATIENCE: Duration = Duration::from_secs(120);
/// Within so much writes go on, whatever happened to the primary.
const MOST_SECONDS_WITHOUT: Duration = Duration::from_secs(30);
/// How a log tells of a write whose outcome was left open.
const UNKNOWN: &str = "the outcome of the change is not known";
/// What the three nodes may hold, in memory: what a disk loses is other rigs' matter.
const MOST_BYTES: u64 = 6 << 30;

/// What one fault came to.
struct Outcome {
    ledger: Ledger,
    /// The longest time in which a process acknowledged nothing.
    outage: Duration,
    seen: Seen,
    /// What the processes' logs call a failure of the store.
    failures: Vec<String>,
    /// What never came, if something did not.
    stuck: Option<String>,
    judgement: Judgement,
}

/// Tries each fault `rounds` times, and the partition once more without synchronous replication.
pub fn run(options: &Options) -> Result<Report> {
    let mut report = Report::new(format!("failover, seed {}", options.seed));
    let mut tally = Tally::default();
    let mut rig = Rig::start(options)?;
    let (mut commits, mut together, mut powerless) = (0, 0, 0);
    for round in 1..=options.rounds {
        for fault in Fault::ALL {
            let place = format!("{}, run {round}", fault.name());
            let outcome = rig.try_out(fault)?;
            tell(&mut report, &place, &outcome);
            report.violations.extend(broken(&place, fault, &outcome));
            tally.add(&place, &outcome.judgement);
            commits += outcome.seen.commits;
            together += outcome.seen.together.len();
            powerless += outcome.seen.powerless;
            if outcome.stuck.is_some() {
                tally.tell(&mut report, "faults");
                return Ok(report);
            }
        }
    }
    report.found("commits of the watch that two nodes took at once", together, commits);
    report.row("commits of the watch that a primary could not make", powerless);
    tally.tell(&mut report, "faults");
    rig.set_synchronous(false)?;
    let control = rig.try_out(Fault::Partition)?;
    tell(&mut report, "control: partition, not synchronous", &control);
    report.violations.extend(control.stuck.map(|line| format!("control: {line}")));
    let verdict = &control.judgement.verdict;
    if verdict.lost.is_empty() {
        report.violations.push(
            "the control lost nothing without synchronous replication: this rig can't see a loss".to_owned(),
        );
    }
    report.violations.extend(verdict.half.iter().map(|line| format!("control: half there: {line}")));
    report.violations.extend(control.judgement.unsound.map(|line| format!("control: {line}")));
    Ok(report)
}

fn tell(report: &mut Report, place: &str, outcome: &Outcome) {
    let Outcome { ledger, outage, judgement: Judgement { verdict, .. }, .. } = outcome;
    report.row(
        place,
        format!(
            "{} acknowledged, {} lost, {} half there, {} left open, outage {:.1} s",
            ledger.acknowledged(),
            verdict.missing,
            verdict.half.len(),
            ledger.refused(500) + ledger.refused(503) + ledger.unanswered(),
            outage.as_secs_f64(),
        ),
    );
}

/// What must not have happened, besides losses.
fn broken(place: &str, fault: Fault, outcome: &Outcome) -> Vec<String> {
    let Outcome { ledger, outage, seen, failures, stuck, judgement: _ } = outcome;
    let mut broken = ledger.faults.clone();
    broken.extend(failures.iter().chain(stuck).cloned());
    broken.extend(seen.together.iter().cloned());
    if *outage > MOST_SECONDS_WITHOUT {
        broken.push(format!("a process acknowledged nothing for {outage:?}"));
    }
    let unanswered = ledger.unanswered();
    if unanswered > 0 {
        broken.push(format!("{unanswered} writes were not answered"));
    }
    if fault.moves() && seen.timelines < 2 {
        broken.push("the watch saw no commit of the old primary, or none of the new one".to_owned());
    }
    broken.iter().map(|line| format!("{place}: {line}")).collect()
}

/// The cluster and two processes over it.
struct Rig<'a> {
    options: &'a Options,
    seeds: fastrand::Rng,
    data: PathBuf,
    launches: [Launch; 2],
    key: String,
    runs: usize,
    synchronous: bool,
    // Dropped in this order.
    cluster: Cluster,
    _memory: Mount,
    _workspace: Workspace,
}

impl<'a> Rig<'a> {
    fn start(options: &'a Options) -> Result<Self> {
        let workspace = Workspace::new()?;
        // Not everything in it is root's.
        fs::set_permissions(&workspace.path, Permissions::from_mode(0o711))?;
        let memory = Mount::memory(MOST_BYTES, &workspace.path.join("nodes"))?;
        let cluster = Cluster::start(&memory.path)?;
        let role = "CREATE ROLE roster LOGIN PASSWORD 'rig'";
        sql::run(&cluster.url("postgres"), role)?;
        let database = "CREATE DATABASE roster OWNER roster ENCODING 'UTF8' TEMPLATE template0";
        sql::run(&cluster.url("postgres"), database)?;
        Watch::prepare(&cluster)?;
        let launches = ["one", "other"].map(|name| Launch {
            log: workspace.path.join(format!("{name}.log")),
            ..workspace.launch(options, &workspace.path.join(name))
        });
        for launch in &launches {
            fs::create_dir(&launch.data)?;
            fs::write(launch.data.join("roster.toml"), cluster.roster_settings())?;
        }
        let [one, other] = &launches;
        let key = create_key(&options.roster, &one.data)?;
        fs::copy(one.data.join("master.key"), other.data.join("master.key"))?;
        Ok(Self {
            options,
            seeds: fastrand::Rng::with_seed(options.seed),
            data: one.data.clone(),
            launches,
            key,
            runs: 0,
            synchronous: true,
            cluster,
            _memory: memory,
            _workspace: workspace,
        })
    }

    /// Writes through both processes, does the harm, mends it, and judges what is there then.
    fn try_out(&mut self, fault: Fault) -> Result<Outcome> {
        self.runs += 1;
        let [one, other] = self.launches.each_ref().map(start_as_its_unit_does);
        let servers = [one?, other?];
        let watch = Watch::start(&self.cluster)?;
        let began = Instant::now();
        let [one, other] = servers.each_ref().map(|server| self.stream(server, began));
        let streams = [one?, other?];
        let stuck = self.do_harm(fault, &streams).err().map(|error| format!("{error:#}"));
        let ledgers = streams.into_iter().map(Stream::stop).collect::<Result<Vec<_>>>()?;
        let seen = watch.end();
        for server in servers {
            server.stop(PATIENCE)?;
        }
        let outage = ledgers.iter().map(longest_gap).max().unwrap_or_default();
        let mut ledger = Ledger::default();
        ledgers.into_iter().for_each(|of_process| ledger.merge(of_process));
        let failures = self.failures()?;
        let judgement = self.judge(&ledger)?;
        Ok(Outcome { ledger, outage, seen, failures, stuck, judgement })
    }

    /// Takes the primary away under the streams, and waits until writes go on and all three nodes are there again.
    fn do_harm(&mut self, fault: Fault, streams: &[Stream]) -> Result<()> {
        for stream in streams {
            stream.wait_for(LEAST_ACKNOWLEDGED + self.seeds.u64(..LEAST_ACKNOWLEDGED), PATIENCE)?;
        }
        let primary = self.cluster.wait_for_primary(|_| true)?;
        let aim = fault.aim(&self.cluster, primary)?;
        fault.strike(&mut self.cluster, aim)?;
        if fault.moves() {
            self.cluster.wait_for_primary(|other| other != primary)?;
        }
        sleep(fault.lasts());
        wait_for_more(streams)?;
        fault.heal(&mut self.cluster, aim)?;
        self.cluster.wait_until_whole(self.synchronous)?;
        wait_for_more(streams)
    }

    /// With or without waiting for the standby.
    fn set_synchronous(&mut self, on: bool) -> Result<()> {
        self.synchronous = on;
        self.cluster.set_synchronous(on)
    }

    fn stream(&mut self, server: &Server, began: Instant) -> Result<Stream> {
        let plan = Plan {
            address: server.address,
            key: self.key.clone(),
            writers: WRITERS,
            seed: self.seeds.u64(..),
            prefix: format!("r{}p{}", self.runs, server.address.port()),
            store: Store::Postgres,
        };
        // An acknowledgement is placed by its time, in milliseconds.
        Stream::start(&plan, move || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Failures that are no answer to a failover: what was cut short is told as an outcome that nobody knows.
    fn failures(&self) -> Result<Vec<String>> {
        let mut failures = Vec::new();
        for launch in &self.launches {
            let log = fs::read_to_string(&launch.log)?;
            let told = log.lines().filter(|line| line.contains(r#""the store failed"#));
            failures.extend(told.filter(|line| !line.contains(UNKNOWN)).map(ToOwned::to_owned));
            fs::remove_file(&launch.log)?;
        }
        Ok(failures)
    }

    fn judge(&self, ledger: &Ledger) -> Result<Judgement> {
        // A busy machine may have the cluster fail over once more, by itself: a check asks once.
        self.cluster.wait_until_whole(self.synchronous)?;
        let said = check(&self.options.roster, &self.data)?;
        let stored = sql::block_on(Stored::read_postgres(&self.cluster.url("roster")));
        Ok(Judgement::new(said, stored, ledger, u64::MAX, Store::Postgres))
    }
}

/// A start while the database fails over ends with an error, and is tried again: deploy/roster.service.
fn start_as_its_unit_does(launch: &Launch) -> Result<Server> {
    let began = Instant::now();
    loop {
        match Server::try_start(launch)? {
            Started::Serving(server) => return Ok(server),
            Started::Ended { .. } if began.elapsed() < PATIENCE => sleep(Duration::from_secs(1)),
            Started::Ended { status, .. } => bail!("the server still ends with {status} after {PATIENCE:?}"),
        }
    }
}

/// Waits until each process has acknowledged that much more.
fn wait_for_more(streams: &[Stream]) -> Result<()> {
    streams
        .iter()
        .try_for_each(|stream| stream.wait_for(stream.acknowledged() + LEAST_ACKNOWLEDGED, PATIENCE))
}

/// The longest time between two acknowledgements.
fn longest_gap(ledger: &Ledger) -> Duration {
    let mut at: Vec<u64> = ledger.positions().collect();
    at.sort_unstable();
    let gaps = at.iter().zip(at.iter().skip(1)).map(|(before, after)| after - before);
    Duration::from_millis(gaps.max().unwrap_or_default())
}
