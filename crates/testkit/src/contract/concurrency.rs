//! Many at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use roster_directory::{Applied, Change, Dialect, Effect, Error, Field, Link, Target, UserPatch};

use crate::build::{external_id, link, patch, text, with_given_name, with_user_name};
use crate::{Bench, StoreFactory};

/// Starts an upsert on a task of its own.
fn start<F: StoreFactory>(
    bench: &Bench<F>,
    id: &str,
    patch: UserPatch,
) -> tokio::task::JoinHandle<Result<Applied, Error>> {
    let (directory, who, id) = (Arc::clone(&bench.directory), bench.who(), external_id(id));
    tokio::spawn(async move { directory.upsert(&who, Dialect::Algorep, id, patch, None).await })
}

/// 64 of them.
pub async fn simultaneous_upserts_of_one_id_make_one_user<F: StoreFactory>(bench: &mut Bench<F>) {
    let started = (0..64).map(|n| start(bench, "one", with_given_name(&format!("name {n}"))));
    let done = join_all(started.collect::<Vec<_>>()).await;
    let done: Vec<Applied> = done.into_iter().map(|done| done.unwrap().unwrap()).collect();
    assert_eq!(done.iter().filter(|applied| applied.effect == Effect::Created).count(), 1);
    assert_eq!(done.iter().filter(|applied| applied.effect == Effect::Updated).count(), 63);
    assert!(done.iter().all(|applied| applied.user.id == done[0].user.id));
    let mut versions: Vec<_> = done.iter().map(|applied| applied.user.version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=64).collect::<Vec<_>>());
    assert_eq!(bench.history(&done[0].user).await.len(), 64);
    assert_eq!(bench.put("two", UserPatch::default()).await.number.get(), 2, "no number was lost");
}

/// The lost update that is none.
pub async fn writers_of_different_fields_all_win<F: StoreFactory>(bench: &mut Bench<F>) {
    bench.put("one", UserPatch::default()).await;
    for round in 0..5 {
        let mark = format!("round {round}");
        let patches = [
            patch(|patch| patch.profile.given_name = Change::Set(text(&mark))),
            patch(|patch| patch.profile.family_name = Change::Set(text(&mark))),
            patch(|patch| patch.profile.display_name = Change::Set(text(&mark))),
            patch(|patch| patch.profile.phone = Change::Set(text(&mark))),
            patch(|patch| patch.profile.language = Change::Set(text(&mark))),
            patch(|patch| patch.profile.status = Change::Set(text(&mark))),
            patch(|patch| patch.profile.role = Change::Set(text(&mark))),
        ];
        for done in join_all(patches.map(|patch| start(bench, "one", patch))).await {
            assert_eq!(done.unwrap().unwrap().effect, Effect::Updated);
        }
        let target = Target::Link(link("bubble", "one"));
        let user = bench.store.user(target).await.unwrap().unwrap();
        for field in [
            Field::GivenName,
            Field::FamilyName,
            Field::DisplayName,
            Field::Phone,
            Field::Language,
            Field::Status,
            Field::Role,
        ] {
            let value = Some(roster_directory::Value::Text(mark.as_str().into()));
            assert_eq!(user.profile.value(field), value, "{field:?}");
        }
    }
}

/// A batch is no unit of its own.
pub async fn one_refusal_takes_no_other_with_it<F: StoreFactory>(bench: &mut Bench<F>) {
    bench.put("holder", with_user_name("taken")).await;
    let started = (0..40).map(|n| {
        let name = if n % 4 == 0 { "TAKEN".to_owned() } else { format!("user {n}") };
        start(bench, &format!("u{n}"), with_user_name(&name))
    });
    let done = join_all(started.collect::<Vec<_>>()).await;
    let mut numbers = Vec::new();
    for (n, done) in done.into_iter().enumerate() {
        match done.unwrap() {
            Ok(applied) => {
                assert_ne!(n % 4, 0);
                numbers.push(applied.user.number.get());
            }
            Err(error) => {
                assert!(matches!(error, Error::Refused(_)), "{error}");
                assert_eq!(n % 4, 0);
                let refused = Link { source: bench.who().source, external_id: external_id(&format!("u{n}")) };
                assert_eq!(bench.store.user(Target::Link(refused)).await.unwrap(), None);
            }
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=31).collect::<Vec<_>>());
}

/// D4: once a reader was given a position, nothing appears at or below it.
pub async fn d4_a_reader_never_sees_an_entry_appear_behind_another<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", UserPatch::default()).await;
    let (store, done, id) = (Arc::clone(&bench.store), Arc::new(AtomicBool::new(false)), user.id);
    let finished = Arc::clone(&done);
    let reader = tokio::spawn(async move {
        let mut seen = Vec::new();
        let mut polls = 0;
        loop {
            let last = finished.load(Ordering::SeqCst);
            let now: Vec<_> = store.history(id, 0, 10_000).await.unwrap();
            assert!(now.starts_with(&seen), "what was read stays as it was");
            let behind = now[seen.len()..].iter().map(|(position, _)| position.n);
            let highest = seen.last().map_or(0, |(position, _): &(roster_directory::Position, _)| position.n);
            assert!(behind.min().is_none_or(|n| n > highest));
            seen = now;
            polls += 1;
            if last {
                return (seen.len(), polls);
            }
        }
    });
    for round in 0..10 {
        let started = (0..32).map(|n| {
            let id = if n % 2 == 0 { "one".to_owned() } else { format!("other {n}") };
            start(bench, &id, with_given_name(&format!("{round} {n}")))
        });
        for done in join_all(started.collect::<Vec<_>>()).await {
            done.unwrap().unwrap();
        }
    }
    done.store(true, Ordering::SeqCst);
    let (entries, polls) = reader.await.unwrap();
    assert_eq!(entries, 161);
    assert!(polls > 1);
}
