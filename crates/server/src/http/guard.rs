//! What surrounds every handler: a bound on the requests in flight, a bound on the time of each, and a net for panics.
//! What it has to refuse, it refuses in the form of the dialect whose routes it surrounds.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use http::Uri;
use roster_wire::ServerFault;
use tokio::sync::Semaphore;

use super::metrics::{Metrics, RouteMetrics};

/// When to try again where too many requests are in flight.
const RETRY_AFTER_SECONDS: u64 = 1;

/// The bounds that all dialects share.
#[derive(Debug)]
pub struct Bounds {
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
    /// How many requests may be in flight.
    pub in_flight: Semaphore,
    /// How long each may take.
    pub timeout: Duration,
}

/// A dialect's answer to what its handlers don't see, for a request to that place.
pub type Fault = fn(ServerFault, &Uri) -> Response;

/// The guard of one dialect's routes.
#[derive(Clone)]
pub struct Guard {
    /// The bounds.
    pub bounds: Arc<Bounds>,
    /// How the dialect answers what its handlers don't see.
    pub fault: Fault,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

/// The route that a request took: left on the answer, for whoever counts it.
#[derive(Debug, Clone)]
pub struct Matched(pub Arc<RouteMetrics>);

/// Runs a handler within its bounds.
pub async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let Guard { bounds, fault } = guard;
    let template = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let matched = Matched(Arc::clone(bounds.metrics.route(template)));
    let uri = request.uri().clone();
    let mut response = match bounds.in_flight.try_acquire() {
        Ok(_held) => run(request, next, bounds.timeout).await.unwrap_or_else(|why| fault(why, &uri)),
        Err(_) => fault(ServerFault::Overloaded { retry_after_seconds: RETRY_AFTER_SECONDS }, &uri),
    };
    response.extensions_mut().insert(matched);
    response
}

async fn run(request: Request, next: Next, timeout: Duration) -> Result<Response, ServerFault> {
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(timeout, handled).await {
        Ok(Ok(response)) => Ok(response),
        // The panic hook has logged where.
        Ok(Err(_)) => Err(ServerFault::Panicked),
        Err(_) => Err(ServerFault::TimedOut),
    }
}
