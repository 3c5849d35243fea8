//! Roster beside its peers, and beside what the machine can do: `bench/run` calls this.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod argon;
mod ask;
mod commits;
mod contender;
mod counted;
mod disk;
mod goal;
mod limit;
mod machine;
mod measure;
mod operation;
mod pages;
mod people;
mod plan;
mod population;
mod process;
mod report;
mod result;
mod run;
mod speak;
mod stat;
mod store;
mod sustained;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(about = "Measures Roster beside its peers, and beside what the machine can do")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(plan::Plan),
    Limit(limit::Limit),
    Store(store::Store),
}

fn main() -> Result<ExitCode> {
    match Cli::parse().command {
        Command::Run(plan) => {
            // One thread: what the generator uses is known, and it can't take more than a core.
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(report::run(&plan))
        }
        Command::Limit(limit) => limit.serve().map(|()| ExitCode::SUCCESS),
        Command::Store(store) => store.serve().map(|()| ExitCode::SUCCESS),
    }
}
