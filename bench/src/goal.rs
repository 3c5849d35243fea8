//! What Roster holds itself to: ratios within one run, so that they say the same on a slow machine.

use crate::operation::Operation;
use crate::plan::Peer;
use crate::result::{Results, Sustained};

/// The number of connections at which the ratios are taken.
const CONNECTIONS: usize = 32;
const ROSTER: &str = "roster";

/// A goal, and what was found.
#[derive(Debug, Clone)]
pub(crate) struct Goal {
    pub(crate) what: String,
    pub(crate) goal: String,
    pub(crate) found: String,
    pub(crate) is_met: bool,
}

/// How many times the throughput of whom, at least.
const RATIOS: [(Operation, Peer, f64); 15] = [
    (Operation::Create, Peer::Limit, 0.40),
    (Operation::Create, Peer::Slapd, 12.0),
    (Operation::Create, Peer::Express, 18.0),
    (Operation::Change, Peer::Limit, 0.35),
    (Operation::Change, Peer::Express, 15.0),
    (Operation::Change, Peer::Fastapi, 40.0),
    (Operation::Patch, Peer::Limit, 0.28),
    (Operation::Patch, Peer::Slapd, 6.0),
    (Operation::Repeat, Peer::Limit, 0.75),
    (Operation::Get, Peer::Limit, 0.85),
    (Operation::Get, Peer::Slapd, 2.0),
    (Operation::Search, Peer::Limit, 0.85),
    (Operation::Search, Peer::Slapd, 2.0),
    (Operation::FirstPage, Peer::Limit, 0.35),
    (Operation::FirstPage, Peer::Slapd, 5.0),
];

/// By number of connections: the most milliseconds that 99 of 100 changes take.
const P99_MILLIS: [(usize, f64); 2] = [(32, 5.0), (128, 10.0)];
/// By number of connections: the least changes for each sync.
const CHANGES_PER_SYNC: [(usize, f64); 2] = [(32, 8.0), (128, 40.0)];
const LAST_PAGE_OF_FIRST: f64 = 0.9;
const HASHING: f64 = 0.9;
const IDLE_MIB: f64 = 40.0;
const LOADED_MIB: f64 = 150.0;

/// Every goal for which the run has figures.
pub(crate) fn judge(results: &Results) -> Vec<Goal> {
    let mut goals: Vec<Goal> = RATIOS.iter().filter_map(|ratio| throughput(results, *ratio)).collect();
    goals.extend(on_postgres(results));
    goals.extend(last_page(results));
    goals.extend(hashing(results));
    goals.extend(P99_MILLIS.iter().filter_map(|limit| latency(&results.sustained, *limit)));
    goals.extend(CHANGES_PER_SYNC.iter().filter_map(|least| shared(&results.sustained, *least)));
    goals.extend(memory(results));
    goals
}

fn at_least(what: String, unit: &str, goal: f64, found: f64) -> Goal {
    let found_text = format!("{found:.2}{unit}");
    Goal { what, goal: format!("at least {goal}{unit}"), found: found_text, is_met: found >= goal }
}

fn at_most(what: String, unit: &str, goal: f64, found: f64) -> Goal {
    let found_text = format!("{found:.1}{unit}");
    Goal { what, goal: format!("under {goal}{unit}"), found: found_text, is_met: found < goal }
}

fn throughput(results: &Results, (operation, peer, goal): (Operation, Peer, f64)) -> Option<Goal> {
    let ratio = results.ratio(ROSTER, peer.key(), operation, CONNECTIONS)?;
    Some(at_least(format!("{}, beside {}", operation.title(), peer.title()), " ×", goal, ratio.median))
}

/// Upserts on PostgreSQL, beside those on SQLite, and beside those where each is a transaction of its own.
fn on_postgres(results: &Results) -> Vec<Goal> {
    let upserts = Operation::Mixed;
    let beside = [(ROSTER, "on SQLite", 0.5), (Peer::PostgresAlone.key(), "without batches", 1.5)];
    let goals = beside.into_iter().filter_map(|(other, name, goal)| {
        let ratio = results.ratio(Peer::Postgres.key(), other, upserts, CONNECTIONS)?;
        Some(at_least(format!("{}, on PostgreSQL beside {name}", upserts.title()), " ×", goal, ratio.median))
    });
    goals.collect()
}

fn last_page(results: &Results) -> Option<Goal> {
    let rate = |operation| results.spread(ROSTER, operation, CONNECTIONS, |figures| figures.per_second);
    let ratio = rate(Operation::LastPage)?.median / rate(Operation::FirstPage)?.median;
    Some(at_least("list, last page beside the first".to_owned(), " ×", LAST_PAGE_OF_FIRST, ratio))
}

/// The share of the threads that hash: half the cores, so that the other half always serves.
fn hashing(results: &Results) -> Option<Goal> {
    let hashes = hashes_per_second(results)?;
    let threads = (results.machine.cores / 2).max(1);
    let one = one_core(results)?;
    let ratio = hashes / (one * f64::from(u32::try_from(threads).ok()?));
    let what =
        format!("change a password, beside Argon2id alone on {threads} of {} cores", results.machine.cores);
    Some(at_least(what, " ×", HASHING, ratio))
}

/// Each change of a password verifies the old one and hashes the new one.
pub(crate) fn hashes_per_second(results: &Results) -> Option<f64> {
    let changes = results.spread(ROSTER, Operation::Password, CONNECTIONS, |figures| figures.per_second)?;
    Some(changes.median * 2.0)
}

fn one_core(results: &Results) -> Option<f64> {
    let mut rates: Vec<f64> = results.passwords.iter().map(|rate| rate.one_core).collect();
    (!rates.is_empty()).then(|| crate::stat::Spread::of(&mut rates).median)
}

fn latency(sustained: &[Sustained], (connections, goal): (usize, f64)) -> Option<Goal> {
    let load = closed_loop(sustained, connections)?;
    let what = format!("p99 of changes at {connections} connections, checkpoints included");
    Some(at_most(what, " ms", goal, load.figures.p99_ms))
}

fn shared(sustained: &[Sustained], (connections, goal): (usize, f64)) -> Option<Goal> {
    let each = closed_loop(sustained, connections)?.figures.changes_per_commit?;
    Some(at_least(format!("acknowledged changes for each sync at {connections} connections"), "", goal, each))
}

/// The changes of one field, as fast as they were answered.
fn closed_loop(sustained: &[Sustained], connections: usize) -> Option<&Sustained> {
    sustained.iter().find(|load| {
        load.operation == Operation::Change
            && load.due_per_second.is_none()
            && load.connections == connections
    })
}

fn memory(results: &Results) -> Vec<Goal> {
    let Some(roster) = results.contenders.iter().find(|contender| contender.key == ROSTER) else {
        return Vec::new();
    };
    let under_load = format!("memory, the most ever, with {} users", roster.loaded);
    // The longer loads come after the rounds.
    let longer_loads = results.sustained.iter().map(|load| load.figures.memory_mib);
    let most = longer_loads.fold(roster.memory_peak, f64::max);
    vec![
        at_most("memory when started".to_owned(), " MiB", IDLE_MIB, roster.memory_started),
        at_most(under_load, " MiB", LOADED_MIB, most),
    ]
}
