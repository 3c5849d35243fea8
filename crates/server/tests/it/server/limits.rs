//! Limits on what comes in.

use std::io::Write as _;

use serde_json::json;

use crate::harness::{Answer, Roster, raw};

#[tokio::test]
async fn a_head_over_its_limit_is_refused() {
    let roster = Roster::start();
    let long = "x".repeat(40 << 10);
    let get = |rest: &str| format!("GET {rest}\r\nConnection: close\r\n\r\n");
    let many: String = (0..200).map(|n| format!("X-{n}: y\r\n")).collect();
    for (what, text, expected) in [
        ("a long header", get(&format!("/livez HTTP/1.1\r\nHost: roster\r\nX-Long: {long}")), &[431][..]),
        ("a long name", get(&format!("/livez HTTP/1.1\r\nHost: roster\r\n{long}: x")), &[431, 400]),
        ("a long target", get(&format!("/{long} HTTP/1.1\r\nHost: roster")), &[414, 431]),
        ("many headers", get(&format!("/livez HTTP/1.1\r\nHost: roster\r\n{many}X: y")), &[431]),
    ] {
        let answered = raw::exchange(roster.address(), text.as_bytes());
        let statuses = raw::statuses(&answered);
        assert!(statuses.len() == 1 && expected.contains(&statuses[0]), "{what}: {answered}");
    }
    assert_eq!(Answer::of(roster.request("GET", "/livez")).await.status, 200);
}

#[tokio::test]
async fn a_slow_head_does_not_hold_a_connection_for_ever() {
    let roster = Roster::settings().set("header_timeout", "1s").start();
    let mut stream = raw::connect(roster.address());
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: ros").unwrap();
    // It ends by itself; the reader gives up only after a minute.
    let text = raw::read_to_end(&mut stream);
    assert!(raw::statuses(&text).iter().all(|status| *status == 408), "{text}");
}

#[tokio::test]
async fn a_slow_body_does_not_hold_a_request_for_ever() {
    let roster = Roster::settings().set("request_timeout", "1s").start();
    let mut stream = raw::connect(roster.address());
    let head = format!(
        "POST /users/slow HTTP/1.1\r\nHost: roster\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
         Content-Length: 1000\r\nConnection: close\r\n\r\n{{\"sta",
        roster.key()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let text = raw::read_to_end(&mut stream);
    assert!(matches!(raw::statuses(&text)[..], [408 | 503]), "{text}");
    assert!(roster.users().await.is_empty());
}

#[tokio::test]
async fn an_expected_continue_comes_only_for_a_body_that_is_wanted() {
    let roster = Roster::settings().set("body_limit", "1000").start();
    let head = |length: usize, credential: &str| {
        format!(
            "POST /users/expect HTTP/1.1\r\nHost: roster\r\nAuthorization: {credential}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        )
    };
    let refused = raw::exchange_and_end(roster.address(), head(10, "nobody").as_bytes());
    assert_eq!(raw::statuses(&refused), [401], "no body is asked for: {refused}");
    let mut stream = raw::connect(roster.address());
    stream.write_all(head(2, roster.key()).as_bytes()).unwrap();
    stream.write_all(b"{}").unwrap();
    let taken = raw::read_to_end(&mut stream);
    assert_eq!(raw::statuses(&taken), [100, 200], "{taken}");
}

#[tokio::test]
async fn more_connections_than_allowed_wait_and_are_served() {
    let roster = Roster::settings().set("connections", "2").start();
    let held: Vec<_> = (0..2)
        .map(|_| {
            let mut stream = raw::connect(roster.address());
            stream.write_all(b"GET /livez HTTP/1.1\r\nHost: roster\r\n\r\n").unwrap();
            let mut piece = [0; 12];
            std::io::Read::read_exact(&mut stream, &mut piece).unwrap();
            stream
        })
        .collect();
    let mut third = raw::connect(roster.address());
    third.write_all(b"GET /livez HTTP/1.1\r\nHost: roster\r\nConnection: close\r\n\r\n").unwrap();
    drop(held);
    assert_eq!(raw::statuses(&raw::read_to_end(&mut third)), [200]);
}

#[tokio::test]
async fn failed_credentials_of_one_address_are_limited() {
    let roster = Roster::settings().set("failed_credentials_limit", "5").start();
    let key = roster.key().to_owned();
    let wrong = || Answer::of(roster.with("nobody", "POST", "/users/x").body("{}"));
    let mut statuses = Vec::new();
    let mut limited = None;
    for _ in 0..10 {
        let answer = wrong().await;
        statuses.push(answer.status);
        if answer.status == 429 {
            limited = Some(answer);
        }
    }
    assert_eq!((statuses.first(), statuses.last()), (Some(&401), Some(&429)), "{statuses:?}");
    let limited = limited.unwrap();
    assert_eq!(limited.json()["error"], "ALGOREP_001");
    assert!(limited.header("retry-after").is_some());
    // Who knows a key is let in from the same address: one bad neighbour must not lock everybody out.
    let good = roster.with(&key, "POST", "/users/x").header("content-type", "application/json").body("{}");
    assert_eq!(Answer::of(good).await.status, 200);
}

#[tokio::test]
async fn a_forwarded_address_is_believed_from_a_configured_proxy_alone() {
    for (proxies, believed) in [("", false), ("127.0.0.0/8", true), ("10.0.0.0/8", false)] {
        let settings =
            Roster::settings().set("failed_credentials_limit", "3").set("trusted_proxies", proxies);
        let roster = settings.start();
        let wrong = |n: usize| {
            let request =
                roster.with("nobody", "POST", "/users/x").header("x-forwarded-for", format!("192.0.2.{n}"));
            Answer::of(request.body("{}"))
        };
        let mut statuses = Vec::new();
        for n in 0..8 {
            statuses.push(wrong(n).await.status);
        }
        assert_eq!(statuses.contains(&429), !believed, "{proxies}: {statuses:?}");
    }
}

#[tokio::test]
async fn the_documented_limits_can_be_configured() {
    let roster = Roster::settings().set("header_count", "10").start();
    let many: String = (0..12).map(|n| format!("X-{n}: y\r\n")).collect();
    let text = format!("GET /livez HTTP/1.1\r\nHost: roster\r\n{many}\r\n");
    assert_eq!(raw::statuses(&raw::exchange(roster.address(), text.as_bytes())), [431]);
    let body = json!({"status": "x"});
    assert_eq!(roster.upsert("x", &body).await.status, 200);
}
