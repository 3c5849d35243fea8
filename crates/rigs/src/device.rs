//! A file system on a block device that logs every write, and mounts of images.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{tool, undo, write_log};

const DAEMON: &str = "qemu-storage-daemon";
const MOST_SECONDS_TO_CHANGE: Duration = Duration::from_secs(20);
const GLANCE: Duration = Duration::from_millis(5);

/// A mounted file system. It is unmounted when this is dropped.
#[derive(Debug)]
pub struct Mount {
    /// Where.
    pub path: PathBuf,
    guard: undo::Guard,
}

impl Mount {
    /// Mounts the file system of an image, through a loop device that goes with it.
    pub fn image(image: &Path, at: &Path) -> Result<Self> {
        Self::attach(&["-t", "ext4", "-o", "loop,noatime", tool::text(image)?], at)
    }

    /// Mounts an empty file system in memory of that size.
    pub fn memory(bytes: u64, at: &Path) -> Result<Self> {
        Self::attach(&["-t", "tmpfs", "-o", &format!("size={bytes}"), "roster-rig"], at)
    }

    fn attach(arguments: &[&str], at: &Path) -> Result<Self> {
        std::fs::create_dir_all(at)?;
        let at_text = tool::text(at)?;
        tool::run("mount", &[arguments, &[at_text]].concat())?;
        let path = at.to_owned();
        let guard = undo::later({
            let path = path.clone();
            move || {
                // Lazily: whoever still has a file open must not keep the device.
                drop(tool::run("umount", &["--lazy".as_ref(), path.as_os_str()]));
            }
        });
        Ok(Self { path, guard })
    }

    /// Unmounts, which writes everything down, and fails if someone is still there.
    pub fn unmount(self) -> Result<()> {
        tool::run("umount", &[self.path.as_os_str()])?;
        self.guard.settle();
        Ok(())
    }
}

/// Makes a file that holds an empty ext4 file system, with nothing left to be initialised later.
pub fn make_image(path: &Path, bytes: u64) -> Result<()> {
    File::create(path)?.set_len(bytes)?;
    let options = ["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", tool::text(path)?];
    tool::run("mkfs.ext4", &options).map(drop)
}

/// Copies an image, holes and all.
pub fn copy_image(from: &Path, to: &Path) -> Result<()> {
    tool::run("cp", &["--sparse=always".as_ref(), from.as_os_str(), to.as_os_str()]).map(drop)
}

/// A block device over a file, all of whose writes are logged, offered as a file that can be mounted.
#[derive(Debug)]
pub struct LoggedDevice {
    /// The file to mount.
    pub export: PathBuf,
    /// The log.
    pub log: PathBuf,
    daemon: Arc<Mutex<Child>>,
    _guard: undo::Guard,
}

impl LoggedDevice {
    /// Puts the device over an image, with its other files in `folder`.
    pub fn start(image: &Path, folder: &Path) -> Result<Self> {
        let (export, log) = (folder.join("export"), folder.join("log"));
        File::create(&export)?;
        File::create(&log)?;
        let file = |node: &str, path: &Path| -> Result<String> {
            // What is flushed shows in the log; flushing the files below would only cost time.
            Ok(format!("driver=file,node-name={node},filename={},cache.no-flush=on", tool::text(path)?))
        };
        let daemon = Command::new(DAEMON)
            .args(["--blockdev", &file("image", image)?])
            .args(["--blockdev", &file("log", &log)?])
            // The superblock counts every entry at once, so that an acknowledgement can be placed.
            .args([
                "--blockdev",
                "driver=blklogwrites,node-name=logged,file=image,log=log,log-super-update-interval=1",
            ])
            .arg("--export")
            .arg(format!(
                "type=fuse,id=export,node-name=logged,mountpoint={},writable=on",
                tool::text(&export)?
            ))
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| tool::missing(DAEMON, error))?;
        let daemon = Arc::new(Mutex::new(daemon));
        let guard = undo::later({
            let (daemon, export) = (Arc::clone(&daemon), export.clone());
            move || {
                let mut daemon = daemon.lock().unwrap_or_else(PoisonError::into_inner);
                if matches!(daemon.try_wait(), Ok(None)) {
                    drop(daemon.kill());
                    drop(daemon.wait());
                    drop(tool::run("umount", &["--lazy".as_ref(), export.as_os_str()]));
                }
            }
        });
        let device = Self { export, log, daemon, _guard: guard };
        // The export shows the image's size once it is there.
        let bytes = std::fs::metadata(image)?.len();
        device.wait_until("offers its export", || Ok(std::fs::metadata(&device.export)?.len() == bytes))?;
        Ok(device)
    }

    /// Tells how many writes the log has by now.
    pub fn position(&self) -> Result<impl Fn() -> u64 + Send + Sync + use<>> {
        let log = File::open(&self.log)?;
        // A position that can't be read lets the write count at no cut at all; the rig notices that none counts.
        Ok(move || write_log::entries_by_now(&log).unwrap_or(u64::MAX))
    }

    /// Ends the device once everything is in the log.
    pub fn stop(self) -> Result<()> {
        let id = self.daemon.lock().unwrap_or_else(PoisonError::into_inner).id();
        let pid = i32::try_from(id).ok().and_then(Pid::from_raw).context("a process without an id")?;
        kill_process(pid, Signal::TERM)?;
        self.wait_until("ends", || self.has_ended())
    }

    fn has_ended(&self) -> Result<bool> {
        Ok(self.daemon.lock().unwrap_or_else(PoisonError::into_inner).try_wait()?.is_some())
    }

    fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
        let began = Instant::now();
        while !is_so()? {
            if began.elapsed() > MOST_SECONDS_TO_CHANGE {
                bail!("{DAEMON} has been waited for: it never {what}");
            }
            std::thread::sleep(GLANCE);
        }
        Ok(())
    }
}
