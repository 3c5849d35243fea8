use std::collections::HashMap;

use super::*;
use crate::ledger::{Attempt, Fate};
use crate::stored::StoredUser;

const ACKNOWLEDGED: Fate = Fate::Acknowledged { position: 10 };

fn ledger(fates: &[Fate]) -> Ledger {
    let attempts = (1..).zip(fates).map(|(mark, fate)| Attempt { mark, fate: *fate }).collect();
    Ledger { accounts: vec![Account { external_id: "u".to_owned(), attempts }], faults: Vec::new() }
}

fn stored(mark: Result<u64, String>) -> Stored {
    let version = mark.clone().unwrap_or_default();
    stored_with(mark, version)
}

fn stored_with(mark: Result<u64, String>, version: u64) -> Stored {
    Stored { users: HashMap::from([("u".to_owned(), StoredUser { mark, version })]), torn: Vec::new() }
}

/// How many were lost, half there, invented.
fn found(stored: &Stored, fates: &[Fate], until: u64) -> [usize; 3] {
    found_in(Store::Sqlite, stored, fates, until)
}

fn found_in(store: Store, stored: &Stored, fates: &[Fate], until: u64) -> [usize; 3] {
    let Verdict { acknowledged: _, missing: _, lost, half, invented } =
        verify(stored, &ledger(fates), until, store);
    [lost.len(), half.len(), invented.len()]
}

#[test]
fn what_was_acknowledged_must_be_there() {
    let fates = [ACKNOWLEDGED, ACKNOWLEDGED];
    assert_eq!(found(&stored(Ok(2)), &fates, 10), [0, 0, 0]);
    assert_eq!(found(&stored(Ok(1)), &fates, 10), [1, 0, 0]);
    assert_eq!(found(&Stored::default(), &fates, 10), [1, 0, 0]);
}

#[test]
fn every_acknowledged_write_behind_the_last_that_is_there_is_missing() {
    let fates = [ACKNOWLEDGED, ACKNOWLEDGED, Fate::Unanswered, ACKNOWLEDGED];
    let missing = |stored| verify(&stored, &ledger(&fates), 10, Store::Sqlite).missing;
    assert_eq!([missing(stored(Ok(4))), missing(stored(Ok(1))), missing(Stored::default())], [0, 2, 3]);
}

#[test]
fn what_was_acknowledged_after_the_cut_may_be_there_or_not() {
    let fates = [ACKNOWLEDGED, Fate::Acknowledged { position: 11 }];
    assert_eq!(found(&stored(Ok(1)), &fates, 10), [0, 0, 0]);
    assert_eq!(found(&stored(Ok(2)), &fates, 10), [0, 0, 0]);
    assert_eq!(found(&Stored::default(), &fates, 9), [0, 0, 0]);
}

#[test]
fn what_was_not_answered_may_be_there_or_not_but_not_half() {
    let fates = [ACKNOWLEDGED, Fate::Unanswered];
    assert_eq!(found(&stored(Ok(1)), &fates, 10), [0, 0, 0]);
    assert_eq!(found(&stored(Ok(2)), &fates, 10), [0, 0, 0]);
    assert_eq!(found(&stored(Err("torn".to_owned())), &fates, 10), [0, 1, 0]);
}

#[test]
fn what_was_refused_as_not_written_or_never_sent_must_not_be_there() {
    for fate in [Fate::Refused { status: 503 }, Fate::Unsent] {
        assert_eq!(found(&stored(Ok(2)), &[ACKNOWLEDGED, fate], 10), [0, 0, 1]);
    }
    assert_eq!(found(&stored(Ok(3)), &[ACKNOWLEDGED], 10), [0, 0, 1]);
    assert_eq!(found(&stored(Ok(2)), &[ACKNOWLEDGED, Fate::Refused { status: 500 }], 10), [0, 0, 0]);
}

#[test]
fn on_postgres_what_was_answered_503_may_be_there() {
    let fates = [ACKNOWLEDGED, Fate::Refused { status: 503 }];
    assert_eq!(found_in(Store::Postgres, &stored(Ok(2)), &fates, 10), [0, 0, 0]);
    assert_eq!(found_in(Store::Postgres, &stored(Ok(1)), &fates, 10), [0, 0, 0]);
    assert_eq!(found_in(Store::Postgres, &stored(Ok(2)), &[ACKNOWLEDGED, Fate::Unsent], 10), [0, 0, 1]);
}

#[test]
fn a_write_is_one_version() {
    assert_eq!(found(&stored_with(Ok(2), 1), &[ACKNOWLEDGED, ACKNOWLEDGED], 10), [1, 0, 0]);
    assert_eq!(found(&stored_with(Ok(2), 3), &[ACKNOWLEDGED, ACKNOWLEDGED], 10), [0, 0, 1]);
    assert_eq!(found(&stored_with(Ok(2), 2), &[Fate::Unanswered, ACKNOWLEDGED], 10), [0, 0, 0]);
    assert_eq!(found(&stored_with(Ok(2), 1), &[Fate::Unanswered, ACKNOWLEDGED], 10), [0, 0, 0]);
}
