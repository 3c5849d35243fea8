//! One node: a machine with PostgreSQL under Patroni, and a member of etcd.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::Words;
use super::network::Machine;
use crate::server::{probe, tail};
use crate::tool;

const PATRONI: &str = include_str!("../../../../deploy/patroni.yml");
const ETCD: &str = include_str!("../../../../deploy/etcd.env");

/// Where Patroni answers, as its file says.
const REST_PORT: u16 = 8008;

/// A node.
#[derive(Debug)]
pub struct Node {
    /// What the others call it.
    pub name: String,
    machine: Machine,
    folder: PathBuf,
    etcd: Vec<(String, String)>,
    running: Vec<Child>,
}

impl Node {
    /// Writes its files; starts nothing yet.
    pub(super) fn new(name: &str, machine: Machine, folder: &Path, words: &Words) -> Result<Self> {
        fs::create_dir_all(folder)?;
        // Every node of the recipe has these places to itself.
        let at = tool::text(folder)?;
        let own = |file: &str| {
            words
                .fill(file)
                .replace("%NODE%", name)
                .replace("%ADDRESS%", &machine.address.to_string())
                .replace("/var/lib/postgresql/15", at)
                .replace("/var/lib/postgresql", at)
                .replace("/var/run/postgresql", at)
                .replace("/var/lib/etcd", &format!("{at}/etcd"))
        };
        fs::write(folder.join("patroni.yml"), own(PATRONI))?;
        let etcd = own(ETCD)
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        tool::run("chown", &["-R", "postgres:", at])?;
        Ok(Self { name: name.to_owned(), machine, folder: folder.to_owned(), etcd, running: Vec::new() })
    }

    /// Its address.
    pub fn address(&self) -> Ipv4Addr {
        self.machine.address
    }

    /// Its machine.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Starts everything on it.
    pub fn start(&mut self) -> Result<()> {
        self.start_etcd()?;
        let mut patroni = self.machine.command("patroni");
        patroni.arg(self.settings());
        self.spawn(patroni)
    }

    /// Starts its member of etcd.
    pub fn start_etcd(&mut self) -> Result<()> {
        let mut etcd = self.machine.command("etcd");
        etcd.envs(self.etcd.iter().map(|(name, value)| (name, value)));
        self.spawn(etcd)
    }

    fn spawn(&mut self, mut command: Command) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let command = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).current_dir("/");
        // The machine's guard kills it, whatever its parent is by then.
        self.running.push(command.spawn().map_err(|error| tool::missing("ip", error))?);
        Ok(())
    }

    /// Kills everything on it at once, and notes it.
    pub fn kill_everything(&mut self) -> Result<()> {
        self.machine.kill(|_| true)?;
        for mut child in self.running.drain(..) {
            child.wait()?;
        }
        Ok(())
    }

    /// Kills PostgreSQL at once, every process of it.
    pub fn kill_postgres(&self) -> Result<()> {
        self.machine.kill(|name| name == "postgres")
    }

    /// Kills its member of etcd at once.
    pub fn kill_etcd(&self) -> Result<()> {
        self.machine.kill(|name| name == "etcd")
    }

    /// Whether Patroni says that this is the primary.
    pub(super) fn is_primary(&self) -> bool {
        let address = SocketAddr::from((self.machine.address, REST_PORT));
        probe(address, "/primary").is_ok_and(|status| status == 200)
    }

    /// Runs a command of Patroni's.
    pub(super) fn patronictl(&self, arguments: &[&str]) -> Result<()> {
        let mut command = self.machine.command("patronictl");
        // click refuses to run where it knows no encoding.
        command.arg("-c").arg(self.settings()).args(arguments).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        let output = command.output().map_err(|error| tool::missing("ip", error))?;
        if !output.status.success() {
            bail!("patronictl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    fn settings(&self) -> PathBuf {
        self.folder.join("patroni.yml")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// The end of its log.
    pub(super) fn tail(&self) -> String {
        tail(&self.log())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // What is left is killed with the machine; here its children are waited for.
        drop(self.kill_everything().context("at the end"));
    }
}
