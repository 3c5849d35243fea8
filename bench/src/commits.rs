//! What Roster's `/metrics` say of its writer.

use anyhow::{Context as _, Result};
use roster_testkit::load::{Endpoint, Exchange};

use crate::ask::ask;

/// Changes, and the commits that they shared. Commits that wait together are flushed together, so that there are at most as many syncs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Commits {
    pub(crate) changes: u64,
    pub(crate) commits: u64,
}

impl Commits {
    /// Since the server started.
    pub(crate) async fn of(endpoint: &Endpoint) -> Result<Self> {
        let request = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_vec();
        let answer = ask(endpoint, &Exchange { request, status: 200, ..Exchange::default() }).await?;
        let text = String::from_utf8_lossy(&answer);
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.parse().ok()).with_context(|| format!("/metrics has no {name}"))
        };
        Ok(Self {
            changes: value("roster_write_changes_total")?,
            commits: value("roster_write_commits_total")?,
        })
    }

    /// Since an earlier look.
    pub(crate) fn since(self, before: Self) -> Self {
        Self { changes: self.changes - before.changes, commits: self.commits - before.commits }
    }

    /// Changes in each commit; `None` where there was no commit.
    #[expect(clippy::cast_precision_loss, reason = "a run has fewer than 2^52 changes")]
    pub(crate) fn changes_each(self) -> Option<f64> {
        (self.commits > 0).then(|| self.changes as f64 / self.commits as f64)
    }
}
