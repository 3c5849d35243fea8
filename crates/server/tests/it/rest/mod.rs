//! `/api/v1` over the wire. Each status of each route is tested beside the dialect; here is what a client lives on: paging,
//! entity tags, idempotency, problems, and what others wrote.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Answer, Roster};

const MERGE_PATCH: &str = "application/merge-patch+json";

async fn patch(roster: &Roster, path: &str, body: &Value, header: Option<(&str, &str)>) -> Answer {
    let mut request = roster.with(roster.admin(), "PATCH", path).header("content-type", MERGE_PATCH);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    Answer::of(request.body(body.to_string())).await
}

#[tokio::test]
async fn a_user_is_shown_whole_whoever_wrote_it() {
    let roster = Roster::start();
    let user = roster.upserted("1708861331497x933611102973227500", &crate::harness::algorep_body()).await;
    roster.update(1, &crate::harness::zynchro_body()).await.ok();
    assert_snapshot!(roster.read(&format!("/users/{}", user["id"].as_str().unwrap())).await.shown());
}

#[tokio::test]
async fn a_history_tells_each_change() {
    let roster = Roster::start();
    let id = roster.upserted("one", &json!({"status": "1"})).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/users/{id}");
    patch(&roster, &path, &json!({"status": "2", "grants": [{"client_id": 4, "profile_id": "33"}]}), None)
        .await
        .ok();
    let shown = roster.read(&format!("/users/{id}/history")).await.shown();
    let key = roster.key().split('_').nth(1).unwrap().to_owned();
    let admin = roster.admin().split('_').nth(1).unwrap().to_owned();
    // The epoch is random and no UUID of version 7.
    let mut shown = shown.replace(&key, "[key]").replace(&admin, "[admin]");
    while let Some(at) = shown.find("\"epoch\": \"") {
        shown.replace_range(at..at + "\"epoch\": \"".len() + 36, "\"epoch\":  \"[epoch]");
    }
    // Which streams there are, and how positions are given, is the store's.
    let mut lines: Vec<String> = shown.lines().map(str::to_owned).collect();
    for line in &mut lines {
        for field in ["\"stream\": ", "\"n\": "] {
            if let Some((before, _)) = line.split_once(field) {
                let comma = if line.ends_with(',') { "," } else { "" };
                *line = format!("{before}{field}\"[place]\"{comma}");
            }
        }
    }
    assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn pages_never_lose_a_user_that_stays_while_others_go() {
    let roster = Roster::start();
    let mut ids = Vec::new();
    for n in 0..12 {
        ids.push(roster.upserted(&format!("u{n}"), &json!({})).await["id"].as_str().unwrap().to_owned());
    }
    let (mut seen, mut path) = (Vec::new(), "/api/v1/users?limit=3".to_owned());
    let mut page = 0;
    loop {
        let answer = Answer::of(roster.with(roster.admin(), "GET", &path)).await;
        let body = answer.ok();
        seen.extend(
            body["users"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()),
        );
        // Between two pages a user goes that was seen already, and one comes.
        let gone = roster.with(roster.admin(), "DELETE", &format!("/api/v1/users/{}", ids[page]));
        assert_eq!(Answer::of(gone).await.status, 204);
        page += 1;
        match answer.header("link") {
            Some(link) => {
                path = link.split(['<', '>']).nth(1).unwrap().to_owned();
                assert!(path.contains(body["next"].as_str().unwrap()));
            }
            None => {
                assert_eq!(body["next"], Value::Null);
                break;
            }
        }
    }
    // In the order of the ids, which is that of the creations to the millisecond.
    assert!(seen.is_sorted());
    ids.sort_unstable();
    seen.sort_unstable();
    assert_eq!(seen, ids, "each once");
}

#[tokio::test]
async fn a_user_is_found_by_email_user_name_link_number_and_change() {
    let roster = Roster::start();
    let user = roster.upserted("a%2Fb%20%C3%A9", &json!({"email": "Ann+1@example.org"})).await;
    let id = user["id"].as_str().unwrap().to_owned();
    let whole = roster.user(&id).await;
    for path in ["/users/by-link/bubble/a%2Fb%20%C3%A9", "/users/by-number/1"] {
        assert_eq!(roster.read(path).await.status, 200, "{path}");
    }
    for query in
        ["email=ann%2B1@EXAMPLE.org", "user_name=ann%2B1@example.org", "updated_since=2001-01-01T00:00:00Z"]
    {
        let found = roster.read(&format!("/users?{query}")).await.ok();
        assert_eq!(found["users"].as_array().unwrap().last(), Some(&whole), "{query}");
    }
    for query in ["email=other@example.org", "user_name=nobody", "updated_since=9999-01-01T00:00:00Z"] {
        assert_eq!(roster.read(&format!("/users?{query}")).await.ok()["users"], json!([]), "{query}");
    }
}

#[tokio::test]
async fn an_entity_tag_guards_against_a_lost_update() {
    let roster = Roster::start();
    let id = roster.upserted("one", &json!({})).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/users/{id}");
    let read = roster.read(&format!("/users/{id}")).await;
    let etag = read.header("etag").unwrap().to_owned();
    let unchanged = roster.with(roster.admin(), "GET", &path).header("if-none-match", &etag);
    let unchanged = Answer::of(unchanged).await;
    assert_eq!(
        (unchanged.status, unchanged.body.len(), unchanged.header("etag")),
        (304, 0, Some(etag.as_str()))
    );

    let first = patch(&roster, &path, &json!({"status": "mine"}), Some(("if-match", &etag))).await;
    assert_eq!(first.status, 200);
    let second = patch(&roster, &path, &json!({"status": "theirs"}), Some(("if-match", &etag))).await;
    assert_eq!(second.status, 412);
    assert_snapshot!(second.shown());
    assert_eq!(roster.user(&id).await["status"], "mine");
    let current = first.header("etag").unwrap();
    assert_ne!(current, etag);
    let delete =
        |etag: &str| Answer::of(roster.with(roster.admin(), "DELETE", &path).header("if-match", etag));
    assert_eq!((delete(&etag).await.status, delete(current).await.status), (412, 204));
}

#[tokio::test]
async fn two_conditional_writers_at_once_leave_one_winner() {
    let roster = Roster::start();
    let id = roster.upserted("one", &json!({})).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/users/{id}");
    let etag = roster.read(&format!("/users/{id}")).await.header("etag").unwrap().to_owned();
    let bodies: Vec<Value> = (0..16).map(|n| json!({"status": n.to_string()})).collect();
    let patches = bodies.iter().map(|body| patch(&roster, &path, body, Some(("if-match", &etag))));
    let mut statuses: Vec<u16> =
        futures_util::future::join_all(patches).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|status| *status == 412), "{statuses:?}");
}

#[tokio::test]
async fn d8_an_idempotency_key_is_scoped_to_the_client_and_the_route() {
    let roster = Roster::start();
    let id = roster.upserted("one", &json!({})).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/users/{id}");
    let key = Some(("idempotency-key", "k"));
    let first = patch(&roster, &path, &json!({"status": "1"}), key).await;
    patch(&roster, &path, &json!({"status": "2"}), None).await.ok();
    let again = patch(&roster, &path, &json!({"status": "1"}), key).await;
    assert_eq!((again.json(), again.header("idempotent-replayed")), (first.json(), Some("true")));
    let reused = patch(&roster, &path, &json!({"status": "3"}), key).await;
    assert_eq!(reused.status, 422);
    assert_snapshot!(reused.shown());
    let deletion = roster.with(roster.admin(), "DELETE", &path).header("idempotency-key", "k");
    assert_eq!(Answer::of(deletion).await.status, 422);
    assert_eq!(roster.user(&id).await["status"], "2");
}

#[tokio::test]
async fn problems_are_problems() {
    let roster = Roster::start();
    let shown = |request: reqwest::RequestBuilder| async { Answer::of(request).await.shown() };
    let admin = roster.admin().to_owned();
    assert_snapshot!("unauthorized", shown(roster.request("GET", "/api/v1/users")).await);
    assert_snapshot!("not_found", shown(roster.with(&admin, "GET", "/api/v1/users/by-number/7")).await);
    assert_snapshot!("no_such_path", shown(roster.with(&admin, "GET", "/api/v1/nobody")).await);
    assert_snapshot!("method", shown(roster.with(&admin, "PUT", "/api/v1/users")).await);
    assert_snapshot!(
        "bad_query",
        shown(roster.with(&admin, "GET", "/api/v1/users?limit=0&email=x&cursor=!&q=1")).await
    );
    let media_type = roster.with(&admin, "PATCH", "/api/v1/users/by-link/bubble/x").body("{}");
    assert_snapshot!("media_type", shown(media_type).await);
    let source =
        roster.with(&admin, "PATCH", "/api/v1/users/by-link/crm/x").header("content-type", MERGE_PATCH);
    assert_snapshot!("foreign_source", shown(source.body("{}")).await);
}

#[tokio::test]
async fn a_password_can_be_set_and_taken_away_and_is_never_shown() {
    let roster = Roster::start();
    let created =
        patch(&roster, "/api/v1/users/by-link/bubble/new", &json!({"password": "correct horse"}), None).await;
    assert_eq!((created.status, created.header("location").is_some()), (201, true));
    let id = created.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/users/{id}");
    let same = patch(&roster, &path, &json!({"password": "correct horse"}), None).await.ok();
    assert_eq!(same["version"], 1, "it verifies: no change");
    assert_eq!(patch(&roster, &path, &json!({"password": null}), None).await.ok()["version"], 2);
    for text in [created.text().to_owned(), roster.everything().await.to_string()] {
        assert!(!text.contains("horse") && !text.contains("argon2"), "{text}");
    }
}
