//! Copying a store row by row: what `migrate-store` does between two kinds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{bench, keyring, open, options};
use roster_directory::directory::groups::GroupUpdate;
use roster_directory::transfer::{Row, TABLES, Table};
use roster_directory::{Assign, Attribute, Change, Content, Dialect, Elements, GroupName};
use roster_store_sqlite::{Export, Import, OpenError, check, migrate};
use roster_testkit::build::{external_id, full_patch, patch, text, with_grants};
use rusqlite::Connection;

fn every_row(export: &Export, table: &Table) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    loop {
        let page = export.page(table, rows.last(), 2).unwrap();
        if page.is_empty() {
            assert_eq!(export.count(table).unwrap(), u64::try_from(rows.len()).unwrap());
            return rows;
        }
        rows.extend(page);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_is_copied_as_it_is() {
    let bench = bench().await;
    let emails = ["a@example.com", "b@example.com", "c@example.com"];
    let content = |email: &&str| Content { value: Some((*email).to_owned()), ..Content::default() };
    let with = |count: usize| {
        let list = Elements::new(Attribute::Emails, emails[..count].iter().map(content).collect()).unwrap();
        patch(|patch| drop(patch.elements.insert(Attribute::Emails, list)))
    };
    bench.put("ann", full_patch("ann")).await;
    bench.put("ann", with(3)).await;
    let user = bench.put("ann", with(2)).await;
    bench.put("bob", with_grants([(33, "18")])).await;
    let update = GroupUpdate {
        display_name: Assign::Set(GroupName::new("Readers").unwrap()),
        external_id: Change::Set(external_id("g")),
        add: [(user.id, Some(text("Chief")))].into(),
        ..GroupUpdate::default()
    };
    bench.directory.create_group(&bench.who(), Dialect::Scim, update).await.unwrap();

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("copy.db");
    let export = Export::open(&bench.factory.path()).unwrap();
    let mut import = Import::begin(&options(&path, &bench.keyring)).unwrap().unwrap();
    let mut copied = Vec::new();
    for table in TABLES {
        let rows = every_row(&export, table);
        import.write(table, &rows).unwrap();
        copied.push(rows);
    }
    let (rules, next_number) = export.meta().unwrap();
    import.finish(rules, next_number).unwrap();

    let copy = Export::open(&path).unwrap();
    for (table, rows) in TABLES.iter().zip(&copied) {
        assert_eq!(every_row(&copy, table), *rows, "{}", table.name);
    }
    let filled = TABLES.iter().zip(&copied).filter(|(_, rows)| !rows.is_empty());
    let filled: Vec<&str> = filled.map(|(table, _)| table.name).collect();
    let of_scim = ["user_elements", "groups", "group_links", "group_members", "group_journal"];
    assert!(of_scim.iter().all(|table| filled.contains(table)), "{filled:?}");
    assert_eq!(check(&path, &bench.keyring), []);
}

/// It may lack tables: it is migrated before it is copied.
#[test]
fn an_older_schema_is_not_copied_and_said_to_be_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("roster.db");
    drop(open(&path, &keyring()));
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 2; DROP TABLE groups").unwrap();
    let refused = Export::open(&path).unwrap_err();
    assert!(matches!(refused, OpenError::Older { found: 2, .. }), "{refused}");
    assert!(refused.to_string().contains("has schema 2: `roster migrate`"), "{refused}");
    // It is another's, or none.
    std::fs::remove_file(&path).unwrap();
    drop(Connection::open(&path).unwrap());
    assert!(matches!(Export::open(&path), Err(OpenError::NotRosters)));
    migrate(&options(&path, &keyring())).unwrap();
    Export::open(&path).unwrap();
}
