//! What stands between the sockets and the dialects: connections, limits, ids, logs and metrics.

pub mod accept;
pub mod client_address;
pub mod docs;
pub mod edge;
pub mod fault;
pub mod guard;
pub mod health;
pub mod metrics;
pub mod patience;
pub mod request_id;
pub mod routes;
