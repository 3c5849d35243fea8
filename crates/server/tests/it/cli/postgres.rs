//! Several servers over one PostgreSQL database: each has a data directory of its own, with the master key and no more.

use std::path::Path;
use std::sync::Arc;

use roster_testkit::TestDatabase;
use serde_json::json;

use crate::harness::{Answer, Printed, Roster, Settings, roster_with};

/// A place with a database and room for data directories.
struct Place {
    database: Arc<TestDatabase>,
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { database: Arc::new(TestDatabase::new()), directory: tempfile::tempdir().unwrap() }
    }

    fn settings(&self) -> Settings {
        Roster::settings().set("database_url", &self.database.url())
    }

    /// A server with a data directory of this name, which has the master key of `like`.
    fn start(&self, name: &str, like: Option<&Roster>) -> Roster {
        let data = self.directory.path().join(name);
        if let Some(other) = like {
            std::fs::create_dir_all(&data).unwrap();
            std::fs::copy(other.data().join("master.key"), data.join("master.key")).unwrap();
        }
        self.settings().on(data).start()
    }

    fn serve(&self, data: &Path) -> Printed {
        roster_with(&self.settings(), data, &["serve", "--listen", "127.0.0.1:0"], "")
    }
}

async fn status(roster: &Roster, key: &str) -> u16 {
    Answer::of(roster.with(&format!("Bearer {key}"), "GET", "/api/v1/users")).await.status
}

/// Asks until the answer is that; a server that never gives it fails the test.
async fn until_status(roster: &Roster, key: &str, wanted: u16) {
    while status(roster, key).await != wanted {}
}

#[tokio::test]
async fn what_one_server_changes_the_other_knows() {
    let place = Place::new();
    let one = place.start("one", None);
    let two = place.start("two", Some(&one));
    let user = one.upserted("a", &json!({"email": "a@example.org"})).await;
    assert_eq!(two.upserted("a", &json!({})).await, user, "by a key of the other server's command line");

    // A key, and a token, that is revoked on one is refused by the other.
    let key = one.new_key(&["--scopes", "users:read"]);
    assert_eq!((status(&one, &key).await, status(&two, &key).await), (200, 200));
    two.cli(&["key", "revoke", key.split('_').nth(1).unwrap()]).ok();
    until_status(&one, &key, 401).await;

    // So is a secret that signs tokens, and its rotation.
    let token = one.new_token(&["--scope", "read"]);
    assert_eq!(status(&two, &token).await, 200);
    one.cli(&["secret", "rotate", "--keep", "0"]).ok();
    until_status(&two, &token, 401).await;
    until_status(&two, &one.new_token(&["--scope", "read"]), 200).await;
    assert_eq!(two.cli(&["check", "--json"]).ok().json(), json!([]));
}

#[tokio::test]
async fn a_server_whose_settings_or_keys_differ_is_told_so() {
    let place = Place::new();
    let mut one = place.start("one", None);
    one.upserted("a", &json!({"email": "a@example.org"})).await;

    let empty = place.directory.path().join("empty");
    let missing = place.serve(&empty).failed();
    assert!(missing.stderr.contains("master key") && missing.stderr.contains("copy"), "{missing:?}");
    assert!(!empty.join("master.key").exists());

    std::fs::write(empty.join("master.key"), format!("1:{}\n", "ab".repeat(32))).unwrap();
    let other = place.serve(&empty).failed();
    assert!(other.stderr.contains("another master key"), "{other:?}");

    // Who began by other rules writes no user any more.
    let data = place.directory.path().join("two");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::copy(one.data().join("master.key"), data.join("master.key")).unwrap();
    let two = place.settings().set("unique_email", "true").on(data).start();
    assert_eq!(one.upsert("b", &json!({"email": "A@example.org"})).await.status, 500);
    one.log().wait_for(|line| line.contains("another process has changed the rules").then_some(())).unwrap();
    assert_eq!(two.upsert("b", &json!({"email": "A@example.org"})).await.status, 400);
    one.restart_with("unique_email", "true");
    assert_eq!(one.upsert("b", &json!({"email": "A@example.org"})).await.status, 400);
}

#[tokio::test]
async fn the_password_of_the_database_is_nowhere_to_be_seen() {
    let place = Place::new();
    let url = place.database.url().replace("postgres://postgres@", "postgres://postgres:hunter2@");
    let settings = Roster::settings().set("database_url", &url);
    let data = place.directory.path().join("data");
    let shown = roster_with(&settings, &data, &["config", "show", "--json"], "").ok();
    assert_eq!(shown.json()["database_url"], json!({"value": "********", "origin": "variable"}));
    let server = settings.clone().on(data.clone()).start();
    server.upserted("a", &json!({})).await;
    assert!(!server.log().text().contains("hunter2"));
    let nowhere = Roster::settings().set("database_url", "postgres://postgres:hunter2@127.0.0.1:1/nowhere");
    let refused = roster_with(&nowhere, &data, &["user", "list"], "").failed();
    assert!(refused.stderr.contains("no connection to PostgreSQL"), "{refused:?}");
    for bad in ["mysql://u:hunter2@h/d", "postgres://u:hunter2@h:port/d"] {
        let refused =
            roster_with(&Roster::settings().set("database_url", bad), &data, &["user", "list"], "").failed();
        assert!(!refused.stderr.contains("hunter2"), "{refused:?}");
    }
}

#[tokio::test]
async fn what_belongs_to_a_file_is_refused_for_a_database() {
    let place = Place::new();
    let server = place.start("one", None);
    for arguments in [&["backup", "/nowhere/x"][..], &["restore", "/nowhere/x", "--force"]] {
        let refused = server.cli(arguments).failed();
        assert!(refused.stderr.contains("pg_dump"), "{refused:?}");
    }
    roster_with(&place.settings(), &place.directory.path().join("demo"), &["serve", "--demo"], "").failed();
    let migrated = server.cli(&["migrate", "--json"]).ok().json();
    assert_eq!(migrated["from"], migrated["to"]);
}
