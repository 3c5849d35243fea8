//! Groups, as several processes change them at once, and in how many statements.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::sync::Arc;

use common::proxy::Proxy;
use common::{directory, keyring, open, options};
use futures_util::future::join_all;
use roster_directory::directory::groups::GroupUpdate;
use roster_directory::{
    Dialect, Directory, Error, Group, Refusal, Rules, Store as _, Target, User, UserId, UserPatch,
};
use roster_store_postgres::{Options, PostgresStore};
use roster_testkit::TestDatabase;
use roster_testkit::build::{by_id, external_id, link, new_group, principal};

/// Processes over one database.
struct Many<const N: usize> {
    rosters: [Arc<Directory>; N],
    stores: [Arc<PostgresStore>; N],
    database: TestDatabase,
}

impl<const N: usize> Many<N> {
    async fn new(with: impl Fn(Options) -> Options) -> Self {
        let (database, keyring) = (TestDatabase::new(), keyring());
        let options = std::array::from_fn::<_, N, _>(|_| with(options(&database, &keyring)));
        let opened = join_all(options.map(PostgresStore::open)).await.into_iter();
        let stores: Vec<_> = opened.map(|store| Arc::new(store.unwrap())).collect();
        let rosters =
            (20..).zip(&stores).map(|(seed, store)| directory(store, &keyring, Rules::default(), seed));
        let rosters: Vec<_> = rosters.collect();
        Self { rosters: rosters.try_into().unwrap(), stores: stores.try_into().unwrap(), database }
    }

    async fn users(&self, count: usize) -> Vec<Arc<User>> {
        let made = (0..count).map(async |n| {
            let (who, id) = (principal("bubble"), external_id(&format!("u{n}")));
            self.rosters[0].upsert(&who, Dialect::Rest, id, UserPatch::default(), None).await.unwrap().user
        });
        join_all(made).await
    }

    async fn group(&self, members: &[&User]) -> Group {
        let group = new_group("Readers", members);
        self.rosters[0].create_group(&principal("bubble"), Dialect::Scim, group).await.unwrap()
    }

    fn start(
        &self,
        n: usize,
        group: &Group,
        update: GroupUpdate,
    ) -> tokio::task::JoinHandle<Result<Group, Error>> {
        let (roster, id) = (Arc::clone(&self.rosters[n % N]), group.id);
        tokio::spawn(
            async move { roster.update_group(&principal("bubble"), Dialect::Scim, id, update).await },
        )
    }

    fn delete(&self, n: usize, target: Target) -> tokio::task::JoinHandle<()> {
        let roster = Arc::clone(&self.rosters[n]);
        tokio::spawn(async move {
            roster.delete(&principal("bubble"), Dialect::Rest, target, None, None).await.unwrap();
        })
    }

    /// How many connections wait for a lock.
    fn blocked(&self) -> usize {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = ";
        self.database.sql(&format!("{waiting}'{}'", self.database.name())).parse().unwrap()
    }

    async fn assert_sound(&self) {
        assert_eq!(self.stores[0].check().await, []);
    }
}

fn adding(users: &[&User]) -> GroupUpdate {
    GroupUpdate { add: users.iter().map(|user| (user.id, None)).collect(), ..GroupUpdate::default() }
}

fn removing(users: &[&User]) -> GroupUpdate {
    GroupUpdate { remove: users.iter().map(|user| user.id).collect(), ..GroupUpdate::default() }
}

async fn all_join(many: Many<2>) {
    let users = many.users(100).await;
    let group = many.group(&[&users[0]]).await;
    let mut started = Vec::new();
    for (n, user) in users.iter().enumerate().skip(1) {
        started.push(many.start(n, &group, adding(&[user])));
    }
    started.push(many.start(0, &group, removing(&[&users[0]])));
    join_all(started).await.into_iter().for_each(|done| drop(done.unwrap().unwrap()));
    assert_eq!(many.database.sql("SELECT count(*) FROM group_members"), "99");
    assert_eq!(many.database.sql("SELECT version FROM groups"), "101");
    many.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_that_join_by_two_processes_all_join() {
    all_join(Many::new(|options| options).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_do_those_that_join_by_many_writers_without_batches() {
    all_join(Many::new(Options::without_batches).await).await;
}

/// The one is decided over what the other leaves, whichever is first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_joins_while_another_process_deletes_it() {
    let many = Many::<2>::new(|options| options).await;
    let users = many.users(60).await;
    let group = many.group(&[]).await;
    let mut started = Vec::new();
    for user in &users {
        started.push(many.start(0, &group, adding(&[user])));
    }
    // By another name than its id, too: then its groups are read later.
    let deleted = users.iter().enumerate().map(|(n, user)| {
        let by_link = Target::Link(link("bubble", &format!("u{n}")));
        many.delete(1, if n % 2 == 0 { by_id(user) } else { by_link })
    });
    join_all(deleted).await.into_iter().for_each(Result::unwrap);
    for joined in join_all(started).await {
        let refused = joined.unwrap().err();
        let is_faulty =
            |error| matches!(error, Error::Refused(refused) if matches!(refused.refusal, Refusal::Faults(_)));
        assert!(refused.is_none_or(is_faulty));
    }
    assert_eq!(many.database.sql("SELECT count(*) FROM group_members"), "0");
    many.assert_sound().await;
}

/// Ten users that a batch makes members, or no members, are deleted by the same batch: what it made is not in the database when
/// it reads their groups.
async fn move_and_delete(
    many: Many<1>,
    users: &[Arc<User>],
    group: &Group,
    moved: fn(&[&User]) -> GroupUpdate,
) {
    // The writer waits here, and everything behind it is one batch.
    let mut holder = many.database.hold("LOCK TABLE groups IN SHARE ROW EXCLUSIVE MODE");
    let first = many.start(0, group, adding(&[&users[0]]));
    while many.blocked() == 0 {}
    let wait_for = async |waiting| {
        while many.stores[0].activity().waiting < waiting {
            tokio::task::yield_now().await;
        }
    };
    let moves: Vec<_> = users[1..].iter().map(|user| many.start(0, group, moved(&[user]))).collect();
    wait_for(10).await;
    // Not by its id: then its groups are read when its turn comes.
    let delete = |n: usize| many.delete(0, Target::Link(link("bubble", &format!("u{n}"))));
    let deleted: Vec<_> = (1..=10).map(delete).collect();
    wait_for(20).await;
    let commits = many.stores[0].activity().commits;
    holder.kill().unwrap();
    holder.wait().unwrap();
    for done in join_all(moves.into_iter().chain([first])).await {
        done.unwrap().unwrap();
    }
    join_all(deleted).await.into_iter().for_each(Result::unwrap);
    assert_eq!(many.stores[0].activity().commits - commits, 2, "the first, and the batch");
    assert_eq!(many.database.sql("SELECT user_id FROM group_members"), users[0].id.to_string());
    many.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_joins_and_is_deleted_in_one_batch_is_no_member() {
    let many = Many::<1>::new(|options| options).await;
    let users = many.users(11).await;
    let group = many.group(&[]).await;
    move_and_delete(many, &users, &group, adding).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_and_is_deleted_in_one_batch_leaves_once() {
    let many = Many::<1>::new(|options| options).await;
    let users = many.users(11).await;
    let group = many.group(&users.iter().skip(1).map(|user| &**user).collect::<Vec<_>>()).await;
    move_and_delete(many, &users, &group, removing).await;
}

/// A process that is slow at one statement, beside another.
async fn beside_a_slow_one() -> (Many<2>, Proxy) {
    let mut many = Many::<2>::new(|options| options).await;
    let (proxy, keyring) = (Proxy::to(&many.database).await, keyring());
    let options = Options { url: proxy.url().into(), ..options(&many.database, &keyring) };
    many.stores[1] = Arc::new(PostgresStore::open(options).await.unwrap());
    many.rosters[1] = directory(&many.stores[1], &keyring, Rules::default(), 30);
    (many, proxy)
}

/// The deletion has read the user's groups: who would join it waits, and finds it deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_about_to_be_deleted_joins_nothing() {
    let (many, proxy) = beside_a_slow_one().await;
    let users = many.users(1).await;
    let group = many.group(&[]).await;
    let held = proxy.hold_next("UPDATE users AS u SET");
    let deleted = many.delete(1, by_id(&users[0]));
    held.arrived().await;
    let joins = many.start(0, &group, adding(&[&users[0]]));
    while many.blocked() == 0 && !joins.is_finished() {}
    held.release();
    deleted.await.unwrap();
    assert!(matches!(joins.await.unwrap(), Err(Error::Refused(_))));
    assert_eq!(many.database.sql("SELECT count(*) FROM group_members"), "0");
    many.assert_sound().await;
}

/// The user is about to be a member: its deletion waits, and leaves the group.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_about_to_join_is_deleted_as_a_member() {
    let (many, proxy) = beside_a_slow_one().await;
    let users = many.users(1).await;
    let group = many.group(&[]).await;
    let held = proxy.hold_next("INSERT INTO group_members");
    let joins = many.start(1, &group, adding(&[&users[0]]));
    held.arrived().await;
    let deleted = many.delete(0, by_id(&users[0]));
    while many.blocked() == 0 && !deleted.is_finished() {}
    held.release();
    joins.await.unwrap().unwrap();
    deleted.await.unwrap();
    assert_eq!(many.database.sql("SELECT count(*) FROM group_members"), "0");
    assert_eq!(many.database.sql("SELECT version FROM groups"), "3");
    many.assert_sound().await;
}

/// However many a change names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_members_take_few_statements() {
    let (database, keyring) = (TestDatabase::new(), keyring());
    drop(open(&database, &keyring).await);
    database.sql(
        "INSERT INTO users (id, number, version, user_name, user_name_chosen, active, created_at_us, updated_at_us, \
         registered_at_us, recorded_at_us, data_key, field_versions) \
         SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, n, 1, n::text, true, true, 0, 0, 0, 0, '', '\\x00' \
         FROM generate_series(1, 10000) AS t (n)",
    );
    let proxy = Proxy::to(&database).await;
    for (seed, name) in [(1, "together"), (2, "alone")] {
        let options = Options { url: proxy.url().into(), ..options(&database, &keyring) };
        let options = if name == "alone" { options.without_batches() } else { options };
        let store = Arc::new(PostgresStore::open(options).await.unwrap());
        let roster = directory(&store, &keyring, Rules::default(), seed);
        let who = principal("bubble");
        let id = |n: u128| UserId(uuid::Uuid::from_u128(0x7000_8000_0000_0000_0000 + n));
        let add = (1..=10_000).map(|n| (id(n), None)).collect();
        let group = roster
            .create_group(&who, Dialect::Scim, GroupUpdate { add, ..new_group(name, &[]) })
            .await
            .unwrap();
        let asked = proxy.executed("group");
        let update = GroupUpdate {
            remove: (1..=9_999).map(id).collect(),
            add: [(id(5), None)].into(),
            ..GroupUpdate::default()
        };
        roster.update_group(&who, Dialect::Scim, group.id, update).await.unwrap();
        let asked = proxy.executed("group") - asked;
        assert!((4..20).contains(&asked), "{asked}");
        let members = store.members(group.id, None, 10).await.unwrap();
        assert_eq!(members.iter().map(|member| member.user_id).collect::<Vec<_>>(), [id(5), id(10_000)]);
    }
}

/// What is planted is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_groups_is_found() {
    const FIRST: &str = "(SELECT user_id FROM group_members ORDER BY user_id LIMIT 1)";
    let nobody = uuid::Uuid::from_u128(9);
    for (planted, found) in [
        ("UPDATE groups SET version = 7".to_owned(), "its version is not that of its history"),
        ("UPDATE groups SET display_name = 'Writers'".to_owned(), "its name is not what its history says"),
        ("UPDATE groups SET name_folded = 'x'".to_owned(), "name_folded is not its name, folded"),
        ("DELETE FROM group_members".to_owned(), "a member that the history knows has no row"),
        (
            format!("UPDATE group_members SET user_id = '{nobody}' WHERE user_id = {FIRST}"),
            "there is no such user",
        ),
        (format!("UPDATE group_members SET group_id = '{nobody}'"), "there is no such group"),
        ("DELETE FROM groups".to_owned(), "there is no such group, and its history does not delete it"),
        (format!("INSERT INTO group_links VALUES ('{nobody}', 'bubble', 'x')"), "there is no such group"),
        (
            "UPDATE group_journal SET payload = ''".to_owned(),
            "group_journal holds a value that Roster did not write there",
        ),
        (
            "DELETE FROM group_journal WHERE version = 1".to_owned(),
            "it is not the version after the one before",
        ),
    ] {
        let many = Many::<1>::new(|options| options).await;
        let users = many.users(2).await;
        let group = many.group(&[&users[0]]).await;
        many.start(0, &group, adding(&[&users[1]])).await.unwrap().unwrap();
        many.assert_sound().await;
        many.database.sql(&planted);
        let findings: Vec<String> = many.stores[0].check().await.iter().map(ToString::to_string).collect();
        assert!(findings.iter().any(|finding| finding.contains(found)), "{planted}: {findings:?}");
    }
}
