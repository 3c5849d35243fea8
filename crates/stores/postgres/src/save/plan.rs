//! The statements that write a batch, with what must come of each.

use roster_directory::Rules;

use crate::bulk::{Bulk, Parameter};
use crate::cell::Cell;
use crate::connection::{Call, Session};
use crate::error::{Error, Result};
use crate::load::Reads;
use crate::records::Write;

/// Tells whether the rules are still those that the batch was decided by. It comes behind the users' statements: whoever
/// changes the rules locks that table first.
const SAME_RULES: &str = "SELECT 1 FROM meta WHERE \"references\" = $1 AND unique_email = $2";

/// A statement to be sent, with what must come of it.
struct Planned<'a> {
    call: Call<'a>,
    rows: Option<u64>,
    short: fn(&'static str) -> Error,
    what: &'static str,
}

/// Everything that is sent to write a batch.
pub(super) struct Plan<'a> {
    statements: Vec<Planned<'a>>,
    reads: Reads,
}

impl<'a> Plan<'a> {
    pub(super) fn new(reads: Reads) -> Self {
        Self { statements: Vec::with_capacity(12), reads }
    }

    /// Each row is to be written.
    pub(super) fn bulk(&mut self, bulk: &'static Bulk, rows: Vec<Vec<Cell>>) -> Result<()> {
        self.rows(bulk, rows, |rows| u64::try_from(rows).ok())
    }

    /// For each row whatever is there is to be written.
    pub(super) fn bulk_any(&mut self, bulk: &'static Bulk, rows: Vec<Vec<Cell>>) -> Result<()> {
        self.rows(bulk, rows, |_| None)
    }

    fn rows(
        &mut self,
        bulk: &'static Bulk,
        mut rows: Vec<Vec<Cell>>,
        wanted: fn(usize) -> Option<u64>,
    ) -> Result<()> {
        let are_apart = self.reads.are_apart(rows.len());
        while !rows.is_empty() {
            let rest = if are_apart { rows.split_off(1) } else { Vec::new() };
            let count = rows.len();
            let call = Call { sql: bulk.sql(count), parameters: bulk.parameters(rows)? };
            self.statements.push(Planned {
                call,
                rows: wanted(count),
                short: Error::Conflict,
                what: bulk.what(),
            });
            rows = rest;
        }
        Ok(())
    }

    pub(super) fn record(&mut self, sql: &'a str, parameters: Vec<Parameter>, rows: Option<u64>) {
        let call = Call { sql, parameters };
        self.statements.push(Planned { call, rows, short: Error::Conflict, what: "a record" });
    }

    pub(super) fn rules(&mut self, rules: Rules) {
        let cells = vec![Cell::from(rules.references.name()), rules.unique_email.into()];
        let call = Call { sql: SAME_RULES, parameters: Write::parameters(cells) };
        self.statements.push(Planned {
            call,
            rows: Some(1),
            short: |_| Error::OtherRules,
            what: "the rules",
        });
    }

    /// Sends it all.
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let (calls, wanted): (Vec<_>, Vec<_>) = self
            .statements
            .into_iter()
            .map(|Planned { call, rows, short, what }| (call, (rows, short, what)))
            .unzip();
        let written = session.execute_all(&calls).await?;
        for ((rows, short, what), written) in wanted.into_iter().zip(written) {
            if rows.is_some_and(|rows| rows != written) {
                return Err(short(what));
            }
        }
        Ok(())
    }
}
