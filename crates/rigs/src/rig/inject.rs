//! One call to the disk fails, each in its turn: nothing is acknowledged that is not there, and the next start is clean.
//!
//! For every kind of failure the N-th call fails, for N = 1, 2, … until a run comes through without being hit. A run
//! covers the start, the writes and the end of the server.

mod serve;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::runtime::{Builder, Runtime};

use super::{Options, Tally, Workspace, judge};
use crate::client::Client;
use crate::ledger::{Account, Attempt, Fate, Ledger};
use crate::report::Report;
use crate::server::{Server, create_key};
use crate::{strace, stream, tool};

/// The calls that fail, and how.
const FAILURES: [(&str, &str); 6] = [
    ("fdatasync", "EIO"),
    ("fdatasync", "ENOSPC"),
    ("fsync", "EIO"),
    ("pwrite64", "EIO"),
    ("pwrite64", "ENOSPC"),
    ("ftruncate", "EIO"),
];
/// A sweep that does not end has found a server that syncs for ever.
const MOST_CALLS: usize = 500;
const PATIENCE: Duration = Duration::from_secs(60);

/// What is done while a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A user is created, in a directory that is there.
    Create,
    /// A user is changed.
    Change,
    /// The server makes its directory, and a user is created.
    FirstStart,
}

/// Sweeps the first `rounds` operations.
pub fn run(options: &Options) -> Result<Report> {
    let operations = [Operation::Create, Operation::Change, Operation::FirstStart];
    let operations = operations.get(..options.rounds.min(operations.len())).unwrap_or_default();
    let mut report = Report::new(format!("failing calls, {operations:?}"));
    let mut sweep = Sweep::new(options)?;
    for operation in operations {
        for (call, error) in FAILURES {
            let hits = sweep.sweep(*operation, call, error)?;
            report
                .row(format!("{operation:?}: {call} fails with {error}"), format!("{hits} calls, each once"));
        }
    }
    for (outcome, times) in &sweep.outcomes {
        report.row(*outcome, times);
    }
    report.violations.append(&mut sweep.violations);
    sweep.tally.tell(&mut report, "failures");
    Ok(report)
}

struct Sweep<'a> {
    options: &'a Options,
    workspace: Workspace,
    /// A directory with one user, and its key.
    template: PathBuf,
    key: String,
    before: Ledger,
    runtime: Runtime,
    tally: Tally,
    outcomes: BTreeMap<&'static str, usize>,
    violations: Vec<String>,
}

/// The user who is there before.
const OLD: &str = "old";
const CREATED: &str = "new";
const AFTERWARDS: &str = "afterwards";

impl<'a> Sweep<'a> {
    fn new(options: &'a Options) -> Result<Self> {
        let workspace = Workspace::new()?;
        let template = workspace.path.join("template");
        let key = create_key(&options.roster, &template)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let mut before = Ledger::default();
        let server = Server::start(&workspace.launch(options, &template))?;
        let fate = runtime.block_on(write(&mut Client::new(server.address, &key), &mut before, OLD));
        ensure!(matches!(fate, Fate::Acknowledged { .. }), "the first user is not acknowledged: {fate:?}");
        server.stop(PATIENCE)?;
        Ok(Self {
            options,
            workspace,
            template,
            key,
            before,
            runtime,
            tally: Tally::default(),
            outcomes: BTreeMap::new(),
            violations: Vec::new(),
        })
    }

    /// Lets each call fail once; how many there were.
    fn sweep(&mut self, operation: Operation, call: &str, error: &str) -> Result<usize> {
        for n in 1..MOST_CALLS {
            let place = format!("{operation:?}, {call} number {n} fails with {error}");
            if !self.fail(operation, &place, call, &format!("{call}:error={error}:when={n}"))? {
                return Ok(n - 1);
            }
        }
        Ok(MOST_CALLS)
    }

    /// One run; whether a call was hit.
    fn fail(&mut self, operation: Operation, place: &str, call: &str, inject: &str) -> Result<bool> {
        let data = self.workspace.path.join("data");
        let trace = self.workspace.trace();
        let mut ledger = self.prepare(operation, &data)?;
        let mut launch = self.workspace.launch(self.options, &data);
        launch.under = strace::injecting(call, inject, &trace);
        let outcome = self.serve(operation, place, call, &launch, &mut ledger)?;
        let hit = strace::injected(&trace)?;
        if hit.is_empty() {
            return Ok(false);
        }
        *self.outcomes.entry(outcome).or_default() += 1;
        launch.under.clear();
        self.serve_again(operation, place, &launch, &mut ledger)?;
        let judgement = judge(self.options, &data, &ledger, u64::MAX)?;
        self.tally.add(&format!("{place} ({})", hit.join("; ")), &judgement);
        self.violations.append(&mut ledger.faults);
        Ok(true)
    }

    /// A directory for the run, and what is in it.
    fn prepare(&self, operation: Operation, data: &Path) -> Result<Ledger> {
        if data.exists() {
            std::fs::remove_dir_all(data)?;
        }
        match operation {
            Operation::Create | Operation::Change => {
                tool::run("cp", &["-a".as_ref(), self.template.as_os_str(), data.as_os_str()])?;
                Ok(self.before.clone())
            }
            Operation::FirstStart => Ok(Ledger::default()),
        }
    }
}

/// Upserts the user once more.
async fn write(client: &mut Client, ledger: &mut Ledger, external_id: &str) -> Fate {
    let accounts = &mut ledger.accounts;
    let place = accounts.iter().position(|account| account.external_id == external_id);
    let place = place.unwrap_or_else(|| {
        accounts.push(Account { external_id: external_id.to_owned(), attempts: Vec::new() });
        accounts.len() - 1
    });
    let Some(account) = accounts.get_mut(place) else { return Fate::Unsent };
    let mark = account.attempts.len() as u64 + 1;
    let (fate, fault) = stream::write(client, external_id, mark, &|| 0).await;
    account.attempts.push(Attempt { mark, fate });
    ledger.faults.extend(fault);
    fate
}
