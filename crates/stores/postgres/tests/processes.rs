//! Several processes over one database: no state in one that another needs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::proxy::Proxy;
use common::{directory, keyring, open, options};
use futures_util::future::join_all;
use roster_directory::record::{ApiKey, Record, RecordKey, RegisteredClient, RegisteredProfile};
use roster_directory::seal::Keyring;
use roster_directory::store::{RecordWrite, StoreError, Submitted};
use roster_directory::{
    Change, ChangeId, ChangeRecord, Dialect, Directory, Effect, Entropy as _, Error, IdempotencyKey,
    ProfileId, References, Refusal, Rules, Store as _, SystemEntropy, Timestamp, UserPatch,
};
use roster_store_postgres::{OpenError, Options, PostgresStore};
use roster_testkit::TestDatabase;
use roster_testkit::build::{
    email, external_id, patch, principal, source, text, user_name, with_email, with_given_name, with_grants,
    with_user_name,
};

/// Two processes, as far as the database can tell.
struct Two {
    stores: [Arc<PostgresStore>; 2],
    rosters: [Arc<Directory>; 2],
    database: TestDatabase,
}

impl Two {
    async fn new(with: impl Fn(Options) -> Options) -> Self {
        let (database, keyring) = (TestDatabase::new(), keyring());
        let store = async || Arc::new(PostgresStore::open(with(options(&database, &keyring))).await.unwrap());
        let stores = [store().await, store().await];
        let roster = |index: usize| directory(&stores[index], &keyring, Rules::default(), 10 + index as u64);
        let rosters = [roster(0), roster(1)];
        Self { stores, rosters, database }
    }

    fn start(
        &self,
        turn: usize,
        id: &str,
        patch: UserPatch,
    ) -> tokio::task::JoinHandle<Result<roster_directory::Applied, Error>> {
        let (roster, id) = (Arc::clone(&self.rosters[turn % 2]), external_id(id));
        tokio::spawn(
            async move { roster.upsert(&principal("bubble"), Dialect::Algorep, id, patch, None).await },
        )
    }
}

async fn upsert(roster: &Directory, id: &str, patch: UserPatch) -> Result<roster_directory::Applied, Error> {
    roster.upsert(&principal("bubble"), Dialect::Algorep, external_id(id), patch, None).await
}

async fn contend(two: &Two) {
    for round in 0..10 {
        let patch = |turn: usize| {
            patch(|patch| {
                let name = Change::Set(text(&format!("{round} {turn}")));
                match turn % 4 {
                    0 => patch.profile.given_name = name,
                    1 => patch.profile.family_name = name,
                    2 => patch.profile.display_name = name,
                    _ => patch.profile.role = Change::Set(text(&format!("{round} {turn}"))),
                }
            })
        };
        let started: Vec<_> =
            (0..48).map(|turn| two.start(turn, &format!("u{}", turn % 6), patch(turn))).collect();
        for done in join_all(started).await {
            done.unwrap().unwrap();
        }
    }
    assert_eq!(two.database.sql("SELECT count(*), count(DISTINCT number) FROM users"), "6|6");
    assert_eq!(two.stores[0].check().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_two_processes_make_one_user_of_one_id_and_lose_no_field() {
    contend(&Two::new(|options| options).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_so_do_many_writers_without_batches() {
    contend(&Two::new(Options::without_batches).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_one_of_two_processes_gets_a_user_name() {
    let two = Two::new(|options| options).await;
    for round in 0..20 {
        let name = format!("name {round}");
        let started = (0..2).map(|turn| two.start(turn, &format!("{round} {turn}"), with_user_name(&name)));
        let done = join_all(started.collect::<Vec<_>>()).await;
        let got = done.iter().filter(|done| done.as_ref().unwrap().is_ok()).count();
        assert_eq!(got, 1, "{done:?}");
    }
    assert_eq!(two.stores[1].check().await, []);
}

/// A failover without a synchronous standby loses commits, that of a block of numbers among them: others get it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_a_number_that_was_given_to_another_process_too_is_not_tried_for_ever() {
    let two = Two::new(|options| options).await;
    let [one, other] = &two.rosters;
    for id in ["a", "b"] {
        upsert(one, id, with_given_name(id)).await.unwrap();
    }
    assert_eq!(two.database.sql("SELECT next FROM counters"), "4", "it has 3 to itself");
    two.database.sql("UPDATE counters SET next = 3");
    for id in ["c", "d", "e"] {
        upsert(other, id, with_given_name(id)).await.unwrap();
    }
    for id in ["f", "g"] {
        upsert(one, id, with_given_name(id)).await.unwrap();
    }
    assert_eq!(two.database.sql("SELECT count(*), count(DISTINCT number) FROM users"), "7|7");
    assert_eq!(two.stores[0].check().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d8_a_request_that_reaches_two_processes_applies_once() {
    let two = Two::new(|options| options).await;
    for round in 0..10 {
        let started = (0..8).map(|turn: usize| {
            let roster = Arc::clone(&two.rosters[turn % 2]);
            tokio::spawn(async move {
                let key = IdempotencyKey::new(&format!("key {round}")).unwrap();
                let request = roster.idempotency(key, &[b"body"]);
                let patch = with_given_name(&format!("name {round}"));
                let id = external_id(&format!("user {round}"));
                roster.upsert(&principal("bubble"), Dialect::Algorep, id, patch, Some(request)).await.unwrap()
            })
        });
        let done: Vec<_> =
            join_all(started.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(done.iter().filter(|applied| !applied.replayed).count(), 1);
        assert!(done.iter().all(|applied| applied.effect == Effect::Created));
    }
    assert_eq!(two.database.sql("SELECT count(*) FROM journal"), "10");
}

/// Adds an authority to the API key `a`, and makes that if there is none.
fn add_authority(store: &Arc<PostgresStore>, turn: usize) -> tokio::task::JoinHandle<()> {
    let (store, key) = (Arc::clone(store), RecordKey::ApiKey("a".to_owned()));
    let change = ChangeRecord::new(ChangeId(SystemEntropy.uuid_v7(Timestamp::MIN)), key, move |current| {
        let mut key = match current {
            Some(Record::ApiKey(key)) => key.clone(),
            _ => ApiKey {
                id: "a".to_owned(),
                name: "a key".to_owned(),
                source: source("bubble"),
                scopes: BTreeSet::new(),
                authorities: BTreeSet::new(),
                secrets: Vec::new(),
                created_at: Timestamp::MIN,
                expires_at: None,
                revoked_at: None,
                last_used_at: None,
            },
        };
        key.authorities.insert(format!("authority {turn}"));
        Ok(Some(RecordWrite::Put(Record::ApiKey(key))))
    });
    tokio::spawn(async move {
        let done = store.submit(Arc::new(change)).await;
        assert!(matches!(done, Ok(Submitted::Decided(Ok(_)))), "{done:?}");
    })
}

/// A key's secrets, its revocation and when it was last used are changed by several processes: none may undo another's change.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_change_of_a_record_undoes_another() {
    let two = Two::new(|options| options).await;
    let added = (0..40).map(|turn| add_authority(&two.stores[turn % 2], turn));
    join_all(added.collect::<Vec<_>>()).await.into_iter().for_each(Result::unwrap);
    assert_eq!(two.database.sql("SELECT count(*) FROM api_key_authorities"), "40");
}

/// A key that is made while another process looks for it is not locked by that look.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_made_while_it_is_looked_for_loses_nothing() {
    let two = Two::new(|options| options).await;
    let proxy = Proxy::to(&two.database).await;
    let options = Options { url: proxy.url().into(), ..options(&two.database, &keyring()) };
    let slow = Arc::new(PostgresStore::open(options).await.unwrap());
    let (read, write) = (proxy.hold_next("ARRAY(SELECT authority"), proxy.hold_next("INSERT INTO api_keys "));
    let change = add_authority(&slow, 0);
    let looked = tokio::select! {
        () = read.arrived() => false,
        () = write.arrived() => true,
    };
    add_authority(&two.stores[0], 1).await.unwrap();
    read.release();
    if !looked {
        write.arrived().await;
    }
    add_authority(&two.stores[0], 2).await.unwrap();
    write.release();
    change.await.unwrap();
    assert_eq!(two.database.sql("SELECT count(*) FROM api_key_authorities"), "3");
}

/// A process that began with other rules writes no user any more, until it is started again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_with_other_rules_writes_no_user() {
    let two = Two::new(|options| options).await;
    upsert(&two.rosters[0], "one", with_email("ann@example.com")).await.unwrap();
    let rules = Rules { references: References::Open, unique_email: true };
    two.stores[1].configure(rules).await.unwrap().unwrap();
    let refused = upsert(&two.rosters[0], "two", with_email("ann@example.com")).await;
    let Err(Error::Store(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("another process has changed the rules"), "{why}");
    let started_again = open(&two.database, &keyring()).await;
    let roster = directory(&Arc::new(started_again), &keyring(), rules, 20);
    let refused = upsert(&roster, "two", with_email("ann@example.com")).await;
    assert!(
        matches!(&refused, Err(Error::Refused(refused)) if matches!(refused.refusal, Refusal::Faults(_))),
        "{refused:?}"
    );
    assert_eq!(two.stores[1].check().await, []);
}

/// Whoever writes while `unique_email` is turned on is before it, and claimed, or behind it, and refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_email_slips_by_while_unique_email_is_turned_on() {
    let two = Arc::new(Two::new(|options| options).await);
    let writer = {
        let two = Arc::clone(&two);
        tokio::spawn(async move {
            let mut made = 0;
            for turn in 0.. {
                match upsert(
                    &two.rosters[0],
                    &format!("u{turn}"),
                    with_email(&format!("u{turn}@example.com")),
                )
                .await
                {
                    Ok(_) => made += 1,
                    Err(Error::Store(why)) if why.contains("rules") => return made,
                    Err(error) => panic!("{error}"),
                }
            }
            made
        })
    };
    while two.database.sql("SELECT count(*) > 50 FROM users") != "t" {}
    two.stores[1]
        .configure(Rules { references: References::Open, unique_email: true })
        .await
        .unwrap()
        .unwrap();
    let made = writer.await.unwrap();
    assert_eq!(two.database.sql("SELECT count(*) FROM user_keys WHERE kind = 4"), made.to_string());
    assert_eq!(two.stores[1].check().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn emails_that_several_users_hold_are_told() {
    let two = Two::new(|options| options).await;
    for id in ["one", "two"] {
        upsert(&two.rosters[0], id, with_email("ann@example.com")).await.unwrap();
    }
    let told =
        two.stores[1].configure(Rules { references: References::Open, unique_email: true }).await.unwrap();
    assert_eq!(told, Err(vec![email("ann@example.com")]));
}

/// A failover or a restore may set the counter back, and give numbers of a process's block to another. Nobody is given one
/// twice, and nobody is stopped by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_that_was_set_back_stops_no_process() {
    let two = Two::new(|options| options).await;
    for id in 0..5 {
        upsert(&two.rosters[0], &format!("a{id}"), UserPatch::default()).await.unwrap();
    }
    assert_eq!(two.database.sql("SELECT max(number) FROM users"), "5");
    assert_eq!(two.database.sql("UPDATE counters SET next = 4 WHERE next = 8 RETURNING next"), "4\nUPDATE 1");
    for id in 0..10 {
        upsert(&two.rosters[1], &format!("b{id}"), UserPatch::default()).await.unwrap();
        upsert(&two.rosters[0], &format!("c{id}"), UserPatch::default()).await.unwrap();
    }
    assert_eq!(two.database.sql("SELECT count(DISTINCT number) FROM users"), "25");
    assert_eq!(two.stores[0].check().await, []);
}

/// Who refers to a client keeps it from being removed, and nobody from referring to it as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_one_client_are_changed_side_by_side() {
    let two = Two::new(|options| options).await;
    let rules = Rules { references: References::Known, unique_email: false };
    let mut rosters = Vec::new();
    for (seed, store) in (20..).zip(&two.stores) {
        store.configure(rules).await.unwrap().unwrap();
        rosters.push(directory(store, &keyring(), rules, seed));
    }
    let who = principal("bubble");
    for record in [
        Record::Client(RegisteredClient { id: 1, name: text("client") }),
        Record::Profile(RegisteredProfile { id: ProfileId::new("a").unwrap(), name: text("profile") }),
    ] {
        rosters[0].put_record(&who, record).await.unwrap();
    }
    // Whoever wants this name waits, in the midst of its transaction.
    let claim =
        "INSERT INTO user_keys (kind, key, user_id, folding) VALUES (3, 'wanted', gen_random_uuid(), 1)";
    let mut holder = two.database.hold(claim);
    let waiting = {
        let roster = Arc::clone(&rosters[0]);
        let patch = UserPatch { user_name: Change::Set(user_name("wanted")), ..with_grants([(1, "a")]) };
        tokio::spawn(async move { upsert(&roster, "one", patch).await })
    };
    let blocked = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'",
        two.database.name()
    );
    while two.database.sql(&blocked) != "1" {}
    let other = upsert(&rosters[1], "two", with_grants([(1, "a")])).await.unwrap();
    assert_eq!(other.effect, Effect::Created);
    let removed = {
        let (roster, who) = (Arc::clone(&rosters[1]), who.clone());
        tokio::spawn(async move { roster.remove_record(&who, RecordKey::Client(1)).await })
    };
    while two.database.sql(&blocked) != "2" {}
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().effect, Effect::Created, "the client was still there");
    removed.await.unwrap().unwrap();
}

/// A process with another master key could not read the history, and would seal what the others can't read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_a_process_with_another_master_key_is_refused() {
    let two = Two::new(|options| options).await;
    let other = Arc::new(Keyring::parse(&Keyring::generate(&SystemEntropy)).unwrap());
    let error = PostgresStore::open(options(&two.database, &other)).await.err().unwrap();
    assert!(matches!(error, OpenError::OtherMasterKey), "{error}");
}

/// Of two processes that change a shared secret at once one is first; both read what it wrote, and the database does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_shared_and_sealed() {
    let two = Two::new(|options| options).await;
    let [one, other] = &two.stores;
    assert_eq!(one.shared("jwt").await.unwrap(), None);
    assert!(one.share("jwt", 0, b"first secret").await.unwrap());
    assert!(!other.share("jwt", 0, b"second secret").await.unwrap());
    let shared = other.shared("jwt").await.unwrap().unwrap();
    assert_eq!((shared.version, &*shared.bytes), (1, &b"first secret"[..]));
    assert!(other.share("jwt", 1, b"second secret").await.unwrap());
    assert_eq!(one.shared_version("jwt").await.unwrap(), Some(2));
    assert_eq!(one.shared("jwt").await.unwrap().unwrap().bytes, b"second secret");
    let stored = two.database.sql("SELECT encode(sealed, 'escape') FROM secrets WHERE name = 'jwt'");
    assert!(!stored.contains("secret"), "{stored}");
}

/// What does not fit any more waits for nobody, and is told at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses() {
    let two = Two::new(|options| Options { most_waiting: 1, ..options }).await;
    let put = |id: i64| {
        let store = Arc::clone(&two.stores[0]);
        let record = Record::Client(RegisteredClient { id, name: text("client") });
        let change =
            ChangeRecord::new(ChangeId(SystemEntropy.uuid_v7(Timestamp::MIN)), record.key(), move |_| {
                Ok(Some(RecordWrite::Put(record.clone())))
            });
        async move { store.submit(Arc::new(change)).await }
    };
    let answers = join_all((1..=64).map(put)).await;
    let refused = answers.iter().filter(|answer| matches!(answer, Err(StoreError::Overloaded))).count();
    let made = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(refused > 0 && refused + made == 64, "{answers:?}");
    assert_eq!(two.database.sql("SELECT count(*) FROM clients"), made.to_string());
}
