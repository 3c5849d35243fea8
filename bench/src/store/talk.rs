//! The other end: a process that drives the store, and what it is told.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command};
use std::time::Duration;

use anyhow::{Result, bail};

use super::{Measured, Order};
use crate::operation::Operation;
use crate::process::{Process, tail};

/// A process that drives the store.
pub(crate) struct Talk {
    pub(crate) process: Process,
    told: ChildStdin,
    answers: BufReader<ChildStdout>,
    log: std::path::PathBuf,
}

impl Talk {
    /// Starts it; what loading it showed.
    pub(crate) fn start(data: &Path, users: u64, log: &Path) -> Result<(Self, Measured)> {
        std::fs::create_dir_all(data)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("store").arg("--data").arg(data).arg("--users").arg(users.to_string());
        let mut process = Process::start_talking(&command, log)?;
        let (told, answers) = process.talk()?;
        let mut talk = Self { process, told, answers: BufReader::new(answers), log: log.to_owned() };
        let loaded = talk.answer()?;
        Ok((talk, loaded))
    }

    pub(crate) fn measure(
        &mut self,
        operation: Operation,
        tasks: usize,
        lasting: Duration,
    ) -> Result<Measured> {
        let order = Order { operation, tasks, seconds: lasting.as_secs_f64() };
        writeln!(self.told, "{}", serde_json::to_string(&order)?)?;
        self.told.flush()?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Measured> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            bail!("it ended: {}", tail(&self.log));
        }
        Ok(serde_json::from_str(&line)?)
    }
}
