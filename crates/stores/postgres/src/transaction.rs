//! The one place where a transaction is begun, committed and given up, and where it is decided what a failure means.

use crate::error::{Error, Result};
use crate::load;
use crate::net::Told;
use crate::save::Plan;
use crate::session::{Failed, Session};

/// How a commit failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing was written.
    RolledBack(Error),
    /// It may have been made: the answer was lost.
    InDoubt(Error),
    /// It was made, and is maybe on the primary alone: someone cancelled its wait for the standby.
    Unreplicated,
}

/// Begins a transaction. Decisions rest on guards, not on a snapshot: each statement sees what is committed.
pub(crate) async fn begin(session: &Session) -> Result<()> {
    session.was_warned();
    session.begin().await
}

/// Commits a transaction that wrote something: any other waits for no standby. When this returns `Ok`, what was written, and
/// everything before it, is as safe as the server's settings say.
pub(crate) async fn commit(session: &Session) -> Result<(), Failure> {
    let arisen = session.doubts().arisen();
    judge(session, arisen, session.batch("COMMIT").await)
}

/// Writes a batch and commits it behind. Whatever this returns, the transaction is over, or its connection is lost.
pub(crate) async fn write_and_commit(session: &Session, plan: &Plan) -> Result<(), Failure> {
    let arisen = session.doubts().arisen();
    match plan.write_and_commit(session).await {
        Err(Failed { error, commits: false, .. }) => {
            // The first failure is what is told.
            let _ = roll_back(session).await;
            Err(Failure::RolledBack(error))
        }
        Err(Failed { error, .. }) => judge(session, arisen, Err(error)),
        Ok(()) => judge(session, arisen, Ok(())),
    }
}

/// What came of a commit that was sent when so many doubts had arisen.
fn judge(session: &Session, arisen: u64, committed: Result<()>) -> Result<(), Failure> {
    let doubts = session.doubts();
    match committed {
        Ok(()) if session.was_warned() => {
            doubts.arise();
            Err(Failure::Unreplicated)
        }
        Ok(()) => {
            doubts.settle(arisen);
            Ok(())
        }
        Err(error) if error.is_answer() => Err(Failure::RolledBack(error)),
        Err(error) => {
            doubts.arise();
            Err(Failure::InDoubt(error))
        }
    }
}

/// Commits a transaction that maybe wrote nothing, as one that did.
pub(crate) async fn commit_touched(session: &Session) -> Result<(), Failure> {
    match session.batch("UPDATE counters SET next = next WHERE name = 'number'").await {
        Ok(()) => commit(session).await,
        Err(error) => {
            // The first failure is what is told.
            let _ = roll_back(session).await;
            Err(Failure::RolledBack(error))
        }
    }
}

/// Gives the transaction up. Where that fails the connection is closed, and the server gives it up.
pub(crate) async fn roll_back(session: &Session) -> Result<()> {
    session.batch("ROLLBACK").await
}

/// Whether a batch that was in doubt is there. If it is, it is made as safe as any: a commit behind it waits for the
/// standby, where one must have it, and so for what came before.
pub(crate) async fn confirm(session: &Session, changes: &[Told]) -> Result<bool, Failure> {
    if !load::made(session, changes).await.map_err(Failure::RolledBack)? {
        return Ok(false);
    }
    begin(session).await.map_err(Failure::RolledBack)?;
    commit_touched(session).await.map(|()| true)
}
