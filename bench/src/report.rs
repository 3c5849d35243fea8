//! From a run to what people read.

mod chart;
mod docs;
mod markdown;
mod svg;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::plan::Plan;
use crate::result::Results;
use crate::run::{self, say};

const RESULTS: &str = "results.json";
const REPORT: &str = "report.md";

/// Measures, or takes what was measured, and writes it down. It fails when an answer of Roster's was wrong.
pub(crate) async fn run(plan: &Plan) -> Result<ExitCode> {
    std::fs::create_dir_all(&plan.work)?;
    let (results, out) = match &plan.from {
        Some(from) => (read(from)?, plan.out.clone().unwrap_or_else(|| from.clone())),
        None => {
            let results = run::run(plan).await?;
            let named = results.began.replace(':', "").split('.').next().unwrap_or("now").to_owned();
            (results, plan.out.clone().unwrap_or_else(|| plan.work.join("results").join(named)))
        }
    };
    write(&results, &out)?;
    if plan.docs {
        docs::fill(&plan.root, &results)?;
        say("docs/performance.md is filled");
    }
    let rosters = results.samples.iter().filter(|sample| sample.contender.starts_with("roster"));
    let wrong: u64 = rosters.map(|sample| sample.figures.wrong).sum();
    say(&format!(
        "{:.0} minutes, {wrong} wrong answers of Roster's; {}",
        results.minutes,
        out.join(REPORT).display()
    ));
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(from: &Path) -> Result<Results> {
    let path = from.join(RESULTS);
    let text = std::fs::read(&path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_slice(&text)?)
}

fn write(results: &Results, out: &Path) -> Result<()> {
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join(RESULTS), serde_json::to_string_pretty(results)?)?;
    let report = format!("# Benchmark\n\n{}", markdown::report(results, ""));
    std::fs::write(out.join(REPORT), report)?;
    plots(results, out).map(drop)
}

/// Writes the plots into a folder; their paths.
fn plots(results: &Results, into: &Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(into)?;
    let plots = [(chart::THROUGHPUT, chart::throughput(results)), (chart::LATENCY, chart::latency(results))];
    plots
        .into_iter()
        .map(|(name, plot)| {
            let path = into.join(name);
            std::fs::write(&path, plot)?;
            Ok(path)
        })
        .collect()
}
