//! More comes in than the disk takes: what it takes is served, the rest is refused at once, and afterwards all is as before.
//!
//! Every sync is slowed, so that the disk is the bottleneck and not this machine's processors, which the load shares.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use http::Method;
use tokio::runtime::{Builder, Runtime};

use super::{Options, Workspace};
use crate::ledger::Store;
use crate::load::{Aim, Outcome, Rate, open_loop};
use crate::mark;
use crate::report::Report;
use crate::server::{Server, create_key, probe};
use crate::stream::{Plan, Stream};

/// With at most 256 changes a commit, this gives some 3,000 changes a second.
const SYNC_MILLISECONDS: u64 = 60;
/// Enough that every commit is full.
const SATURATING_WRITERS: usize = 768;
const SATURATED: Duration = Duration::from_secs(5);
/// A load that the server carries with ease, in per cent of what it sustains.
const EASY_PERCENT: u32 = 30;
const EASY: Duration = Duration::from_secs(5);
const OVERLOAD_FACTOR: u32 = 3;
const OVERLOAD: Duration = Duration::from_secs(10);
const RECOVERY: Duration = Duration::from_secs(12);
/// More than the server works on at once.
const MOST_CONNECTIONS: usize = 3_500;
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN_PROBES: Duration = Duration::from_millis(100);
const PROBED: [&str; 3] = ["/livez", "/readyz", "/metrics"];

const LEAST_GOODPUT_PERCENT: f64 = 90.0;
const MOST_SECONDS_TO_REFUSE: Duration = Duration::from_secs(1);
const MOST_SECONDS_TO_PROBE: Duration = Duration::from_secs(1);
const MOST_SECONDS_TO_RECOVER: u64 = 10;
/// The latency is back when the median of a second is within this of the base.
const AS_BEFORE: f64 = 1.2;

/// Overloads `rounds` servers.
pub fn run(options: &Options) -> Result<Report> {
    let mut report = Report::new(format!("overload, {SYNC_MILLISECONDS} ms a sync, seed {}", options.seed));
    for round in 0..options.rounds {
        overload(options, round, &mut report)?;
    }
    Ok(report)
}

fn overload(options: &Options, round: usize, report: &mut Report) -> Result<()> {
    let workspace = Workspace::new()?;
    let data = workspace.path.join("data");
    let key = create_key(&options.roster, &data)?;
    let server = Server::start(&workspace.launch_slowed_untraced(options, &data, SYNC_MILLISECONDS)?)?;
    let load = Load {
        runtime: Builder::new_multi_thread().worker_threads(1).enable_all().build()?,
        aim: Aim { address: server.address, key },
    };
    let sustained = load.sustained(options.seed)?;
    let easy = sustained * EASY_PERCENT / 100;
    let base = load.at("base", easy, EASY)?;
    let probes = Probes::start(server.address);
    let over = load.at("over", sustained * OVERLOAD_FACTOR, OVERLOAD)?;
    let slowest = probes.stop()?;
    let after = load.at("after", easy, RECOVERY)?;
    server.stop(PATIENCE)?;

    let goodput = f64::from(u32::try_from(over.count(200))?) / OVERLOAD.as_secs_f64();
    let share = 100.0 * goodput / f64::from(sustained);
    let median = base.percentile(200, 50.0);
    let recovered = recovered_after(&after, median.mul_f64(AS_BEFORE));
    report.row("sustained, changes a second", sustained);
    report.row("base at 30 %: p50, p99", latencies(&base, 200));
    report.row("overload, requests a second", sustained * OVERLOAD_FACTOR);
    report.row(
        "served under overload, changes a second",
        format!("{goodput:.0} ({share:.0} % of the sustained rate)"),
    );
    report.row("served under overload: p50, p99", latencies(&over, 200));
    report.row("refused with 503", over.count(503));
    report.row("refused with 503: p50, p99", latencies(&over, 503));
    report.row("refused without Retry-After", over.without_retry_after);
    report.row("requests without an answer", over.lost);
    for (path, slowest) in PROBED.iter().zip(&slowest) {
        report.row(format!("slowest answer of {path}"), format!("{slowest:.1?}"));
    }
    report.row(
        "seconds until the latency was as before",
        recovered.map_or("never".to_owned(), |s| s.to_string()),
    );
    report.row("after: p50, p99", latencies(&after, 200));

    let answered = over.answers.keys().all(|status| [200, 503].contains(status));
    let promises = [
        (share >= LEAST_GOODPUT_PERCENT, "the goodput is below 90 % of the sustained rate"),
        (over.count(503) > 0, "nothing was refused: this is no overload"),
        (over.percentile(503, 99.0) <= MOST_SECONDS_TO_REFUSE, "a refusal takes too long"),
        (over.without_retry_after == 0, "a refusal does not say when to come back"),
        (over.lost == 0, "a request got no answer"),
        (answered, "an answer is neither 200 nor 503"),
        (slowest.iter().all(|slowest| *slowest <= MOST_SECONDS_TO_PROBE), "a probe takes too long"),
        (recovered.is_some_and(|s| s < MOST_SECONDS_TO_RECOVER), "the latency is not back within 10 s"),
    ];
    let broken = promises.iter().filter(|(kept, _)| !kept);
    report.violations.extend(broken.map(|(_, what)| format!("round {round}: {what}")));
    Ok(())
}

/// Loads of one server.
pub(super) struct Load {
    pub(super) runtime: Runtime,
    pub(super) aim: Aim,
}

impl Load {
    /// How many changes a second the server makes when there are always more.
    fn sustained(&self, seed: u64) -> Result<u32> {
        self.sustained_by(SATURATING_WRITERS, seed)
    }

    /// The same with a given number of writers, each with one request in flight.
    pub(super) fn sustained_by(&self, writers: usize, seed: u64) -> Result<u32> {
        let Aim { address, key } = self.aim.clone();
        let stream = Stream::start(
            &Plan { address, key, writers, seed, prefix: "sustained".to_owned(), store: Store::Sqlite },
            || 0,
        )?;
        stream.wait_for(writers as u64, PATIENCE)?;
        let before = stream.acknowledged();
        let began = Instant::now();
        std::thread::sleep(SATURATED);
        let made = u32::try_from(stream.acknowledged() - before)?;
        let took = began.elapsed();
        let ledger = stream.stop()?;
        ensure!(ledger.faults.is_empty(), "wrong answers: {:?}", ledger.faults);
        let millis = u32::try_from(took.as_millis())?;
        made.checked_mul(1_000).and_then(|made| made.checked_div(millis)).context("no rate")
    }

    /// New users at that rate.
    fn at(&self, prefix: &'static str, per_second: u32, lasting: Duration) -> Result<Outcome> {
        let rate = Rate { per_second, lasting, most_connections: MOST_CONNECTIONS };
        let requests = Arc::new(move |n| {
            let external_id = format!("{prefix}{n}");
            (Method::POST, format!("/users/{external_id}"), mark::upsert(&external_id, 1))
        });
        self.runtime.block_on(open_loop(self.aim.clone(), rate, requests))
    }
}

/// Median and p99 of the answers of a status.
pub(super) fn latencies(outcome: &Outcome, status: u16) -> String {
    format!("{:.1?}, {:.1?}", outcome.percentile(status, 50.0), outcome.percentile(status, 99.0))
}

/// The first second from which on nothing is refused and every median is at most that.
fn recovered_after(outcome: &Outcome, median: Duration) -> Option<u64> {
    let last = *outcome.served_by_second.keys().max()?;
    let bad = |second: u64| {
        outcome.refused_by_second.contains_key(&second)
            || outcome.served_by_second.get(&second).is_none_or(|served| served.percentile(50.0) > median)
    };
    let recovered = (0..=last).rev().find(|second| bad(*second)).map_or(0, |second| second + 1);
    (recovered <= last).then_some(recovered)
}

/// Asks how the server is, all the time.
struct Probes {
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<Result<[Duration; PROBED.len()]>>,
}

impl Probes {
    fn start(address: SocketAddr) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stopping);
        let thread = std::thread::spawn(move || {
            let mut slowest = [Duration::ZERO; PROBED.len()];
            while !told.load(Ordering::Relaxed) {
                for (path, slowest) in PROBED.iter().zip(&mut slowest) {
                    let began = Instant::now();
                    probe(address, path).with_context(|| format!("{path} does not answer"))?;
                    *slowest = began.elapsed().max(*slowest);
                }
                std::thread::sleep(BETWEEN_PROBES);
            }
            Ok(slowest)
        });
        Self { stopping, thread }
    }

    /// The longest that an answer of each path took.
    fn stop(self) -> Result<[Duration; PROBED.len()]> {
        self.stopping.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow::anyhow!("the probes failed"))?
    }
}
