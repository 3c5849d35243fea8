//! A stream of concurrent upserts that accounts for every answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use http::Method;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::client::{Answer, Client, NoAnswer};
use crate::ledger::{Account, Attempt, Fate, Ledger, Store};
use crate::mark;

/// After a refusal a writer lets the server breathe.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(5);
/// How often someone who waits looks again.
const GLANCE: Duration = Duration::from_millis(2);

/// Where a stream goes and of what it is made.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server.
    pub address: SocketAddr,
    /// The API key.
    pub key: String,
    /// How many writers there are; each has one write in flight at a time.
    pub writers: usize,
    /// Decides which users are written, and in which order.
    pub seed: u64,
    /// What the external ids begin with: no other stream over the same directory may use it.
    pub prefix: String,
    /// What the server keeps the directory in.
    pub store: Store,
}

/// Writers at work. Half of the writes create a user, half change one.
#[derive(Debug)]
pub struct Stream {
    runtime: Runtime,
    stopping: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
    writers: Vec<JoinHandle<Ledger>>,
}

impl Stream {
    /// Sets the writers to work. `position` is asked right after each acknowledgement has arrived.
    pub fn start(plan: &Plan, position: impl Fn() -> u64 + Send + Sync + 'static) -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(AtomicU64::new(0));
        let refused = Arc::new(AtomicU64::new(0));
        let position: Arc<dyn Fn() -> u64 + Send + Sync> = Arc::new(position);
        let mut seeds = fastrand::Rng::with_seed(plan.seed);
        let writers = (0..plan.writers)
            .map(|number| {
                let writer = Writer {
                    client: Client::new(plan.address, &plan.key),
                    prefix: format!("{}w{number}", plan.prefix),
                    store: plan.store,
                    settled: Vec::new(),
                    choice: seeds.fork(),
                    position: Arc::clone(&position),
                    stopping: Arc::clone(&stopping),
                    acknowledged: Arc::clone(&acknowledged),
                    refused: Arc::clone(&refused),
                    ledger: Ledger::default(),
                };
                runtime.spawn(writer.run())
            })
            .collect();
        Ok(Self { runtime, stopping, acknowledged, refused, writers })
    }

    /// How many writes were acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// How many writes were refused so far.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whether every writer has lost its server.
    pub fn has_ended(&self) -> bool {
        self.writers.iter().all(JoinHandle::is_finished)
    }

    /// Waits until that many writes were acknowledged; an error after `patience`, or when all writers have ended.
    pub fn wait_for(&self, acknowledged: u64, patience: Duration) -> Result<()> {
        let began = Instant::now();
        while self.acknowledged() < acknowledged {
            if began.elapsed() > patience {
                bail!("{} acknowledged in {patience:?}, not {acknowledged}", self.acknowledged());
            }
            if self.has_ended() {
                bail!("every writer lost its server after {} acknowledged writes", self.acknowledged());
            }
            std::thread::sleep(GLANCE);
        }
        Ok(())
    }

    /// Lets every writer have the answer to its last write, and ends.
    pub fn stop(self) -> Result<Ledger> {
        self.stopping.store(true, Ordering::Relaxed);
        self.join()
    }

    /// Waits until every writer has ended because its server did.
    pub fn join(self) -> Result<Ledger> {
        let mut all = Ledger::default();
        for writer in self.writers {
            all.merge(self.runtime.block_on(writer).context("a writer failed")?);
        }
        Ok(all)
    }
}

struct Writer {
    client: Client,
    prefix: String,
    store: Store,
    /// The accounts whose every write is known to be there or not: no other is written again, since what nobody knows of
    /// may still be made, behind a later write.
    settled: Vec<usize>,
    choice: fastrand::Rng,
    position: Arc<dyn Fn() -> u64 + Send + Sync>,
    stopping: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
    ledger: Ledger,
}

impl Writer {
    /// Writes until it is told to stop or its server is gone.
    async fn run(mut self) -> Ledger {
        let mut mark = 0;
        while !self.stopping.load(Ordering::Relaxed) {
            mark += 1;
            let user = self.next_user();
            let Some(account) = self.ledger.accounts.get_mut(user) else { break };
            let (fate, fault) = write(&mut self.client, &account.external_id, mark, &*self.position).await;
            self.ledger.faults.extend(fault);
            account.attempts.push(Attempt { mark, fate });
            let is_known = matches!(fate, Fate::Acknowledged { .. }) || !fate.may_be_written(self.store);
            if !is_known {
                self.settled.retain(|settled| *settled != user);
            }
            match fate {
                Fate::Acknowledged { .. } => {
                    self.acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                Fate::Refused { .. } => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(PAUSE_AFTER_REFUSAL).await;
                }
                Fate::Unanswered | Fate::Unsent => match self.store {
                    Store::Sqlite => break,
                    Store::Postgres => tokio::time::sleep(PAUSE_AFTER_REFUSAL).await,
                },
            }
        }
        self.ledger
    }

    /// A user that was written before, or a new one.
    fn next_user(&mut self) -> usize {
        if !self.settled.is_empty() && self.choice.bool() {
            let place = self.choice.usize(0..self.settled.len());
            return self.settled.get(place).copied().unwrap_or_default();
        }
        let accounts = &mut self.ledger.accounts;
        let external_id = format!("{}u{}", self.prefix, accounts.len());
        accounts.push(Account { external_id, attempts: Vec::new() });
        self.settled.push(accounts.len() - 1);
        accounts.len() - 1
    }
}

/// Upserts a user: what came of it, and what was wrong with the answer, if anything.
pub async fn write(
    client: &mut Client,
    external_id: &str,
    mark: u64,
    position: &(dyn Fn() -> u64 + Send + Sync),
) -> (Fate, Option<String>) {
    let path = format!("/users/{external_id}");
    match client.send(Method::POST, &path, mark::upsert(external_id, mark)).await {
        Ok(answer) => {
            let fate = match answer.status {
                200 => Fate::Acknowledged { position: position() },
                status => Fate::Refused { status },
            };
            (fate, fault(&answer, external_id, mark))
        }
        Err(NoAnswer::Lost(_)) => (Fate::Unanswered, None),
        Err(NoAnswer::Unsent(_)) => (Fate::Unsent, None),
    }
}

/// What is wrong with an answer, whatever came of the write: a write of these users can't be refused as faulty, an
/// acknowledgement shows what was written, and who is told to come back is told when.
fn fault(answer: &Answer, external_id: &str, mark: u64) -> Option<String> {
    let told = |what: &str| Some(format!("{external_id}.{mark}: {} {what}", answer.status));
    match answer.status {
        200 if !mark::is_in(&answer.body, external_id, mark) => told("without what was written"),
        200 | 500 => None,
        503 if answer.says_when_to_retry() => None,
        503 => told("without Retry-After"),
        _ => told(&format!("is no answer to this write: {}", String::from_utf8_lossy(&answer.body))),
    }
}
