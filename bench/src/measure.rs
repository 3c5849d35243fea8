//! One measurement.

use std::time::Duration;

use anyhow::Result;
use roster_testkit::load::{Report, Until, saturate};

use crate::commits::Commits;
use crate::contender::{Contender, Driven, Server};
use crate::operation::Operation;
use crate::pages;
use crate::population::Stream;
use crate::process::Memory;
use crate::result::Figures;
use crate::speak::Speak;
use crate::store::Measured;

/// What is not counted before each measurement: connections open, pages come into memory, a just-in-time compiler compiles.
const WARM_UP: Duration = Duration::from_millis(300);

/// Measures an operation of a contender in each way in which it has it, while it alone has the processor: by its key.
pub(crate) async fn measure(
    contender: &mut Contender,
    operation: Operation,
    connections: usize,
    lasting: Duration,
) -> Result<Vec<(String, Figures)>> {
    contender.resume()?;
    let measured = in_each_way(contender, operation, connections, lasting).await;
    contender.pause()?;
    measured
}

async fn in_each_way(
    contender: &mut Contender,
    operation: Operation,
    connections: usize,
    lasting: Duration,
) -> Result<Vec<(String, Figures)>> {
    let mut all = Vec::new();
    match &mut contender.driven {
        Driven::Served { server, speak } => {
            let itself = (&contender.about.key, speak.as_ref());
            let also = contender.also.as_ref().map(|also| (&also.about.key, also.speak.as_ref()));
            for (key, speak) in
                std::iter::once(itself).chain(also).filter(|(_, speak)| speak.offers(operation))
            {
                all.push((key.clone(), served(server, speak, operation, connections, lasting).await?));
            }
        }
        Driven::Store(talk) => {
            talk.measure(operation, connections, WARM_UP)?;
            let before = talk.process.cpu_seconds();
            let measured = talk.measure(operation, connections, lasting)?;
            let figures = direct(measured, talk.process.cpu_seconds() - before, talk.process.memory()?);
            all.push((contender.about.key.clone(), figures));
        }
    }
    Ok(all)
}

async fn served(
    server: &mut Server,
    speak: &dyn Speak,
    operation: Operation,
    connections: usize,
    lasting: Duration,
) -> Result<Figures> {
    let endpoint = speak.endpoint(server.address);
    if operation.lists() {
        pages::find(&endpoint, speak, operation, &mut server.population).await?;
    }
    let mut stream = Stream { speak, operation, population: &mut server.population };
    saturate(&endpoint, connections, Until::Elapsed(WARM_UP), &mut stream).await;
    let counts = speak.walks().is_some() && operation.writes();
    let before = if counts { Commits::of(&endpoint).await? } else { Commits::default() };
    let cpu_before = server.process.cpu_seconds();
    let report = saturate(&endpoint, connections, Until::Elapsed(lasting), &mut stream).await;
    let cpu = server.process.cpu_seconds() - cpu_before;
    let after = if counts { Commits::of(&endpoint).await? } else { Commits::default() };
    Ok(Figures {
        changes_per_commit: after.since(before).changes_each(),
        ..figures(&report, cpu, server.process.memory()?)
    })
}

/// The figures of a load, whose server used that much of the processor.
#[expect(clippy::cast_precision_loss, reason = "a run has fewer than 2^52 requests")]
pub(crate) fn figures(report: &Report, server_cpu_seconds: f64, memory: Memory) -> Figures {
    let millis = |percent| report.percentile(percent).as_secs_f64() * 1e3;
    Figures {
        per_second: report.per_second(),
        p50_ms: millis(50.0),
        p99_ms: millis(99.0),
        p999_ms: millis(99.9),
        max_ms: millis(100.0),
        server_cpu_micros: server_cpu_seconds * 1e6 / report.right.max(1) as f64,
        memory_mib: memory.now,
        generator_cores: report.own_cpu_seconds / report.elapsed.as_secs_f64(),
        right: report.right,
        wrong: report.wrong,
        faults: report.faults.clone(),
        changes_per_commit: None,
    }
}

/// The driver of the store is in its process, and so is what it uses of the processor.
#[expect(clippy::cast_precision_loss, reason = "a run has fewer than 2^52 requests")]
fn direct(measured: Measured, cpu_seconds: f64, memory: Memory) -> Figures {
    Figures {
        per_second: measured.done as f64 / measured.seconds,
        p50_ms: measured.p50_ms,
        p99_ms: measured.p99_ms,
        p999_ms: measured.p999_ms,
        max_ms: measured.max_ms,
        server_cpu_micros: cpu_seconds * 1e6 / measured.done.max(1) as f64,
        memory_mib: memory.now,
        generator_cores: 0.0,
        right: measured.done,
        wrong: 0,
        faults: Vec::new(),
        changes_per_commit: measured.changes_per_commit,
    }
}
