//! The statements that write a batch, with what it means that one fails.

use std::sync::LazyLock;

use roster_directory::Rules;

use crate::bulk::{Bulk, guarded, parameters};
use crate::cell::Cell;
use crate::error::{Error, Result};
use crate::load::Reads;
use crate::records::{RECORD, Write};
use crate::session::{Call, Failed, Session};

/// Fails unless the rules are still those that the batch was decided by. It comes behind the users' statements: whoever changes
/// the rules locks that table first.
static SAME_RULES: LazyLock<String> = LazyLock::new(|| {
    let same = "SELECT 1 FROM meta WHERE \"references\" = $1 AND unique_email = $2";
    guarded(same, "what the rules say", "1")
});

/// Everything that is sent to write a batch.
pub(crate) struct Plan {
    calls: Vec<Call<'static>>,
    /// What the failure of each call's guard means; `None` where it has none.
    guards: Vec<Option<Guard>>,
    reads: Reads,
}

/// What a guard tells.
#[derive(Debug, Clone, Copy)]
enum Guard {
    /// This was not as it was read.
    Read(&'static str),
    /// The rules are others.
    Rules,
}

impl Plan {
    pub(super) fn new(reads: Reads) -> Self {
        Self { calls: Vec::with_capacity(12), guards: Vec::with_capacity(12), reads }
    }

    /// Rows of a statement, which says itself whether each must be there.
    pub(super) fn bulk(&mut self, bulk: &'static Bulk, mut rows: Vec<Vec<Cell>>) -> Result<()> {
        let are_apart = self.reads.are_apart(rows.len());
        while !rows.is_empty() {
            let rest = if are_apart { rows.split_off(1) } else { Vec::new() };
            let sql = bulk.sql(rows.len());
            self.add(Call::new(sql, bulk.parameters(rows)?), bulk.what().map(Guard::Read));
            rows = rest;
        }
        Ok(())
    }

    pub(super) fn record(&mut self, Write { sql, cells }: Write) {
        self.add(Call::new(sql, parameters(cells)), Some(Guard::Read(RECORD)));
    }

    pub(super) fn rules(&mut self, rules: Rules) {
        let cells = vec![Cell::from(rules.references.name()), rules.unique_email.into()];
        let call = Call::new(SAME_RULES.as_str(), parameters(cells));
        self.add(call, Some(Guard::Rules));
    }

    fn add(&mut self, call: Call<'static>, guard: Option<Guard>) {
        self.calls.push(call);
        self.guards.push(guard);
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Sends it all.
    pub(crate) async fn write(&self, session: &Session) -> Result<()> {
        session.execute_all(&self.calls).await.map(|_| ()).map_err(|failed| self.told(failed).error)
    }

    /// Sends it all, and the commit behind it without waiting in between: where a statement fails nothing is committed.
    pub(crate) async fn write_and_commit(&self, session: &Session) -> Result<(), Failed> {
        session.execute_all_and_commit(&self.calls).await.map_err(|failed| self.told(failed))
    }

    /// The failure of a guard as what it tells.
    fn told(&self, failed: Failed) -> Failed {
        let guard = self.guards.get(failed.at).copied().flatten().filter(|_| failed.error.is_guard());
        match guard {
            Some(Guard::Read(what)) => Failed { error: Error::Conflict(what), ..failed },
            Some(Guard::Rules) => Failed { error: Error::OtherRules, ..failed },
            None => failed,
        }
    }
}
