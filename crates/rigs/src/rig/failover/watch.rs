//! Watches that no two nodes take writes at once.
//!
//! Every node is asked all the time whether it is the primary, and one that says so is given a row to commit, in a database
//! beside Roster's. A commit counts if it succeeds without a warning: it is what a client would believe. Each is made on
//! a timeline of PostgreSQL's, and every promotion begins a new one. So two nodes were writable at once if a commit on an older
//! timeline was begun after one on a newer timeline had succeeded, or if two nodes committed on the same one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, timeout};

use crate::cluster::Cluster;
use crate::sql::{self, Session};

const DATABASE: &str = "watch";
const PROBE: &str = "INSERT INTO probe DEFAULT VALUES \
                     RETURNING ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint";

/// How long an answer may take. What takes longer is waiting for its standby.
const PATIENCE: Duration = Duration::from_secs(2);
const BETWEEN: Duration = Duration::from_millis(100);

/// A commit that a node said it has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Commit {
    node: usize,
    timeline: i64,
    began: Instant,
    ended: Instant,
}

/// What was seen.
#[derive(Debug, Default)]
struct Log {
    commits: Vec<Commit>,
    /// When a node said that it is the primary and could not commit.
    powerless: usize,
}

/// What a watch came to.
#[derive(Debug)]
pub(super) struct Seen {
    /// Commits that succeeded.
    pub(super) commits: usize,
    /// How often a node took itself for the primary and could not commit.
    pub(super) powerless: usize,
    /// On how many timelines commits were seen.
    pub(super) timelines: usize,
    /// Signs of two writable nodes at once.
    pub(super) together: Vec<String>,
}

/// A watch over all nodes, until it is ended.
#[derive(Debug)]
pub(super) struct Watch {
    runtime: Runtime,
    log: Arc<Mutex<Log>>,
}

impl Watch {
    /// Makes the database that the probes are written to.
    pub(super) fn prepare(cluster: &Cluster) -> Result<()> {
        sql::run(&cluster.url("postgres"), &format!("CREATE DATABASE {DATABASE}"))?;
        sql::run(
            &cluster.url(DATABASE),
            "CREATE TABLE probe (at timestamptz NOT NULL DEFAULT clock_timestamp())",
        )
    }

    /// Begins to watch.
    pub(super) fn start(cluster: &Cluster) -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let log = Arc::new(Mutex::new(Log::default()));
        for (number, node) in cluster.nodes.iter().enumerate() {
            runtime.spawn(watch(number, cluster.url_of(node, DATABASE), Arc::clone(&log)));
        }
        Ok(Self { runtime, log })
    }

    /// Ends, and tells what was seen.
    pub(super) fn end(self) -> Seen {
        self.runtime.shutdown_background();
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let timelines: BTreeMap<i64, usize> =
            log.commits.iter().map(|commit| (commit.timeline, commit.node)).collect();
        Seen {
            commits: log.commits.len(),
            powerless: log.powerless,
            timelines: timelines.len(),
            together: together(&log.commits),
        }
    }
}

async fn watch(node: usize, url: String, log: Arc<Mutex<Log>>) {
    loop {
        if let Ok(Ok(session)) = timeout(PATIENCE, Session::open(&url)).await {
            while probe(node, &session, &log).await {
                tokio::time::sleep(BETWEEN).await;
            }
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Asks once. False if the connection is of no more use.
async fn probe(node: usize, session: &Session, log: &Mutex<Log>) -> bool {
    let standby = timeout(PATIENCE, session.client.query_one("SELECT pg_is_in_recovery()", &[])).await;
    let Ok(Ok(standby)) = standby else { return false };
    if standby.get(0) {
        return true;
    }
    let began = Instant::now();
    let committed = timeout(PATIENCE, session.client.query_one(PROBE, &[])).await;
    let ended = Instant::now();
    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
    match committed {
        Ok(Ok(row)) if !session.was_warned() => {
            log.commits.push(Commit { node, timeline: row.get(0), began, ended });
            true
        }
        Ok(_) | Err(_) => {
            log.powerless += 1;
            false
        }
    }
}

/// What shows that two nodes were writable at once.
fn together(commits: &[Commit]) -> Vec<String> {
    let mut found = Vec::new();
    for commit in commits {
        let newer =
            commits.iter().find(|other| other.timeline > commit.timeline && other.ended < commit.began);
        let beside =
            commits.iter().find(|other| other.timeline == commit.timeline && other.node != commit.node);
        if let Some(other) = newer.or(beside) {
            found.push(format!(
                "node {} committed on timeline {}, and node {} had on timeline {}",
                commit.node + 1,
                commit.timeline,
                other.node + 1,
                other.timeline
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(commits: &[(usize, i64, u64, u64)]) -> usize {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let commits: Vec<Commit> = commits
            .iter()
            .map(|(node, timeline, began, ended)| Commit {
                node: *node,
                timeline: *timeline,
                began: at(*began),
                ended: at(*ended),
            })
            .collect();
        together(&commits).len()
    }

    #[test]
    fn one_node_after_the_other_is_as_it_must_be() {
        assert_eq!(found(&[(0, 1, 0, 1), (0, 1, 2, 9), (1, 2, 7, 8), (1, 2, 9, 10), (0, 3, 11, 12)]), 0);
    }

    #[test]
    fn an_old_primary_that_still_commits_is_found() {
        assert_eq!(found(&[(0, 1, 0, 1), (1, 2, 2, 3), (0, 1, 4, 5), (1, 2, 6, 7)]), 1);
    }

    #[test]
    fn two_nodes_on_one_timeline_are_found() {
        assert_eq!(found(&[(0, 1, 0, 1), (1, 1, 2, 3)]), 2);
    }
}
