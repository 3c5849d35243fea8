//! `roster check`: whether everything that the store promises is so. It streams: some users at a time, never all of them.

mod claims;
mod elements;
mod groups;
mod rows;
mod users;

use roster_directory::check::{Finding, Findings};

use crate::PostgresStore;
use crate::error::{Remedy, Result};
use crate::transaction;

impl PostgresStore {
    /// Checks the store as of this moment, while changes go on. It takes long where there is much.
    pub async fn check(&self) -> Vec<Finding> {
        let mut findings = Findings::default();
        if let Err(error) = self.check_all(&mut findings).await {
            let ended = match error.remedy() {
                Remedy::TryAgain => "the connection did not last to its end",
                Remedy::DecideAgain | Remedy::GiveUp => "it can't be read to its end",
            };
            findings.add("the database", format!("{ended}: {error}"));
        }
        findings.into_vec()
    }

    async fn check_all(&self, findings: &mut Findings) -> Result<()> {
        let session = self.connector.connect().await?;
        // One snapshot, so that a change meanwhile is no contradiction.
        session.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        // Between pages it works, and the server must not take that for idleness.
        session.batch("SET LOCAL idle_in_transaction_session_timeout = 0").await?;
        rows::check_meta(&session, findings).await?;
        rows::check_feed(&session, findings).await?;
        rows::check_orphans(&session, findings).await?;
        rows::check_records(&session, &self.sealing.keyring, findings).await?;
        users::check(&session, &self.sealing.keyring, findings).await?;
        claims::check(&session, findings).await?;
        groups::check(&session, findings).await?;
        transaction::roll_back(&session).await
    }
}
