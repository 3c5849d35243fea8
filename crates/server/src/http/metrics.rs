//! What `/metrics` tells, in the text format of Prometheus.
//!
//! Every counter that a request touches is registered once, so that counting is an atomic addition and allocates nothing.
//! The registry is this server's own, not the process's: tests run several servers in one process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Method, StatusCode};
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder as _, Unit};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::store::Activity;

const REQUESTS: &str = "roster_http_requests_total";
const DURATION: &str = "roster_http_request_duration_seconds";
const COMMITS: &str = "roster_write_commits_total";
const CHANGES: &str = "roster_write_changes_total";
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The statuses that have a counter of their own; any other counts as the first of its hundred.
const STATUSES: [u16; 26] = [
    100, 200, 201, 204, 300, 304, 400, 401, 403, 404, 405, 406, 408, 409, 412, 413, 415, 422, 428, 429, 431,
    500, 501, 502, 503, 504,
];

const METHODS: [Method; 6] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];

const METADATA: Metadata<'static> = Metadata::new("roster", Level::INFO, None);

/// The counters of one route and method.
struct MethodMetrics {
    statuses: [OnceLock<Counter>; STATUSES.len()],
    duration: OnceLock<Histogram>,
}

/// The counters of one route.
pub struct RouteMetrics {
    route: String,
    /// One for each of [`METHODS`], and one for any other.
    methods: [MethodMetrics; METHODS.len() + 1],
}

impl RouteMetrics {
    fn new(route: String) -> Self {
        let method = |_| MethodMetrics {
            statuses: std::array::from_fn(|_| OnceLock::new()),
            duration: OnceLock::new(),
        };
        Self { route, methods: std::array::from_fn(method) }
    }

    /// The route's template.
    pub fn route(&self) -> &str {
        &self.route
    }
}

impl fmt::Debug for RouteMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RouteMetrics").field(&self.route).finish()
    }
}

/// Every metric of the server.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    routes: HashMap<String, Arc<RouteMetrics>>,
    nobodys: Arc<RouteMetrics>,
    /// The requests that are being worked on.
    pub in_flight: Gauge,
    /// The connections.
    pub connections: Gauge,
    waiting: Gauge,
    commits: Counter,
    changes: Counter,
    passwords: Gauge,
    resident: Gauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// The metrics of a server with routes of these templates.
    pub fn new(templates: Vec<String>) -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS)?.build_recorder();
        let handle = recorder.handle();
        describe(&recorder);
        let gauge = |name| recorder.register_gauge(&Key::from_static_name(name), &METADATA);
        let (in_flight, connections) =
            (gauge("roster_http_requests_in_flight"), gauge("roster_http_connections"));
        let (waiting, resident) =
            (gauge("roster_write_queue_waiting"), gauge("process_resident_memory_bytes"));
        let passwords = gauge("roster_passwords_unanswered");
        let counter = |name| recorder.register_counter(&Key::from_static_name(name), &METADATA);
        let (commits, changes) = (counter(COMMITS), counter(CHANGES));
        let version =
            Key::from_parts("roster_build_info", vec![Label::new("version", env!("CARGO_PKG_VERSION"))]);
        recorder.register_gauge(&version, &METADATA).set(1.0);
        let of_template = |route: String| (route.clone(), Arc::new(RouteMetrics::new(route)));
        let routes = templates.into_iter().map(of_template).collect();
        let nobodys = Arc::new(RouteMetrics::new("none".to_owned()));
        Ok(Self {
            recorder,
            handle,
            routes,
            nobodys,
            in_flight,
            connections,
            waiting,
            commits,
            changes,
            passwords,
            resident,
        })
    }

    /// The counters of the route with that template.
    pub fn route(&self, template: &str) -> &Arc<RouteMetrics> {
        self.routes.get(template).unwrap_or(&self.nobodys)
    }

    /// The templates of the routes that have counters.
    #[cfg(test)]
    pub(crate) fn templates(&self) -> std::collections::BTreeSet<&str> {
        self.routes.keys().map(String::as_str).collect()
    }

    /// The counters of paths that are nobody's.
    pub fn nobodys(&self) -> &Arc<RouteMetrics> {
        &self.nobodys
    }

    /// Counts a request.
    pub fn count(&self, route: &RouteMetrics, method: &Method, status: StatusCode, took: Duration) {
        let index = METHODS.iter().position(|known| known == method).unwrap_or(METHODS.len());
        let name = METHODS.get(index).map_or("other", |_| method_name(method));
        let Some(metrics) = route.methods.get(index) else { return };
        let status = known_status(status);
        let slot = STATUSES.iter().position(|known| *known == status).and_then(|at| metrics.statuses.get(at));
        if let Some(slot) = slot {
            slot.get_or_init(|| {
                let labels = labels(route, name, Some(status));
                self.recorder.register_counter(&Key::from_parts(REQUESTS, labels), &METADATA)
            })
            .increment(1);
        }
        let duration = metrics.duration.get_or_init(|| {
            self.recorder.register_histogram(&Key::from_parts(DURATION, labels(route, name, None)), &METADATA)
        });
        duration.record(took.as_secs_f64());
    }

    /// Sorts what was recorded since into its buckets. To be called now and then: what is recorded is kept until then.
    pub fn tidy(&self) {
        self.handle.run_upkeep();
    }

    /// The text, with what the store does, and how many passwords wait or are being hashed.
    pub fn render(&self, store: Activity, passwords: usize) -> String {
        let Activity { waiting, commits, changes } = store;
        self.waiting.set(gauged(waiting));
        self.passwords.set(gauged(passwords));
        self.commits.absolute(commits);
        self.changes.absolute(changes);
        if let Some(bytes) = resident_bytes() {
            self.resident.set(bytes);
        }
        self.handle.render()
    }
}

fn gauged(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn labels(route: &RouteMetrics, method: &'static str, status: Option<u16>) -> Vec<Label> {
    let mut labels = vec![Label::new("route", route.route.clone()), Label::new("method", method)];
    labels.extend(status.map(|status| Label::new("status", status.to_string())));
    labels
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}

fn known_status(status: StatusCode) -> u16 {
    let status = status.as_u16();
    if STATUSES.contains(&status) { status } else { status / 100 * 100 }
}

fn describe(recorder: &PrometheusRecorder) {
    for (name, text) in [
        (REQUESTS, "Requests that were answered."),
        (COMMITS, "Commits of the writer; each is flushed, some together, before it is answered."),
        (CHANGES, "Changes that the writer decided; divided by the commits, the size of a batch."),
    ] {
        recorder.describe_counter(name.into(), None, text.into());
    }
    recorder.describe_histogram(
        DURATION.into(),
        Some(Unit::Seconds),
        "From the head of a request to its answer.".into(),
    );
    for (name, text) in [
        ("roster_http_requests_in_flight", "Requests that are being worked on."),
        ("roster_http_connections", "Open connections."),
        ("roster_write_queue_waiting", "Changes that wait to be written."),
        ("roster_passwords_unanswered", "Passwords that wait to be hashed or verified, or are."),
        ("roster_build_info", "The version that runs."),
        ("process_resident_memory_bytes", "Resident memory."),
    ] {
        recorder.describe_gauge(name.into(), None, text.into());
    }
}

/// The resident memory of this process, where the system tells it.
fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(kib) * 1024.0)
}
