//! The machine, and the commit.

use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::Result;

use crate::disk;
use crate::process::run;
use crate::result::Machine;

/// What it is, for whoever reads the figures.
pub(crate) fn describe(data: &Path) -> Result<Machine> {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let after = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once([':', '='])?.1.trim().trim_matches('"').to_owned())
    };
    let memory = after(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
    let kibibytes: f64 = memory.trim_end_matches(" kB").parse().unwrap_or_default();
    let unknown = || "unknown".to_owned();
    let system = after(&read("/etc/os-release"), "PRETTY_NAME").unwrap_or_else(unknown);
    let kernel = read("/proc/sys/kernel/osrelease");
    let file_system =
        run(Command::new("findmnt").args(["--noheadings", "--output", "FSTYPE", "--target"]).arg(data));
    Ok(Machine {
        processor: after(&read("/proc/cpuinfo"), "model name").unwrap_or_else(unknown),
        cores: available_parallelism()?.get(),
        memory_gib: kibibytes / 1024.0 / 1024.0,
        system: format!("{system}, Linux {}", kernel.trim()),
        file_system: file_system.unwrap_or_else(|_| unknown()),
        fdatasync_micros: disk::fdatasync_micros(data)?,
        load_before: read("/proc/loadavg")
            .split(' ')
            .next()
            .and_then(|load| load.parse().ok())
            .unwrap_or_default(),
    })
}

/// The commit that is checked out; with `+` where files of the code were changed since.
pub(crate) fn commit(root: &Path) -> String {
    let git = |arguments: &[&str]| run(Command::new("git").arg("-C").arg(root).args(arguments));
    let Ok(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".to_owned() };
    let changed =
        git(&["status", "--porcelain", "--untracked-files=no", "--", "crates", "bench", "Cargo.lock"]);
    if changed.is_ok_and(|changed| changed.is_empty()) { commit } else { format!("{commit}+") }
}
