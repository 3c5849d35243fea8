//! Requests that no HTTP library sends. Each gets a clear refusal, and nothing that follows it on the connection is taken for a
//! request.

use serde_json::json;

use crate::harness::{Roster, raw};

/// A request whose head is made by hand, followed by a request that must never be answered if the first one was refused.
fn request(head: &str, body: &str, key: &str) -> Vec<u8> {
    let smuggled = format!(
        "POST /users/smuggled HTTP/1.1\r\nHost: roster\r\nAuthorization: {key}\r\nContent-Type: application/json\r\n\
         Content-Length: 2\r\n\r\n{{}}"
    );
    let head = head.replace("KEY", key);
    format!("{head}\r\n\r\n{body}{smuggled}").into_bytes()
}

#[tokio::test]
async fn what_could_be_read_in_two_ways_is_refused_and_ends_the_connection() {
    let roster = Roster::start();
    let key = roster.key().to_owned();
    let post =
        "POST /users/raw HTTP/1.1\r\nHost: roster\r\nAuthorization: KEY\r\nContent-Type: application/json";
    for (what, head, body) in [
        ("a length and chunks", format!("{post}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked"), "{}"),
        ("two lengths", format!("{post}\r\nContent-Length: 2\r\nContent-Length: 3"), "{}"),
        ("a list of lengths", format!("{post}\r\nContent-Length: 2, 3"), "{}"),
        ("a signed length", format!("{post}\r\nContent-Length: +2"), "{}"),
        ("a negative length", format!("{post}\r\nContent-Length: -2"), "{}"),
        ("a hexadecimal length", format!("{post}\r\nContent-Length: 0x2"), "{}"),
        ("a length beyond 64 bits", format!("{post}\r\nContent-Length: 99999999999999999999"), "{}"),
        ("an empty length", format!("{post}\r\nContent-Length: "), "{}"),
        ("an unknown coding", format!("{post}\r\nTransfer-Encoding: xchunked"), "2\r\n{}\r\n0\r\n\r\n"),
        (
            "a coding after chunked",
            format!("{post}\r\nTransfer-Encoding: chunked, identity"),
            "2\r\n{}\r\n0\r\n\r\n",
        ),
        ("a space before the colon", format!("{post}\r\nContent-Length : 2"), "{}"),
        ("a folded header", format!("{post}\r\nX-Folded: a\r\n b\r\nContent-Length: 2"), "{}"),
        ("NUL in a header", format!("{post}\r\nX-Nul: a\0b\r\nContent-Length: 2"), "{}"),
        ("CR in a header", format!("{post}\r\nX-Cr: a\rb\r\nContent-Length: 2"), "{}"),
        ("a header without a name", format!("{post}\r\n: x\r\nContent-Length: 2"), "{}"),
        ("a space in a name", format!("{post}\r\nX Y: x\r\nContent-Length: 2"), "{}"),
        ("no host", format!("{post}\r\nContent-Length: 2").replace("Host: roster\r\n", ""), "{}"),
        ("two hosts", format!("{post}\r\nHost: roster\r\nContent-Length: 2"), "{}"),
        ("an unknown version", post.replace("HTTP/1.1", "HTTP/3.0"), ""),
        ("no version", post.replace(" HTTP/1.1", ""), ""),
        ("two targets", post.replace("/users/raw", "/users/raw /x"), ""),
        ("a control character in the target", post.replace("/users/raw", "/users/r\u{1}w"), ""),
    ] {
        let text = raw::exchange(roster.address(), &request(&head, body, &key));
        let statuses = raw::statuses(&text);
        assert!(statuses.len() <= 1, "{what}: one answer at the most: {text}");
        assert!(statuses.iter().all(|status| (400..500).contains(status)), "{what}: {text}");
    }
    assert!(roster.users().await.is_empty(), "neither the request nor what followed it was done");
}

#[tokio::test]
async fn chunks_that_are_none_are_refused() {
    let roster = Roster::start();
    let key = roster.key().to_owned();
    let head = "POST /users/raw HTTP/1.1\r\nHost: roster\r\nAuthorization: KEY\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: chunked";
    for (what, body) in [
        ("a size beyond 64 bits", "FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n"),
        ("a negative size", "-2\r\n{}\r\n0\r\n\r\n"),
        ("no size", "\r\n{}\r\n0\r\n\r\n"),
        ("a size that is no number", "zz\r\n{}\r\n0\r\n\r\n"),
        ("a chunk longer than its size", "1\r\n{}\r\n0\r\n\r\n"),
    ] {
        let text = raw::exchange(roster.address(), &request(head, body, &key));
        let statuses = raw::statuses(&text);
        assert!(statuses.len() <= 1, "{what}: {text}");
        assert!(statuses.iter().all(|status| (400..500).contains(status)), "{what}: {text}");
    }
    assert!(roster.users().await.is_empty());

    // The control: good chunks are good, and a credential in a trailer is none.
    let good = format!("{}\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n", head.replace("KEY", &key))
        .replace("Host", "Connection: close\r\nHost");
    assert_eq!(raw::statuses(&raw::exchange(roster.address(), good.as_bytes())), [200]);
    let trailer = head.replace("Authorization: KEY\r\n", "Trailer: Authorization\r\nConnection: close\r\n");
    let trailer = format!("{trailer}\r\n\r\n2\r\n{{}}\r\n0\r\nAuthorization: {key}\r\n\r\n");
    assert_eq!(raw::statuses(&raw::exchange(roster.address(), trailer.as_bytes())), [401]);
}

#[tokio::test]
async fn pipelined_requests_are_answered_each_and_in_order() {
    let roster = Roster::start();
    let mut requests = String::new();
    for n in 0..100 {
        let last = if n == 99 { "Connection: close\r\n" } else { "" };
        requests += &format!(
            "POST /users/piped HTTP/1.1\r\nHost: roster\r\nAuthorization: {}\r\nContent-Type: application/json\r\n{last}\
             Content-Length: {}\r\n\r\n{{\"status\":\"{n}\"}}",
            roster.key(),
            format!("{{\"status\":\"{n}\"}}").len(),
        );
    }
    let text = raw::exchange(roster.address(), requests.as_bytes());
    assert_eq!(raw::statuses(&text), [200; 100]);
    let statuses: Vec<String> =
        text.split("\"status\":\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    assert_eq!(statuses, (0..100).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn headers_that_other_servers_obey_are_not_obeyed() {
    let roster = Roster::start();
    roster.upserted("raw", &json!({"status": "kept"})).await;
    for header in [
        "X-HTTP-Method-Override: DELETE",
        "X-Original-URL: /livez",
        "Upgrade: h2c\r\nConnection: Upgrade",
        "X-Rewrite-Url: /",
    ] {
        let head = format!(
            "POST /users/raw HTTP/1.1\r\nHost: evil.example\r\nAuthorization: {}\r\nContent-Type: application/json\r\n{header}\r\n\
             Content-Length: 2\r\nConnection: close\r\n\r\n{{}}",
            roster.key()
        );
        let text = raw::exchange(roster.address(), head.as_bytes());
        assert_eq!(raw::statuses(&text), [200], "{header}: {text}");
        assert!(text.contains("\"status\":\"kept\"") && !text.contains("evil.example"), "{header}: {text}");
    }
}

#[tokio::test]
async fn a_body_that_ends_early_is_no_request() {
    let roster = Roster::start();
    let head = format!(
        "POST /users/raw HTTP/1.1\r\nHost: roster\r\nAuthorization: {}\r\nContent-Type: application/json\r\n",
        roster.key()
    );
    for body in [
        "Content-Length: 30\r\n\r\n{\"status\":\"x\"}",
        "Transfer-Encoding: chunked\r\n\r\ne\r\n{\"status\":\"x\"}\r\n",
    ] {
        let text = raw::exchange_and_end(roster.address(), format!("{head}{body}").as_bytes());
        assert!(raw::statuses(&text).iter().all(|status| (400..500).contains(status)), "{text}");
    }
    assert!(roster.users().await.is_empty());
}
