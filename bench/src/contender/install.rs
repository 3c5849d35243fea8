//! Peers: each a folder with a command that installs it and one that serves it.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{Contender, Places, nobody, served};
use crate::plan::Peer;
use crate::process::{Process, free_address, run};
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
        Peer::Idempotent | Peer::Limit | Peer::Store => None,
    }
}

/// Installs a peer, if it is not there, and starts it.
pub(crate) fn peer(peer: Peer, places: &Places) -> Result<Contender> {
    let Some(speak) = speak(peer) else { bail!("{} is no peer that is installed", peer.key()) };
    let (sources, installed) = (places.sources.join(peer.key()), places.installed.join(peer.key()));
    let mut about = nobody(peer);
    let versions =
        run(Command::new(sources.join("install")).arg(&installed)).context("it can't be installed")?;
    about.versions = versions.lines().map(str::to_owned).collect();

    let (data, log, address) = (places.data_of(peer.key()), places.log_of(peer.key()), free_address()?);
    std::fs::create_dir_all(&data)?;
    let mut serve = Command::new(sources.join("serve"));
    serve.arg(&installed).arg(address.port().to_string()).arg(&data);
    let mut process = Process::start(&serve, &log)?;
    process.wait_for(address, &log).context("it can't be started")?;
    served(about, process, address, &data, speak)
}
