//! Whether a cluster could distribute the tables. Plain PostgreSQL tells: with `PARTITION BY HASH` it refuses a key that could not
//! be kept unique on one shard, and EXPLAIN shows how many partitions a statement needs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::proxy::Proxy;
use common::{directory, keyring, options};
use roster_directory::directory::groups::GroupUpdate;
use roster_directory::record::{Record, RegisteredClient};
use roster_directory::store::{UserFilter, UserQuery};
use roster_directory::{Attribute, Change, Dialect, IdempotencyKey, Rules, Store as _, Target};
use roster_store_postgres::{Options, PostgresStore};
use roster_testkit::TestDatabase;
use roster_testkit::build::{
    by_id, content, external_id, full_patch, new_group, primary, principal, text, user_name, with_elements,
    with_email, with_given_name, with_grants, with_link,
};

/// By what each table is distributed. The others are small, and a cluster would copy them to every node.
const DISTRIBUTED: [(&str, &str); 12] = [
    ("users", "id"),
    ("links", "user_id"),
    ("grants", "user_id"),
    ("user_elements", "user_id"),
    ("shared_links", "external_id"),
    ("group_members", "user_id"),
    ("group_journal", "group_id"),
    ("journal", "user_id"),
    ("outbox", "user_id"),
    ("user_keys", "key"),
    ("idempotency", "key"),
    ("feed", "stream"),
];

const PARTITIONS: usize = 4;

/// The migrations with partitioned tables, run before the store is opened: to it they are done already.
fn partitioned() -> TestDatabase {
    let database = TestDatabase::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    database.sql(
        "CREATE TABLE migrations (number bigint PRIMARY KEY, name text NOT NULL, sha256 bytea NOT NULL)",
    );
    for file in files {
        let sql = std::fs::read_to_string(file).unwrap();
        for step in sql.split_inclusive(";\n") {
            let table = step
                .split_once("CREATE TABLE IF NOT EXISTS ")
                .map(|(_, rest)| rest.split(' ').next().unwrap());
            let column = DISTRIBUTED.iter().find(|(name, _)| Some(*name) == table);
            match column {
                Some((name, column)) => {
                    let whole = step.trim_end().strip_suffix(';').unwrap();
                    database.sql(&format!("{whole} PARTITION BY HASH ({column})"));
                    for part in 0..PARTITIONS {
                        database.sql(&format!(
                            "CREATE TABLE {name}_part{part} PARTITION OF {name} FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
                        ));
                    }
                }
                None => drop(database.sql(step)),
            }
        }
    }
    database
}

/// A value of each type, for a plan that is never run.
fn sample(kind: &str) -> &'static str {
    match kind {
        "bigint" => "1",
        "text" => "'1'",
        "boolean" => "true",
        "uuid" => "'00000000-0000-7000-8000-000000000001'",
        "bytea" => "'\\x00'",
        "bigint[]" | "text[]" | "uuid[]" | "boolean[]" | "bytea[]" => "'{}'",
        other => panic!("{other}"),
    }
}

/// The partitions of distributed tables in a statement's plan, by table.
fn widest(database: &TestDatabase, statement: &str) -> usize {
    let prepare = format!("PREPARE s AS {statement}");
    let kinds = database.sql(&format!(
        "{prepare}; SELECT unnest(parameter_types)::text FROM pg_prepared_statements WHERE name = 's'"
    ));
    let samples: Vec<_> = kinds.lines().filter(|line| *line != "PREPARE").map(sample).collect();
    let execute = if samples.is_empty() { "s".to_owned() } else { format!("s({})", samples.join(", ")) };
    let plan = database.sql(&format!("{prepare}; EXPLAIN (COSTS OFF) EXECUTE {execute}"));
    DISTRIBUTED
        .iter()
        .map(|(table, _)| {
            (0..PARTITIONS).filter(|part| plan.contains(&format!(" {table}_part{part} "))).count()
        })
        .max()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_hot_statement_without_batches_needs_one_partition() {
    let (database, keyring) = (partitioned(), keyring());
    // The store finds the tables, and records that its migrations ran.
    let proxy = Proxy::to(&database).await;
    let options = Options { url: proxy.url().into(), ..options(&database, &keyring) }.without_batches();
    let store = Arc::new(PostgresStore::open(options).await.unwrap());
    let roster = directory(&store, &keyring, Rules::default(), 1);
    let who = principal("bubble");
    let before = proxy.statements();

    let key = |text: &str| Some(roster.idempotency(IdempotencyKey::new(text).unwrap(), &[b"body"]));
    let upsert = async |id: &str, patch, key| {
        roster.upsert(&who, Dialect::Algorep, external_id(id), patch, key).await.unwrap().user
    };
    let user = upsert("one", full_patch("ann"), key("a")).await;
    upsert("one", full_patch("bob"), None).await;
    upsert("one", with_grants([(1, "a"), (2, "b")]), key("b")).await;
    upsert("one", with_link("crm", Change::Set("7")), None).await;
    upsert("one", with_link("crm", Change::Clear), None).await;
    upsert("two", with_email("ann@example.com"), None).await;
    let emails = |second| vec![primary("ann@example.com", "work"), content(second, "home")];
    for second in ["a@example.com", "b@example.com"] {
        upsert("one", with_elements(Attribute::Emails, emails(second)), None).await;
    }
    let group = roster.create_group(&who, Dialect::Scim, new_group("Readers", &[&user])).await.unwrap();
    let remove = GroupUpdate { remove: [user.id].into(), ..GroupUpdate::default() };
    roster.update_group(&who, Dialect::Scim, group.id, remove).await.unwrap();
    let add = GroupUpdate { add: [(user.id, None)].into(), ..GroupUpdate::default() };
    roster.update_group(&who, Dialect::Scim, group.id, add).await.unwrap();
    store.groups_of(vec![user.id]).await.unwrap();
    store.group_history(group.id, 0, 10).await.unwrap();
    roster.delete(&who, Dialect::Rest, by_id(&user), None, None).await.unwrap();
    upsert("one", with_given_name("Ann"), None).await;
    for target in [by_id(&user), Target::Number(user.number), Target::UserName(user_name("ann@example.com"))]
    {
        store.user(target).await.unwrap();
    }
    let named = UserFilter::UserName(user_name("ann@example.com"));
    store.users(UserQuery { filter: named, after: None, limit: 10 }).await.unwrap();
    let client = Record::Client(RegisteredClient { id: 7, name: text("client") });
    roster.put_record(&who, client).await.unwrap();
    let hot: BTreeSet<String> = proxy.statements().difference(&before).cloned().collect();
    assert!(hot.len() > 20, "{hot:#?}");
    for statement in &hot {
        // The sequencer's are no part of a change: it goes through the outbox of all users, stream by stream.
        if statement.contains("outbox") && !statement.starts_with("INSERT") {
            continue;
        }
        assert!(widest(&database, statement) <= 1, "{statement}");
    }
    // The test can tell: this one needs all of them.
    assert_eq!(widest(&database, "SELECT 1 FROM users WHERE email_folded = $1"), PARTITIONS);
    assert_eq!(store.check().await, []);
}

/// What CockroachDB, YugabyteDB or Citus do not have, or have otherwise.
#[test]
fn no_statement_has_what_a_cluster_has_not() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    for file in std::fs::read_dir(folder).unwrap() {
        let sql = std::fs::read_to_string(file.unwrap().path()).unwrap().to_lowercase();
        let sql: Vec<&str> = sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        let sql = sql.join("\n");
        for word in [
            "sequence",
            "serial",
            "identity",
            "trigger",
            "references ",
            "deferrable",
            "now()",
            "advisory",
            "listen",
        ] {
            assert!(!sql.replace("\"references\" ", "").contains(word), "{word}");
        }
    }
}
