//! `kill -9` in a loop, under concurrent load: nothing that was acknowledged is ever lost.
//!
//! `ROSTER_KILL9_ROUNDS` (100) and `ROSTER_KILL9_SEED` change how much and what.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::ledger::{Ledger, settle, stored, violations};
use super::writer::{Random, Round, Writer};
use crate::harness::{Answer, Roster, variable};

const WRITERS: u64 = 16;
const LEAST_ACKNOWLEDGED: u64 = 100;
/// A data directory is carried through so many rounds.
const ROUNDS_A_DIRECTORY: u64 = 25;

#[tokio::test(flavor = "current_thread")]
async fn rig_kill9_loses_no_acknowledged_write() {
    let number = |name: &str, default: u64| variable(name).map_or(default, |text| text.parse().expect(name));
    let rounds = number("ROSTER_KILL9_ROUNDS", 100);
    let seed = number("ROSTER_KILL9_SEED", 20_240_622);
    println!("kill -9: {rounds} rounds, ROSTER_KILL9_SEED={seed}");
    let mut random = Random(seed);
    let (mut acknowledged, mut survived) = (0, 0);
    for first in (0..rounds).step_by(usize::try_from(ROUNDS_A_DIRECTORY).unwrap()) {
        let mut roster = Roster::start();
        roster.key();
        let mut ledger = Ledger::new();
        for round in first..rounds.min(first + ROUNDS_A_DIRECTORY) {
            let told = format!("round {round}, ROSTER_KILL9_SEED={seed}");
            let done = load_and_kill(&mut roster, &ledger, round, &mut random).await;
            assert_eq!(done.faults, [""; 0], "{told}");
            assert!(done.acknowledged >= LEAST_ACKNOWLEDGED && done.in_flight > 0, "{told}");
            acknowledged += done.acknowledged;
            ledger = done.ledger;

            roster.restart();
            let after = stored(roster.data());
            let wrong = violations(&ledger, &after);
            assert!(wrong.is_empty(), "{told}: {wrong:#?}");
            let checked = roster.cli(&["check"]);
            assert_eq!(checked.code, Some(0), "{told}: {checked:?}");
            let open: Vec<String> = ledger
                .iter()
                .filter(|(_, known)| known.in_flight.is_some())
                .map(|(id, _)| id.clone())
                .collect();
            settle(&mut ledger, &after);
            survived += open.iter().filter(|id| ledger.contains_key(*id)).count();
            serves(&roster, &ledger, &mut random).await;
        }
    }
    println!(
        "kill -9: {acknowledged} acknowledged changes, 0 lost; {survived} users with a change in flight are whole"
    );
}

/// Loads the server until enough was acknowledged, and kills it at some moment after that.
async fn load_and_kill(roster: &mut Roster, ledger: &Ledger, round: u64, random: &mut Random) -> Round {
    let shared = Rc::new(RefCell::new(Round { ledger: ledger.clone(), ..Round::default() }));
    let target = LEAST_ACKNOWLEDGED + random.below(LEAST_ACKNOWLEDGED);
    let pause = Duration::from_micros(random.below(5_000));
    let tasks = tokio::task::LocalSet::new();
    for n in 0..WRITERS {
        // A writer changes a share of the users of earlier rounds, too.
        let known: Vec<String> = ledger
            .keys()
            .enumerate()
            .filter(|(at, _)| *at as u64 % WRITERS == n)
            .map(|(_, id)| id.clone())
            .collect();
        let writer = Writer {
            address: roster.address(),
            key: roster.key().to_owned(),
            random: Random(random.below(u64::MAX)),
            prefix: format!("r{round}w{n}"),
            shared: Rc::clone(&shared),
        };
        tasks.spawn_local(writer.run(known));
    }
    let in_flight = tasks
        .run_until(async {
            // Ends with the target, or with a fault that the caller tells.
            while shared.borrow().acknowledged < target && shared.borrow().faults.is_empty() {
                tokio::task::yield_now().await;
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
            tokio::time::sleep(pause).await;
            let in_flight = shared.borrow().in_flight;
            roster.kill();
            in_flight
        })
        .await;
    tasks.await;
    let mut round = Rc::into_inner(shared).expect("every writer has ended").into_inner();
    round.in_flight = in_flight;
    round
}

/// The server answers with what the store has: a few users, through the REST API.
async fn serves(roster: &Roster, ledger: &Ledger, random: &mut Random) {
    let ids: Vec<&String> = ledger.keys().collect();
    for _ in 0..5 {
        let id = ids[usize::try_from(random.below(ids.len() as u64)).unwrap()];
        let request = roster.with(roster.key(), "GET", &format!("/api/v1/users/by-link/bubble/{id}"));
        let user = Answer::of(request).await.ok();
        assert_eq!(user["status"], ledger[id].acknowledged.as_ref().unwrap().value);
    }
}

/// The control with a real store: a write that is taken away behind the server's back is noticed, by the ledger and by `roster check`.
#[tokio::test(flavor = "current_thread")]
async fn rig_kill9_control_a_write_that_is_taken_away_is_noticed() {
    let mut roster = Roster::start();
    roster.key();
    let done = load_and_kill(&mut roster, &Ledger::new(), 0, &mut Random(7)).await;
    assert_eq!(violations(&done.ledger, &stored(roster.data())), [""; 0]);
    let (id, _) = done.ledger.iter().find(|(_, known)| known.in_flight.is_none()).unwrap();
    let database = rusqlite::Connection::open(roster.data().join("roster.db")).unwrap();
    let changed = database.execute(
        "UPDATE users SET status = 'older' WHERE id = (SELECT user_id FROM links WHERE external_id = ?1)",
        [id],
    );
    assert_eq!(changed.unwrap(), 1);
    assert_eq!(violations(&done.ledger, &stored(roster.data())).len(), 1);
    let removed = database
        .execute("DELETE FROM users WHERE id = (SELECT user_id FROM links WHERE external_id = ?1)", [id]);
    assert_eq!(removed.unwrap(), 1);
    assert_eq!(violations(&done.ledger, &stored(roster.data())).len(), 1);
    drop(database);
    roster.restart();
    roster.cli(&["check"]).failed();
}
