//! A graceful shutdown drains; a start after any end works.

use std::io::{Read as _, Write as _};

use serde_json::json;

use crate::harness::{Roster, raw};

#[tokio::test]
async fn a_graceful_shutdown_answers_what_came_in() {
    for signal in ["TERM", "INT"] {
        let mut roster = Roster::start();
        let mut stream = raw::connect(roster.address());
        // The head is in, the body is not: the request is in flight when the signal comes.
        let head = format!(
            "POST /users/last HTTP/1.1\r\nHost: roster\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
             Content-Length: 14\r\nExpect: 100-continue\r\n\r\n",
            roster.key()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut interim = [0; 25];
        stream.read_exact(&mut interim).unwrap();
        assert_eq!(&interim[..21], b"HTTP/1.1 100 Continue");
        roster.signal(signal);
        refuses_connections(&roster);
        stream.write_all(b"{\"status\":\"x\"}").unwrap();
        let text = raw::read_to_end(&mut stream);
        assert_eq!(raw::statuses(&text), [200], "{text}");
        assert_eq!(roster.wait().code(), Some(0));
        roster.restart();
        assert_eq!(roster.upserted("last", &json!({})).await["status"], "x", "what was answered is there");
    }
}

/// Waits until nobody listens any more.
fn refuses_connections(roster: &Roster) {
    for _ in 0..6_000 {
        if std::net::TcpStream::connect(roster.address()).is_err() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("it still listens");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_a_shutdown_up() {
    let mut roster = Roster::start();
    let mut stream = raw::connect(roster.address());
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: roster\r\n\r\n").unwrap();
    let mut piece = [0; 12];
    stream.read_exact(&mut piece).unwrap();
    roster.stop();
    let rest = raw::read_to_end(&mut stream);
    assert!(!rest.contains("HTTP/1.1"), "{rest}");
}

#[tokio::test]
async fn a_request_that_never_ends_is_left_after_the_drain_timeout() {
    let mut roster = Roster::settings().set("drain_timeout", "1s").start();
    let mut stream = raw::connect(roster.address());
    let head = format!(
        "POST /users/never HTTP/1.1\r\nHost: roster\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
         Content-Length: 14\r\nExpect: 100-continue\r\n\r\n",
        roster.key()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    roster.signal("TERM");
    // Its end is not tied to the caller's: the process ends although the request is still open.
    assert!(roster.wait().code().is_some());
    drop(stream);
}

#[tokio::test]
async fn two_servers_on_one_data_directory_are_told_apart() {
    let roster = Roster::start();
    roster.upserted("x", &json!({})).await;
    let mut second = std::process::Command::new(env!("CARGO_BIN_EXE_roster"))
        .args(["serve", "--listen", &roster.address().to_string(), "--data"])
        .arg(roster.data())
        .output();
    let second = second.as_mut().unwrap();
    assert!(!second.status.success());
    let told = String::from_utf8_lossy(&second.stderr);
    assert!(told.contains(&roster.address().to_string()) && !told.contains("panicked"), "{told}");
    assert_eq!(roster.upsert("x", &json!({})).await.status, 200);
}
