//! Command lines of strace, and what it wrote.

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rustix::process::Pid;

/// The calls by which data reaches the disk, as `-e trace=` takes them.
pub const SYNCS: &str = "fdatasync,fsync";

const MOST_SECONDS_TO_WRITE: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(5);

/// Runs a command with faults injected into its calls.
///
/// The tracer is a grandchild, so that the traced process is the caller's own child and gets its signals.
pub fn injecting(calls: &str, inject: &str, trace: &Path) -> Vec<OsString> {
    let mut words: Vec<OsString> = ["strace", "-D", "-f", "-q", "-y", "--seccomp-bpf"].map(Into::into).into();
    words.extend(["-e".into(), format!("trace={calls}").into()]);
    words.extend(["-e".into(), format!("inject={inject}").into()]);
    words.extend(["-e".into(), "signal=none".into(), "-o".into(), trace.into()]);
    words
}

/// Runs a command whose every sync takes that much longer.
pub fn slowing(milliseconds: u64, trace: &Path) -> Vec<OsString> {
    injecting(SYNCS, &format!("{SYNCS}:delay_enter={}", milliseconds * 1_000), trace)
}

/// Waits until the tracer has written down the end of a process, and so everything before it.
pub fn wait_until_written(trace: &Path, pid: Pid) -> Result<()> {
    let began = Instant::now();
    let pid = pid.as_raw_nonzero().to_string();
    let is_its_end = |line: &str| {
        // strace fills the column of the ids with spaces.
        let mut words = line.split_whitespace();
        words.next() == Some(&pid) && words.next() == Some("+++")
    };
    while !read(trace)?.lines().any(is_its_end) {
        if began.elapsed() > MOST_SECONDS_TO_WRITE {
            bail!("strace does not write of the end of {pid}");
        }
        std::thread::sleep(GLANCE);
    }
    Ok(())
}

fn read(trace: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&std::fs::read(trace)?).into_owned())
}

/// The calls into which a fault was injected: lines of the trace.
pub fn injected(trace: &Path) -> Result<Vec<String>> {
    Ok(read(trace)?.lines().filter(|line| line.contains("(INJECTED)")).map(ToOwned::to_owned).collect())
}

/// How many syncs the trace has.
pub fn count_syncs(trace: &Path) -> Result<usize> {
    let is_sync = |line: &&str| SYNCS.split(',').any(|sync| line.contains(&format!(" {sync}(")));
    Ok(read(trace)?.lines().filter(is_sync).count())
}
