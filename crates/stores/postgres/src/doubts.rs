//! What this process may not take for safe although it sees it.
//!
//! A commit whose wait for the standby was cancelled, or whose answer was lost, may be on the primary alone, where everybody
//! sees it. Who asks for the same once more would be told that nothing is left to do, and it could still be lost. A commit
//! behind it waits for the standby, and so for what came before.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many commits were in doubt so far, and how many of them a later one has made sure of.
#[derive(Debug, Default)]
pub(crate) struct Doubts {
    arisen: AtomicU64,
    settled: AtomicU64,
}

impl Doubts {
    /// Whether a commit must be behind whatever is told.
    pub(crate) fn remain(&self) -> bool {
        self.settled.load(Ordering::SeqCst) < self.arisen()
    }

    /// How many there were so far: those that a commit which is sent now settles.
    pub(crate) fn arisen(&self) -> u64 {
        self.arisen.load(Ordering::SeqCst)
    }

    /// Nobody knows of a commit whether the standby has it.
    pub(crate) fn arise(&self) {
        self.arisen.fetch_add(1, Ordering::SeqCst);
    }

    /// The standby has those up to this one.
    pub(crate) fn settle(&self, arisen: u64) {
        self.settled.fetch_max(arisen, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_settles_no_doubt_that_arose_behind_it() {
        let doubts = Doubts::default();
        doubts.arise();
        let sent = doubts.arisen();
        doubts.arise();
        doubts.settle(sent);
        assert!(doubts.remain());
        doubts.settle(doubts.arisen());
        assert!(!doubts.remain());
    }
}
