//! The disk fills up under load: writes are refused, none is lost, and with room again the server serves again.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use super::{Options, Tally, Workspace, judge};
use crate::device::{Mount, make_image};
use crate::ledger::{Ledger, Store};
use crate::report::Report;
use crate::server::{Server, Started, create_key};
use crate::stream::{Plan, Stream};
use crate::tool;

const WRITERS: usize = 8;
const DISK_BYTES: u64 = 64 << 20;
/// What is left of it for the load, and up to as much more.
const LEAST_ROOM_BYTES: u64 = 2 << 20;
/// The load goes on for so long after the first refusal.
const INSISTENCE: Duration = Duration::from_millis(300);
const ACKNOWLEDGED_AFTERWARDS: u64 = 100;
const PATIENCE: Duration = Duration::from_secs(120);

/// Fills a disk `rounds` times: in turns one in memory and one with ext4.
pub fn run(options: &Options) -> Result<Report> {
    let mut report = Report::new(format!("full disk, seed {}", options.seed));
    let mut tally = Tally::default();
    let mut chance = fastrand::Rng::with_seed(options.seed);
    let mut sums = Sums::default();
    for round in 0..options.rounds {
        let workspace = Workspace::new()?;
        let at = workspace.path.join("disk");
        let mount = if round % 2 == 0 {
            Mount::memory(DISK_BYTES, &at)?
        } else {
            let image = workspace.path.join("image");
            make_image(&image, DISK_BYTES)?;
            Mount::image(&image, &at)?
        };
        let data = mount.path.join("data");
        let ledger = fill(options, &workspace, &mount.path, &data, &mut chance, &mut sums)?;
        tally.add(&format!("round {round}"), &judge(options, &data, &ledger, u64::MAX)?);
        report.violations.extend(ledger.faults);
        mount.unmount()?;
    }
    report.row("rounds", options.rounds);
    report.row("writes refused for want of room", sums.refused);
    report.row("servers that ended themselves", sums.ended);
    report.row("of these, started again while the disk was full", sums.served);
    tally.tell(&mut report, "rounds");
    Ok(report)
}

#[derive(Default)]
struct Sums {
    refused: usize,
    ended: usize,
    served: usize,
}

/// Loads the server until the disk is full, gives it room, and loads it again.
fn fill(
    options: &Options,
    workspace: &Workspace,
    disk: &Path,
    data: &Path,
    chance: &mut fastrand::Rng,
    sums: &mut Sums,
) -> Result<Ledger> {
    let key = create_key(&options.roster, data)?;
    let launch = workspace.launch(options, data);
    let mut server = Server::start(&launch)?;
    let ballast = disk.join("ballast");
    leave_room(disk, &ballast, LEAST_ROOM_BYTES + chance.u64(..LEAST_ROOM_BYTES))?;
    let mut plan = Plan {
        address: server.address,
        key,
        writers: WRITERS,
        seed: chance.u64(..),
        prefix: "full".to_owned(),
        store: Store::Sqlite,
    };
    let stream = Stream::start(&plan, || 0)?;
    let began = Instant::now();
    while stream.refused() == 0 && !stream.has_ended() {
        ensure!(began.elapsed() < PATIENCE, "the disk does not fill up");
        std::thread::sleep(INSISTENCE / 10);
    }
    std::thread::sleep(INSISTENCE);
    let mut ledger = stream.stop()?;
    sums.refused += ledger.refused(500) + ledger.refused(503);
    if let Some(status) = server.ended()? {
        sums.ended += 1;
        ensure!(!status.success(), "the server ended for want of room and called it success");
        // Started on the full disk, it serves what it can or says why not; it must do no harm.
        if let Started::Serving(server) = Server::try_start(&launch)? {
            sums.served += 1;
            server.kill()?;
        }
    } else {
        server.terminate()?;
        // It may say that it could not put its things away; what matters is what is there.
        server.wait(PATIENCE)?;
    }
    std::fs::remove_file(&ballast)?;
    let server = Server::start(&launch)?;
    plan.address = server.address;
    plan.prefix = "room".to_owned();
    let stream = Stream::start(&plan, || 0)?;
    stream.wait_for(ACKNOWLEDGED_AFTERWARDS, PATIENCE)?;
    let afterwards = stream.stop()?;
    if afterwards.refused(500) + afterwards.refused(503) > 0 {
        bail!("the server refuses writes although there is room again");
    }
    ledger.merge(afterwards);
    server.stop(PATIENCE)?;
    Ok(ledger)
}

/// Fills the disk up to that many bytes.
fn leave_room(disk: &Path, ballast: &Path, room: u64) -> Result<()> {
    let said = tool::run("stat", &["-f", "-c", "%a %S", tool::text(disk)?])?;
    let mut numbers = said.split_whitespace().map(str::parse::<u64>);
    let (Some(Ok(blocks)), Some(Ok(block_bytes))) = (numbers.next(), numbers.next()) else {
        bail!("stat says {said}");
    };
    File::create(ballast)?;
    let ballast_bytes = (blocks * block_bytes).saturating_sub(room);
    tool::run("fallocate", &["-l", &ballast_bytes.to_string(), tool::text(ballast)?]).map(drop)
}
