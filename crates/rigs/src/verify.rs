//! Holds a store to a ledger: what was acknowledged is there, and nothing is half there.

use crate::ledger::{Fate, Ledger};
use crate::stored::Stored;

/// What a comparison found. Every list is empty if the store kept its word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How many acknowledged writes were looked for.
    pub acknowledged: usize,
    /// Users whose last acknowledged write is not there.
    pub lost: Vec<String>,
    /// Users of whom a write is half there.
    pub half: Vec<String>,
    /// Users who show a write that was refused as not written, or never sent.
    pub invented: Vec<String>,
}

impl Verdict {
    /// Whether the store kept its word.
    pub fn is_good(&self) -> bool {
        let Self { acknowledged: _, lost, half, invented } = self;
        lost.is_empty() && half.is_empty() && invented.is_empty()
    }
}

/// Compares a store with a ledger, whose acknowledgements count up to that position.
pub fn verify(stored: &Stored, ledger: &Ledger, until: u64) -> Verdict {
    let mut verdict = Verdict {
        acknowledged: ledger.acknowledged_until(until),
        half: stored.torn.clone(),
        ..Verdict::default()
    };
    for account in &ledger.accounts {
        let name = &account.external_id;
        let promised = account.acknowledged_until(until);
        let Some(user) = stored.users.get(name) else {
            if let Some(promised) = promised {
                verdict.lost.push(format!("{name} was acknowledged with mark {promised} and is not there"));
            }
            continue;
        };
        let mark = match &user.mark {
            Ok(mark) => *mark,
            Err(what) => {
                verdict.half.push(format!("{name}: {what}"));
                continue;
            }
        };
        if let Some(promised) = promised.filter(|promised| mark < *promised) {
            verdict.lost.push(format!("{name} was acknowledged with mark {promised} and has {mark}"));
        }
        match account.fate_of(mark) {
            None | Some(Fate::Unsent) => {
                verdict.invented.push(format!("{name} has mark {mark}, which nobody sent"));
            }
            // 503 says that nothing was written; after a 500 nobody knows.
            Some(Fate::Refused { status: 503 }) => {
                verdict.invented.push(format!("{name} has mark {mark}, which was answered 503"));
            }
            Some(Fate::Refused { .. } | Fate::Acknowledged { .. } | Fate::Unanswered) => {}
        }
    }
    verdict
}

#[cfg(test)]
mod tests;
