//! A closed-loop load generator: some connections, each with one request in flight.
//!
//! Its HTTP client does nothing but what a server needs to be measured: HTTP/1.1, keep-alive, bodies with a length. It checks
//! each answer, so that a server that is fast at refusing is not taken for a fast one.

mod connection;
mod cpu;
mod report;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

pub use connection::{Connection, Response};
pub use cpu::cpu_seconds;
pub use report::Report;

/// Makes the requests of a run, one after the other, for whichever connection is free.
pub trait Requests {
    /// Writes the next request, whole, into `request`, and what the answer's body must contain into `expected`.
    fn next(&mut self, request: &mut Vec<u8>, expected: &mut Vec<u8>);
}

/// When a run ends.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// After so many requests.
    Requests(u64),
    /// When so much time has passed.
    Elapsed(Duration),
}

struct Run<R> {
    requests: R,
    until: Until,
    started: Instant,
    sent: u64,
    report: Report,
}

impl<R: Requests> Run<R> {
    /// Whether there is another request, which is written then.
    fn next(&mut self, request: &mut Vec<u8>, expected: &mut Vec<u8>) -> bool {
        let is_over = match self.until {
            Until::Requests(count) => self.sent >= count,
            Until::Elapsed(time) => self.started.elapsed() >= time,
        };
        if !is_over {
            self.sent += 1;
            request.clear();
            expected.clear();
            self.requests.next(request, expected);
        }
        !is_over
    }
}

/// Sends requests over `connections` connections until the run is over. Every answer must be 200 and contain what is expected.
///
/// # Panics
///
/// When a connection can't be made.
pub async fn closed_loop<R: Requests + 'static>(
    address: SocketAddr,
    connections: usize,
    until: Until,
    requests: R,
) -> Report {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(address).await.expect("the server accepts connections"));
    }
    let cpu_before = cpu_seconds(std::process::id());
    let started = Instant::now();
    let run =
        Rc::new(RefCell::new(Run { requests, until, started, sent: 0, report: Report::new(connections) }));
    let workers = open.into_iter().map(|connection| work(connection, Rc::clone(&run)));
    futures_util::future::join_all(workers).await;
    let elapsed = started.elapsed();
    let mut report = Rc::into_inner(run).expect("every worker has ended").into_inner().report;
    report.elapsed = elapsed;
    report.own_cpu_seconds = cpu_seconds(std::process::id()) - cpu_before;
    report
}

async fn work<R: Requests>(mut connection: Connection, run: Rc<RefCell<Run<R>>>) {
    let (mut request, mut expected) = (Vec::new(), Vec::new());
    while run.borrow_mut().next(&mut request, &mut expected) {
        let sent = Instant::now();
        let answer = connection.send(&request).await;
        let latency = sent.elapsed();
        let fault = match &answer {
            Ok(response) if response.status == 200 && contains(response.body, &expected) => None,
            Ok(response) => Some(format!("{}: {}", response.status, String::from_utf8_lossy(response.body))),
            Err(error) => Some(error.to_string()),
        };
        let broken = answer.is_err();
        run.borrow_mut().report.record(latency, fault);
        if broken {
            return;
        }
    }
}

fn contains(body: &[u8], expected: &[u8]) -> bool {
    expected.is_empty() || body.windows(expected.len()).any(|window| window == expected)
}
