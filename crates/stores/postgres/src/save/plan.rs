//! The statements that write a batch, with what it means that one fails.

use std::sync::LazyLock;

use roster_directory::Rules;

use crate::bulk::{Bulk, Parameter, guarded};
use crate::cell::Cell;
use crate::connection::{Call, Failed, Session};
use crate::error::{Error, Result};
use crate::load::Reads;
use crate::records::Write;

/// Fails unless the rules are still those that the batch was decided by. It comes behind the users' statements: whoever changes
/// the rules locks that table first.
static SAME_RULES: LazyLock<String> = LazyLock::new(|| {
    let same = "SELECT 1 FROM meta WHERE \"references\" = $1 AND unique_email = $2";
    guarded(same, "what the rules say", "1")
});

/// What a statement's guard tells.
type Short = fn(&'static str) -> Error;

/// Everything that is sent to write a batch.
pub(crate) struct Plan {
    calls: Vec<Call<'static>>,
    /// Of each, what its guard tells, and what of.
    short: Vec<(Short, &'static str)>,
    reads: Reads,
}

impl Plan {
    pub(super) fn new(reads: Reads) -> Self {
        Self { calls: Vec::with_capacity(12), short: Vec::with_capacity(12), reads }
    }

    /// Rows of a statement, which says itself whether each must be there.
    pub(super) fn bulk(&mut self, bulk: &'static Bulk, mut rows: Vec<Vec<Cell>>) -> Result<()> {
        let are_apart = self.reads.are_apart(rows.len());
        while !rows.is_empty() {
            let rest = if are_apart { rows.split_off(1) } else { Vec::new() };
            let sql = bulk.sql(rows.len());
            self.add(Call::new(sql, bulk.parameters(rows)?), (Error::Conflict, bulk.what()));
            rows = rest;
        }
        Ok(())
    }

    pub(super) fn record(&mut self, Write { sql, cells }: Write) {
        self.add(Call::new(sql, parameters(cells)), (Error::Conflict, "a record"));
    }

    pub(super) fn rules(&mut self, rules: Rules) {
        let cells = vec![Cell::from(rules.references.name()), rules.unique_email.into()];
        let call = Call::new(SAME_RULES.as_str(), parameters(cells));
        self.add(call, (|_| Error::OtherRules, ""));
    }

    fn add(&mut self, call: Call<'static>, short: (Short, &'static str)) {
        self.calls.push(call);
        self.short.push(short);
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Sends it all.
    pub(crate) async fn write(&self, session: &Session) -> Result<()> {
        session.execute_all(&self.calls).await.map(|_| ()).map_err(|failed| self.read(failed))
    }

    /// Sends it all, and the commit behind it without waiting in between: where a statement fails nothing is committed.
    pub(crate) async fn write_and_commit(&self, session: &Session) -> Result<()> {
        session.execute_all_and_commit(&self.calls).await.map_err(|failed| self.read(failed))
    }

    /// What a failure means: a guard's is none of the server's.
    fn read(&self, Failed { at, error }: Failed) -> Error {
        match self.short.get(at) {
            Some((short, what)) if error.is_guard() => short(what),
            Some(_) | None => error,
        }
    }
}

fn parameters(cells: Vec<Cell>) -> Vec<Parameter> {
    cells.into_iter().map(|cell| Box::new(cell) as Parameter).collect()
}
