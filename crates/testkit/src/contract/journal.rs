//! What happened: D2, D3, D4.

use std::sync::Arc;

use roster_directory::journal::EntryKind;
use roster_directory::record::{Record, RecordKey, RegisteredClient};
use roster_directory::store::{Decide, Decision, Outcome, ReadSet, Seen, Submitted, WriteSet};
use roster_directory::{
    Actor, Change, ChangeId, Dialect, Effect, Field, FieldChange, GrantsPatch, Idempotency, IdempotencyKey,
    Refusal, Update, UserId, UserPatch, Value,
};
use uuid::Uuid;

use crate::build::{
    by_id, external_id, full_patch, grant, grants, link, password, patch, principal, with_email,
    with_given_name, with_grants, with_link,
};
use crate::{Bench, StoreFactory};

fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.into()))
}

/// D2.
pub async fn d2_one_change_is_one_entry<F: StoreFactory>(bench: &mut Bench<F>) {
    let acting = UserId(Uuid::from_u128(7));
    let who = roster_directory::Principal { user: Some(acting), ..principal("bubble") };
    let go = |dialect, patch| bench.directory.upsert(&who, dialect, external_id("one"), patch, None);
    let created_at = bench.now();
    let user = go(Dialect::Algorep, with_email("ann@example.com")).await.unwrap().user;
    bench.tick();
    go(Dialect::Zynchro, with_given_name("Ann")).await.unwrap();
    bench.tick();
    bench.directory.delete(&bench.who(), Dialect::Cli, by_id(&user), None, None).await.unwrap();

    let history = bench.history(&user).await;
    let entries: Vec<_> = history.iter().map(|(_, entry)| entry).collect();
    let kinds: Vec<_> = entries.iter().map(|entry| (entry.kind, entry.version, entry.dialect)).collect();
    let expected = [
        (EntryKind::Created, 1, Dialect::Algorep),
        (EntryKind::Updated, 2, Dialect::Zynchro),
        (EntryKind::Deleted, 3, Dialect::Cli),
    ];
    assert_eq!(kinds, expected);
    let actors: Vec<_> = entries.iter().map(|entry| entry.actor.clone()).collect();
    let acted = Actor { client: "key-bubble".to_owned(), user: Some(acting) };
    let alone = Actor { client: "key-bubble".to_owned(), user: None };
    assert_eq!(actors, [acted.clone(), acted, alone]);
    assert!(entries.iter().all(|entry| entry.user_id == user.id));
    let ids: std::collections::BTreeSet<_> = entries.iter().map(|entry| entry.change_id).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(entries[0].recorded_at, created_at);

    let born = entries[0].changes.clone().unwrap();
    for (field, after) in [
        (Field::Email, text("ann@example.com")),
        (Field::UserName, text("ann@example.com")),
        (Field::Active, Some(Value::Bool(true))),
        (Field::Links, Some(Value::Link(link("bubble", "one")))),
        (Field::CreatedAt, Some(Value::Time(created_at))),
        (Field::UpdatedAt, Some(Value::Time(created_at))),
    ] {
        assert!(born.contains(&FieldChange { field, before: None, after }), "{field:?} {born:?}");
    }
    assert_eq!(born.len(), 6);
    let updated = entries[1].changes.clone().unwrap();
    let named = FieldChange { field: Field::GivenName, before: None, after: text("Ann") };
    assert_eq!((updated.len(), &updated[0]), (2, &named));
    assert_eq!(entries[1].field_ids(), [3, 27]);
}

/// D2.
pub async fn d2_fields_and_elements_remember_their_versions<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_email("ann@example.com")).await;
    bench.tick();
    bench.put("one", with_given_name("Ann")).await;
    bench.tick();
    bench.put("one", with_grants([(33, "18")])).await;
    let user = bench.stored(&user).await;
    let versions = [Field::Email, Field::GivenName, Field::Grants, Field::UpdatedAt, Field::Phone];
    let versions = versions.map(|field| user.field_versions.get(field));
    assert_eq!(versions, [1, 2, 3, 3, 0]);
    // The elements' own versions are compared with the history by the store's check.
    bench.put("one", with_grants([(34, "18")])).await;
    bench.put("one", with_link("crm", Change::Set("7"))).await;
    bench.put("one", with_link("crm", Change::Clear)).await;
    let add = GrantsPatch::Edit { add: grants([(33, "18")]), remove: grants([]) };
    bench.put("one", patch(|patch| patch.grants = add)).await;
    let (_, entry) = bench.history(&user).await.pop().unwrap();
    let granted =
        FieldChange { field: Field::Grants, before: None, after: Some(Value::Grant(grant(33, "18"))) };
    assert_eq!(entry.changes.unwrap()[0], granted);
}

/// D2, with a clock that stands still, and one that goes backwards.
pub async fn d2_versions_and_recording_times_increase<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_given_name("0")).await;
    for step in 1..=20_u64 {
        if step > 10 {
            bench.clock.advance_seconds(-1);
        }
        let after = bench.put("one", with_given_name(&step.to_string())).await;
        assert_eq!(after.version, step + 1);
    }
    let history = bench.history(&user).await;
    for pair in history.windows(2) {
        let [(_, earlier), (_, later)] = pair else { unreachable!() };
        assert!(later.recorded_at > earlier.recorded_at);
        assert_eq!(later.version, earlier.version + 1);
    }
}

/// A change that makes one user, however often it is asked.
struct Always(ChangeId, WriteSet);

impl Decide for Always {
    fn change_id(&self) -> ChangeId {
        self.0
    }

    fn reads(&self) -> ReadSet {
        ReadSet { number: true, ..ReadSet::default() }
    }

    fn decide(&self, _: &Seen) -> Decision {
        Decision::Done { writes: Box::new(self.1.clone()), verdict: Ok(Outcome::Record(None)) }
    }
}

/// D2: the same change id never makes two entries, whatever the change says.
pub async fn d2_a_change_that_is_submitted_twice_is_made_once<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_given_name("Ann")).await;
    let (_, entry) = bench.history(&user).await.remove(0);
    let mut after = roster_directory::User::clone(&user);
    after.version = 2;
    let entry = roster_directory::Entry { version: 2, kind: EntryKind::Updated, ..entry };
    let write =
        roster_directory::store::UserWrite { before: Some(Arc::clone(&user)), after: Arc::new(after), entry };
    let change = Always(write.entry.change_id, WriteSet { user: Some(write), ..WriteSet::default() });
    let submitted = bench.store.submit(Arc::new(change)).await;
    assert!(!matches!(submitted, Ok(Submitted::Decided(Ok(_)))), "{submitted:?}");
    assert_eq!(bench.stored(&user).await, *user);
    assert_eq!(bench.history(&user).await.len(), 1);
}

/// D3.
pub async fn d3_the_journal_holds_no_plain_value<F: StoreFactory>(bench: &mut Bench<F>) {
    let mark = "Zq7marker";
    let bench = &*bench;
    let key = |text: &str| {
        let key = IdempotencyKey::new(text).unwrap();
        bench.directory.idempotency(key, &[text.as_bytes()])
    };
    let go = |patch, key: Option<Idempotency>| {
        let update =
            Update { patch, idempotency: key, password: Change::Set(password(mark)), ..Update::default() };
        let who = bench.who();
        async move { bench.directory.upsert_with(&who, Dialect::Rest, external_id("one"), update).await }
    };
    let user = go(full_patch(mark), Some(key("first"))).await.unwrap().user;
    go(full_patch("other"), Some(key("second"))).await.unwrap();
    bench.delete(&user).await;
    let history = bench.history(&user).await;
    assert_eq!(history.len(), 3);
    let told = format!("{history:?}");
    assert!(told.contains("Zq7marker given"), "with the key the values are there");
    let changed = history.iter().flat_map(|(_, entry)| entry.changes.iter().flatten());
    let password: Vec<_> = changed.filter(|change| change.field == Field::Password).collect();
    assert_eq!(password, [&FieldChange { field: Field::Password, before: None, after: None }]);

    let bytes = bench.factory.sealed_bytes().await;
    assert!(bytes.len() > 500, "there is something to look through: {} bytes", bytes.len());
    let found = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(found(b"key-bubble"), "what is not sealed is found");
    let hex: String = mark.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert!(!found(mark.as_bytes()) && !found(hex.as_bytes()));
}

/// D4.
pub async fn d4_positions_increase_in_one_epoch<F: StoreFactory>(bench: &mut Bench<F>) {
    let mut all = Vec::new();
    for round in 0..3 {
        for id in ["a", "b", "c"] {
            let user = bench.put(id, with_given_name(&round.to_string())).await;
            all.push(bench.history(&user).await.pop().unwrap().0);
        }
        // Neither a refusal nor a change of something else takes a position back.
        let refused =
            bench.directory.delete(&bench.who(), Dialect::Rest, by_number(1), Some(vec![99]), None).await;
        assert_eq!(refused.err(), Some(Refusal::VersionMismatch { current: round + 1 }.into()));
        let client = RegisteredClient { id: 7, name: crate::build::text(&round.to_string()) };
        bench.directory.put_record(&bench.who(), Record::Client(client)).await.unwrap();
        bench.reopen().await;
    }
    assert!(all.iter().all(|position| position.epoch == all[0].epoch));
    for (earlier, later) in all
        .iter()
        .enumerate()
        .flat_map(|(index, later)| all[..index].iter().map(move |earlier| (earlier, later)))
    {
        assert!(earlier.stream != later.stream || earlier.n < later.n, "{all:?}");
    }
    for user in all.chunks(3).collect::<Vec<_>>().windows(2) {
        let [before, after] = user else { unreachable!() };
        assert!(before.iter().zip(*after).all(|(before, after)| before.stream == after.stream), "{all:?}");
    }
    assert!(bench.store.record(RecordKey::Client(7)).await.unwrap().is_some());
}

fn by_number(number: i64) -> roster_directory::Target {
    roster_directory::Target::Number(roster_directory::Number::new(number).unwrap())
}

/// History pages.
pub async fn history_is_read_in_pages<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", UserPatch::default()).await;
    for step in 0..9 {
        let made = bench.upsert("one", with_given_name(&step.to_string())).await.unwrap();
        assert_eq!(made.effect, Effect::Updated);
    }
    let whole = bench.history(&user).await;
    assert_eq!(whole.len(), 10);
    let who = bench.who();
    let mut pages = Vec::new();
    let mut after = 0;
    loop {
        let page = bench.directory.history(&who, by_id(&user), after, 4).await.unwrap();
        let Some((_, last)) = page.last() else { break };
        after = last.version;
        assert!(page.len() <= 4);
        pages.extend(page);
    }
    assert_eq!(pages, whole);
    assert_eq!(bench.store.history(UserId(Uuid::from_u128(1)), 0, 10).await.unwrap(), []);
    assert_eq!(bench.store.history(user.id, u64::MAX, 10).await.unwrap(), []);
}
