//! Health, metrics and the pages that are about the server itself.

use std::io::Write as _;
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;

use crate::harness::{Answer, Roster, raw};

const GLANCE: Duration = Duration::from_millis(10);

async fn get(roster: &Roster, path: &str) -> Answer {
    Answer::of(roster.request("GET", path)).await
}

#[tokio::test]
async fn livez_and_readyz_need_no_credential() {
    let roster = Roster::start();
    assert_snapshot!("livez", get(&roster, "/livez").await.shown());
    assert_snapshot!("readyz", get(&roster, "/readyz").await.shown());
}

#[tokio::test]
async fn readyz_tells_when_the_store_is_out_of_reach() {
    let roster = Roster::start();
    assert_eq!(get(&roster, "/readyz").await.status, 200);
    roster.sql("ALTER TABLE meta RENAME TO lost");
    let answer = get(&roster, "/readyz").await;
    assert_eq!(
        (answer.status, get(&roster, "/livez").await.status),
        (503, 200),
        "it lives, and is not ready"
    );
    roster.sql("ALTER TABLE lost RENAME TO meta");
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_name_no_person() {
    let roster = Roster::start();
    for n in 0..3 {
        roster.upserted(&format!("Zaphod-{n}"), &json!({"email": "zaphod@example.org"})).await;
    }
    roster.upsert("Zaphod-0", &json!({"status": 1})).await;
    let answer = get(&roster, "/metrics").await;
    let text = answer.text();
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    let value = |status: &str| {
        let line = text.lines().find(|line| {
            line.starts_with("roster_http_requests_total")
                && line.contains("/users/{")
                && line.contains(status)
        });
        line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
    };
    assert_eq!((value("\"200\""), value("\"400\"")), (Some(3.0), Some(1.0)), "{text}");
    for personal in ["zaphod", "Zaphod", roster.key()] {
        assert!(!text.contains(personal), "{text}");
    }
    for name in [
        "roster_http_request_duration_seconds_bucket",
        "roster_write_queue_waiting",
        "process_resident_memory_bytes",
    ] {
        assert!(text.contains(name), "{name}");
    }
}

/// How many requests are worked on besides the one that asks.
async fn others_in_flight(roster: &Roster) -> f64 {
    let metrics = get(roster, "/metrics").await.text().to_owned();
    let line = metrics.lines().find_map(|line| line.strip_prefix("roster_http_requests_in_flight "));
    line.unwrap().parse::<f64>().unwrap() - 1.0
}

/// It was counted for ever.
#[tokio::test]
async fn a_request_whose_client_goes_away_is_in_flight_no_more() {
    let roster = Roster::start();
    let key = roster.key();
    let held = roster.hold_writers();
    let mut client = raw::connect(roster.address());
    let head = format!(
        "POST /users/gone HTTP/1.1\r\nHost: roster\r\nAuthorization: {key}\r\nContent-Type: application/json\r\nContent-Length: 2"
    );
    client.write_all(format!("{head}\r\n\r\n{{}}").as_bytes()).unwrap();
    while others_in_flight(&roster).await < 1.0 {
        tokio::time::sleep(GLANCE).await;
    }
    drop(client);
    while others_in_flight(&roster).await > 0.0 {
        tokio::time::sleep(GLANCE).await;
    }
    drop(held);
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let roster = Roster::start();
    let mut seen = std::collections::BTreeSet::new();
    for path in ["/livez", "/nobody", "/api/v1/users", "/openapi.json"] {
        seen.insert(get(&roster, path).await.header("x-request-id").unwrap().to_owned());
    }
    assert_eq!(seen.len(), 4);
    let given = roster.request("GET", "/livez").header("x-request-id", "from-the-caller-17");
    assert_eq!(Answer::of(given).await.header("x-request-id"), Some("from-the-caller-17"));
    for bad in ["x".repeat(1_000), "a b<script>".to_owned()] {
        let given = roster.request("GET", "/livez").header("x-request-id", &bad);
        assert_ne!(Answer::of(given).await.header("x-request-id"), Some(bad.as_str()));
    }
}

#[tokio::test]
async fn the_page_of_the_documentation_needs_nothing_from_the_network() {
    let roster = Roster::start();
    let page = get(&roster, "/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    // What it loads is its own, and loads nothing from elsewhere.
    let mut loaded = vec![page.text().to_owned()];
    for part in page
        .text()
        .split(['"', '\''])
        .filter(|part| part.ends_with(".js") || part.ends_with(".css") || part.ends_with(".json"))
    {
        assert!(!part.contains("//"), "{part}");
        let answer = get(&roster, &format!("/{part}")).await;
        assert_eq!(answer.status, 200, "{part}");
        if !part.ends_with(".json") {
            loaded.push(answer.text().to_owned());
        }
    }
    assert!(loaded.len() >= 3, "the control: it has a script and a style sheet");
    for text in loaded {
        for reference in
            ["src=\"http", "href=\"http", "src=\"//", "url(http", "@import", "fetch(\"http", "fetch(\"//"]
        {
            assert!(!text.contains(reference), "{reference}");
        }
    }
}
