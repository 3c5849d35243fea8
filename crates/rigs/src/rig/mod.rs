//! The rigs, and what they share.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::ledger::{Ledger, Store};
use crate::report::Report;
use crate::server::{self, Launch};
use crate::stored::Stored;
use crate::verify::{Verdict, verify};
use crate::{strace, tool, undo};

pub mod failover;
pub mod full_disk;
pub mod hash_storm;
pub mod inject;
pub mod kill9;
pub mod migrate_store;
pub mod overload;
pub mod power_cut;
pub mod sigterm;
pub mod slow_disk;

/// What every rig is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server's binary.
    pub roster: PathBuf,
    /// How many times to do the harm; what one time is, each rig says.
    pub rounds: usize,
    /// Decides everything that is left to chance, but for what the machine's timing decides.
    pub seed: u64,
    /// A PostgreSQL database with nothing in it, for the rigs that need one.
    pub database_url: Option<String>,
}

/// A folder for one run, removed with everything in it.
#[derive(Debug)]
pub struct Workspace {
    /// Where.
    pub path: PathBuf,
    _guard: undo::Guard,
}

impl Workspace {
    /// Makes one.
    pub fn new() -> Result<Self> {
        let path = tempfile::Builder::new().prefix("roster-rig-").tempdir()?.keep();
        let guard = undo::later({
            let path = path.clone();
            move || drop(std::fs::remove_dir_all(path))
        });
        Ok(Self { path, _guard: guard })
    }

    /// How to start a server on a data directory, its log kept in this folder.
    pub fn launch(&self, options: &Options, data: &Path) -> Launch {
        Launch {
            roster: options.roster.clone(),
            data: data.to_owned(),
            arguments: Vec::new(),
            under: Vec::new(),
            log: self.path.join("server.log"),
        }
    }

    /// The same, with every `fdatasync` slowed by that many milliseconds.
    pub fn launch_slowed(&self, options: &Options, data: &Path, milliseconds: u64) -> Launch {
        Launch { under: strace::slowing(milliseconds, &self.trace()), ..self.launch(options, data) }
    }

    /// The same without a tracer, which would take from the server three quarters of what it can answer: a library that is
    /// put before the system's own does it.
    pub fn launch_slowed_untraced(
        &self,
        options: &Options,
        data: &Path,
        milliseconds: u64,
    ) -> Result<Launch> {
        let library = self.path.join("slow_sync.so");
        let source = self.path.join("slow_sync.c");
        std::fs::write(&source, include_str!("slow_sync.c"))?;
        let delay = format!("-DMICROSECONDS={}", milliseconds * 1_000);
        let (source, library) = (tool::text(&source)?, tool::text(&library)?);
        tool::run("cc", &["-shared", "-fPIC", "-O1", &delay, "-o", library, source, "-ldl"])?;
        let under = vec!["env".into(), format!("LD_PRELOAD={library}").into()];
        Ok(Launch { under, ..self.launch(options, data) })
    }

    /// Where a traced server's calls are written.
    pub fn trace(&self) -> PathBuf {
        self.path.join("trace")
    }
}

/// What a data directory that nobody serves was found to be.
#[derive(Debug)]
pub struct Judgement {
    /// Compared with the ledger.
    pub verdict: Verdict,
    /// What `roster check` said against it, or why it can't be read.
    pub unsound: Option<String>,
    /// What is in it.
    pub stored: Stored,
}

impl Judgement {
    /// Holds what was read to the ledger.
    fn new(said: Option<String>, read: Result<Stored>, ledger: &Ledger, until: u64, store: Store) -> Self {
        // A store that is not there at all has lost everything.
        let (stored, unreadable) = match read {
            Ok(stored) => (stored, None),
            Err(error) => (Stored::default(), Some(format!("unreadable: {error:#}"))),
        };
        let verdict = verify(&stored, ledger, until, store);
        Self { verdict, unsound: said.or(unreadable), stored }
    }

    /// Whether there is nothing against it.
    pub fn is_good(&self) -> bool {
        self.unsound.is_none() && self.verdict.is_good()
    }
}

/// Judges a data directory that nobody serves: by `roster check`, which recovers it first, and by the ledger, whose
/// acknowledgements count up to `until`.
pub fn judge(options: &Options, data: &Path, ledger: &Ledger, until: u64) -> Result<Judgement> {
    let said = server::check(&options.roster, data)?;
    Ok(Judgement::new(said, Stored::read(data), ledger, until, Store::Sqlite))
}

/// What judgements add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often a directory was judged.
    pub trials: usize,
    /// How many acknowledged writes were looked for, in all of them.
    pub acknowledged: usize,
    /// Trials in which an acknowledged write was lost.
    pub lost: usize,
    /// Trials in which a write was half there, or one was there that must not be.
    pub half: usize,
    /// Trials in which the store was not sound.
    pub unsound: usize,
    /// The same as lines: what was lost.
    pub losses: Vec<String>,
    /// The same as lines: everything else.
    pub wrongs: Vec<String>,
}

impl Tally {
    /// Adds a judgement; `place` says of which trial.
    pub fn add(&mut self, place: &str, judgement: &Judgement) {
        let Judgement { verdict, unsound, stored: _ } = judgement;
        self.trials += 1;
        self.acknowledged += verdict.acknowledged;
        self.lost += usize::from(!verdict.lost.is_empty());
        self.half += usize::from(!verdict.half.is_empty() || !verdict.invented.is_empty());
        self.unsound += usize::from(unsound.is_some());
        self.losses.extend(verdict.lost.iter().map(|line| format!("{place}: lost: {line}")));
        self.wrongs.extend(verdict.half.iter().map(|line| format!("{place}: half there: {line}")));
        self.wrongs.extend(verdict.invented.iter().map(|line| format!("{place}: invented: {line}")));
        self.wrongs.extend(unsound.iter().map(|line| format!("{place}: {line}")));
    }

    /// Adds the rows that every rig has, and what it found to the violations.
    pub fn tell(self, report: &mut Report, trial: &str) {
        report.row("acknowledged writes looked for", self.acknowledged);
        report.found(format!("{trial} with a lost acknowledged write"), self.lost, self.trials);
        report.found(format!("{trial} with half a write"), self.half, self.trials);
        report.found(format!("{trial} that `roster check` finds fault with"), self.unsound, self.trials);
        report.violations.extend(self.losses);
        report.violations.extend(self.wrongs);
    }
}
