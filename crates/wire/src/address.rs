//! Where a request comes from.

use std::net::IpAddr;

/// The address of the client, as a request extension. The server sets it: it knows which proxies to believe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);
