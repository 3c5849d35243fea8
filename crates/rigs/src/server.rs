//! A Roster process: started, asked, ended; maybe under strace.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{tool, undo};

/// A debug build on a busy machine, traced, starts well within it.
const MOST_SECONDS_TO_START: Duration = Duration::from_secs(30);
/// A machine that is gone says nothing.
const MOST_SECONDS_TO_CONNECT: Duration = Duration::from_secs(2);
/// How often someone who waits looks again.
const GLANCE: Duration = Duration::from_millis(5);
/// The end of a log that an error shows.
const TAIL_BYTES: usize = 4_000;

/// How to start a server.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The binary.
    pub roster: PathBuf,
    /// The data directory.
    pub data: PathBuf,
    /// More arguments of `serve`.
    pub arguments: Vec<String>,
    /// A command to run it under, with its arguments, which execs it; none if empty.
    pub under: Vec<OsString>,
    /// Where what it writes goes.
    pub log: PathBuf,
}

/// A running server. It is killed when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Arc<Mutex<Child>>,
    /// Which process it is.
    pub pid: Pid,
    /// Where it listens.
    pub address: SocketAddr,
    log: PathBuf,
    _guard: undo::Guard,
}

/// What a start came to.
#[derive(Debug)]
pub enum Started {
    /// It serves.
    Serving(Server),
    /// It ended instead.
    Ended {
        /// Which process it was.
        pid: Pid,
        /// How it ended.
        status: ExitStatus,
    },
}

impl Server {
    /// Starts a server and waits until it is ready.
    pub fn start(launch: &Launch) -> Result<Self> {
        match Self::try_start(launch)? {
            Started::Serving(server) => Ok(server),
            Started::Ended { status, .. } => bail!("the server ended with {status}: {}", tail(&launch.log)),
        }
    }

    /// Starts a server and waits until it is ready or has ended.
    pub fn try_start(launch: &Launch) -> Result<Started> {
        let mut server = Self::spawn(launch)?;
        let began = Instant::now();
        while began.elapsed() < MOST_SECONDS_TO_START {
            if let Some(status) = server.ended()? {
                return Ok(Started::Ended { pid: server.pid, status });
            }
            if probe(server.address, "/readyz").is_ok_and(|status| status == 200) {
                return Ok(Started::Serving(server));
            }
            std::thread::sleep(GLANCE);
        }
        bail!("the server is not ready after {MOST_SECONDS_TO_START:?}: {}", tail(&launch.log))
    }

    fn spawn(launch: &Launch) -> Result<Self> {
        let address = free_address()?;
        let log = File::options().create(true).append(true).open(&launch.log)?;
        let mut words: Vec<OsString> = launch.under.clone();
        words.push(launch.roster.clone().into());
        let program = words.remove(0);
        let child = Command::new(&program)
            .args(&words)
            .arg("serve")
            .arg("--data")
            .arg(&launch.data)
            .args(["--listen", &address.to_string()])
            .args(&launch.arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| tool::missing(&program.to_string_lossy(), error))?;
        let pid =
            i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("a process without an id")?;
        let child = Arc::new(Mutex::new(child));
        let guarded = Arc::clone(&child);
        let guard = undo::later(move || {
            let mut child = guarded.lock().unwrap_or_else(PoisonError::into_inner);
            // Both fail for a process that has ended, which is what they are for.
            drop(child.kill());
            drop(child.wait());
        });
        Ok(Self { child, pid, address, log: launch.log.clone(), _guard: guard })
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait()?)
    }

    /// Asks it to end.
    pub fn terminate(&self) -> Result<()> {
        // Not waited for yet, so the number is still its own.
        Ok(kill_process(self.pid, Signal::TERM)?)
    }

    /// Ends it at once, as nothing can be prepared for, and waits until it is gone.
    pub fn kill(mut self) -> Result<()> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).kill()?;
        self.wait(MOST_SECONDS_TO_START).map(drop)
    }

    /// Waits until it has ended.
    pub fn wait(&mut self, patience: Duration) -> Result<ExitStatus> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if began.elapsed() > patience {
                bail!("the server has not ended after {patience:?}: {}", tail(&self.log));
            }
            std::thread::sleep(GLANCE);
        }
    }

    /// Asks it to end and waits until it has, as it should.
    pub fn stop(mut self, patience: Duration) -> Result<()> {
        self.terminate()?;
        let status = self.wait(patience)?;
        if !status.success() {
            bail!("the server ended with {status}: {}", tail(&self.log));
        }
        Ok(())
    }
}

/// Makes the data directory, if it is not there, with an API key that may read and write; the key.
pub fn create_key(roster: &Path, data: &Path) -> Result<String> {
    let arguments = [
        "key".as_ref(),
        "create".as_ref(),
        "rigs".as_ref(),
        "--scopes".as_ref(),
        "users:read,users:write".as_ref(),
        "--data".as_ref(),
        data.as_os_str(),
    ];
    Ok(tool::run(tool::text(roster)?, &arguments)?.trim().to_owned())
}

/// Runs `roster check` on a data directory: what it found, if anything.
pub fn check(roster: &Path, data: &Path) -> Result<Option<String>> {
    let output = Command::new(roster)
        .arg("check")
        .arg("--data")
        .arg(data)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| tool::missing(&roster.to_string_lossy(), error))?;
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ok((!output.status.success())
        .then(|| format!("roster check ended with {}: {}", output.status, said.trim())))
}

/// The status that a GET of a path is answered with.
pub fn probe(address: SocketAddr, path: &str) -> Result<u16> {
    let mut stream = TcpStream::connect_timeout(&address, MOST_SECONDS_TO_CONNECT)?;
    stream.set_read_timeout(Some(MOST_SECONDS_TO_START))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.context("an answer without a status")
}

/// A port that nothing listens on.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// The end of a log.
pub fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let from = text.len().saturating_sub(TAIL_BYTES);
    String::from_utf8_lossy(text.get(from..).unwrap_or_default()).into_owned()
}
