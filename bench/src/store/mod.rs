//! The SQLite store, driven directly: Roster's directory in a process of its own, without HTTP and JSON.
//!
//! The process is told what to measure, a line of JSON each, and answers each with a line.

mod driver;
mod talk;

use std::io::BufRead as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::operation::Operation;

use driver::Driver;
pub(crate) use talk::Talk;

/// Drive the SQLite store.
#[derive(Debug, Clone, Args)]
pub(crate) struct Store {
    /// Where the database is made.
    #[arg(long)]
    data: PathBuf,
    /// How many users are created first.
    #[arg(long)]
    users: u64,
}

/// What to measure.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Order {
    operation: Operation,
    tasks: usize,
    seconds: f64,
}

/// What a measurement showed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) done: u64,
    pub(crate) seconds: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    pub(crate) max_ms: f64,
    pub(crate) changes_per_commit: Option<f64>,
}

impl Store {
    /// Measures what it is told until nothing is told any more.
    pub(crate) fn serve(&self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let driver = Driver::open(&self.data)?;
        let mut out = std::io::stdout().lock();
        answer(&mut out, &runtime.block_on(driver.load(self.users))?)?;
        for line in std::io::stdin().lock().lines() {
            let order: Order = serde_json::from_str(&line?)?;
            let lasting = Duration::from_secs_f64(order.seconds);
            answer(&mut out, &runtime.block_on(driver.measure(order.operation, order.tasks, lasting))?)?;
        }
        Ok(())
    }
}

fn answer(out: &mut impl std::io::Write, measured: &Measured) -> Result<()> {
    writeln!(out, "{}", serde_json::to_string(measured)?)?;
    Ok(out.flush()?)
}

/// Whether the store has the operation without anything above it.
pub(crate) fn offers(operation: Operation) -> bool {
    operation != Operation::Password
}
