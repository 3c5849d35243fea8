//! Whom a request comes from, when proxies stand in between.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

use crate::config::choices::ForwardedHeader;

/// The proxies that are believed, and the header that they write.
///
/// One header alone: a proxy that writes `X-Forwarded-For` may pass on a `Forwarded` that its client made up.
#[derive(Debug, Clone)]
pub struct Proxies {
    trusted: Vec<IpNet>,
    header: ForwardedHeader,
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

impl Proxies {
    /// Believes those proxies.
    pub fn new(trusted: Vec<IpNet>, header: ForwardedHeader) -> Self {
        Self { trusted, header }
    }

    /// The client's address: the last one that was not told by a proxy that is believed.
    ///
    /// Each proxy appends whom it was called by, so the list is read from its end. Where an entry is none, everything
    /// before it could be made up: the proxy that passed it on counts as the client.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if self.trusted.is_empty() || !self.is_trusted(client) {
            return client;
        }
        let name = match self.header {
            ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
            ForwardedHeader::Forwarded => header::FORWARDED,
        };
        let values: Vec<&str> =
            headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        for entry in values.iter().rev().flat_map(|value| value.rsplit(',')) {
            let address = match self.header {
                ForwardedHeader::XForwardedFor => address(entry.trim()),
                ForwardedHeader::Forwarded => forwarded_for(entry).and_then(address),
            };
            let Some(address) = address else { return client };
            client = address;
            if !self.is_trusted(client) {
                return client;
            }
        }
        client
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|range| range.contains(&address))
    }
}

/// An address, with or without brackets, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None if text.matches(':').count() == 1 => text.split_once(':')?.0,
        None => text,
    };
    bare.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// The `for` of an element of `Forwarded` (RFC 7239, 4). No address needs a quoted comma or semicolon.
fn forwarded_for(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ForwardedHeader, peer: &str, name: &'static str, values: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|range| range.parse().unwrap()).to_vec();
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, value.parse().unwrap());
        }
        Proxies::new(trusted, header).client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_proxy_that_is_not_configured_is_not_believed() {
        let x =
            |peer, values: &[&str]| client(ForwardedHeader::XForwardedFor, peer, "x-forwarded-for", values);
        assert_eq!(x("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        let nobody = Proxies::new(Vec::new(), ForwardedHeader::XForwardedFor);
        let headers = HeaderMap::from_iter([(X_FORWARDED_FOR, "198.51.100.7".parse().unwrap())]);
        assert_eq!(nobody.client("10.0.0.1".parse().unwrap(), &headers).to_string(), "10.0.0.1");
    }

    #[test]
    fn the_last_address_that_no_proxy_told_is_the_clients() {
        let x =
            |peer, values: &[&str]| client(ForwardedHeader::XForwardedFor, peer, "x-forwarded-for", values);
        for (values, expected) in [
            (&["198.51.100.7"] as &[&str], "198.51.100.7"),
            (&["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            (&["203.0.113.9", "198.51.100.7, 10.1.1.1"], "198.51.100.7"),
            (&["203.0.113.9, nonsense, 10.1.1.1"], "10.1.1.1"),
            (&["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
            (&["198.51.100.7:4711"], "198.51.100.7"),
            (&["[2001:db8::7]:4711"], "2001:db8::7"),
            (&["2001:db8::7"], "2001:db8::7"),
            (&["::ffff:198.51.100.7"], "198.51.100.7"),
            (&[""], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ] {
            assert_eq!(x("10.0.0.1", values), expected, "{values:?}");
            assert_eq!(x("::ffff:10.0.0.1", values), expected, "{values:?}");
        }
    }

    #[test]
    fn forwarded_is_read_where_it_is_the_configured_header_and_nowhere_else() {
        let f = |values: &[&str]| client(ForwardedHeader::Forwarded, "fd00::1", "forwarded", values);
        for (value, expected) in [
            ("for=198.51.100.7", "198.51.100.7"),
            ("proto=https;For=\"[2001:db8::7]:4711\";by=10.0.0.1", "2001:db8::7"),
            ("for=203.0.113.9, for=198.51.100.7;proto=http", "198.51.100.7"),
            ("for=_hidden", "fd00::1"),
            ("by=203.0.113.9", "fd00::1"),
        ] {
            assert_eq!(f(&[value]), expected, "{value}");
        }
        let other = client(ForwardedHeader::Forwarded, "10.0.0.1", "x-forwarded-for", &["198.51.100.7"]);
        assert_eq!(other, "10.0.0.1");
    }
}
