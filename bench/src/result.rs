//! What a run found: `results.json`, from which the tables and the plots are made.

use serde::{Deserialize, Serialize};

use crate::operation::Operation;
use crate::stat::Spread;

/// A whole run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Results {
    /// When it began, UTC.
    pub(crate) began: String,
    /// How long it took.
    pub(crate) minutes: f64,
    /// The commit that was measured; with `+` where files were changed since.
    pub(crate) commit: String,
    pub(crate) machine: Machine,
    pub(crate) plan: Planned,
    pub(crate) contenders: Vec<Contestant>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) passwords: Vec<HashRate>,
    pub(crate) sustained: Vec<Sustained>,
    pub(crate) counted: Vec<Counted>,
}

/// Where it ran.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: f64,
    pub(crate) system: String,
    pub(crate) file_system: String,
    /// The median time of having 4 KiB on the disk.
    pub(crate) fdatasync_micros: f64,
    /// Tasks that wanted a core, on average, in the minute before it began.
    pub(crate) load_before: f64,
}

/// How it ran.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Planned {
    pub(crate) users: u64,
    pub(crate) rounds: u32,
    pub(crate) seconds: f64,
    pub(crate) connections: Vec<usize>,
}

/// One of those that were measured, or would have been.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Contestant {
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) settings: String,
    pub(crate) versions: Vec<String>,
    /// Why it was not measured.
    pub(crate) absent: Option<String>,
    pub(crate) loaded: u64,
    pub(crate) load_seconds: f64,
    /// Resident memory in MiB: when it had started, when it was loaded, after the rounds, and the most it was until then.
    pub(crate) memory_started: f64,
    pub(crate) memory_loaded: f64,
    pub(crate) memory_ended: f64,
    pub(crate) memory_peak: f64,
}

/// One operation of one contender in one round.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub(crate) contender: String,
    pub(crate) operation: Operation,
    pub(crate) connections: usize,
    pub(crate) round: u32,
    #[serde(flatten)]
    pub(crate) figures: Figures,
}

/// What a measurement showed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    pub(crate) max_ms: f64,
    /// Processor time of the server for each request, in microseconds.
    pub(crate) server_cpu_micros: f64,
    /// Resident memory of the server afterwards, in MiB.
    pub(crate) memory_mib: f64,
    /// How many cores the load generator used. 1 is all that it can.
    pub(crate) generator_cores: f64,
    pub(crate) right: u64,
    pub(crate) wrong: u64,
    pub(crate) faults: Vec<String>,
    /// Changes in each commit, as the server counts them.
    pub(crate) changes_per_commit: Option<f64>,
}

/// What the machine's cores can hash, in one round.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HashRate {
    pub(crate) round: u32,
    pub(crate) one_core: f64,
    pub(crate) all_cores: f64,
}

/// A longer load on Roster.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sustained {
    pub(crate) operation: Operation,
    pub(crate) connections: usize,
    /// Requests a second that were due, in an open loop.
    pub(crate) due_per_second: Option<f64>,
    /// The per cent of the sustained rate that is.
    pub(crate) percent: Option<u32>,
    pub(crate) seconds: f64,
    /// Requests that were sent after they were due.
    pub(crate) late: u64,
    /// The most that the write-ahead log had, in MiB.
    pub(crate) log_peak_mib: f64,
    #[serde(flatten)]
    pub(crate) figures: Figures,
}

/// A server from its start to its end, with its syncs by the kernel's count.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Counted {
    pub(crate) connections: usize,
    pub(crate) acknowledged: u64,
    /// As the server counts them.
    pub(crate) commits: u64,
    pub(crate) syncs: u64,
}

impl Results {
    /// A figure of a contender's operation over the rounds; `None` where it was not measured.
    pub(crate) fn spread(
        &self,
        contender: &str,
        operation: Operation,
        connections: usize,
        figure: impl Fn(&Figures) -> f64,
    ) -> Option<Spread> {
        let of = self.samples.iter().filter(|sample| {
            sample.contender == contender
                && sample.operation == operation
                && sample.connections == connections
                && sample.figures.right > 0
        });
        let mut figures: Vec<f64> = of.map(|sample| figure(&sample.figures)).collect();
        (!figures.is_empty()).then(|| Spread::of(&mut figures))
    }

    /// How many times the throughput of `other` that of `contender` is, round by round.
    pub(crate) fn ratio(
        &self,
        contender: &str,
        other: &str,
        operation: Operation,
        connections: usize,
    ) -> Option<Spread> {
        let rate = |who: &str, round| {
            let found = self.samples.iter().find(|sample| {
                sample.contender == who
                    && sample.operation == operation
                    && sample.connections == connections
                    && sample.round == round
            });
            found.map(|sample| sample.figures.per_second).filter(|rate| *rate > 0.0)
        };
        let rounds = 1..=self.plan.rounds;
        let mut ratios: Vec<f64> =
            rounds.filter_map(|round| Some(rate(contender, round)? / rate(other, round)?)).collect();
        (!ratios.is_empty()).then(|| Spread::of(&mut ratios))
    }

    /// The contenders that were measured.
    pub(crate) fn present(&self) -> impl Iterator<Item = &Contestant> {
        self.contenders.iter().filter(|contender| contender.absent.is_none())
    }
}
