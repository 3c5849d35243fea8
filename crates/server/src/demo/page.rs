//! What a demo prints.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

const ALGOREP_REQUEST: &str = include_str!("../../assets/demo/algorep.request.json");
const ALGOREP_RESPONSE: &str = include_str!("../../assets/demo/algorep.response.json");
const ZYNCHRO_REQUEST: &str = include_str!("../../assets/demo/zynchro.request.json");
const ZYNCHRO_RESPONSE: &str = include_str!("../../assets/demo/zynchro.response.json");

/// The page. The bodies are those of the documents.
pub(super) fn page(address: SocketAddr, key: &str, token: &str, users: usize) -> String {
    let base = base(address);
    let [algorep_request, algorep_response, zynchro_request, zynchro_response] =
        [ALGOREP_REQUEST, ALGOREP_RESPONSE, ZYNCHRO_REQUEST, ZYNCHRO_RESPONSE].map(str::trim_end);
    format!(
        r#"
Roster serves a demo at {base} with {users} sample users (numbers 1 to {users}).

API key  {key}
Token    {token}

1. Algorep: create the user that a Bubble application calls so. Paste:

curl \
 --request POST '{base}/users/1708861331497x933611102973227500' \
 --header "Authorization: {key}" \
 --header "Content-Type: application/json" \
 --data '{algorep_request}'

   It answers 200, with an id of its own making:

{algorep_response}

2. Zynchro: update user 3. Paste:

curl --location --request PATCH '{base}/zynchro.api.system-config/v1/users/3' \
--header 'Content-Type: application/json' \
--header 'Authorization: Bearer {token}' \
--data-raw '{zynchro_request}'

   It answers 200:

{zynchro_response}

All calls, to read and to try: {base}/docs
Ctrl-C stops it.
"#
    )
}

/// Where a browser on this machine finds the server. `0.0.0.0` is everywhere, and no address to go to.
fn base(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn printed() -> String {
        page("127.0.0.1:7878".parse().unwrap(), "roster_k_s", "a.b.c", 12)
    }

    /// The text between `start` and the next single quote.
    fn quoted<'a>(page: &'a str, start: &str) -> &'a str {
        let rest = page.split_once(start).unwrap_or_else(|| panic!("no {start}")).1;
        rest.split_once('\'').unwrap().0
    }

    #[test]
    fn the_calls_are_the_documents_own() {
        let page = printed();
        let algorep: Value = serde_json::from_str(quoted(&page, "--data '")).unwrap();
        assert_eq!(algorep["bubbleId"], "1708861331497x933611102973227500");
        assert_eq!(algorep.as_object().unwrap().len(), 21);
        let zynchro: Value = serde_json::from_str(quoted(&page, "--data-raw '")).unwrap();
        assert_eq!(zynchro["data"]["user"]["password"], "33556567");
        assert_eq!(zynchro["data"]["clientsProfile"][1]["clientId"], 38);
        assert_eq!(quoted(&page, "POST '"), "http://127.0.0.1:7878/users/1708861331497x933611102973227500");
        assert_eq!(quoted(&page, "PATCH '"), "http://127.0.0.1:7878/zynchro.api.system-config/v1/users/3");
        assert!(
            page.contains("\"Authorization: roster_k_s\"") && page.contains("'Authorization: Bearer a.b.c'")
        );
    }

    #[test]
    fn an_address_that_is_everywhere_is_printed_as_this_machine() {
        assert_eq!(base("0.0.0.0:80".parse().unwrap()), "http://127.0.0.1:80");
        assert_eq!(base("[::]:80".parse().unwrap()), "http://[::1]:80");
        assert_eq!(base("192.0.2.1:80".parse().unwrap()), "http://192.0.2.1:80");
    }

    #[test]
    fn the_expected_answers_are_printed() {
        let page = printed();
        let answers: Vec<Value> = page
            .lines()
            .filter(|line| line.starts_with('{'))
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        assert_eq!(answers.len(), 2);
        assert_eq!(answers[0]["bubbleId"], "1708861331497x933611102973227500");
        assert_eq!(answers[1]["data"]["user"]["lastLogin"], "06-22-2024 05:04:06 PM");
    }
}
