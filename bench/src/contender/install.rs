//! Peers: each a folder with a command that installs it and one that serves it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{Contender, Places, nobody, served};
use crate::plan::Peer;
use crate::process::{Process, free_address, run};
use crate::result::Contestant;
use crate::speak::{Ldap, Plain, Scim, Speak};

fn speak(peer: Peer) -> Option<Box<dyn Speak>> {
    match peer {
        Peer::Slapd => Some(Box::new(Ldap)),
        Peer::Scim2Server => Some(Box::new(Scim {
            base: "/v2",
            id: r#""id": ""#,
            user_name: r#""userName": ""#,
            shows_changed: false,
        })),
        Peer::Scimmy => Some(Box::new(Scim {
            base: "/scim",
            id: r#""id":""#,
            user_name: r#""userName":""#,
            shows_changed: true,
        })),
        Peer::Express | Peer::Fastapi => Some(Box::new(Plain)),
        Peer::Idempotent | Peer::Limit | Peer::Store | Peer::Postgres | Peer::PostgresAlone => None,
    }
}

/// Installs a peer, if it is not there, and starts it.
pub(crate) fn peer(peer: Peer, places: &Places) -> Result<Contender> {
    let Some(speak) = speak(peer) else { bail!("{} is no peer that is installed", peer.key()) };
    let data = places.data_of(peer.key());
    let Started { versions, process, address } = start(peer.key(), places, &data)?;
    served(Contestant { versions, ..nobody(peer) }, process, address, &data, speak)
}

/// A server that listens.
pub(super) struct Started {
    pub(super) versions: Vec<String>,
    pub(super) process: Process,
    pub(super) address: SocketAddr,
}

/// Installs what is in that folder of the sources, if it is not there, and starts it over that data.
pub(super) fn start(folder: &str, places: &Places, data: &Path) -> Result<Started> {
    let (sources, installed) = (places.sources.join(folder), places.installed.join(folder));
    let versions =
        run(Command::new(sources.join("install")).arg(&installed)).context("it can't be installed")?;
    let versions = versions.lines().map(str::to_owned).collect();

    let (log, address) = (places.log_of(folder), free_address()?);
    std::fs::create_dir_all(data)?;
    let mut serve = Command::new(sources.join("serve"));
    serve.arg(&installed).arg(address.port().to_string()).arg(data);
    let mut process = Process::start(&serve, &log)?;
    process.wait_for(address, &log).context("it can't be started")?;
    Ok(Started { versions, process, address })
}
