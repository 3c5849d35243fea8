//! One server with a call that fails, and the one after it.

use anyhow::Result;

use super::{AFTERWARDS, CREATED, OLD, Operation, PATIENCE, Sweep, write};
use crate::client::Client;
use crate::ledger::{Fate, Ledger};
use crate::server::{Launch, Server, Started, create_key};
use crate::strace;

impl Sweep<'_> {
    /// Starts, writes and ends; what came of it, in words that several runs share.
    pub(super) fn serve(
        &mut self,
        operation: Operation,
        place: &str,
        call: &str,
        launch: &Launch,
        ledger: &mut Ledger,
    ) -> Result<&'static str> {
        let mut server = match Server::try_start(launch)? {
            Started::Serving(server) => server,
            Started::Ended { pid, status } => {
                strace::wait_until_written(&self.workspace.trace(), pid)?;
                if status.success() {
                    self.violations
                        .push(format!("{place}: the server ended at its start and called it success"));
                }
                return Ok("the server ended at its start, with an error");
            }
        };
        let mut client = Client::new(server.address, &self.key_of(operation, launch)?);
        let first = self.runtime.block_on(write(&mut client, ledger, written(operation)));
        let hit_by_then = !strace::injected(&self.workspace.trace())?.is_empty();
        let second = self.runtime.block_on(write(&mut client, ledger, AFTERWARDS));
        if server.ended()?.is_none() {
            server.terminate()?;
        }
        let status = server.wait(PATIENCE)?;
        strace::wait_until_written(&self.workspace.trace(), server.pid)?;
        let is_acknowledged = |fate| matches!(fate, Fate::Acknowledged { .. });
        // After a failed sync the next one may succeed although the data is gone.
        let is_poisoned =
            hit_by_then && strace::SYNCS.split(',').any(|sync| sync == call) && !is_acknowledged(first);
        if is_poisoned && is_acknowledged(second) {
            self.violations.push(format!("{place}: a write is acknowledged after a failed sync"));
        }
        if is_poisoned && status.success() {
            self.violations
                .push(format!("{place}: the server ended after a failed sync and called it success"));
        }
        Ok(match (is_acknowledged(first) && is_acknowledged(second), status.success()) {
            (false, true) => "a write was refused, and the server ended well",
            (false, false) => "a write was refused, and the server ended with an error",
            (true, false) => "the writes were acknowledged, and the server ended with an error",
            (true, true) => "the writes were acknowledged, and the server ended well",
        })
    }

    /// The start after it, with nothing in its way, must serve.
    pub(super) fn serve_again(
        &mut self,
        operation: Operation,
        place: &str,
        launch: &Launch,
        ledger: &mut Ledger,
    ) -> Result<()> {
        let server = match Server::try_start(launch)? {
            Started::Serving(server) => server,
            Started::Ended { status, .. } => {
                self.violations.push(format!("{place}: the next start ended with {status}"));
                return Ok(());
            }
        };
        let mut client = Client::new(server.address, &self.key_of(operation, launch)?);
        let fate = self.runtime.block_on(write(&mut client, ledger, AFTERWARDS));
        if !matches!(fate, Fate::Acknowledged { .. }) {
            self.violations.push(format!("{place}: after the next start a write is {fate:?}"));
        }
        server.stop(PATIENCE)
    }

    /// The template's key, or a new one where the template was not used.
    fn key_of(&self, operation: Operation, launch: &Launch) -> Result<String> {
        match operation {
            Operation::Create | Operation::Change => Ok(self.key.clone()),
            Operation::FirstStart => create_key(&launch.roster, &launch.data),
        }
    }
}

/// The user that the operation writes.
fn written(operation: Operation) -> &'static str {
    match operation {
        Operation::Create | Operation::FirstStart => CREATED,
        Operation::Change => OLD,
    }
}
