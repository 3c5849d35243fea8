//! An open-loop load: requests at a constant rate, whatever becomes of the earlier ones, and their latency counted
//! from the moment at which they were due.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;
use http::Method;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::client::{Client, NoAnswer};

/// Ten minutes: longer ones are not told apart.
const LONGEST_MICROS: u64 = 600_000_000;

/// Makes the n-th request: method, path, body.
pub type Requests = Arc<dyn Fn(u64) -> (Method, String, String) + Send + Sync>;

/// How much, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Requests a second.
    pub per_second: u32,
    /// For how long they are due.
    pub lasting: Duration,
    /// The most connections; a request for which there is none waits, and its latency runs.
    pub most_connections: usize,
}

/// Where it goes.
#[derive(Debug, Clone)]
pub struct Aim {
    /// The server.
    pub address: SocketAddr,
    /// The API key.
    pub key: String,
}

/// Latencies of requests, in microseconds.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    fn none() -> Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST_MICROS, 3)?))
    }

    fn add(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency that so many of a hundred did not exceed.
    pub fn percentile(&self, percent: f64) -> Duration {
        Duration::from_micros(self.0.value_at_percentile(percent))
    }
}

/// What came of a load.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The answers by status.
    pub answers: BTreeMap<u16, Latencies>,
    /// The answers 200 by the second in which they were due.
    pub served_by_second: BTreeMap<u64, Latencies>,
    /// The answers other than 200 by the second in which they were due.
    pub refused_by_second: BTreeMap<u64, u64>,
    /// Refusals that did not say when to come back.
    pub without_retry_after: u64,
    /// Requests that got no answer.
    pub lost: u64,
}

impl Outcome {
    /// How many were answered so.
    pub fn count(&self, status: u16) -> u64 {
        self.answers.get(&status).map_or(0, Latencies::count)
    }

    /// The latency that so many of a hundred of the answers of that status did not exceed.
    pub fn percentile(&self, status: u16, percent: f64) -> Duration {
        self.answers.get(&status).map_or(Duration::ZERO, |latencies| latencies.percentile(percent))
    }

    fn record(&mut self, due: Duration, status: u16, says_when: bool, latency: Duration) -> Result<()> {
        let second = due.as_secs();
        slot(&mut self.answers, status)?.add(latency);
        if status == 200 {
            slot(&mut self.served_by_second, second)?.add(latency);
        } else {
            *self.refused_by_second.entry(second).or_default() += 1;
            self.without_retry_after += u64::from(!says_when);
        }
        Ok(())
    }
}

fn slot<K: Ord + Copy>(of: &mut BTreeMap<K, Latencies>, key: K) -> Result<&mut Latencies> {
    match of.entry(key) {
        Entry::Occupied(there) => Ok(there.into_mut()),
        Entry::Vacant(place) => Ok(place.insert(Latencies::none()?)),
    }
}

/// Connections that are free, and places for more.
struct Connections {
    aim: Aim,
    free: Mutex<Vec<Client>>,
    places: Semaphore,
}

impl Connections {
    /// The connection that was used last, so that no more are open than are needed.
    fn take(&self) -> Client {
        let kept = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| Client::new(self.aim.address, &self.aim.key))
    }

    fn give_back(&self, client: Client) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(client);
    }
}

/// Sends requests when they are due, and waits for the last answer.
pub async fn open_loop(aim: Aim, rate: Rate, requests: Requests) -> Result<Outcome> {
    let outcome = Arc::new(Mutex::new(Outcome::default()));
    let connections =
        Arc::new(Connections { aim, free: Mutex::default(), places: Semaphore::new(rate.most_connections) });
    let began = Instant::now();
    let mut sent = JoinSet::new();
    let mut n = 0;
    loop {
        let due = Duration::from_secs(n) / rate.per_second;
        if due >= rate.lasting {
            break;
        }
        tokio::time::sleep_until(began + due).await;
        let request = requests(n);
        sent.spawn(send(Arc::clone(&connections), request, began, due, Arc::clone(&outcome)));
        while let Some(ended) = sent.try_join_next() {
            ended??;
        }
        n += 1;
    }
    while let Some(ended) = sent.join_next().await {
        ended??;
    }
    let outcome = std::mem::take(&mut *outcome.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(outcome)
}

async fn send(
    connections: Arc<Connections>,
    (method, path, body): (Method, String, String),
    began: Instant,
    due: Duration,
    outcome: Arc<Mutex<Outcome>>,
) -> Result<()> {
    let place = connections.places.acquire().await?;
    let mut client = connections.take();
    let answer = client.send(method, &path, body).await;
    let latency = (began + due).elapsed();
    connections.give_back(client);
    drop(place);
    let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
    match answer {
        Ok(answer) => outcome.record(due, answer.status, answer.says_when_to_retry(), latency),
        Err(NoAnswer::Lost(_) | NoAnswer::Unsent(_)) => {
            outcome.lost += 1;
            Ok(())
        }
    }
}
