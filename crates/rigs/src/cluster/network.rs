//! Machines on one switch: network namespaces, each joined by a cable to a bridge in a namespace of its own.

use std::fs;
use std::net::Ipv4Addr;
use std::process::Command;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{tool, undo};

/// The last part of the address by which machines see the rig itself.
const OWN: u8 = 1;
/// Processes that fork while they are killed are killed again, so often.
const MOST_SWEEPS: usize = 100;

/// The switch. It is gone when this is dropped.
#[derive(Debug)]
pub struct Network {
    name: String,
    third: u8,
    _guard: undo::Guard,
}

impl Network {
    /// Makes the switch, and the rig's own cable to it.
    pub fn new() -> Result<Self> {
        let id = std::process::id();
        let name = format!("rig{id}");
        let switch = format!("{name}switch");
        // 198.18.0.0/15 is for tests of networks (RFC 2544): nobody's own.
        let third = u8::try_from(id % 256)?;
        ip(&format!("netns add {switch}"))?;
        let guard = undo::later({
            let switch = switch.clone();
            // The cables go with it.
            move || drop(ip(&format!("netns delete {switch}")))
        });
        let network = Self { name, third, _guard: guard };
        // In a namespace of its own no rule of the machine's firewall sees what passes it.
        ip(&format!("-netns {switch} link add bridge type bridge"))?;
        ip(&format!("-netns {switch} link set bridge up"))?;
        ip(&format!("link add {} type veth peer name own netns {switch}", network.name))?;
        ip(&format!("-netns {switch} link set own master bridge"))?;
        ip(&format!("-netns {switch} link set own up"))?;
        ip(&format!("address add {}/24 dev {}", network.address(OWN), network.name))?;
        ip(&format!("link set {} up", network.name))?;
        Ok(network)
    }

    /// The network as others name it.
    pub fn range(&self) -> String {
        format!("{}/24", self.address(0))
    }

    fn address(&self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, self.third, last)
    }

    /// Connects one more machine.
    pub fn machine(&self, number: u8) -> Result<Machine> {
        let (namespace, switch) = (format!("{}db{number}", self.name), format!("{}switch", self.name));
        let address = self.address(10 + number);
        ip(&format!("netns add {namespace}"))?;
        let guard = undo::later({
            let namespace = namespace.clone();
            move || {
                drop(kill_in(&namespace, |_| true));
                drop(ip(&format!("netns delete {namespace}")));
            }
        });
        let port = format!("db{number}");
        ip(&format!("-netns {namespace} link add cable type veth peer name {port} netns {switch}"))?;
        ip(&format!("-netns {switch} link set {port} master bridge"))?;
        ip(&format!("-netns {switch} link set {port} up"))?;
        ip(&format!("-netns {namespace} address add {address}/24 dev cable"))?;
        ip(&format!("-netns {namespace} link set cable up"))?;
        ip(&format!("-netns {namespace} link set lo up"))?;
        Ok(Machine { namespace, address, _guard: guard })
    }
}

/// A machine. Whatever runs on it is killed, and it is gone, when this is dropped.
#[derive(Debug)]
pub struct Machine {
    namespace: String,
    /// Its address.
    pub address: Ipv4Addr,
    _guard: undo::Guard,
}

impl Machine {
    /// A command on it, as the user whom Debian's packages run it as: PostgreSQL refuses root.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args([
            "netns",
            "exec",
            &self.namespace,
            "setpriv",
            "--reuid",
            "postgres",
            "--regid",
            "postgres",
        ]);
        command.args(["--clear-groups", "--", program]);
        command
    }

    /// Kills, with no warning, the processes whose names are so, until none is left.
    pub fn kill(&self, is_meant: impl Fn(&str) -> bool) -> Result<()> {
        kill_in(&self.namespace, is_meant)
    }

    /// Pulls the cable, or puts it back.
    pub fn plug(&self, is_in: bool) -> Result<()> {
        ip(&format!("-netns {} link set cable {}", self.namespace, if is_in { "up" } else { "down" }))
    }

    /// Hears nothing any more of those machines: what they send is dropped without a word, as on a broken line.
    pub fn ignore(&self, others: &[Ipv4Addr]) -> Result<()> {
        let others: Vec<String> = others.iter().map(ToString::to_string).collect();
        nft(&self.namespace, "add table inet rig")?;
        nft(&self.namespace, "add chain inet rig arriving { type filter hook input priority 0 ; }")?;
        nft(&self.namespace, &format!("add rule inet rig arriving ip saddr {{ {} }} drop", others.join(", ")))
    }

    /// Hears everyone again.
    pub fn listen(&self) -> Result<()> {
        nft(&self.namespace, "delete table inet rig")
    }
}

fn ip(arguments: &str) -> Result<()> {
    let words: Vec<&str> = arguments.split(' ').collect();
    tool::run("ip", &words).map(drop).with_context(|| format!("ip {arguments}"))
}

fn nft(namespace: &str, rule: &str) -> Result<()> {
    tool::run("ip", &["netns", "exec", namespace, "nft", rule])
        .map(drop)
        .with_context(|| format!("nft {rule}"))
}

fn kill_in(namespace: &str, is_meant: impl Fn(&str) -> bool) -> Result<()> {
    for _ in 0..MOST_SWEEPS {
        let mut left = false;
        for pid in tool::run("ip", &["netns", "pids", namespace])?.lines() {
            // One that has ended meanwhile has no name.
            let Ok(name) = fs::read_to_string(format!("/proc/{pid}/comm")) else { continue };
            if is_meant(name.trim()) {
                left = true;
                let pid = pid.parse().ok().and_then(Pid::from_raw).context("a process without an id")?;
                // It may be gone already.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        if !left {
            return Ok(());
        }
    }
    bail!("processes in {namespace} outlive kill -9")
}
