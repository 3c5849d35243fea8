//! A server process: started, stopped and continued, looked at, ended.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use roster_testkit::load::cpu_seconds;
use rustix::process::{Pid, Signal, kill_process};

/// Longer than any of them takes to start, on a busy machine too.
const MOST_TIME_TO_START: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(20);

/// A running server. It is killed when this is dropped, and when this process ends in any other way.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pid: Pid,
    /// Servers that it can't work without: stopped, continued and counted with it.
    needed: Vec<Self>,
}

impl Process {
    /// Starts a command. What it writes goes to `log`.
    pub(crate) fn start(command: &Command, log: &Path) -> Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        Self::spawn(command, Stdio::from(log.try_clone()?), Stdio::null(), log)
    }

    /// Starts a command that is talked to over its standard input and output.
    pub(crate) fn start_talking(command: &Command, log: &Path) -> Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        Self::spawn(command, Stdio::piped(), Stdio::piped(), log)
    }

    fn spawn(command: &Command, stdout: Stdio, stdin: Stdio, log: File) -> Result<Self> {
        // If this process is killed, no server stays behind.
        let mut bound = Command::new("setpriv");
        bound.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program()).args(command.get_args());
        bound.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let child = bound
            .stdin(stdin)
            .stdout(stdout)
            .stderr(log)
            .spawn()
            .context("setpriv, of util-linux, starts a server")?;
        let pid =
            i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("a process without an id")?;
        Ok(Self { child, pid, needed: Vec::new() })
    }

    /// Waits until something accepts connections there.
    pub(crate) fn wait_for(&mut self, address: SocketAddr, log: &Path) -> Result<()> {
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}: {}", tail(log));
            }
            if began.elapsed() > MOST_TIME_TO_START {
                bail!("it does not listen after {MOST_TIME_TO_START:?}: {}", tail(log));
            }
            std::thread::sleep(GLANCE);
        }
        Ok(())
    }

    /// Its standard input and output, once.
    pub(crate) fn talk(&mut self) -> Result<(std::process::ChildStdin, std::process::ChildStdout)> {
        let input = self.child.stdin.take().context("its standard input is not ours")?;
        Ok((input, self.child.stdout.take().context("its standard output is not ours")?))
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// It can't work without that one, which ends with it.
    pub(crate) fn needs(&mut self, needed: Self) {
        self.needed.push(needed);
    }

    /// Takes the processor from it.
    pub(crate) fn pause(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Gives it back.
    pub(crate) fn resume(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(self.pid, signal)?;
        for child in children(self.child.id()) {
            // It may have ended meanwhile.
            let _ = kill_process(child, signal);
        }
        self.needed.iter().try_for_each(|needed| needed.signal(signal))
    }

    /// Asks it to end and waits until it has.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.resume()?;
        kill_process(self.pid, Signal::TERM)?;
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > MOST_TIME_TO_START {
                bail!("it has not ended after {MOST_TIME_TO_START:?}");
            }
            std::thread::sleep(GLANCE);
        }
        Ok(())
    }

    /// The processor time that it has used, and whatever it has started.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let family = children(self.child.id()).into_iter().chain([self.pid]);
        let used = family.filter_map(|process| cpu_seconds(process.as_raw_nonzero().get().unsigned_abs()));
        used.sum::<f64>() + self.needed.iter().map(Self::cpu_seconds).sum::<f64>()
    }

    /// Its resident memory.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = File::open(&path).with_context(|| path)?;
        let mut memory = Memory::default();
        for line in BufReader::new(status).lines() {
            let line = line?;
            let mebibytes =
                |rest: &str| rest.trim().trim_end_matches(" kB").parse::<f64>().map(|kib| kib / 1024.0);
            if let Some(rest) = line.strip_prefix("VmRSS:") {
                memory.now = mebibytes(rest)?;
            } else if let Some(rest) = line.strip_prefix("VmHWM:") {
                memory.peak = mebibytes(rest)?;
            }
        }
        Ok(memory)
    }
}

/// The processes that a process has started, by the thread that is its first.
fn children(process: u32) -> Vec<Pid> {
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    let children = children.unwrap_or_default();
    children.split_ascii_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

/// Resident memory, in MiB.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    /// VmRSS.
    pub(crate) now: f64,
    /// VmHWM: the most it ever was.
    pub(crate) peak: f64,
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail for a process that has ended, which is what they are for.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port of this machine's own that nothing listens on.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    const LINES: usize = 5;
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join(" / ")
}

/// Runs a command to its end; what it wrote to its standard output.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("{:?}", command.get_program()))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors.lines().last().map_or_else(|| output.status.to_string(), str::to_owned);
        bail!("{}", without_script(&last));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What a shell says, without the script and the line that it says it of.
fn without_script(message: &str) -> &str {
    let after = message.split_once(": line ").and_then(|(_, rest)| rest.split_once(": "));
    after.map_or(message, |(_, what)| what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_says_is_told_without_its_script() {
        assert_eq!(without_script("/a/b/install: line 13: npm: command not found"), "npm: command not found");
        assert_eq!(without_script("no apt-get here"), "no apt-get here");
    }
}
