//! The process is killed at any moment: what was acknowledged is there, and the next start needs no help.

use std::time::Duration;

use anyhow::Result;

use super::{Options, Tally, Workspace, judge};
use crate::ledger::{Ledger, Store};
use crate::report::Report;
use crate::server::{Server, create_key};
use crate::stream::{Plan, Stream};

const WRITERS: usize = 32;
/// So many writes are acknowledged before each kill, and up to as many more.
const LEAST_ACKNOWLEDGED: u64 = 100;
/// A directory is used for so many rounds: it grows, and its older writes are looked for as well.
const ROUNDS_A_DIRECTORY: usize = 25;
const PATIENCE: Duration = Duration::from_secs(120);

/// Kills the server `rounds` times.
pub fn run(options: &Options) -> Result<Report> {
    let mut report = Report::new(format!("kill -9, seed {}", options.seed));
    let mut tally = Tally::default();
    let mut seeds = fastrand::Rng::with_seed(options.seed);
    let (mut written, mut idle, mut kills) = (0, 0, 0);
    while kills < options.rounds {
        let workspace = Workspace::new()?;
        let data = workspace.path.join("data");
        let key = create_key(&options.roster, &data)?;
        let mut ledger = Ledger::default();
        let last = options.rounds.min(kills + ROUNDS_A_DIRECTORY);
        while kills < last {
            let server = Server::start(&workspace.launch(options, &data))?;
            let plan = Plan {
                address: server.address,
                key: key.clone(),
                writers: WRITERS,
                seed: seeds.u64(..),
                prefix: format!("r{kills}"),
                store: Store::Sqlite,
            };
            let stream = Stream::start(&plan, || 0)?;
            stream.wait_for(LEAST_ACKNOWLEDGED + seeds.u64(..LEAST_ACKNOWLEDGED), PATIENCE)?;
            server.kill()?;
            let of_round = stream.join()?;
            idle += usize::from(of_round.unanswered() == 0);
            written += of_round.acknowledged();
            report.violations.extend(of_round.faults.iter().cloned());
            ledger.merge(of_round);
            let judgement = judge(options, &data, &ledger, u64::MAX)?;
            tally.add(&format!("kill {kills}"), &judgement);
            kills += 1;
            if !judgement.is_good() {
                // A loss counts once: the next kill gets a directory that is whole.
                break;
            }
        }
    }
    report.row("kills", options.rounds);
    report.row("kills with no write in flight", idle);
    report.row("acknowledged writes", written);
    tally.tell(&mut report, "kills");
    Ok(report)
}
