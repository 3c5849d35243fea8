//! Those that are measured: installed, started, loaded.

mod install;
mod load;
mod roster;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::operation::Operation;
use crate::plan::Peer;
use crate::population::Population;
use crate::process::{Memory, Process};
use crate::result::Contestant;
use crate::speak::Speak;
use crate::store::{self, Talk};

pub(crate) use install::peer;
pub(crate) use load::{load, prime_passwords};
pub(crate) use roster::{answers, idempotent, limit, on_postgres, roster};

/// Someone who is measured.
pub(crate) struct Contender {
    pub(crate) about: Contestant,
    pub(crate) driven: Driven,
    /// The same server, spoken to in another way.
    pub(crate) also: Option<Also>,
}

/// Another way.
pub(crate) struct Also {
    pub(crate) about: Contestant,
    pub(crate) speak: Box<dyn Speak>,
}

/// How it is driven.
pub(crate) enum Driven {
    /// Over its protocol.
    Served { server: Box<Server>, speak: Box<dyn Speak> },
    /// Over a pipe, by itself.
    Store(Box<Talk>),
}

/// A server that has users.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) population: Population,
    /// Where its data is.
    pub(crate) data: PathBuf,
}

impl Contender {
    /// Whether it has the operation, in one way or the other.
    pub(crate) fn offers(&self, operation: Operation) -> bool {
        let itself = match &self.driven {
            Driven::Served { speak, .. } => speak.offers(operation),
            Driven::Store(_) => store::offers(operation),
        };
        itself || self.also.as_ref().is_some_and(|also| also.speak.offers(operation))
    }

    /// What is known of it, in both ways.
    pub(crate) fn abouts(&self) -> impl Iterator<Item = &Contestant> {
        std::iter::once(&self.about).chain(self.also.iter().map(|also| &also.about))
    }

    pub(crate) fn pause(&self) -> Result<()> {
        self.driven.with(Process::pause)
    }

    pub(crate) fn resume(&self) -> Result<()> {
        self.driven.with(Process::resume)
    }

    pub(crate) fn memory(&self) -> Result<Memory> {
        self.driven.with(Process::memory)
    }
}

impl Driven {
    fn with<T>(&self, look: impl Fn(&Process) -> T) -> T {
        match self {
            Self::Served { server, .. } => look(&server.process),
            Self::Store(talk) => look(&talk.process),
        }
    }
}

/// Where everything is.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// The folders of the peers, in the sources.
    pub(crate) sources: PathBuf,
    /// Where they are installed.
    pub(crate) installed: PathBuf,
    /// Where the data of this run is.
    pub(crate) data: PathBuf,
    /// What the processes write.
    pub(crate) logs: PathBuf,
}

impl Places {
    pub(crate) fn data_of(&self, key: &str) -> PathBuf {
        self.data.join(key)
    }

    pub(crate) fn log_of(&self, key: &str) -> PathBuf {
        self.logs.join(format!("{key}.log"))
    }
}

/// One that is not known yet.
pub(crate) fn nobody(peer: Peer) -> Contestant {
    named(peer.key(), peer.title(), peer.settings())
}

fn named(key: &str, title: &str, settings: &str) -> Contestant {
    Contestant {
        key: key.to_owned(),
        title: title.to_owned(),
        settings: settings.to_owned(),
        versions: Vec::new(),
        absent: None,
        loaded: 0,
        load_seconds: 0.0,
        memory_started: 0.0,
        memory_loaded: 0.0,
        memory_ended: 0.0,
        memory_peak: 0.0,
    }
}

/// The store, driven directly. It loads itself.
pub(crate) fn sqlite_store(places: &Places, users: u64) -> Result<Contender> {
    let mut about = nobody(Peer::Store);
    let (talk, loaded) = Talk::start(&places.data_of(&about.key), users, &places.log_of(&about.key))?;
    about.loaded = loaded.done;
    about.load_seconds = loaded.seconds;
    let memory = talk.process.memory()?;
    about.memory_loaded = memory.now;
    talk.process.pause()?;
    Ok(Contender { about, driven: Driven::Store(Box::new(talk)), also: None })
}

/// A contender over a process that listens there.
fn served(
    about: Contestant,
    process: Process,
    address: SocketAddr,
    data: &Path,
    speak: Box<dyn Speak>,
) -> Result<Contender> {
    let mut about = about;
    about.memory_started = process.memory()?.now;
    let server = Server { process, address, population: Population::new(), data: data.to_owned() };
    Ok(Contender { about, driven: Driven::Served { server: Box::new(server), speak }, also: None })
}
