//! Whether a commit is a sync, by the kernel's count and not by the server's: `strace` writes down each call.
//!
//! A traced call takes longer, and other changes share a commit: so this is a run of its own, and its rates are not reported.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use roster_testkit::load::{Until, saturate};

use crate::commits::Commits;
use crate::contender::{self, Driven, Places};
use crate::operation::Operation;
use crate::plan::Size;
use crate::population::Stream;
use crate::result::Counted;
use crate::run::say;

const CONNECTIONS: [usize; 3] = [1, 32, 128];
/// Enough for changes to be spread.
const USERS: u64 = 2_000;
/// For strace to write down what it has seen, once the server has ended.
const MOST_TIME_TO_WRITE: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(100);

/// Counts; nothing, where there is no strace.
pub(crate) async fn measure(roster: &Path, places: &Places, size: &Size) -> Result<Vec<Counted>> {
    let mut all = Vec::new();
    for connections in CONNECTIONS {
        match count(roster, places, size, connections).await {
            Ok(counted) => all.push(counted),
            Err(error) => {
                say(&format!("syncs are not counted: {error:#}"));
                break;
            }
        }
    }
    Ok(all)
}

/// A server from its start to its end: users are created, and changed.
async fn count(roster: &Path, places: &Places, size: &Size, connections: usize) -> Result<Counted> {
    let key = format!("roster-traced-{connections}");
    let trace = places.logs.join(format!("{key}.syncs"));
    let text = trace.to_string_lossy();
    // Only these calls stop, and the server is our own child: strace is none of its parents.
    let words =
        ["strace", "-D", "-f", "-q", "--seccomp-bpf", "-e", "trace=fsync,fdatasync", "-o", &text, "--"];
    let (mut contender, _) = contender::roster(roster, places, &key, &words.map(str::to_owned))?;
    let Driven::Served { server, speak } = &mut contender.driven else { bail!("Roster is a server") };
    let endpoint = speak.endpoint(server.address);
    let lasting = Duration::from_secs_f64(size.seconds);
    let mut acknowledged = 0;
    for (operation, until) in
        [(Operation::Create, Until::Either(USERS, lasting)), (Operation::Change, Until::Elapsed(lasting))]
    {
        let mut stream = Stream { speak: speak.as_ref(), operation, population: &mut server.population };
        let report = saturate(&endpoint, connections, until, &mut stream).await;
        ensure!(report.wrong == 0, "a change was refused: {:?}", report.faults);
        server.population.is_loaded();
        acknowledged += report.right;
    }
    let commits = Commits::of(&endpoint).await?.commits;
    server.process.end()?;
    Ok(Counted { connections, acknowledged, commits, syncs: syncs(&trace, server.process.id())? })
}

/// How many syncs strace saw. It writes the last of them down some time after the server has ended.
fn syncs(trace: &Path, process: u32) -> Result<u64> {
    let process = process.to_string();
    // Short numbers of processes are padded.
    let is_end = |line: &str| line.starts_with(&process) && line.contains(" +++ exited with");
    let began = Instant::now();
    let mut text = std::fs::read_to_string(trace)?;
    while !text.lines().any(is_end) {
        ensure!(began.elapsed() < MOST_TIME_TO_WRITE, "strace does not tell of the end");
        std::thread::sleep(GLANCE);
        text = std::fs::read_to_string(trace)?;
    }
    // A call that another thread's cut in two has a second line, which says that it goes on.
    Ok(text.lines().filter(|line| line.contains("sync(") && !line.contains("resumed")).count() as u64)
}
