//! Three database nodes as `deploy/` sets them up: PostgreSQL under Patroni, with a member of etcd on each.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{sql, tool};

mod network;
mod node;

pub use network::{Machine, Network};
pub use node::Node;

/// A start makes a database and two copies of it.
const PATIENCE: Duration = Duration::from_secs(120);
const GLANCE: Duration = Duration::from_millis(200);

/// The password of everyone: nobody else is on this network.
const PASSWORD: &str = "rig";

/// The nodes. They and everything on them are gone when this is dropped.
#[derive(Debug)]
pub struct Cluster {
    /// The nodes.
    pub nodes: Vec<Node>,
    words: Words,
    // After the nodes.
    _network: Network,
}

/// What the files of `deploy/` leave open.
#[derive(Debug)]
struct Words(Vec<(&'static str, String)>);

impl Words {
    /// A file with everything put in.
    fn fill(&self, file: &str) -> String {
        self.0.iter().fold(file.to_owned(), |text, (word, value)| text.replace(word, value))
    }
}

impl Cluster {
    /// Makes the nodes, each in a folder of its own, and waits until all three are one cluster.
    pub fn start(folder: &Path) -> Result<Self> {
        let programs = postgres_programs()?;
        let network = Network::new()?;
        let machines = (1..=3).map(|number| network.machine(number)).collect::<Result<Vec<_>>>()?;
        let mut words = vec![("%NETWORK%", network.range())];
        for (word, machine) in ["%DB1%", "%DB2%", "%DB3%"].into_iter().zip(&machines) {
            words.push((word, machine.address.to_string()));
        }
        let passwords = ["%SUPERUSER_PASSWORD%", "%REPLICATION_PASSWORD%", "%REWIND_PASSWORD%"];
        for word in passwords.into_iter().chain(["%REST_PASSWORD%", "%ROSTER_PASSWORD%"]) {
            words.push((word, PASSWORD.to_owned()));
        }
        words.push(("/usr/lib/postgresql/15/bin", tool::text(&programs)?.to_owned()));
        let words = Words(words);
        let nodes = machines
            .into_iter()
            .zip(["db1", "db2", "db3"])
            .map(|(machine, name)| Node::new(name, machine, &folder.join(name), &words))
            .collect::<Result<Vec<_>>>()?;
        let mut cluster = Self { nodes, words, _network: network };
        for node in &mut cluster.nodes {
            node.start()?;
        }
        cluster.wait_until_whole(true)?;
        Ok(cluster)
    }

    /// `deploy/roster.toml` for this cluster.
    pub fn roster_settings(&self) -> String {
        self.words.fill(include_str!("../../../../deploy/roster.toml"))
    }

    /// A database of whichever node is the primary, as the superuser.
    pub fn url(&self, database: &str) -> String {
        let hosts: Vec<String> = self.nodes.iter().map(|node| node.address().to_string()).collect();
        format!(
            "postgres://postgres:{PASSWORD}@{}/{database}?target_session_attrs=read-write&connect_timeout=2",
            hosts.join(",")
        )
    }

    /// A database of one node, as the superuser.
    pub fn url_of(&self, node: &Node, database: &str) -> String {
        format!("postgres://postgres:{PASSWORD}@{}/{database}?connect_timeout=2", node.address())
    }

    /// Which node Patroni names the primary, if one.
    pub fn primary(&self) -> Option<usize> {
        self.nodes.iter().position(Node::is_primary)
    }

    /// Waits until there is a primary for which this is so.
    pub fn wait_for_primary(&self, is_meant: impl Fn(usize) -> bool) -> Result<usize> {
        let began = Instant::now();
        loop {
            if let Some(primary) = self.primary().filter(|primary| is_meant(*primary)) {
                return Ok(primary);
            }
            if began.elapsed() > PATIENCE {
                bail!("no primary after {PATIENCE:?}: {}", self.tail());
            }
            sleep(GLANCE);
        }
    }

    /// Which node a commit waits for.
    pub fn synchronous_standby(&self) -> Result<usize> {
        let sql = "SELECT application_name FROM pg_stat_replication WHERE sync_state = 'sync'";
        let name: String = sql::one(&self.url("postgres"), sql, &[])?.try_get(0)?;
        self.nodes.iter().position(|node| node.name == name).context("a standby that is no node")
    }

    /// Waits until one node is the primary and the other two stream from it, one of them synchronously unless commits are
    /// not to wait.
    pub fn wait_until_whole(&self, synchronous: bool) -> Result<()> {
        let sql = "SELECT count(*) = 2 AND bool_or(sync_state IN ('sync', 'quorum')) = $1 \
                   FROM pg_stat_replication WHERE state = 'streaming'";
        let began = Instant::now();
        loop {
            if let Some(node) = self.primary().and_then(|primary| self.nodes.get(primary)) {
                // A primary that goes away in between is not whole.
                let whole = sql::one(&self.url_of(node, "postgres"), sql, &[&synchronous]);
                if whole.is_ok_and(|row| row.get::<_, Option<bool>>(0) == Some(true)) {
                    return Ok(());
                }
            }
            if began.elapsed() > PATIENCE {
                bail!("the nodes are no cluster after {PATIENCE:?}: {}", self.tail());
            }
            sleep(GLANCE);
        }
    }

    /// Turns synchronous replication on or off, as an operator would.
    pub fn set_synchronous(&self, on: bool) -> Result<()> {
        let node = self.nodes.first().context("no node")?;
        let set = format!("synchronous_mode={on}");
        node.patronictl(&["edit-config", "--force", "--quiet", "-s", &set])?;
        self.wait_until_whole(on)
    }

    fn tail(&self) -> String {
        self.nodes.iter().map(Node::tail).collect::<Vec<_>>().join("\n")
    }
}

/// Where the newest PostgreSQL's programs are, as Debian has them.
fn postgres_programs() -> Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    let version = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.parse::<u32>().ok()
    };
    let newest = versions.filter_map(version).max().context("PostgreSQL is not installed")?;
    Ok(format!("/usr/lib/postgresql/{newest}/bin").into())
}
