//! One attempt to write a batch: decide it, write it, commit it.
//!
//! The commit is sent behind the statements without a look at what they wrote: they fail if what was read is no longer so, and
//! the server then makes the commit a rollback. That spares a way to the server and back.
//!
//! What is in doubt may be on its way still, all of it, and be executed at any moment of a later attempt. It and that attempt are never
//! both made: where the later decision is another, something that the first one guards or inserts was changed in between; and
//! where it is the same, both take the same version of the same rows, and the same place in the journal.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use roster_directory::store::{Decide, Submitted};

use crate::batch::{self, Ready, Turn};
use crate::error::{Error, Remedy, Result};
use crate::load;
use crate::net::Told;
use crate::numbers::Numbers;
use crate::queue::Shared;
use crate::session::Session;
use crate::transaction::{self, Failure};

/// What an attempt is made with.
pub(crate) struct Attempt<'a> {
    pub(crate) session: &'a Session,
    pub(crate) shared: &'a Shared,
    pub(crate) numbers: &'a mut Numbers,
}

impl Attempt<'_> {
    /// Makes it. Where the answer of an earlier commit was lost it looks first whether that commit was made, and once more when
    /// it has decided and written: what it saw may be what that commit left.
    pub(crate) async fn run(
        &mut self,
        changes: &[Arc<dyn Decide>],
        doubts: &mut Vec<Ready>,
    ) -> Result<Vec<Submitted>, Failure> {
        if let Some(answers) = self.made(doubts).await? {
            return Ok(answers);
        }
        let Self { session, shared, ref mut numbers } = *self;
        let Shared { sealing, readers, reads, .. } = shared;
        let mut turn = Turn { session, sealing, readers, numbers, rules: shared.rules(), reads: *reads };
        let ready = match batch::run(&mut turn, changes).await {
            Ok(ready) => ready,
            Err(error) => return Err(self.roll_back(error).await),
        };
        // No journal tells of a change of records alone: its commit is sent by itself, and so is seldom in doubt.
        if doubts.is_empty() && !ready.changes.is_empty() {
            let committed = transaction::write_and_commit(session, &ready.plan).await;
            return self.end(committed, ready, doubts).await;
        }
        if let Err(error) = ready.plan.write(session).await {
            return Err(self.roll_back(error).await);
        }
        if self.is_there(doubts, &ready.changes).await.map_err(Failure::RolledBack)? {
            transaction::roll_back(session).await.map_err(Failure::RolledBack)?;
            let made = self.made(doubts).await?;
            return made.ok_or(Failure::RolledBack(Error::Conflict("the journal")));
        }
        if !ready.plan.is_empty() {
            let committed = transaction::commit(session).await;
            return self.end(committed, ready, doubts).await;
        }
        if session.doubts().remain() {
            transaction::commit_touched(session).await?;
        } else {
            transaction::roll_back(session).await.map_err(Failure::RolledBack)?;
        }
        Ok(ready.answers)
    }

    /// What comes of it behind the commit.
    async fn end(
        &mut self,
        committed: Result<(), Failure>,
        ready: Ready,
        doubts: &mut Vec<Ready>,
    ) -> Result<Vec<Submitted>, Failure> {
        if let (Some(next), Ok(()) | Err(Failure::InDoubt(_) | Failure::Unreplicated)) =
            (ready.next_number, &committed)
        {
            self.numbers.used_below(next);
        }
        match committed {
            Ok(()) => {
                self.shared.done.commits.fetch_add(1, Ordering::Relaxed);
                self.shared.written.notify_one();
                Ok(ready.answers)
            }
            Err(failure @ Failure::InDoubt(_)) => {
                doubts.push(ready);
                Err(failure)
            }
            Err(Failure::RolledBack(error)) => Err(self.give_up(error).await),
            Err(failure @ Failure::Unreplicated) => Err(failure),
        }
    }

    /// Gives the transaction up.
    async fn roll_back(&mut self, error: Error) -> Failure {
        // The first failure is what is told.
        let _ = transaction::roll_back(self.session).await;
        self.give_up(error).await
    }

    /// Gives up what this process believed, if that was wrong.
    async fn give_up(&mut self, error: Error) -> Failure {
        if error.remedy() == Remedy::DecideAgain
            && let Err(error) = self.numbers.give_up_taken(&self.shared.readers).await
        {
            return Failure::RolledBack(error);
        }
        Failure::RolledBack(error)
    }

    /// Whether a commit in doubt was made after all that these changes would be made besides. Where they are of the same users
    /// or groups the journal's key tells, and what is found is their own.
    async fn is_there(&self, doubts: &[Ready], changes: &[Told]) -> Result<bool> {
        for Ready { changes: earlier, .. } in doubts {
            let same = earlier.first().is_some_and(|first| changes.contains(first));
            if !same && load::made(self.session, earlier).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The answers of whichever commit in doubt was made after all.
    async fn made(&self, doubts: &mut Vec<Ready>) -> Result<Option<Vec<Submitted>>, Failure> {
        for index in 0..doubts.len() {
            let changes = doubts.get(index).map(|ready| ready.changes.as_slice()).unwrap_or_default();
            if transaction::confirm(self.session, changes).await? {
                return Ok(Some(doubts.swap_remove(index).answers));
            }
        }
        Ok(None)
    }
}
