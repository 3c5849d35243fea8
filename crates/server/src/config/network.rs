//! Settings about the network.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::value::{Value, list_from_text, list_from_toml};

/// Where to listen: `127.0.0.1:7878`, `[::]:80`, `localhost:0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen(String);

impl Default for Listen {
    fn default() -> Self {
        Self("127.0.0.1:7878".to_owned())
    }
}

impl Listen {
    /// The text, to be resolved.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Value for Listen {
    const NAME: &'static str = "ADDR";
    const EXPECTED: &'static str = "an address and a port, such as 127.0.0.1:7878";

    fn from_text(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let good = !host.is_empty() && port.parse::<u16>().is_ok();
        good.then(|| Self(text.to_owned()))
    }

    fn to_toml(&self) -> toml::Value {
        self.0.clone().into()
    }
}

/// An address range, or one address.
fn range(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse().ok().map(|address: IpAddr| address.into()))
}

impl Value for Vec<IpNet> {
    const NAME: &'static str = "CIDR,...";
    const EXPECTED: &'static str =
        "addresses or ranges such as 10.0.0.0/8, separated by commas (in the file, an array of them)";

    fn from_text(text: &str) -> Option<Self> {
        list_from_text(text, range)
    }

    fn from_toml(value: &toml::Value) -> Option<Self> {
        list_from_toml(value, range)
    }

    fn to_toml(&self) -> toml::Value {
        self.iter().map(ToString::to_string).collect::<Vec<String>>().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_port() {
        for good in ["127.0.0.1:0", "[::1]:8080", "localhost:80"] {
            assert!(Listen::from_text(good).is_some(), "{good}");
        }
        for bad in ["127.0.0.1", ":80", "localhost:", "localhost:65536", "80"] {
            assert!(Listen::from_text(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_proxy_is_an_address_or_a_range() {
        let ranges = Vec::<IpNet>::from_text("10.0.0.0/8,::1").unwrap();
        assert_eq!(ranges.to_toml().to_string(), r#"["10.0.0.0/8", "::1/128"]"#);
        assert_eq!(Vec::<IpNet>::from_text("10.0.0.0/33"), None);
        assert_eq!(Vec::<IpNet>::from_toml(&"10.0.0.0/8".into()), None);
    }
}
