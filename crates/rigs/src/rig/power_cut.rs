//! The power is cut at any moment: what was acknowledged until then is on the disk, whatever the disk kept of the rest.
//!
//! The server works on a file system whose device logs every write and flush. Afterwards the log is replayed up to a
//! cut, three times: without anything since the last flush, with all of it, and with a random part of it in random
//! order. A drive may leave any of these. Each image is mounted, recovered and judged.
//!
//! A control runs with `durability = "relaxed"`, which syncs no commit: it must lose acknowledged writes, or the rig
//! could not see a loss.

mod disk;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};

use disk::{Disk, Tail};

use super::{Options, Tally, Workspace, judge};
use crate::device::{LoggedDevice, Mount, copy_image, make_image};
use crate::ledger::{Ledger, Store};
use crate::report::Report;
use crate::server::{Server, create_key};
use crate::stream::{Plan, Stream};
use crate::write_log::WriteLog;

const DEVICE_BYTES: u64 = 512 << 20;
const WRITERS: usize = 16;
/// Each workload has three stretches of so many acknowledged writes, with a restart and a crash between them.
const ACKNOWLEDGED_A_STRETCH: u64 = 300;
const IMAGES_A_CUT: usize = 3;
/// A new workload after so many cuts.
const CUTS_A_WORKLOAD: usize = 20;
/// The control needs few: it loses nearly every time.
const CONTROL_CUTS: usize = 10;
const PATIENCE: Duration = Duration::from_secs(120);

/// Cuts the power for `rounds` images.
pub fn run(options: &Options) -> Result<Report> {
    let mut report = Report::new(format!("power cut, seed {}", options.seed));
    let cuts = options.rounds.div_ceil(IMAGES_A_CUT);
    let subject = series(options, &[], cuts)?;
    let control = series(options, &["--durability", "relaxed"], CONTROL_CUTS)?;
    report.row("cuts", cuts);
    report.row("images", subject.trials);
    subject.tell(&mut report, "images");
    report.found(
        "control without syncs: images with a lost acknowledged write",
        control.lost,
        control.trials,
    );
    report.found("control: images with half a write", control.half, control.trials);
    if control.lost == 0 {
        report.violations.push("the control lost nothing: this rig can't see a loss".to_owned());
    }
    // Without syncs the last writes go missing, whole.
    report.violations.extend(control.wrongs.into_iter().map(|line| format!("control: {line}")));
    Ok(report)
}

/// Workloads, cut until there are enough.
fn series(options: &Options, arguments: &[&str], cuts: usize) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut chance = fastrand::Rng::with_seed(options.seed);
    let mut left = cuts;
    while left > 0 {
        let now = left.min(CUTS_A_WORKLOAD);
        let workspace = Workspace::new()?;
        let recorded = Recorded::make(options, arguments, &workspace, chance.u64(..))?;
        recorded.cut(options, &workspace, now, &mut chance, &mut tally)?;
        left -= now;
    }
    Ok(tally)
}

/// A workload: the device as it was before, every write to it since, and what was acknowledged when.
struct Recorded {
    before: PathBuf,
    log: WriteLog,
    ledger: Ledger,
    end: u64,
}

impl Recorded {
    fn make(options: &Options, arguments: &[&str], workspace: &Workspace, seed: u64) -> Result<Self> {
        let folder = &workspace.path;
        let (before, image) = (folder.join("before"), folder.join("image"));
        make_image(&before, DEVICE_BYTES)?;
        copy_image(&before, &image)?;
        let device = LoggedDevice::start(&image, folder)?;
        let mount = Mount::image(&device.export, &folder.join("mounted"))?;
        let position = device.position()?;
        let data = mount.path.join("data");
        let ledger = work(options, arguments, workspace, &data, seed, &device)?;
        let end = position();
        mount.unmount()?;
        let path = device.log.clone();
        device.stop()?;
        let log = WriteLog::open(&path)?;
        ensure!(ledger.faults.is_empty(), "wrong answers: {:?}", ledger.faults);
        Ok(Self { before, log, ledger, end })
    }

    /// Cuts at moments of an acknowledgement and at any moments, the earliest first.
    fn cut(
        &self,
        options: &Options,
        workspace: &Workspace,
        cuts: usize,
        chance: &mut fastrand::Rng,
        tally: &mut Tally,
    ) -> Result<()> {
        let acknowledged: Vec<u64> = self.ledger.positions().filter(|at| *at <= self.end).collect();
        let first = acknowledged.iter().min().copied();
        let first = first.filter(|first| *first > 0);
        ensure!(first.is_some(), "no acknowledgement has a place in the write log");
        let mut at: Vec<u64> = (0..cuts)
            .filter_map(|_| {
                if chance.bool() {
                    chance.choice(&acknowledged).copied()
                } else {
                    first.map(|first| chance.u64(first..=self.end))
                }
            })
            .collect();
        at.sort_unstable();
        let mut disk = Disk::new(&self.before, &self.log, &workspace.path)?;
        for at in at {
            disk.flush_until(usize::try_from(at)?)?;
            for tail in [Tail::Dropped, Tail::Whole, Tail::Shuffled] {
                let place = format!("cut at {at} of {}, tail {tail:?}", self.end);
                let image = disk.cut(tail, chance)?;
                let mount = Mount::image(&image, &workspace.path.join("cut-mounted"))?;
                tally.add(&place, &judge(options, &mount.path.join("data"), &self.ledger, at)?);
                mount.unmount()?;
            }
        }
        Ok(())
    }
}

/// Three stretches of writes, the server ended properly after the first and killed after the second.
fn work(
    options: &Options,
    arguments: &[&str],
    workspace: &Workspace,
    data: &Path,
    seed: u64,
    device: &LoggedDevice,
) -> Result<Ledger> {
    let key = create_key(&options.roster, data)?;
    let mut launch = workspace.launch(options, data);
    launch.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let mut ledger = Ledger::default();
    for (stretch, ending) in [Ending::Proper, Ending::Killed, Ending::Killed].into_iter().enumerate() {
        let server = Server::start(&launch)?;
        let plan = Plan {
            address: server.address,
            key: key.clone(),
            writers: WRITERS,
            seed: seed.wrapping_add(stretch as u64),
            prefix: format!("s{stretch}"),
            store: Store::Sqlite,
        };
        let stream = Stream::start(&plan, device.position()?)?;
        stream.wait_for(ACKNOWLEDGED_A_STRETCH, PATIENCE)?;
        match ending {
            Ending::Proper => {
                ledger.merge(stream.stop()?);
                server.stop(PATIENCE)?;
            }
            Ending::Killed => {
                server.kill()?;
                ledger.merge(stream.join()?);
            }
        }
    }
    Ok(ledger)
}

#[derive(Clone, Copy)]
enum Ending {
    Proper,
    Killed,
}
