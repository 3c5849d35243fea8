//! `roster check`: nothing is found in a sound store, and each kind of corruption is found where it was planted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
mod planted;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::SqliteFactory;
use planted::PLANTED;
use roster_directory::directory::groups::GroupUpdate;
use roster_directory::journal::encode_changes;
use roster_directory::record::{ApiKey, KeySecret, Record, RegisteredClient};
use roster_directory::seal::{Keyring, Purpose, WrappedKey};
use roster_directory::{
    Assign, Attribute, Change, Content, Dialect, Elements, Field, FieldChange, GroupName, IdempotencyKey,
    References, Rules, SystemEntropy, TakenLinks, Target, Update, UserId, UserPatch, Value,
};
use roster_store_sqlite::check;
use roster_testkit::Bench;
use roster_testkit::build::{
    by_id, external_id, full_patch, link, password, patch, source, text, time, with_email, with_given_name,
    with_grants, with_link,
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
    put_elements_and_groups(&bench).await;
    Sound { keyring: Arc::clone(&bench.keyring), bench }
}

/// User 5 has elements, and groups that it was taken into with user 4.
async fn put_elements_and_groups(bench: &Bench<SqliteFactory>) {
    let email = |value: &str, kind: &str, primary: bool| Content {
        value: Some(value.to_owned()),
        kind: Some(kind.to_owned()),
        display: Some("shown".to_owned()),
        primary: Some(primary),
        address: None,
    };
    let emails = |other| vec![email("dora@example.com", "work", true), other];
    let with = |list| {
        let list = Elements::new(Attribute::Emails, list).unwrap();
        patch(|patch| drop(patch.elements.insert(Attribute::Emails, list)))
    };
    bench.put("dora", with(emails(email("Dora@home.example", "home", false)))).await;
    bench.tick();
    let linked = || with_link("crm", Change::Set("1"));
    let other = with(emails(email("Dora@other.example", "other", false)));
    let dora = bench.put("dora", UserPatch { links: linked().links, ..other }).await;
    let cleo = bench.store.user(Target::Link(link("bubble", "cleo"))).await.unwrap().unwrap();
    let named = |name: &str, id: &str| GroupUpdate {
        display_name: Assign::Set(GroupName::new(name).unwrap()),
        external_id: Change::Set(external_id(id)),
        add: [dora.id, cleo.id].map(|user| (user, None)).into(),
        ..GroupUpdate::default()
    };
    let (who, dialect) = (bench.who(), Dialect::Scim);
    let readers = bench.directory.create_group(&who, dialect, named("Readers", "g1")).await.unwrap();
    let gone = bench.directory.create_group(&who, dialect, named("Gone", "g2")).await.unwrap();
    bench.tick();
    let update = GroupUpdate { remove: [cleo.id].into(), ..GroupUpdate::default() };
    bench.directory.update_group(&who, dialect, readers.id, update).await.unwrap();
    bench.directory.delete_group(&who, dialect, gone.id, None).await.unwrap();
    // User 6 shares a link that leads to user 5.
    let share = UserPatch { taken_links: TakenLinks::Share, ..linked() };
    bench.put("eve", share).await;
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
            findings
                .iter()
                .all(|finding| ["ann", "bob", "ora@"].iter().all(|value| !finding.contains(value))),
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
