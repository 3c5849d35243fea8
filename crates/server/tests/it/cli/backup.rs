//! `roster backup` and `roster restore`.

use serde_json::json;

use crate::harness::{Roster, algorep_body, roster};

#[tokio::test]
async fn sqlite_a_backup_is_taken_while_changes_go_on_and_is_whole() {
    let server = Roster::start();
    server.key();
    let elsewhere = tempfile::tempdir().unwrap();
    for n in 0..3 {
        server.upserted(&format!("before-{n}"), &algorep_body()).await;
    }
    let file = elsewhere.path().join("backup.db");
    let writes = async {
        for n in 0..40 {
            server.upserted(&format!("meanwhile-{}", n % 5), &json!({"status": n.to_string()})).await;
        }
    };
    let backup = tokio::task::spawn_blocking({
        let (data, file) = (server.data().to_owned(), file.clone());
        move || roster(&data, &["backup", file.to_str().unwrap()])
    });
    let ((), backup) = tokio::join!(writes, backup);
    backup.unwrap().ok();
    server.cli(&["check", "--database", file.to_str().unwrap()]).ok();
    let copied = rusqlite::Connection::open(&file).unwrap();
    let users: i64 = copied.query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap();
    assert!((3..=8).contains(&users), "{users}");
    drop(copied);
    server.cli(&["backup", file.to_str().unwrap()]).failed();
    let json = server.cli(&["backup", elsewhere.path().join("2.db").to_str().unwrap(), "--json"]).ok().json();
    assert!(json.is_object());
}

#[tokio::test]
async fn sqlite_d4_a_restore_brings_the_users_back_and_starts_a_new_epoch() {
    let mut server = Roster::start();
    let user = server.upserted("one", &json!({"lastName": "Before"})).await;
    let id = user["id"].as_str().unwrap().to_owned();
    let before = server.history(&id).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("backup.db");
    server.cli(&["backup", file.to_str().unwrap()]).ok();
    server.upserted("one", &json!({"lastName": "After"})).await;
    server.upserted("two", &json!({})).await;
    server.stop();

    server.cli(&["restore", file.to_str().unwrap()]).failed();
    server.cli(&["restore", file.to_str().unwrap(), "--force"]).ok();
    server.cli(&["check"]).ok();
    server.restart();
    assert_eq!(server.upserted("one", &json!({})).await["lastName"], "Before");
    let history = server.history(&id).await;
    assert_eq!((history.len(), &history[0]["changes"]), (1, &before[0]["changes"]));
    server.upserted("one", &json!({"lastName": "Later"})).await;
    let later = server.history(&id).await;
    assert_ne!(
        later[1]["position"]["epoch"], before[0]["position"]["epoch"],
        "an old cursor is of another epoch"
    );
    assert_eq!(server.users().await.len(), 1);
}

#[tokio::test]
async fn sqlite_what_is_no_backup_is_not_restored() {
    let mut server = Roster::start();
    server.upserted("one", &json!({})).await;
    server.stop();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("x.db");
    for content in ["", "not a database", &"x".repeat(10_000)] {
        std::fs::write(&file, content).unwrap();
        server.cli(&["restore", file.to_str().unwrap(), "--force"]).failed();
    }
    server.cli(&["restore", "/no/such/file", "--force"]).failed();
    server.cli(&["check"]).ok();
    server.restart();
    assert_eq!(server.users().await.len(), 1);
}

#[tokio::test]
async fn sqlite_a_restore_under_a_running_server_is_refused() {
    let server = Roster::start();
    server.upserted("one", &json!({})).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("backup.db");
    server.cli(&["backup", file.to_str().unwrap()]).ok();
    server.cli(&["restore", file.to_str().unwrap(), "--force"]).failed();
    server.upserted("two", &json!({})).await;
    server.cli(&["check"]).ok();
}
