use std::collections::HashMap;

use super::*;
use crate::ledger::{Account, Attempt};
use crate::stored::StoredUser;

const ACKNOWLEDGED: Fate = Fate::Acknowledged { position: 10 };

fn ledger(fates: &[Fate]) -> Ledger {
    let attempts = (1..).zip(fates).map(|(mark, fate)| Attempt { mark, fate: *fate }).collect();
    Ledger { accounts: vec![Account { external_id: "u".to_owned(), attempts }], faults: Vec::new() }
}

fn stored(mark: Result<u64, String>) -> Stored {
    Stored { users: HashMap::from([("u".to_owned(), StoredUser { mark, version: 1 })]), torn: Vec::new() }
}

/// How many were lost, half there, invented.
fn found(stored: &Stored, fates: &[Fate], until: u64) -> [usize; 3] {
    let Verdict { acknowledged: _, lost, half, invented } = verify(stored, &ledger(fates), until);
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
