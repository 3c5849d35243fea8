//! Holds a store to a ledger: what was acknowledged is there, and nothing is half there.

use crate::ledger::{Account, Ledger, Store};
use crate::stored::{Stored, StoredUser};

/// What a comparison found. Every list is empty if the store kept its word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How many acknowledged writes were looked for.
    pub acknowledged: usize,
    /// How many of them are not there, nor a later one of the user.
    pub missing: usize,
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
        let Self { acknowledged: _, missing: _, lost, half, invented } = self;
        lost.is_empty() && half.is_empty() && invented.is_empty()
    }
}

/// Compares a store with a ledger, whose acknowledgements count up to that position.
pub fn verify(stored: &Stored, ledger: &Ledger, until: u64, store: Store) -> Verdict {
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
                verdict.missing += account.count_acknowledged(0, until);
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
            verdict.missing += account.count_acknowledged(mark, until);
            verdict.lost.push(format!("{name} was acknowledged with mark {promised} and has {mark}"));
        } else if let Some(line) = overwritten(account, user, until) {
            verdict.lost.push(line);
        }
        match account.fate_of(mark) {
            None => verdict.invented.push(format!("{name} has mark {mark}, which nobody sent")),
            Some(fate) if !fate.may_be_written(store) => {
                verdict
                    .invented
                    .push(format!("{name} has mark {mark}, which was not to be written: {fate:?}"));
            }
            Some(_) => verdict.invented.extend(repeated(account, user, store)),
        }
    }
    verdict
}

/// An acknowledged write that a later one has covered was made all the same: each is one version.
fn overwritten(account: &Account, user: &StoredUser, until: u64) -> Option<String> {
    let promised = account.count_acknowledged(0, until);
    (user.version < promised as u64).then(|| {
        format!("{} was acknowledged {promised} times and has version {}", account.external_id, user.version)
    })
}

/// No write is made twice.
fn repeated(account: &Account, user: &StoredUser, store: Store) -> Option<String> {
    let most = account.attempts.iter().filter(|attempt| attempt.fate.may_be_written(store)).count();
    (user.version > most as u64).then(|| {
        format!("{} has version {}, and {most} writes at the most", account.external_id, user.version)
    })
}

#[cfg(test)]
mod tests;
