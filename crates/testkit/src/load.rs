//! A load generator. In a closed loop each of some connections sends its next request when it has its answer; in an open loop
//! requests are due at a constant rate, and latency counts from when each was due, whatever became of the earlier ones.
//!
//! Its HTTP client does nothing but what a server needs to be measured: HTTP/1.1, keep-alive, bodies with a length; other
//! protocols come as a [`Framing`]. It checks each answer, so that a server that is fast at refusing is not taken for a
//! fast one.

mod connection;
mod cpu;
mod http;
mod report;
mod timer;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use memchr::memmem;

pub use connection::{Answer, Connection, Endpoint, Framing, Response};
pub use cpu::cpu_seconds;
pub use report::Report;

use timer::Timer;

/// A request, and what its answer must be.
#[derive(Debug, Clone, Default)]
pub struct Exchange {
    /// The request, whole.
    pub request: Vec<u8>,
    /// The answer's status; 200 unless it is set.
    pub status: u16,
    /// What the answer's body must contain.
    pub expected: Vec<u8>,
    /// What it is about: handed back with the answer.
    pub subject: u64,
}

/// Makes the requests of a run, one after the other, for whichever connection is free.
pub trait Requests {
    /// Writes the next request into an exchange that is empty.
    fn next(&mut self, exchange: &mut Exchange);

    /// Is shown each answer that was right.
    fn answered(&mut self, _subject: u64, _body: &[u8]) {}
}

/// When a run ends.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// After so many requests.
    Requests(u64),
    /// When so much time has passed.
    Elapsed(Duration),
    /// After so many requests or so much time, what comes first.
    Either(u64, Duration),
}

impl Until {
    fn is_over(self, sent: u64, elapsed: Duration) -> bool {
        match self {
            Self::Requests(count) => sent >= count,
            Self::Elapsed(time) => elapsed >= time,
            Self::Either(count, time) => sent >= count || elapsed >= time,
        }
    }
}

/// When requests are sent.
#[derive(Debug, Clone, Copy)]
enum Pace {
    /// When a connection is free.
    Closed,
    /// So many a second.
    Open(f64),
}

struct Run<'a> {
    requests: &'a mut dyn Requests,
    pace: Pace,
    until: Until,
    started: Instant,
    sent: u64,
    report: Report,
}

impl Run<'_> {
    /// When the next request, which is written then, is to be sent; `None` when there is none.
    fn next(&mut self, exchange: &mut Exchange) -> Option<Instant> {
        let now = Instant::now();
        let due = match self.pace {
            Pace::Closed => now,
            Pace::Open(per_second) => self.started + seconds(self.sent, per_second),
        };
        // In an open loop it is the moment at which a request is due that counts: what was due is sent, however late.
        if self.until.is_over(self.sent, due.saturating_duration_since(self.started)) {
            return None;
        }
        self.report.late += u64::from(due < now);
        self.sent += 1;
        exchange.request.clear();
        exchange.expected.clear();
        exchange.status = 200;
        exchange.subject = 0;
        self.requests.next(exchange);
        Some(due)
    }

    fn record(
        &mut self,
        exchange: &Exchange,
        latency: Duration,
        answer: Result<Response<'_>, std::io::Error>,
    ) {
        let fault = match answer {
            Ok(response) if is_right(exchange, &response) => {
                self.requests.answered(exchange.subject, response.body);
                None
            }
            Ok(response) => Some(format!("{}: {}", response.status, String::from_utf8_lossy(response.body))),
            Err(error) => Some(error.to_string()),
        };
        self.report.record(latency, fault);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a run has fewer than 2^52 requests")]
fn seconds(requests: u64, per_second: f64) -> Duration {
    Duration::from_secs_f64(requests as f64 / per_second)
}

fn is_right(exchange: &Exchange, response: &Response<'_>) -> bool {
    response.status == exchange.status && memmem::find(response.body, &exchange.expected).is_some()
}

/// Sends requests over HTTP on `connections` connections, each as fast as it is answered, until the run is over. A connection that
/// can't be made, or breaks, is a fault of the report.
pub async fn closed_loop<R: Requests>(
    address: SocketAddr,
    connections: usize,
    until: Until,
    mut requests: R,
) -> Report {
    saturate(&Endpoint::http(address), connections, until, &mut requests).await
}

/// Sends requests on `connections` connections, each as fast as it is answered, until the run is over.
pub async fn saturate(
    endpoint: &Endpoint,
    connections: usize,
    until: Until,
    requests: &mut dyn Requests,
) -> Report {
    run(endpoint, connections, Pace::Closed, until, requests).await
}

/// Sends `per_second` requests a second until the run is over. Their latency counts from when each was due, so that a server
/// that stalls is charged for all that it kept waiting. The connections are a limit: a request for which none is free is late.
pub async fn open_loop(
    endpoint: &Endpoint,
    connections: usize,
    per_second: f64,
    until: Until,
    requests: &mut dyn Requests,
) -> Report {
    run(endpoint, connections, Pace::Open(per_second), until, requests).await
}

async fn run(
    endpoint: &Endpoint,
    connections: usize,
    pace: Pace,
    until: Until,
    requests: &mut dyn Requests,
) -> Report {
    let mut report = Report::new(connections);
    let mut open = Vec::new();
    for _ in 0..connections {
        match Connection::to(endpoint.clone()).await {
            Ok(connection) => open.push(connection),
            Err(error) => report.record(Duration::ZERO, Some(format!("no connection: {error}"))),
        }
    }
    let own_cpu = || cpu_seconds(std::process::id()).expect("this process runs, on Linux");
    let cpu_before = own_cpu();
    let started = Instant::now();
    let run = Rc::new(RefCell::new(Run { requests, pace, until, started, sent: 0, report }));
    let workers = open.into_iter().map(|connection| work(connection, Rc::clone(&run)));
    futures_util::future::join_all(workers).await;
    let elapsed = started.elapsed();
    let run = Rc::into_inner(run).expect("every worker has ended").into_inner();
    let mut report = run.report;
    report.elapsed = elapsed;
    report.own_cpu_seconds = own_cpu() - cpu_before;
    report
}

async fn work(mut connection: Connection, run: Rc<RefCell<Run<'_>>>) {
    let timer = Timer::new().expect("the kernel has timers");
    let mut exchange = Exchange::default();
    loop {
        let Some(due) = run.borrow_mut().next(&mut exchange) else { return };
        timer.until(due).await.expect("the kernel's timers work");
        let answer = connection.send(&exchange.request).await;
        let latency = due.elapsed();
        let is_broken = answer.is_err();
        run.borrow_mut().record(&exchange, latency, answer);
        if is_broken {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;

    use super::*;

    /// Asks for the same thing again and again.
    struct Same {
        request: &'static str,
        status: u16,
        expected: &'static str,
        answers: Vec<u64>,
    }

    impl Same {
        fn new(status: u16, expected: &'static str) -> Self {
            let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
            Self { request, status, expected, answers: Vec::new() }
        }
    }

    impl Requests for Same {
        fn next(&mut self, exchange: &mut Exchange) {
            exchange.request.extend_from_slice(self.request.as_bytes());
            exchange.expected.extend_from_slice(self.expected.as_bytes());
            exchange.status = self.status;
            exchange.subject = 7;
        }

        fn answered(&mut self, subject: u64, body: &[u8]) {
            assert_eq!(body, b"hello, world");
            self.answers.push(subject);
        }
    }

    async fn server(patience: Duration) -> Endpoint {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let hello = move || async move {
            tokio::time::sleep(patience).await;
            "hello, world"
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/", get(hello))).await });
        Endpoint::http(address)
    }

    #[tokio::test]
    async fn answers_are_checked() {
        let server = server(Duration::ZERO).await;
        let mut right = Same::new(200, "o, w");
        let report = saturate(&server, 3, Until::Requests(20), &mut right).await;
        assert_eq!((report.right, report.wrong), (20, 0), "{:?}", report.faults);
        assert_eq!(right.answers, [7; 20]);
        for mut wrong in [Same::new(201, "hello"), Same::new(200, "good bye")] {
            let report = saturate(&server, 1, Until::Requests(2), &mut wrong).await;
            assert_eq!((report.right, report.wrong, report.faults.len()), (0, 2, 2));
            assert!(wrong.answers.is_empty());
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_a_fault() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let report = closed_loop(nobody, 2, Until::Requests(9), Same::new(200, "")).await;
        assert_eq!((report.right, report.wrong), (0, 2), "{:?}", report.faults);
    }

    #[tokio::test]
    async fn an_open_loop_counts_what_waited_from_when_it_was_due() {
        // One connection, which takes at least 20 ms a request: of five due at once, the last is answered after 100 ms.
        let server = server(Duration::from_millis(20)).await;
        let mut requests = Same::new(200, "hello");
        let report = open_loop(&server, 1, 1e6, Until::Requests(5), &mut requests).await;
        assert_eq!((report.right, report.wrong), (5, 0), "{:?}", report.faults);
        assert!(report.percentile(100.0) >= Duration::from_millis(100));
        assert!(report.percentile(50.0) >= Duration::from_millis(60));
        assert!(report.late >= 4);
    }

    #[tokio::test]
    async fn an_open_loop_sends_no_faster_than_it_is_told() {
        let server = server(Duration::ZERO).await;
        let mut requests = Same::new(200, "hello");
        let until = Until::Elapsed(Duration::from_millis(100));
        let report = open_loop(&server, 4, 200.0, until, &mut requests).await;
        assert_eq!((report.right, report.wrong), (20, 0), "{:?}", report.faults);
        assert!(report.elapsed >= Duration::from_millis(95));
    }
}
