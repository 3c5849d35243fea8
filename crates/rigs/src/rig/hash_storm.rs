//! A burst of changed passwords slows other changes of passwords, and neither upserts nor reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use http::Method;
use tokio::runtime::{Builder, Runtime};

use super::overload::{Load, latencies};
use super::{Options, Workspace};
use crate::client::Client;
use crate::load::{Aim, Outcome, Rate, open_loop};
use crate::mark;
use crate::report::Report;
use crate::server::{Server, create_key};
use crate::tool;

const WRITERS: usize = 32;
/// What is read and written meanwhile, in per cent of what the server sustains.
const EASY_PERCENT: u32 = 30;
const LASTING: Duration = Duration::from_secs(10);
const MOST_CONNECTIONS: usize = 512;
/// So many change passwords at once.
const STORM: u64 = 16;
const PATIENCE: Duration = Duration::from_secs(60);
const MOST_TIMES_SLOWER: f64 = 2.0;

/// Storms `rounds` servers.
pub fn run(options: &Options) -> Result<Report> {
    let mut report = Report::new(format!("password storm, seed {}", options.seed));
    for round in 0..options.rounds {
        storm(options, round, &mut report)?;
    }
    Ok(report)
}

fn storm(options: &Options, round: usize, report: &mut Report) -> Result<()> {
    let workspace = Workspace::new()?;
    let data = workspace.path.join("data");
    let key = create_key(&options.roster, &data)?;
    let token =
        ["token", "issue", "--user-name", "rigs", "--scope", "read,write", "--expires", "1h", "--data"];
    let token = tool::run(tool::text(&options.roster)?, &[token.as_slice(), &[tool::text(&data)?]].concat())?;
    let server = Server::start(&workspace.launch(options, &data))?;
    let load = Load {
        runtime: Builder::new_multi_thread().worker_threads(1).enable_all().build()?,
        aim: Aim { address: server.address, key },
    };
    let sustained = load.sustained_by(WRITERS, options.seed)?;
    let easy = sustained * EASY_PERCENT / 100 / 2;
    let [base_writes, base_reads] = both(&load, "base", easy)?;
    let storm = Storm::start(&load.aim, token.trim())?;
    let [writes, reads] = both(&load, "storm", easy)?;
    let hashes = storm.stop()?;
    server.stop(PATIENCE)?;

    report.row("sustained, changes a second", sustained);
    report.row("upserts a second, and as many reads", easy);
    report.row("passwords changed a second", format!("{hashes:.0}"));
    report.row("upserts before: p50, p99", latencies(&base_writes, 200));
    report.row("upserts in the storm: p50, p99", latencies(&writes, 200));
    report.row("reads before: p50, p99", latencies(&base_reads, 200));
    report.row("reads in the storm: p50, p99", latencies(&reads, 200));
    let p99 = |outcome: &Outcome| outcome.percentile(200, 99.0);
    let all_served =
        [&base_writes, &base_reads, &writes, &reads].iter().all(|outcome| outcome.answers.keys().eq([&200]));
    let promises = [
        (
            p99(&writes) < p99(&base_writes).mul_f64(MOST_TIMES_SLOWER),
            "the p99 of upserts is more than doubled",
        ),
        (p99(&reads) < p99(&base_reads).mul_f64(MOST_TIMES_SLOWER), "the p99 of reads is more than doubled"),
        (all_served, "an upsert or a read was refused"),
    ];
    let broken = promises.iter().filter(|(kept, _)| !kept);
    report.violations.extend(broken.map(|(_, what)| format!("round {round}: {what}")));
    Ok(())
}

/// Upserts and reads at that rate each, side by side.
fn both(load: &Load, prefix: &'static str, per_second: u32) -> Result<[Outcome; 2]> {
    let rate = Rate { per_second, lasting: LASTING, most_connections: MOST_CONNECTIONS };
    let writes = Arc::new(move |n| {
        let external_id = format!("{prefix}{n}");
        (Method::POST, format!("/users/{external_id}"), mark::upsert(&external_id, 1))
    });
    let reads =
        Arc::new(|n| (Method::GET, format!("/api/v1/users/by-number/{}", 1 + n % STORM), String::new()));
    let writes = open_loop(load.aim.clone(), rate, writes);
    let reads = open_loop(load.aim.clone(), rate, reads);
    load.runtime.block_on(async { tokio::try_join!(writes, reads) }).map(Into::into)
}

/// Clients that change passwords, each one user's, as fast as they are answered.
struct Storm {
    runtime: Runtime,
    stopping: Arc<AtomicBool>,
    changed: Arc<AtomicU64>,
    began: Instant,
    clients: Vec<tokio::task::JoinHandle<Result<()>>>,
}

impl Storm {
    fn start(aim: &Aim, token: &str) -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let changed = Arc::new(AtomicU64::new(0));
        let clients = (1..=STORM)
            .map(|number| {
                let client = Client::new(aim.address, &format!("Bearer {token}"));
                runtime.spawn(change_passwords(client, number, Arc::clone(&stopping), Arc::clone(&changed)))
            })
            .collect();
        Ok(Self { runtime, stopping, changed, began: Instant::now(), clients })
    }

    /// How many passwords were changed a second.
    fn stop(self) -> Result<f64> {
        self.stopping.store(true, Ordering::Relaxed);
        let changed = u32::try_from(self.changed.load(Ordering::Relaxed))?;
        let rate = f64::from(changed) / self.began.elapsed().as_secs_f64();
        for client in self.clients {
            self.runtime.block_on(client)??;
        }
        Ok(rate)
    }
}

async fn change_passwords(
    mut client: Client,
    number: u64,
    stopping: Arc<AtomicBool>,
    changed: Arc<AtomicU64>,
) -> Result<()> {
    let path = format!("/zynchro.api.system-config/v1/users/{number}");
    let mut turn = 0_u64;
    while !stopping.load(Ordering::Relaxed) {
        turn += 1;
        let body = serde_json::json!({
            "header": { "transactionId": "storm" },
            "data": {
                "user": {
                    "name": "Storm",
                    "email": format!("storm{number}@example.com"),
                    "password": format!("a new password {turn}"),
                    "telephone": "1",
                },
                "clientsProfile": [],
            },
        });
        let answer = client.send(Method::PATCH, &path, body.to_string()).await;
        let answer = answer.map_err(|why| anyhow::anyhow!("a password got no answer: {why:?}"))?;
        ensure!(
            matches!(answer.status, 200 | 503),
            "a password was answered {}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        changed.fetch_add(u64::from(answer.status == 200), Ordering::Relaxed);
    }
    Ok(())
}
