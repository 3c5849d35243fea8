//! What happens to the nodes, and how each is mended.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::cluster::{Cluster, Node};

/// What happens, to the primary unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// PostgreSQL is killed, and Patroni finds it so.
    Postgres,
    /// The machine is gone: cable pulled, everything on it killed.
    Machine,
    /// The other nodes and it hear nothing of each other; the Roster processes reach all of them.
    Partition,
    /// The machine that commits wait for is gone, the standby's.
    Standby,
    /// etcd is gone, on every node.
    Etcd,
}

/// Longer than the primary's key lives without being renewed.
const LONGER_THAN_A_KEY: Duration = Duration::from_secs(20);

impl Fault {
    pub(super) const ALL: [Self; 5] =
        [Self::Postgres, Self::Machine, Self::Partition, Self::Standby, Self::Etcd];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "kill -9 of PostgreSQL",
            Self::Machine => "death of the machine",
            Self::Partition => "partition",
            Self::Standby => "death of the standby",
            Self::Etcd => "loss of etcd",
        }
    }

    /// The node that it happens to.
    pub(super) fn aim(self, cluster: &Cluster, primary: usize) -> Result<usize> {
        if self == Self::Standby { cluster.synchronous_standby() } else { Ok(primary) }
    }

    /// Whether another node must take over.
    pub(super) fn moves(self) -> bool {
        match self {
            Self::Machine | Self::Partition => true,
            Self::Postgres | Self::Standby | Self::Etcd => false,
        }
    }

    /// How long it must last to be one.
    pub(super) fn lasts(self) -> Duration {
        match self {
            Self::Postgres | Self::Machine | Self::Partition | Self::Standby => Duration::ZERO,
            Self::Etcd => LONGER_THAN_A_KEY,
        }
    }

    pub(super) fn strike(self, cluster: &mut Cluster, aim: usize) -> Result<()> {
        match self {
            Self::Postgres => node(cluster, aim)?.kill_postgres(),
            Self::Machine | Self::Standby => {
                let node = node(cluster, aim)?;
                // First: nothing may say farewell.
                node.machine().plug(false)?;
                node.kill_everything()
            }
            Self::Partition => each_but(cluster, aim, |node, others| node.machine().ignore(others)),
            Self::Etcd => cluster.nodes.iter().try_for_each(Node::kill_etcd),
        }
    }

    pub(super) fn heal(self, cluster: &mut Cluster, aim: usize) -> Result<()> {
        match self {
            Self::Postgres => Ok(()),
            Self::Machine | Self::Standby => {
                let node = node(cluster, aim)?;
                node.machine().plug(true)?;
                node.start()
            }
            Self::Partition => each_but(cluster, aim, |node, _| node.machine().listen()),
            Self::Etcd => cluster.nodes.iter_mut().try_for_each(Node::start_etcd),
        }
    }
}

fn node(cluster: &mut Cluster, number: usize) -> Result<&mut Node> {
    cluster.nodes.get_mut(number).context("no such node")
}

/// Does something on both sides of the line between that node and the others.
fn each_but(cluster: &Cluster, number: usize, work: impl Fn(&Node, &[Ipv4Addr]) -> Result<()>) -> Result<()> {
    let alone = cluster.nodes.get(number).context("no such node")?;
    let others: Vec<&Node> = cluster.nodes.iter().filter(|node| node.address() != alone.address()).collect();
    work(alone, &others.iter().map(|node| node.address()).collect::<Vec<_>>())?;
    others.iter().try_for_each(|node| work(node, &[alone.address()]))
}
