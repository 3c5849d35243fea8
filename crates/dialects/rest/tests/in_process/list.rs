//! Pages of users.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{Answer, Server, path};

fn names(page: &Value) -> Vec<&str> {
    page["users"].as_array().unwrap().iter().map(|user| user["user_name"].as_str().unwrap()).collect()
}

/// The path of the next page, as the `Link` header gives it.
fn next_link(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    Some(link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned())
}

#[tokio::test]
async fn users_come_in_the_order_of_their_creation_and_the_last_page_says_so() {
    let server = Server::start().await;
    for id in ["c", "a", "e", "b", "d"] {
        server.clock.advance_seconds(1);
        server.create(id, json!({})).await;
    }
    let answer = server.get("/api/v1/users?limit=2").await;
    let page = answer.ok();
    assert_eq!(names(&page), ["c", "a"]);
    let cursor = page["next"].as_str().unwrap();
    assert_eq!(next_link(&answer).unwrap(), format!("/api/v1/users?limit=2&cursor={cursor}"));
    let answer = server.get(&next_link(&answer).unwrap()).await;
    assert_eq!(names(&answer.ok()), ["e", "b"]);
    let answer = server.get(&next_link(&answer).unwrap()).await;
    assert_eq!((names(&answer.ok()), &answer.ok()["next"]), (vec!["d"], &Value::Null));
    assert_eq!(answer.header("link"), None);
    // A page that the last users just fill is the last.
    assert_eq!(server.get("/api/v1/users?limit=5").await.ok()["next"], Value::Null);
}

#[tokio::test]
async fn paging_misses_no_living_user_while_others_come_and_go() {
    let server = Server::start().await;
    let mut users = BTreeMap::new();
    for n in 0..30 {
        server.clock.advance_seconds(1);
        users.insert(n, server.create(&format!("u{n}"), json!({})).await);
    }
    let mut seen = BTreeSet::new();
    let mut deleted = BTreeSet::new();
    let mut next = Some("/api/v1/users?limit=4".to_owned());
    let mut round = 0;
    while let Some(page) = next {
        let answer = server.get(&page).await;
        for name in names(&answer.ok()) {
            assert!(seen.insert(name.to_owned()), "{name} came twice");
        }
        next = next_link(&answer);
        // One from before, one from after the cursor, and the very one that the cursor names are deleted; one is created, one changed.
        server.clock.advance_seconds(1);
        for n in [round, 29 - round, round * 4 + 3] {
            if deleted.insert(n) && n < 30 {
                assert_eq!(server.delete(&path(&users[&n])).await.status, 204);
            }
        }
        server.create(&format!("new{round}"), json!({})).await;
        server.patch(&path(&users[&(round + 12)]), json!({ "phone": "1" })).await;
        round += 1;
        assert!(round < 30, "the list never ends");
    }
    for n in (0..30).filter(|n| !deleted.contains(n)) {
        assert!(seen.contains(&format!("u{n}")), "u{n} was missed");
    }
}

#[tokio::test]
async fn the_filters_find_whom_they_name() {
    let server = Server::start().await;
    server.create("1", json!({ "email": "Ada@Example.com", "given_name": "one" })).await;
    server.clock.advance_seconds(1);
    server.create("2", json!({ "email": "ada@example.com", "given_name": "two" })).await;
    server.create("3", json!({ "email": "a+b@example.com", "user_name": "Zoë" })).await;
    for (query, found) in [
        ("email=ADA%40example.com", &["Ada@Example.com", "2"] as &[_]),
        ("email=a%2Bb@example.com", &["Zoë"]),
        ("email=nobody@example.com", &[]),
        ("user_name=zoe%CC%88", &["Zoë"]),
        ("user_name=ada@example.com", &["Ada@Example.com"]),
        ("user_name=nobody", &[]),
    ] {
        let page = server.get(&format!("/api/v1/users?{query}")).await.ok();
        assert_eq!(names(&page), found, "{query}");
        assert_eq!(page["next"], Value::Null);
    }
    let answer = server.get("/api/v1/users?email=ada@example.com&limit=1").await;
    assert_eq!(names(&answer.ok()), ["Ada@Example.com"]);
    assert_eq!(names(&server.get(&next_link(&answer).unwrap()).await.ok()), ["2"]);
}

#[tokio::test]
async fn a_deleted_user_is_in_no_list() {
    let server = Server::start().await;
    let user = server.create("1", json!({ "email": "ada@example.com" })).await;
    server.delete(&path(&user)).await;
    for query in
        ["", "email=ada@example.com", "user_name=ada@example.com", "updated_since=2000-01-01T00:00:00Z"]
    {
        let page = server.get(&format!("/api/v1/users?{query}")).await.ok();
        assert_eq!(page, json!({ "users": [], "next": null }), "{query}");
    }
}

#[tokio::test]
async fn updated_since_goes_by_the_time_that_the_server_recorded() {
    let server = Server::start().await;
    let mut users = Vec::new();
    for id in ["a", "b", "c"] {
        server.clock.advance_seconds(10);
        // What callers say of the time does not matter here.
        users.push(server.create(id, json!({ "updated_at": "2000-01-01T00:00:00Z" })).await);
    }
    server.clock.advance_seconds(10);
    server.patch(&path(&users[0]), json!({ "phone": "1" })).await.ok();
    for (since, found) in [
        ("2024-03-01T10:00:10.123Z", &["b", "c", "a"] as &[_]),
        ("2024-03-01T10:00:20.123Z", &["b", "c", "a"]),
        ("2024-03-01T12:00:30.123%2B02:00", &["c", "a"]),
        ("2024-03-01T10:00:30.124Z", &["a"]),
        ("2024-03-01T10:00:40.124Z", &[]),
    ] {
        let page = server.get(&format!("/api/v1/users?updated_since={since}")).await.ok();
        assert_eq!(names(&page), found, "{since}");
    }
    let answer = server.get("/api/v1/users?updated_since=2024-03-01T00:00:00Z&limit=2").await;
    assert_eq!(names(&answer.ok()), ["b", "c"]);
    assert_eq!(names(&server.get(&next_link(&answer).unwrap()).await.ok()), ["a"]);
}

#[tokio::test]
async fn d9_every_fault_of_the_query_is_named() {
    let server = Server::start().await;
    server.create("1", json!({})).await;
    server.create("2", json!({})).await;
    let cursor = server.get("/api/v1/users?limit=1").await.ok()["next"].as_str().unwrap().to_owned();
    let limit = "limit must be a whole number from 1 to 200";
    for (query, faults) in [
        ("limit=0".to_owned(), &[limit] as &[_]),
        ("limit=201".to_owned(), &[limit]),
        ("limit=".to_owned(), &[limit]),
        ("limit=+5".to_owned(), &[limit]),
        ("page=2&offset=3".to_owned(), &["page is not a known parameter", "offset is not a known parameter"]),
        ("cursor=abc".to_owned(), &["cursor is no cursor of this list: leave it out to begin again"]),
        (
            format!("cursor={cursor}&email=a@b"),
            &["cursor is no cursor of this list: leave it out to begin again"],
        ),
        (
            "email=a+b@c&user_name=&updated_since=2024-01-01&limit=1&limit=2".to_owned(),
            &[
                "limit is given more than once",
                "user_name can't be combined with another filter",
                "updated_since can't be combined with another filter",
                "email must be an email address: one @ between non-empty parts, without white space",
                "user_name must not be empty",
                "updated_since must be an RFC 3339 date-time with an offset, in the years 0001 to 9999",
            ],
        ),
    ] {
        server.get(&format!("/api/v1/users?{query}")).await.assert_problem(400, "bad-request", faults);
    }
}
