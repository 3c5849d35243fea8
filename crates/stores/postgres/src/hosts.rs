//! The hosts of a URL, and their addresses, each to be tried by itself: the client library limits the time of the socket alone,
//! and one that takes connections and does not answer would keep it from the next for ever.

use std::net::SocketAddr;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// Each host with all that is set for all of them, or why the URL can't be used.
pub(crate) fn each(whole: &Config) -> Result<Vec<Config>, &'static str> {
    let (hosts, addresses, ports) = (whole.get_hosts(), whole.get_hostaddrs(), whole.get_ports());
    let count = hosts.len().max(addresses.len());
    if count == 0 {
        return Err("it names no host");
    }
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err("it has not as many host as hostaddr");
    }
    if ports.len() > 1 && ports.len() != count {
        return Err("it has not as many ports as hosts");
    }
    let host = |index: usize| {
        let mut one = without_hosts(whole);
        match hosts.get(index) {
            Some(Host::Tcp(name)) => drop(one.host(name)),
            Some(Host::Unix(path)) => drop(one.host_path(path)),
            None => {}
        }
        if let Some(address) = addresses.get(index) {
            one.hostaddr(*address);
        }
        if let Some(port) = ports.get(index).or(ports.first()) {
            one.port(*port);
        }
        one
    };
    Ok((0..count).map(host).collect())
}

/// A host's addresses, each with all that is set for the host.
pub(crate) async fn addresses(host: &Config) -> std::io::Result<Vec<Config>> {
    let ([Host::Tcp(name)], []) = (host.get_hosts(), host.get_hostaddrs()) else {
        return Ok(vec![host.clone()]);
    };
    let port = host.get_ports().first().copied().unwrap_or(5432);
    let found = tokio::net::lookup_host((name.as_str(), port)).await?;
    let address = |found: SocketAddr| {
        let mut one = host.clone();
        one.hostaddr(found.ip());
        one
    };
    Ok(found.map(address).collect())
}

/// Everything else. The library has no way to take a host out.
fn without_hosts(whole: &Config) -> Config {
    let mut one = Config::new();
    if let Some(user) = whole.get_user() {
        one.user(user);
    }
    if let Some(password) = whole.get_password() {
        one.password(password);
    }
    if let Some(name) = whole.get_dbname() {
        one.dbname(name);
    }
    if let Some(options) = whole.get_options() {
        one.options(options);
    }
    if let Some(name) = whole.get_application_name() {
        one.application_name(name);
    }
    if let Some(time) = whole.get_connect_timeout() {
        one.connect_timeout(*time);
    }
    if let Some(time) = whole.get_tcp_user_timeout() {
        one.tcp_user_timeout(*time);
    }
    if let Some(interval) = whole.get_keepalives_interval() {
        one.keepalives_interval(interval);
    }
    if let Some(retries) = whole.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    one.ssl_mode(whole.get_ssl_mode())
        .ssl_negotiation(whole.get_ssl_negotiation())
        .keepalives(whole.get_keepalives())
        .keepalives_idle(whole.get_keepalives_idle())
        .target_session_attrs(whole.get_target_session_attrs())
        .channel_binding(whole.get_channel_binding())
        .load_balance_hosts(whole.get_load_balance_hosts());
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing of the URL is lost on the way: this fails when the library learns something new.
    #[test]
    fn a_host_has_everything_that_the_url_says() {
        let settings = "user=u password=p dbname=d options=-c%20x=y application_name=a sslmode=require \
                        sslnegotiation=direct connect_timeout=3 tcp_user_timeout=4 keepalives=0 keepalives_idle=5 \
                        keepalives_interval=6 keepalives_retries=7 target_session_attrs=read-write \
                        channel_binding=require load_balance_hosts=random";
        let config = |hosts: &str| format!("{settings} {hosts}").parse::<Config>().unwrap();
        let alone = ["host=a hostaddr=10.0.0.1 port=1", "host=/run hostaddr=10.0.0.2 port=2"];
        for host in alone {
            assert_eq!(each(&config(host)), Ok(vec![config(host)]));
        }
        let both = config("host=a,/run hostaddr=10.0.0.1,10.0.0.2 port=1,2");
        assert_eq!(each(&both), Ok(alone.map(config).to_vec()));
        assert_eq!(each(&config("host=a,b port=7")).unwrap()[1].get_ports(), [7]);
    }

    #[test]
    fn hosts_that_do_not_add_up_are_refused() {
        for hosts in ["", "host=a,b port=1,2,3", "host=a,b hostaddr=10.0.0.1"] {
            assert!(each(&hosts.parse().unwrap()).is_err(), "{hosts}");
        }
    }
}
