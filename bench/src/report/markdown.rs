//! The tables.

use std::fmt::Write as _;

use super::chart;
use super::table::{Table, figure, thousands};
use crate::goal::{self, hashes_per_second};
use crate::operation::Operation;
use crate::result::{Contestant, Figures, Results};
use crate::stat::Spread;

/// The number of connections of the short table.
const CONNECTIONS: usize = 32;
const ROSTER: &str = "roster";

/// Everything, with the plots in `plots`, a folder's name that ends with a slash or nothing.
pub(super) fn report(results: &Results, plots: &str) -> String {
    let sections = [
        head(results),
        format!("![Requests a second]({plots}{})\n", chart::THROUGHPUT),
        short(results),
        goals(results),
        format!("### Latency\n\n![Latency of Roster under a constant rate]({plots}{})\n", chart::LATENCY),
        sustained(results),
        counted(results),
        passwords(results),
        contenders(results),
        every(results),
    ];
    sections.into_iter().filter(|section| !section.is_empty()).collect::<Vec<_>>().join("\n")
}

fn head(results: &Results) -> String {
    let (machine, plan) = (&results.machine, &results.plan);
    let date = results.began.get(..10).unwrap_or_default();
    format!(
        "Measured on {date} at commit `{}`, in {:.0} minutes: {} users, {} rounds of {} s for each measurement. {}, {} cores, \
         {:.0} GiB, {}, {}; having 4 KiB on the disk takes {:.0} µs (median of 200). Load average before: {:.2}.\n",
        results.commit,
        results.minutes,
        thousands(count(plan.users)),
        plan.rounds,
        plan.seconds,
        machine.processor,
        machine.cores,
        machine.memory_gib,
        machine.system,
        machine.file_system,
        machine.fdatasync_micros,
        machine.load_before,
    )
}

#[expect(clippy::cast_precision_loss, reason = "nothing here is counted to 2^52")]
fn count(count: u64) -> f64 {
    count as f64
}

/// The medians of everybody, and what Roster's is to the limit's.
fn short(results: &Results) -> String {
    let everybody: Vec<&Contestant> = results.present().collect();
    let mut heads = vec!["requests a second"];
    heads.extend(everybody.iter().map(|contender| contender.title.as_str()));
    let mut table = Table::new(&heads);
    for operation in Operation::ALL {
        let medians: Vec<Option<Spread>> = everybody
            .iter()
            .map(|contender| {
                results.spread(&contender.key, operation, CONNECTIONS, |figures| figures.per_second)
            })
            .collect();
        if medians.iter().any(Option::is_some) {
            let mut cells = vec![operation.title().to_owned()];
            cells.extend(
                medians.iter().map(|spread| spread.map_or("–".to_owned(), |spread| figure(spread.median))),
            );
            table.row(&cells);
        }
    }
    let text = table.text();
    format!(
        "### At {CONNECTIONS} connections\n\nThe median of {} rounds; –: it has no such operation.\n\n{text}",
        results.plan.rounds
    )
}

fn goals(results: &Results) -> String {
    let mut table = Table::of_texts(&["what", "goal", "found", ""]);
    for goal in goal::judge(results) {
        let verdict = if goal.is_met { "met" } else { "**not met**" };
        table.row(&[goal.what.as_str(), &goal.goal, &goal.found, verdict]);
    }
    format!(
        "### Goals\n\nRatios of throughputs are medians of the ratios in each round, at {CONNECTIONS} connections.\n\n{}",
        table.text()
    )
}

fn sustained(results: &Results) -> String {
    if results.sustained.is_empty() {
        return String::new();
    }
    let heads = [
        "load on Roster",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "max ms",
        "sent late",
        "log MiB",
        "memory MiB",
        "CPU µs",
    ];
    let mut table = Table::new(&heads);
    for load in &results.sustained {
        let pace = match load.percent {
            Some(percent) => format!("constant rate, {percent} % of that at {CONNECTIONS}"),
            None => format!("{} connections, as fast as answered", load.connections),
        };
        let figures = &load.figures;
        table.row(&[
            format!("{}: {pace}", load.operation.title()),
            figure(figures.per_second),
            figure(figures.p50_ms),
            figure(figures.p99_ms),
            figure(figures.p999_ms),
            figure(figures.max_ms),
            thousands(count(load.late)),
            figure(load.log_peak_mib),
            figure(figures.memory_mib),
            figure(figures.server_cpu_micros),
        ]);
    }
    format!(
        "Under a constant rate latency counts from when a request was due. `log` is the most that the write-ahead log had, \
         `memory` what was resident in the end.\n\n{}",
        table.text()
    )
}

fn counted(results: &Results) -> String {
    let mut table = Table::new(&["operation", "connections", "changes for each commit"]);
    let mut is_empty = true;
    let closed = results.sustained.iter().filter(|load| load.due_per_second.is_none());
    for (load, each) in closed.filter_map(|load| Some((load, load.figures.changes_per_commit?))) {
        is_empty = false;
        table.row(&[load.operation.title().to_owned(), load.connections.to_string(), figure(each)]);
    }
    if is_empty {
        return String::new();
    }
    let mut text = format!(
        "### Changes for each sync\n\nBy the server's own count, from `/metrics`.\n\n{}",
        table.text()
    );
    if !results.counted.is_empty() {
        // Writing to a String can't fail.
        let _ = write!(text, "\n{}", traced(results));
    }
    let rate = |connections| {
        results.spread(ROSTER, Operation::Change, connections, |figures: &Figures| figures.per_second)
    };
    if let (Some(one), Some(many)) = (rate(1), rate(CONNECTIONS)) {
        let _ = writeln!(
            text,
            "\nAt 1 connection each change is a transaction of its own: {} a second. At {CONNECTIONS} connections, which share \
             commits, it is {} a second, {:.1} times as many.",
            figure(one.median),
            figure(many.median),
            many.median / one.median
        );
    }
    text
}

fn traced(results: &Results) -> String {
    let mut table = Table::new(&["connections", "acknowledged changes", "commits", "fsync and fdatasync"]);
    for counted in &results.counted {
        let counts = [counted.acknowledged, counted.commits, counted.syncs].map(|of| thousands(count(of)));
        table.row(&[&[counted.connections.to_string()], &counts[..]].concat());
    }
    format!(
        "Syncs by the kernel's count: strace in a run of its own (in which other changes share a commit, since a traced call takes \
         longer), from the server's start to its end. Commits that wait together are flushed together.\n\n{}",
        table.text()
    )
}

fn passwords(results: &Results) -> String {
    let Some(hashes) = hashes_per_second(results) else { return String::new() };
    let median = |of: fn(&crate::result::HashRate) -> f64| {
        Spread::of(&mut results.passwords.iter().map(of).collect::<Vec<_>>()).median
    };
    let (one, all) = (median(|rate| rate.one_core), median(|rate| rate.all_cores));
    format!(
        "### Passwords\n\nZynchro's PATCH with a new password verifies the old one and hashes the new one: {} Argon2id computations a \
         second at {CONNECTIONS} connections. With nothing around it one core does {} a second, all of them {}: it is {:.2} of \
         one core's and {:.2} of the machine's. Roster hashes on half the cores, so that the other half always serves.\n",
        figure(hashes),
        figure(one),
        figure(all),
        hashes / one,
        hashes / all,
    )
}

fn contenders(results: &Results) -> String {
    let heads =
        ["", "versions", "settings", "loaded", "memory MiB: started, loaded, after the rounds, most in them"];
    let mut table = Table::of_texts(&heads);
    for contender in &results.contenders {
        let (loaded, memory) = match &contender.absent {
            Some(why) => (format!("**not measured**: {why}"), String::new()),
            None => (loading(contender), memories(contender)),
        };
        let versions = contender.versions.join(", ");
        table.row(&[contender.title.as_str(), &versions, &contender.settings, &loaded, &memory]);
    }
    format!("### Who was measured\n\n{}", table.text())
}

fn loading(contender: &Contestant) -> String {
    let users = count(contender.loaded);
    match contender.loaded {
        0 => "–".to_owned(),
        _ => format!("{} users, {} a second", thousands(users), figure(users / contender.load_seconds)),
    }
}

fn memories(contender: &Contestant) -> String {
    let all =
        [contender.memory_started, contender.memory_loaded, contender.memory_ended, contender.memory_peak];
    all.map(|mebibytes| if mebibytes > 0.0 { figure(mebibytes) } else { "–".to_owned() }).join(", ")
}

/// A table for each operation and number of connections.
fn every(results: &Results) -> String {
    let mut text = "### Every measurement\n".to_owned();
    for operation in Operation::ALL {
        for &connections in &results.plan.connections {
            let tables = of(results, operation, connections);
            let plural = if connections == 1 { "" } else { "s" };
            if let Some(table) = tables {
                let title = format!("{}, {connections} connection{plural}", operation.title());
                let _ = write!(text, "\n<details>\n<summary>{title}</summary>\n\n{table}\n</details>\n");
            }
        }
    }
    text
}

fn of(results: &Results, operation: Operation, connections: usize) -> Option<String> {
    let heads = [
        "",
        "requests/s: median",
        "min",
        "max",
        "Roster is",
        "p50 ms",
        "p99 ms",
        "server CPU µs",
        "memory MiB",
        "generator cores",
        "changes/commit",
        "wrong",
    ];
    let mut table = Table::new(&heads);
    let mut is_empty = true;
    for contender in results.present() {
        let spread = |of: fn(&Figures) -> f64| results.spread(&contender.key, operation, connections, of);
        let Some(rate) = spread(|figures| figures.per_second) else { continue };
        is_empty = false;
        let ratio = results.ratio(ROSTER, &contender.key, operation, connections);
        let median = |of| spread(of).map_or(f64::NAN, |spread| spread.median);
        let wrong = spread(|figures| count(figures.wrong)).map_or(f64::NAN, |spread| spread.max);
        table.row(&[
            contender.title.clone(),
            figure(rate.median),
            figure(rate.min),
            figure(rate.max),
            ratio.map_or("–".to_owned(), |ratio| format!("{} ×", figure(ratio.median))),
            figure(median(|figures| figures.p50_ms)),
            figure(median(|figures| figures.p99_ms)),
            figure(median(|figures| figures.server_cpu_micros)),
            figure(median(|figures| figures.memory_mib)),
            figure(median(|figures| figures.generator_cores)),
            figure(median(|figures| figures.changes_per_commit.unwrap_or(f64::NAN))),
            thousands(wrong),
        ]);
    }
    (!is_empty).then(|| table.text())
}
