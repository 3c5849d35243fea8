//! The disk takes long for every sync: the server is slower, and nothing else. It is killed in the end.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Options, Tally, Workspace, judge};
use crate::ledger::Store;
use crate::report::Report;
use crate::server::{Server, create_key, probe};
use crate::strace;
use crate::stream::{Plan, Stream};

const WRITERS: usize = 64;
const SYNC_MILLISECONDS: u64 = 100;
const ACKNOWLEDGED: u64 = 640;
const PATIENCE: Duration = Duration::from_secs(120);

/// Works on a slow disk, in `rounds` directories.
pub fn run(options: &Options) -> Result<Report> {
    let mut report = Report::new(format!("slow disk, {SYNC_MILLISECONDS} ms a sync, seed {}", options.seed));
    let mut tally = Tally::default();
    let mut seeds = fastrand::Rng::with_seed(options.seed);
    let (mut refused, mut syncs, mut acknowledged, mut slowest_probe) = (0, 0, 0, Duration::ZERO);
    for round in 0..options.rounds {
        let workspace = Workspace::new()?;
        let data = workspace.path.join("data");
        let key = create_key(&options.roster, &data)?;
        let server = Server::start(&workspace.launch_slowed(options, &data, SYNC_MILLISECONDS))?;
        let before = strace::count_syncs(&workspace.trace())?;
        let plan = Plan {
            address: server.address,
            key,
            writers: WRITERS,
            seed: seeds.u64(..),
            prefix: String::new(),
            store: Store::Sqlite,
        };
        let stream = Stream::start(&plan, || 0)?;
        stream.wait_for(ACKNOWLEDGED / 2, PATIENCE)?;
        for path in ["/livez", "/readyz", "/metrics"] {
            let began = Instant::now();
            let status = probe(server.address, path)?;
            slowest_probe = slowest_probe.max(began.elapsed());
            if status != 200 {
                report.violations.push(format!("round {round}: {path} answers {status}"));
            }
        }
        stream.wait_for(ACKNOWLEDGED, PATIENCE)?;
        server.kill()?;
        let ledger = stream.join()?;
        syncs += strace::count_syncs(&workspace.trace())? - before;
        acknowledged += ledger.acknowledged();
        refused += ledger.refused(503);
        tally.add(&format!("round {round}"), &judge(options, &data, &ledger, u64::MAX)?);
        report.violations.extend(ledger.faults);
    }
    report.row("rounds", options.rounds);
    report.row("acknowledged writes", acknowledged);
    report.row("syncs that carried them", syncs);
    report.row("writes refused with 503", refused);
    report.row("slowest of /livez, /readyz, /metrics", format!("{slowest_probe:.1?}"));
    tally.tell(&mut report, "rounds");
    Ok(report)
}
