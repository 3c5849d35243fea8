//! `roster migrate` and `roster check`.

use serde_json::json;

use crate::harness::{Roster, algorep_body, is_postgres, roster, roster_with, zynchro_body};

#[tokio::test]
async fn check_finds_a_directory_whole_while_the_server_runs_on_it() {
    let roster = Roster::settings().set("unique_email", "true").start();
    for n in 0..10 {
        let id = format!("u{n}");
        roster.upserted(&id, &json!({"email": format!("{id}@example.org")})).await;
        roster.upserted(&id, &json!({"email": null, "status": "x"})).await;
    }
    roster.update(1, &zynchro_body()).await.ok();
    roster.cli(&["user", "delete", "2"]).ok();
    roster.upserted("u1", &json!({})).await;
    let checked = roster.cli(&["check"]).ok();
    assert!(checked.stdout.is_empty() && checked.stderr.contains("whole"), "{checked:?}");
    assert_eq!(roster.cli(&["check", "--json"]).ok().json(), json!([]));
}

#[tokio::test]
async fn check_tells_what_is_wrong_and_names_no_person() {
    let roster = Roster::start();
    roster.upserted("one", &json!({"lastName": "Beeblebrox"})).await;
    roster.sql("UPDATE users SET family_name = 'Zaphod'; DELETE FROM user_keys WHERE kind = 2");
    let found = roster.cli(&["check", "--json"]).failed().json();
    assert!(found.as_array().unwrap().len() >= 2, "{found}");
    let table = roster.cli(&["check"]).failed();
    for text in [found.to_string(), table.stdout] {
        assert!(!text.contains("Zaphod") && !text.contains("Beeblebrox"), "{text}");
    }
}

#[tokio::test]
async fn migrate_makes_a_database_and_is_content_with_one() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let made = roster(&data, &["migrate", "--json"]).ok().json();
    assert_eq!(made["from"], 0);
    assert!(made["to"].as_i64().unwrap() >= 1);
    let again = roster(&data, &["migrate", "--json"]).ok().json();
    assert_eq!((&again["from"], &again["to"]), (&made["to"], &made["to"]));
    roster(&data, &["migrate"]).ok();
}

#[tokio::test]
async fn sqlite_a_newer_schema_is_refused_by_everything_that_opens_it() {
    let mut server = Roster::start();
    server.upserted("one", &algorep_body()).await;
    server.stop();
    let database = rusqlite::Connection::open(server.data().join("roster.db")).unwrap();
    let schema: i64 = database.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    database.pragma_update(None, "user_version", schema + 1).unwrap();
    drop(database);
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["user", "list"],
        &["key", "create", "x", "--scopes", "admin"],
        &["migrate"],
        &["check"],
    ] {
        let refused = roster(server.data(), arguments).failed();
        let told = refused.stdout.clone() + &refused.stderr;
        assert!(
            told.contains("newer") || told.contains(&(schema + 1).to_string()),
            "{arguments:?}: {refused:?}"
        );
    }
    let database = rusqlite::Connection::open(server.data().join("roster.db")).unwrap();
    database.pragma_update(None, "user_version", schema).unwrap();
    drop(database);
    server.restart();
    assert_eq!(server.users().await.len(), 1);
}

#[tokio::test]
async fn sqlite_another_programs_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("roster.db");
    std::fs::write(directory.path().join("master.key"), "").unwrap();
    let database = rusqlite::Connection::open(&file).unwrap();
    database.execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)").unwrap();
    drop(database);
    let before = std::fs::read(&file).unwrap();
    roster(directory.path(), &["serve", "--listen", "127.0.0.1:0"]).failed();
    roster(directory.path(), &["migrate"]).failed();
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn unique_email_can_not_be_turned_on_while_two_users_share_one() {
    let mut server = Roster::start();
    for id in ["one", "two"] {
        server.upserted(id, &json!({"email": "shared@example.org"})).await;
    }
    server.stop();
    let settings = Roster::settings().set("unique_email", "true");
    let refused = roster_with(&settings, server.data(), &["serve", "--listen", "127.0.0.1:0"], "").failed();
    assert!(refused.stderr.contains("email"), "{refused:?}");
    server.restart();
    server.upserted("two", &json!({"email": null})).await;
    server.restart_with("unique_email", "true");
    assert_eq!(server.upsert("two", &json!({"email": "SHARED@example.org"})).await.status, 400);
}

#[tokio::test]
async fn the_data_directory_and_its_keys_are_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let roster = Roster::start();
    roster.key();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(roster.data()), 0o700);
    for name in ["master.key", "jwt.keys"] {
        assert_eq!(mode(&roster.data().join(name)), 0o600, "{name}");
    }
    if !is_postgres() {
        assert_eq!(mode(&roster.data().join("roster.db")) & 0o077, 0, "personal data is nobody else's");
    }
}

#[tokio::test]
async fn a_database_without_its_master_key_is_not_given_a_new_one() {
    let mut server = Roster::start();
    server.upserted("one", &json!({})).await;
    server.stop();
    let key = server.data().join("master.key");
    let away = server.data().join("elsewhere");
    std::fs::rename(&key, &away).unwrap();
    let refused = roster(server.data(), &["serve", "--listen", "127.0.0.1:0"]).failed();
    assert!(refused.stderr.contains("master.key") && !key.exists(), "{refused:?}");
    std::fs::rename(&away, &key).unwrap();
    server.restart();
}
