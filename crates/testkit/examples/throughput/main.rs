//! How many durable upserts a second: Roster beside an endpoint that parses and answers the same JSON without storing.
//!
//!     cargo build --release && cargo run --release -p roster-testkit --example throughput -- target/release/roster
//!
//! Both are measured in one run, in turns, each in its own process, by the same load generator: half creations, half changes of one
//! field of one of the users that were there before. The data directory is made below the current directory unless another
//! one is named: on a file system in memory nothing would be durable. The time of a bare fdatasync there is told beside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement ends where it can't be made, and prints what it measured"
)]

mod disk;
mod limit;
mod server;
mod upserts;

use std::path::PathBuf;
use std::time::Duration;

use roster_testkit::load::{Report, Until, closed_loop, cpu_seconds};

use server::Server;
use upserts::{Fill, HalfAndHalf};

const USAGE: &str =
    "throughput ROSTER [--users 100000] [--connections 32] [--seconds 10] [--rounds 3] [--data DIR]";

/// What to measure.
struct Plan {
    roster: PathBuf,
    users: u64,
    connections: usize,
    seconds: u64,
    rounds: u64,
    data: PathBuf,
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if arguments.first().is_some_and(|first| first == "limit-server") {
        return limit::serve();
    }
    let plan = Plan {
        users: option(&mut arguments, "--users").map_or(100_000, |text| text.parse().expect(USAGE)),
        connections: option(&mut arguments, "--connections").map_or(32, |text| text.parse().expect(USAGE)),
        seconds: option(&mut arguments, "--seconds").map_or(10, |text| text.parse().expect(USAGE)),
        rounds: option(&mut arguments, "--rounds").map_or(3, |text| text.parse().expect(USAGE)),
        data: option(&mut arguments, "--data").map_or_else(|| PathBuf::from("."), PathBuf::from),
        roster: PathBuf::from(arguments.pop().expect(USAGE)),
    };
    assert!(arguments.is_empty(), "{USAGE}");
    runtime.block_on(measure(&plan));
}

fn option(arguments: &mut Vec<String>, name: &str) -> Option<String> {
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.remove(at);
    Some(arguments.remove(at))
}

/// One of the two, with what it has shown so far.
struct Side {
    name: &'static str,
    server: Server,
    upserts: HalfAndHalf,
    total: Option<Report>,
    cpu_seconds: f64,
}

async fn measure(plan: &Plan) {
    let directory = tempfile::Builder::new().prefix("throughput-").tempdir_in(&plan.data).unwrap();
    println!("fdatasync of 4 KiB: {:?} (median of 200)", disk::median_fdatasync(directory.path()));
    let roster = Server::roster(&plan.roster, &directory.path().join("data"));
    let fill = Fill::new(&roster.key);
    let filled = closed_loop(roster.address, plan.connections, Until::Requests(plan.users), fill).await;
    check("filling", &filled);
    println!("{} users created first: {:.0} a second", plan.users, filled.per_second());

    let limit = Server::limit();
    let side = |name, server: Server| Side {
        name,
        upserts: HalfAndHalf::new(&server.key, plan.users),
        server,
        total: None,
        cpu_seconds: 0.0,
    };
    let mut sides = [side("roster", roster), side("limit", limit)];
    for round in 1..=plan.rounds {
        for side in &mut sides {
            let before = cpu_seconds(side.server.pid());
            let until = Until::Elapsed(Duration::from_secs(plan.seconds));
            let report =
                closed_loop(side.server.address, plan.connections, until, side.upserts.clone()).await;
            check(side.name, &report);
            println!("round {round}, {}: {:.0} a second", side.name, report.per_second());
            side.cpu_seconds += cpu_seconds(side.server.pid()) - before;
            side.total = Some(match side.total.take() {
                Some(total) => total.and(report),
                None => report,
            });
        }
    }
    table(&sides);
}

/// A measurement with a wrong answer in it is none.
fn check(what: &str, report: &Report) {
    assert_eq!(report.wrong, 0, "{what}: {:?}", report.faults);
}

fn table(sides: &[Side; 2]) {
    println!();
    println!("| server | upserts/s | p50 | p99 | CPU of the server | CPU of the load generator |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for side in sides {
        let report = side.total.as_ref().unwrap();
        let seconds = report.elapsed.as_secs_f64();
        println!(
            "| {} | {:.0} | {:.2} ms | {:.2} ms | {:.2} cores | {:.2} cores |",
            side.name,
            report.per_second(),
            report.percentile(50.0).as_secs_f64() * 1e3,
            report.percentile(99.0).as_secs_f64() * 1e3,
            side.cpu_seconds / seconds,
            report.own_cpu_seconds / seconds,
        );
    }
    let [roster, limit] = sides.each_ref().map(|side| side.total.as_ref().unwrap().per_second());
    println!("\nroster does {:.2} of the limit", roster / limit);
}
