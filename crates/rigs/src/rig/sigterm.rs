//! The server is asked to end while it is busy: whoever it has begun to serve gets an answer.

use std::time::Duration;

use anyhow::Result;

use super::{Judgement, Options, Tally, Workspace, judge};
use crate::ledger::{Fate, Ledger, Store};
use crate::report::Report;
use crate::server::{Server, create_key};
use crate::stream::{Plan, Stream};

const WRITERS: usize = 32;
const LEAST_ACKNOWLEDGED: u64 = 50;
/// Every other round has a slow disk: many requests are then waiting for their commit when the signal comes.
const SLOW_MILLISECONDS: u64 = 50;
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends the server `rounds` times.
pub fn run(options: &Options) -> Result<Report> {
    let mut report = Report::new(format!("SIGTERM under load, seed {}", options.seed));
    let mut tally = Tally::default();
    let mut seeds = fastrand::Rng::with_seed(options.seed);
    let (mut closed, mut unanswered, mut unclean) = (0, Vec::new(), 0);
    for round in 0..options.rounds {
        let workspace = Workspace::new()?;
        let data = workspace.path.join("data");
        let key = create_key(&options.roster, &data)?;
        let launch = if round % 2 == 0 {
            workspace.launch(options, &data)
        } else {
            workspace.launch_slowed(options, &data, SLOW_MILLISECONDS)
        };
        let mut server = Server::start(&launch)?;
        let plan = Plan {
            address: server.address,
            key,
            writers: WRITERS,
            seed: seeds.u64(..),
            prefix: String::new(),
            store: Store::Sqlite,
        };
        let stream = Stream::start(&plan, || 0)?;
        stream.wait_for(LEAST_ACKNOWLEDGED + seeds.u64(..LEAST_ACKNOWLEDGED), PATIENCE)?;
        // At any moment, not only right after an acknowledgement.
        std::thread::sleep(Duration::from_millis(seeds.u64(..=SLOW_MILLISECONDS)));
        server.terminate()?;
        let ledger = stream.join()?;
        let status = server.wait(PATIENCE)?;
        if !status.success() {
            unclean += 1;
            report.violations.push(format!("round {round}: the server ended with {status}"));
        }
        let judgement = judge(options, &data, &ledger, u64::MAX)?;
        closed += ledger.unanswered();
        unanswered
            .extend(served_in_silence(&ledger, &judgement).map(|line| format!("round {round}: {line}")));
        report.violations.extend(ledger.faults);
        tally.add(&format!("round {round}"), &judgement);
    }
    report.row("rounds", options.rounds);
    report.found("rounds that did not end cleanly", unclean, options.rounds);
    let unread = closed - unanswered.len();
    report.found("requests sent to an open connection and not read", unread, tally.acknowledged + unread);
    if unread > 0 {
        report
            .violations
            .push(format!("{unread} requests were sent to an open connection, and it was closed unread"));
    }
    report.found("writes done but not answered", unanswered.len(), tally.acknowledged + unanswered.len());
    report.violations.extend(unanswered);
    tally.tell(&mut report, "rounds");
    Ok(report)
}

/// Writes that are there although nobody was told: the server had begun to serve them.
fn served_in_silence(ledger: &Ledger, judgement: &Judgement) -> impl Iterator<Item = String> {
    ledger.accounts.iter().filter_map(|account| {
        let mark = judgement.stored.users.get(&account.external_id)?.mark.clone().ok()?;
        (account.fate_of(mark) == Some(Fate::Unanswered))
            .then(|| format!("{} has mark {mark}, which was never answered", account.external_id))
    })
}
