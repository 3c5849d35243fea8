//! `roster check`: nothing is found in a sound store, and each kind of corruption is found where it was planted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::SqliteFactory;
use roster_directory::journal::encode_changes;
use roster_directory::record::{ApiKey, KeySecret, Record, RegisteredClient};
use roster_directory::seal::{Keyring, Purpose, WrappedKey};
use roster_directory::{
    Change, Dialect, Field, FieldChange, IdempotencyKey, References, Rules, SystemEntropy, Update, UserId,
    Value,
};
use roster_store_sqlite::check;
use roster_testkit::Bench;
use roster_testkit::build::{
    by_id, external_id, full_patch, password, source, text, time, with_email, with_given_name, with_grants,
    with_link,
};
use rusqlite::{Connection, params};
use uuid::Uuid;

/// A sound store with something of everything: user 1 has a long history, 2 was deleted, 3 took its link over.
struct Sound {
    keyring: Arc<Keyring>,
    bench: Bench<SqliteFactory>,
}

async fn sound() -> Sound {
    let bench = Bench::<SqliteFactory>::new(Rules { references: References::Open, unique_email: true }).await;
    let ann = bench.put("ann", full_patch("ann")).await;
    bench.tick();
    bench.put("ann", with_given_name("Ann")).await;
    bench.tick();
    bench.put("ann", with_grants([(33, "18")])).await;
    bench.tick();
    bench.put("ann", with_link("second", Change::Clear)).await;
    let update = Update { password: Change::Set(password("correct horse")), ..Update::default() };
    bench.directory.update(&bench.who(), Dialect::Rest, by_id(&ann), update).await.unwrap();
    let bob = bench.put("bob", with_email("bob@example.com")).await;
    bench.delete(&bob).await;
    bench.put("bob", with_email("bob@example.com")).await;
    let key = IdempotencyKey::new("k").unwrap();
    let request = bench.directory.idempotency(key, &[b"body"]);
    let patch = with_given_name("Cleo");
    let who = bench.who();
    let made = bench.directory.upsert(&who, Dialect::Algorep, external_id("cleo"), patch, Some(request));
    made.await.unwrap();
    let api_key = ApiKey {
        id: "a1".to_owned(),
        name: "Bubble".to_owned(),
        source: source("bubble"),
        scopes: [roster_directory::Scope::Admin].into(),
        authorities: ["ROLE".to_owned()].into(),
        secrets: vec![KeySecret {
            sha256: [1; 32],
            created_at: time("2024-01-01T00:00:00Z"),
            expires_at: None,
        }],
        created_at: time("2024-01-01T00:00:00Z"),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    bench.directory.put_record(&bench.who(), Record::ApiKey(api_key)).await.unwrap();
    let client = Record::Client(RegisteredClient { id: 33, name: text("Client") });
    bench.directory.put_record(&bench.who(), client).await.unwrap();
    Sound { keyring: Arc::clone(&bench.keyring), bench }
}

impl Sound {
    /// A copy of the database, for one corruption.
    fn copy(&self, directory: &Path) -> PathBuf {
        let copy = directory.join("copy.db");
        let _ = std::fs::remove_file(&copy);
        let conn = Connection::open(self.bench.factory.path()).unwrap();
        conn.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
        copy
    }

    fn findings(&self, path: &Path) -> Vec<String> {
        check(path, &self.keyring).iter().map(ToString::to_string).collect()
    }
}

/// Each corruption, and what must be said of it.
const PLANTED: &[(&str, &str)] = &[
    // The file's own rules.
    ("UPDATE users SET active = 7 WHERE number = 1", "CHECK constraint failed"),
    ("UPDATE users SET active = 7 WHERE number = 1", "user with number 1: users holds a value"),
    ("UPDATE users SET user_name = '' WHERE number = 1", "user with number 1: users holds a value"),
    (
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'UNIQUE (user_id, version)', \
      'UNIQUE (user_id, n)') WHERE name = 'journal'",
        "the database",
    ),
    // Counters.
    ("DELETE FROM meta", "meta: it must have one row"),
    ("UPDATE meta SET next_number = 4", "meta: next_number was given already"),
    (
        "INSERT INTO user_keys VALUES (2, '99', (SELECT id FROM users WHERE number = 1), NULL)",
        "meta: next_number was claimed already",
    ),
    ("UPDATE meta SET next_position = 3", "meta: next_position was given already"),
    // Rows that lead nowhere.
    (
        "INSERT INTO links VALUES (zeroblob(16), 'crm', '1', 1)",
        "links of user 00000000-0000-0000-0000-000000000000: there is no such user",
    ),
    (
        "INSERT INTO grants VALUES (zeroblob(16), 1, '1', 1, 1)",
        "grants of user 00000000-0000-0000-0000-000000000000: there is no such user",
    ),
    (
        "INSERT INTO journal SELECT 999, 0, zeroblob(16), 1, randomblob(16), kind, dialect, client, NULL, 0, '', x'01' \
      FROM journal LIMIT 1",
        "journal of user 00000000-0000-0000-0000-000000000000: there is no such user",
    ),
    (
        "UPDATE idempotency SET user_id = zeroblob(16)",
        "idempotency of user 00000000-0000-0000-0000-000000000000: there is no such user",
    ),
    (
        "INSERT INTO user_keys VALUES (3, 'ghost', zeroblob(16), 1)",
        "claim of kind 3 of user 00000000-0000-0000-0000-000000000000: there is no such user",
    ),
    ("DELETE FROM users WHERE number = 4", "there is no such user"),
    (
        "INSERT INTO api_key_secrets VALUES ('gone', 0, zeroblob(32), 0, NULL)",
        "api_key_secrets of API key gone",
    ),
    ("INSERT INTO api_key_authorities VALUES ('gone', 'ROLE')", "api_key_authorities of API key gone"),
    // Records.
    ("UPDATE api_keys SET scopes = 'users:everything'", "register ApiKeys"),
    ("UPDATE clients SET name = char(0)", "register Clients"),
    ("UPDATE idempotency SET snapshot = randomblob(length(snapshot))", "its outcome can't be unsealed"),
    ("UPDATE idempotency SET key = 'other'", "its outcome can't be unsealed"),
    // Claims: each user has its own, and each is some user's.
    (
        "DELETE FROM user_keys WHERE kind = 1 AND key = 'bubble:ann'",
        "does not hold the claim on its link of source bubble",
    ),
    ("DELETE FROM user_keys WHERE kind = 2 AND key = '1'", "does not hold the claim on its number"),
    ("DELETE FROM user_keys WHERE kind = 2 AND key = '2'", "does not hold the claim on its number"),
    ("DELETE FROM user_keys WHERE kind = 3 AND key = 'ann name'", "does not hold the claim on its user_name"),
    (
        "DELETE FROM user_keys WHERE kind = 4 AND key = 'bob@example.com'",
        "does not hold the claim on its email",
    ),
    (
        "UPDATE user_keys SET user_id = (SELECT id FROM users WHERE number = 3) WHERE kind = 3 AND key = 'ann name'",
        "does not hold the claim on its user_name",
    ),
    (
        "UPDATE user_keys SET user_id = (SELECT id FROM users WHERE number = 3) WHERE kind = 3 AND key = 'ann name'",
        "the user does not hold what is claimed",
    ),
    (
        "INSERT INTO user_keys VALUES (1, 'bubble:other', (SELECT id FROM users WHERE number = 1), NULL)",
        "the user does not hold what is claimed",
    ),
    (
        "INSERT INTO user_keys VALUES (3, 'other', (SELECT id FROM users WHERE number = 1), 1)",
        "the user does not hold what is claimed",
    ),
    (
        "INSERT INTO user_keys VALUES (4, 'other', (SELECT id FROM users WHERE number = 1), 1)",
        "the user does not hold what is claimed",
    ),
    (
        "INSERT INTO user_keys VALUES (3, 'x', (SELECT id FROM users WHERE number = 2), 1)",
        "the user does not hold what is claimed",
    ),
    ("UPDATE user_keys SET folding = 7 WHERE kind = 3", "it was folded by other rules"),
    ("UPDATE meta SET unique_email = 0", "emails are not unique here"),
    // The user's own columns.
    ("UPDATE users SET email_folded = 'other' WHERE number = 1", "email_folded is not its email"),
    ("UPDATE users SET password_hash = 'plain' WHERE number = 1", "its password is not a hash"),
    (
        "UPDATE users SET password_hash = '$argon2id$x' WHERE number = 3",
        "a password that the history does not know of",
    ),
    ("UPDATE users SET phone = 'other' WHERE number = 1", "its phone is not what its history says"),
    ("UPDATE users SET phone = NULL WHERE number = 1", "its phone is not what its history says"),
    ("UPDATE users SET role = 'admin' WHERE number = 3", "its role is not what its history says"),
    (
        "UPDATE users SET producer_id = zeroblob(16) WHERE number = 1",
        "its producer_id is not what its history says",
    ),
    ("UPDATE users SET active = 1 WHERE number = 1", "its active is not what its history says"),
    ("UPDATE users SET created_at_us = 0 WHERE number = 1", "its created_at is not what its history says"),
    ("UPDATE users SET registered_at_us = 0 WHERE number = 1", "recorded at other times"),
    ("UPDATE users SET recorded_at_us = recorded_at_us + 1 WHERE number = 1", "recorded at other times"),
    ("UPDATE users SET deleted_at_us = NULL WHERE number = 2", "disagree on whether it was deleted"),
    (
        "UPDATE users SET field_versions = x'00' WHERE number = 1",
        "its field versions are not those of its history",
    ),
    ("UPDATE users SET version = 9 WHERE number = 1", "it ends at version 5, the user has 9"),
    (
        "UPDATE users SET data_key = (SELECT data_key FROM users WHERE number = 3) WHERE number = 1",
        "journal of user",
    ),
    // Elements, with those that were taken away.
    (
        "UPDATE links SET version = 3 WHERE source = 'second'",
        "of source second: it is not as the history says",
    ),
    (
        "UPDATE links SET external_id = 'back' WHERE source = 'second'",
        "of source second: it is not as the history says",
    ),
    ("DELETE FROM links WHERE source = 'second'", "a link that the history knows has no row"),
    (
        "INSERT INTO links SELECT id, 'new', NULL, 1 FROM users WHERE number = 1",
        "of source new: it is not as the history says",
    ),
    ("UPDATE grants SET granted = 1 WHERE client_id = 34", "for client 34: it is not as the history says"),
    ("UPDATE grants SET version = 2 WHERE client_id = 34", "for client 34: it is not as the history says"),
    ("DELETE FROM grants WHERE client_id = 34", "a grant that the history knows has no row"),
    (
        "INSERT INTO grants SELECT id, 7, '7', 1, 1 FROM users WHERE number = 1",
        "for client 7: it is not as the history says",
    ),
    // The journal.
    ("DELETE FROM journal WHERE version = 3", "there is no version 3"),
    ("DELETE FROM journal WHERE version = 5", "it ends at version 4, the user has 5"),
    (
        "UPDATE journal SET payload = randomblob(length(payload)) WHERE version = 4",
        "after version 3: the value can't be unsealed",
    ),
    (
        "UPDATE journal SET payload = (SELECT payload FROM journal AS other WHERE version = 2 \
      AND other.user_id = journal.user_id) WHERE version = 3",
        "after version 2: the value can't be unsealed",
    ),
    ("UPDATE journal SET field_ids = '3' WHERE version = 2", "it names other fields than it changes"),
    ("UPDATE journal SET recorded_at_us = 0 WHERE version = 2", "it was not recorded after the one before"),
    ("UPDATE journal SET n = 900 WHERE version = 3", "its position is not above the one before"),
    ("UPDATE journal SET kind = 'deleted' WHERE version = 3", "it changes a deleted user"),
    ("UPDATE journal SET kind = 'created' WHERE version = 3", "the first entry, and no other, creates"),
    ("UPDATE journal SET dialect = 'telnet' WHERE version = 3", "journal holds a value"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_corruption_is_found_and_nothing_else_is() {
    let sound = sound().await;
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(sound.findings(&sound.copy(directory.path())), [""; 0]);
    for (sql, expected) in PLANTED {
        let copy = sound.copy(directory.path());
        let conn = Connection::open(&copy).unwrap();
        conn.pragma_update(None, "ignore_check_constraints", true).unwrap();
        conn.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        drop(conn);
        let findings = sound.findings(&copy);
        assert!(
            findings.iter().any(|finding| finding.contains(expected)),
            "{sql}: {expected}: {findings:#?}"
        );
        assert!(
            findings.iter().all(|finding| !finding.contains("ann") && !finding.contains("bob")),
            "no finding tells a personal value: {findings:#?}"
        );
    }
}

/// An entry that is sealed as it should be, and does not follow from the one before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_does_not_follow_is_found() {
    let sound = sound().await;
    let directory = tempfile::tempdir().unwrap();
    let copy = sound.copy(directory.path());
    let conn = Connection::open(&copy).unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, Vec<u8>>(1)?));
    let (id, key) = conn.query_row("SELECT id, data_key FROM users WHERE number = 1", [], read).unwrap();
    let owner = (UserId(Uuid::from_bytes(id)), WrappedKey::from_bytes(key));
    let value = |text: &str| Some(Value::Text(text.into()));
    let updated_at = Some(Value::Time(time("2024-03-01T10:00:01.123Z")));
    let changes = [
        FieldChange { field: Field::GivenName, before: value("someone else"), after: value("Ann") },
        FieldChange {
            field: Field::UpdatedAt,
            before: Some(Value::Time(time("2021-01-01T00:00:00Z"))),
            after: updated_at,
        },
    ];
    let purpose = Purpose::Journal { version: 2 };
    let payload =
        sound.keyring.seal((owner.0, &owner.1), purpose, &SystemEntropy, encode_changes(&changes)).unwrap();
    conn.execute("UPDATE journal SET payload = ?1 WHERE user_id = ?2 AND version = 2", params![payload, id])
        .unwrap();
    drop(conn);
    let findings = sound.findings(&copy);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert!(findings[0].contains("its given_name does not follow from the entry before"), "{findings:?}");
}

/// D3: destroying a user's key leaves a history without values, and a sound store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_a_destroyed_key_leaves_the_skeleton_of_the_history() {
    let mut sound = sound().await;
    let conn = Connection::open(sound.bench.factory.path()).unwrap();
    conn.execute("UPDATE users SET data_key = x'' WHERE number IN (1, 4)", []).unwrap();
    assert_eq!(sound.findings(&sound.bench.factory.path()), [""; 0]);
    let id: [u8; 16] = conn.query_row("SELECT id FROM users WHERE number = 1", [], |row| row.get(0)).unwrap();
    sound.bench.reopen().await;
    let history = sound.bench.store.history(UserId(Uuid::from_bytes(id)), 0, 10).await.unwrap();
    assert_eq!(history.len(), 5);
    assert!(history.iter().all(|(_, entry)| entry.changes.is_none() && entry.actor.client == "key-bubble"));
    let key = IdempotencyKey::new("k").unwrap();
    let request = sound.bench.directory.idempotency(key, &[b"body"]);
    let who = sound.bench.who();
    let again = sound.bench.directory.upsert(
        &who,
        Dialect::Algorep,
        external_id("cleo"),
        with_given_name("Cleo"),
        Some(request),
    );
    assert!(again.await.is_err(), "the outcome was destroyed as well");
}

/// Pages that are not what was written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_found() {
    let sound = sound().await;
    let directory = tempfile::tempdir().unwrap();
    let copy = sound.copy(directory.path());
    let whole = std::fs::read(&copy).unwrap();
    let pages = whole.len() / 4096;
    assert!(pages > 10);
    for page in 0..pages {
        let mut damaged = whole.clone();
        // The part of a page that is in use is at its end; its header is at its beginning.
        for byte in &mut damaged[page * 4096 + if page == 0 { 100 } else { 0 }..][..12] {
            *byte ^= 0xa5;
        }
        std::fs::write(&copy, damaged).unwrap();
        assert!(!sound.findings(&copy).is_empty(), "page {page}");
    }
    std::fs::write(&copy, &whole[..whole.len() - 4096]).unwrap();
    assert!(!sound.findings(&copy).is_empty());
    std::fs::write(&copy, b"not a database at all").unwrap();
    assert!(!sound.findings(&copy).is_empty());
}
