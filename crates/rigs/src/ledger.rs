//! What was asked of the server, and what it said: the account that a store is held to.

/// What came of a write, as its caller saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was acknowledged, at this position of whatever the rig counts (the device's write log, say).
    Acknowledged {
        /// The position.
        position: u64,
    },
    /// It was answered with this status.
    Refused {
        /// The status.
        status: u16,
    },
    /// It was sent and never answered.
    Unanswered,
    /// It was not sent: there was no connection to send it over.
    Unsent,
}

impl Fate {
    fn is_acknowledged_until(self, position: u64) -> bool {
        match self {
            Self::Acknowledged { position: at } => at <= position,
            Self::Refused { .. } | Self::Unanswered | Self::Unsent => false,
        }
    }

    /// Whether the write may be in the store.
    pub fn may_be_written(self, store: Store) -> bool {
        match self {
            Self::Acknowledged { .. } | Self::Unanswered => true,
            Self::Refused { status: 503 } => store == Store::Postgres,
            Self::Refused { .. } => true,
            Self::Unsent => false,
        }
    }
}

/// What keeps the directory, which decides what a 503 means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// A file of the server's own: what was answered 503 was not written, and who answers nothing is gone.
    Sqlite,
    /// A database that may fail over: what was answered 503 may have been written, and the server stays.
    Postgres,
}

/// One write of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// What it wrote: a number that grows with each write of the user.
    pub mark: u64,
    /// What came of it.
    pub fate: Fate,
}

/// Every write of one user, in the order in which they were sent, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user's external id.
    pub external_id: String,
    /// The writes.
    pub attempts: Vec<Attempt>,
}

impl Account {
    /// The last mark that was acknowledged at or before that position.
    pub fn acknowledged_until(&self, position: u64) -> Option<u64> {
        self.attempts
            .iter()
            .rev()
            .find(|attempt| attempt.fate.is_acknowledged_until(position))
            .map(|attempt| attempt.mark)
    }

    /// How many writes with later marks were acknowledged at or before that position.
    pub fn count_acknowledged(&self, after: u64, position: u64) -> usize {
        let of_interest = |attempt: &&Attempt| attempt.mark > after;
        self.attempts
            .iter()
            .filter(of_interest)
            .filter(|attempt| attempt.fate.is_acknowledged_until(position))
            .count()
    }

    /// What came of the write with that mark, if it was ever sent.
    pub fn fate_of(&self, mark: u64) -> Option<Fate> {
        self.attempts.iter().find(|attempt| attempt.mark == mark).map(|attempt| attempt.fate)
    }
}

/// All accounts, and what was wrong with the answers themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The accounts, a user in one of them alone.
    pub accounts: Vec<Account>,
    /// Answers that no server should give, as told.
    pub faults: Vec<String>,
}

impl Ledger {
    /// Takes over what another one holds; the users differ.
    pub fn merge(&mut self, other: Self) {
        self.accounts.extend(other.accounts);
        self.faults.extend(other.faults);
    }

    fn fates(&self) -> impl Iterator<Item = Fate> {
        self.accounts.iter().flat_map(|account| &account.attempts).map(|attempt| attempt.fate)
    }

    /// How many writes were acknowledged at or before that position.
    pub fn acknowledged_until(&self, position: u64) -> usize {
        self.positions().filter(|at| *at <= position).count()
    }

    /// How many writes were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.positions().count()
    }

    /// Where each acknowledged write was acknowledged.
    pub fn positions(&self) -> impl Iterator<Item = u64> {
        self.fates().filter_map(|fate| match fate {
            Fate::Acknowledged { position } => Some(position),
            Fate::Refused { .. } | Fate::Unanswered | Fate::Unsent => None,
        })
    }

    /// How many writes were sent and got no answer.
    pub fn unanswered(&self) -> usize {
        self.fates().filter(|fate| *fate == Fate::Unanswered).count()
    }

    /// How many writes were answered with that status.
    pub fn refused(&self, status: u16) -> usize {
        self.fates().filter(|fate| *fate == Fate::Refused { status }).count()
    }
}
