//! The outermost layer: an id, the client's address, a count and, where wanted, a line in the log for each request.
//!
//! The log has the template of the route, never the path or the query: those may hold personal data.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, Method, Request, StatusCode, Version, header};
use hyper::body::Incoming;
use metrics::Gauge;
use roster_wire::ClientAddress;
use tower::Service as _;
use tracing::Instrument as _;

use super::client_address::Proxies;
use super::fault;
use super::guard::Matched;
use super::metrics::{Metrics, RouteMetrics};
use super::request_id::{RequestIds, X_REQUEST_ID};
use crate::config::choices::LogRequests;

/// Everything that a request passes before the router.
#[derive(Debug)]
pub struct Edge {
    /// The routes.
    pub router: Router,
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
    /// Where ids come from.
    pub ids: RequestIds,
    /// Which proxies are believed.
    pub proxies: Proxies,
    /// Which requests are logged.
    pub log: LogRequests,
    /// Whether each answer is the last of its connection, because the server is about to stop.
    pub closing: AtomicBool,
}

impl Edge {
    /// Answers a request that came over a connection from `peer`.
    pub async fn answer(&self, peer: IpAddr, request: Request<Incoming>) -> Response {
        let began = Instant::now();
        let id = self.ids.of(&request);
        let method = request.method().clone();
        let mut request = request.map(Body::new);
        let client = self.proxies.client(peer, request.headers());
        request.extensions_mut().insert(ClientAddress(client));
        let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
        let in_flight = InFlight::begin(&self.metrics.in_flight);
        let answered = if names_its_host(&request) {
            self.router.clone().call(request).instrument(span.clone()).await
        } else {
            Ok(fault::bad_request())
        };
        drop(in_flight);
        let mut response = answered.unwrap_or_else(|never| match never {});
        let matched = response.extensions_mut().remove::<Matched>();
        let route = matched.as_ref().map_or(self.metrics.nobodys(), |Matched(route)| route);
        let took = began.elapsed();
        self.metrics.count(route, &method, response.status(), took);
        span.in_scope(|| self.log(route, &method, response.status(), took));
        set_id(&mut response, id);
        if self.closing.load(Ordering::Relaxed) {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn log(&self, route: &RouteMetrics, method: &Method, status: StatusCode, took: Duration) {
        let wanted = match self.log {
            LogRequests::All => true,
            LogRequests::Failed => status.is_client_error() || status.is_server_error(),
            LogRequests::None => false,
        };
        if !wanted {
            return;
        }
        let (route, status_number) = (route.route(), status.as_u16());
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if status.is_server_error() {
            tracing::error!(%method, route, status = status_number, milliseconds, "answered");
        } else {
            tracing::info!(%method, route, status = status_number, milliseconds, "answered");
        }
    }
}

/// A request that is worked on. One whose client goes away is dropped, and is worked on no more.
struct InFlight<'a>(&'a Gauge);

impl<'a> InFlight<'a> {
    fn begin(gauge: &'a Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// RFC 9112, 3.2: a request without a host, or with several, is refused. Which of several counts is read in different ways.
fn names_its_host<B>(request: &Request<B>) -> bool {
    match request.headers().get_all(header::HOST).iter().count() {
        0 => request.version() < Version::HTTP_11,
        hosts => hosts == 1,
    }
}

fn set_id(response: &mut Response, id: HeaderValue) {
    response.headers_mut().insert(X_REQUEST_ID, id);
}
