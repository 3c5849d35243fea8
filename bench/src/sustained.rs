//! Longer loads on Roster: the tail of the latencies, checkpoints of the write-ahead log included, and the latency under a
//! constant rate.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use roster_testkit::load::{Until, open_loop, saturate};

use crate::commits::Commits;
use crate::contender::{Contender, Driven, Server};
use crate::measure::figures;
use crate::operation::Operation;
use crate::plan::Size;
use crate::population::Stream;
use crate::result::{Figures, Sustained};
use crate::run::say;
use crate::speak::Speak;

/// Connections of the closed loops.
const CONNECTIONS: [usize; 2] = [32, 128];
/// Connections that an open loop may have.
const MOST_CONNECTIONS: usize = 128;
/// Rates of the open loops, in per cent of what was sustained at [`RATED_AT`] connections.
const PERCENT: [u32; 4] = [10, 30, 50, 70];
const RATED_AT: usize = 32;
const GLANCE: Duration = Duration::from_millis(20);

/// Loads Roster, which must be the only one that has the processor.
pub(crate) async fn measure(roster: &mut Contender, size: &Size) -> Result<Vec<Sustained>> {
    let Driven::Served { server, speak } = &mut roster.driven else { bail!("Roster is a server") };
    let lasting = Duration::from_secs_f64(size.sustained_seconds);
    let mut all = Vec::new();
    for operation in [Operation::Change, Operation::Get] {
        let mut sustained = 0.0;
        for connections in CONNECTIONS {
            let load = Load { operation, connections, lasting, rate: None };
            let measured = load.measure(server, speak.as_ref()).await?;
            if connections == RATED_AT {
                sustained = measured.figures.per_second;
            }
            all.push(measured);
        }
        for percent in PERCENT {
            let rate = Some((percent, sustained * f64::from(percent) / 100.0));
            let load = Load { operation, connections: MOST_CONNECTIONS, lasting, rate };
            all.push(load.measure(server, speak.as_ref()).await?);
        }
    }
    Ok(all)
}

#[derive(Debug, Clone, Copy)]
struct Load {
    operation: Operation,
    connections: usize,
    lasting: Duration,
    /// A per cent, and how many a second that is; none for a closed loop.
    rate: Option<(u32, f64)>,
}

impl Load {
    async fn measure(self, server: &mut Server, speak: &dyn Speak) -> Result<Sustained> {
        let Self { operation, connections, lasting, rate } = self;
        let endpoint = speak.endpoint(server.address);
        let log = Watch::start(server.data.join("roster.db-wal"));
        let commits = Commits::of(&endpoint).await?;
        let cpu_before = server.process.cpu_seconds();
        let mut stream = Stream { speak, operation, population: &mut server.population };
        let until = Until::Elapsed(lasting);
        let report = match rate {
            None => saturate(&endpoint, connections, until, &mut stream).await,
            Some((_, per_second)) => open_loop(&endpoint, connections, per_second, until, &mut stream).await,
        };
        let commits = Commits::of(&endpoint).await?.since(commits);
        let figures = figures(&report, server.process.cpu_seconds() - cpu_before, server.process.memory()?);
        let pace = rate.map_or_else(
            || format!("{connections} connections"),
            |(percent, _)| format!("{percent} % of that"),
        );
        say(&format!(
            "{}, {pace}: {:.0} a second, p99 {:.2} ms",
            operation.title(),
            figures.per_second,
            figures.p99_ms
        ));
        Ok(Sustained {
            operation,
            connections,
            due_per_second: rate.map(|(_, per_second)| per_second),
            percent: rate.map(|(percent, _)| percent),
            seconds: report.elapsed.as_secs_f64(),
            late: report.late,
            log_peak_mib: log.peak_mib(),
            figures: Figures { changes_per_commit: commits.changes_each(), ..figures },
        })
    }
}

/// Looks at the size of a file now and then, until it is dropped.
struct Watch {
    stopping: Arc<AtomicBool>,
    peak: Arc<AtomicU64>,
}

impl Watch {
    fn start(path: PathBuf) -> Self {
        let (stopping, peak) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let watch = Self { stopping: Arc::clone(&stopping), peak: Arc::clone(&peak) };
        std::thread::spawn(move || {
            while !stopping.load(Ordering::Relaxed) {
                peak.fetch_max(bytes_of(&path), Ordering::Relaxed);
                std::thread::sleep(GLANCE);
            }
        });
        watch
    }

    #[expect(clippy::cast_precision_loss, reason = "no file has 2^52 bytes")]
    fn peak_mib(&self) -> f64 {
        self.peak.load(Ordering::Relaxed) as f64 / 1024.0 / 1024.0
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

fn bytes_of(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}
