//! Groups, and what happened to them.

use std::sync::Arc;

use futures_util::future::join_all;
use roster_directory::directory::groups::GroupUpdate;
use roster_directory::group::{GroupChange, GroupEntry};
use roster_directory::journal::EntryKind;
use roster_directory::record::{Record, RecordKey};
use roster_directory::search::{
    Comparison, Condition, From, GroupKey, GroupSearch, GroupTest, Order, TextOrder,
};
use roster_directory::{
    Assign, Change, Dialect, Error, Fault, FaultAt, Group, GroupId, GroupName, Member, Reason, Refusal, User,
    UserId, UserPatch,
};
use uuid::Uuid;

use crate::build::{external_id, group_name, new_group, source, with_given_name, with_link, with_scopes};
use crate::{Bench, StoreFactory};

async fn stored<F: StoreFactory>(bench: &Bench<F>, key: RecordKey) -> Option<Group> {
    match bench.store.record(key).await.unwrap() {
        Some(Record::Group(group)) => Some(group),
        None => None,
        Some(other) => panic!("{other:?}"),
    }
}

pub(super) async fn by_id<F: StoreFactory>(bench: &Bench<F>, group: &Group) -> Option<Group> {
    stored(bench, RecordKey::Group(group.id)).await
}

async fn by_name<F: StoreFactory>(bench: &Bench<F>, name: &str) -> Option<GroupId> {
    Some(stored(bench, RecordKey::GroupByName(group_name(name).folded())).await?.id)
}

/// The groups that the source calls so.
async fn by_link<F: StoreFactory>(bench: &Bench<F>, id: &str) -> Vec<GroupId> {
    let order = TextOrder::Order(Order::Eq);
    let equal = Comparison::Text { order, value: id.to_owned(), exact: true };
    let condition = Condition::Test(GroupTest::Key(GroupKey::ExternalId(source("bubble")), equal));
    let search = GroupSearch { condition, sort: None, from: From::Skip(0), limit: 10, counts: false };
    let found = bench.store.search_groups(search).await.unwrap();
    found.page.iter().map(|group| group.id).collect()
}

/// The members, in pages of two.
pub(super) async fn members<F: StoreFactory>(bench: &Bench<F>, group: &Group) -> Vec<Member> {
    let mut all: Vec<Member> = Vec::new();
    loop {
        let after = all.last().map(|member| member.user_id);
        let page = bench.directory.members(&bench.who(), group.id, after, 2).await.unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

pub(super) async fn member_ids<F: StoreFactory>(bench: &Bench<F>, group: &Group) -> Vec<UserId> {
    members(bench, group).await.iter().map(|member| member.user_id).collect()
}

pub(super) async fn groups_of<F: StoreFactory>(bench: &Bench<F>, user: &User) -> Vec<(GroupId, GroupName)> {
    let mut groups = bench.store.groups_of(vec![user.id]).await.unwrap();
    groups.remove(&user.id).unwrap_or_default()
}

pub(super) async fn history<F: StoreFactory>(bench: &Bench<F>, group: &Group) -> Vec<GroupEntry> {
    bench.directory.group_history(&bench.who(), group.id, 0, 1_000).await.unwrap()
}

pub(super) async fn users<F: StoreFactory>(bench: &Bench<F>, count: usize) -> Vec<Arc<User>> {
    let mut users = Vec::new();
    for number in 0..count {
        bench.tick();
        users.push(bench.put(&format!("u{number}"), UserPatch::default()).await);
    }
    users.sort_by_key(|user| user.id);
    users
}

pub(super) fn adding(users: &[&User]) -> GroupUpdate {
    GroupUpdate { add: users.iter().map(|user| (user.id, None)).collect(), ..GroupUpdate::default() }
}

pub(super) fn removing(users: &[&User]) -> GroupUpdate {
    GroupUpdate { remove: users.iter().map(|user| user.id).collect(), ..GroupUpdate::default() }
}

fn renaming(name: &str) -> GroupUpdate {
    GroupUpdate { display_name: Assign::Set(group_name(name)), ..GroupUpdate::default() }
}

pub(super) fn refusal(result: Result<Group, Error>) -> Refusal {
    match result {
        Err(Error::Refused(refused)) => refused.refusal,
        other => panic!("{other:?}"),
    }
}

fn taken(at: FaultAt) -> Refusal {
    Refusal::Faults(vec![Fault { at, reason: Reason::Taken }])
}

/// With its members, by each of its names.
pub async fn a_group_is_made_and_found_by_its_names<F: StoreFactory>(bench: &mut Bench<F>) {
    let users = users(bench, 2).await;
    let update = GroupUpdate {
        external_id: Change::Set(external_id("g1")),
        ..new_group("Lecteurs d'Étang", &[&users[0], &users[1]])
    };
    let group = bench.group(update).await;
    assert_eq!((group.version, group.display_name.as_str()), (1, "Lecteurs d'Étang"));
    assert_eq!(group.links, [(source("bubble"), external_id("g1"))].into());
    assert_eq!((group.registered_at, group.recorded_at), (bench.now(), bench.now()));
    let other = bench.group(new_group("Other", &[])).await;
    bench.reopen().await;
    assert_eq!(by_id(bench, &group).await, Some(group.clone()));
    assert_eq!(bench.directory.group(&bench.who(), group.id).await, Ok(group.clone()));
    assert_eq!(by_name(bench, "LECTEURS D'E\u{301}TANG").await, Some(group.id));
    assert_eq!(by_link(bench, "g1").await, [group.id]);
    assert_eq!((by_link(bench, "G1").await, by_name(bench, "Lecteurs").await), (vec![], None));
    assert_eq!(member_ids(bench, &group).await, [users[0].id, users[1].id]);
    assert_eq!(groups_of(bench, &users[1]).await, [(group.id, group.display_name.clone())]);
    assert_eq!(member_ids(bench, &other).await, []);
    assert_eq!(by_id(bench, &Group { id: GroupId(Uuid::nil()), ..group }).await, None);
}

/// As user_names are.
pub async fn a_groups_names_are_its_own<F: StoreFactory>(bench: &mut Bench<F>) {
    let linked = |name: &str, id: &str| GroupUpdate {
        external_id: Change::Set(external_id(id)),
        ..new_group(name, &[])
    };
    let group = bench.group(linked("Straße", "g1")).await;
    let who = bench.who();
    let create = |update| bench.directory.create_group(&who, Dialect::Scim, update);
    assert_eq!(refusal(create(new_group("STRASSE", &[])).await), taken(FaultAt::GroupName));
    let other = create(linked("Other", "g1")).await.unwrap();
    // Ids of one millisecond are in any order.
    let both = [group.id.min(other.id), group.id.max(other.id)];
    assert_eq!(by_link(bench, "g1").await, both, "SCIM does not ask that external ids be unique");
    assert_eq!(refusal(bench.change_group(&other, renaming("strasse")).await), taken(FaultAt::GroupName));
    bench.tick();
    let group = bench.change_group(&group, renaming("STRASSE")).await.unwrap();
    assert_eq!((group.version, group.display_name.as_str()), (2, "STRASSE"), "its own name is free to it");
    let group = bench.change_group(&group, renaming("Weg")).await.unwrap();
    let other = bench.change_group(&other, renaming("straße")).await.unwrap();
    assert_eq!(by_name(bench, "Strasse").await, Some(other.id), "what was given up is free");
    let unlinked = GroupUpdate { external_id: Change::Clear, ..GroupUpdate::default() };
    let group = bench.change_group(&group, unlinked).await.unwrap();
    assert_eq!((by_link(bench, "g1").await, group.links.len()), (vec![other.id], 0));
    let other = bench
        .change_group(
            &other,
            GroupUpdate { external_id: Change::Set(external_id("G1")), ..GroupUpdate::default() },
        )
        .await
        .unwrap();
    assert_eq!((by_link(bench, "g1").await, by_link(bench, "G1").await), (vec![], vec![other.id]));
    assert_eq!((by_id(bench, &group).await, by_id(bench, &other).await), (Some(group), Some(other)));
}

/// `If-Match`, and a change that was made for a version.
pub async fn a_groups_versions_are_checked_in_the_transaction<F: StoreFactory>(bench: &mut Bench<F>) {
    let group = bench.group(new_group("Readers", &[])).await;
    let expecting =
        |versions: &[u64], name: &str| GroupUpdate { if_version: Some(versions.to_vec()), ..renaming(name) };
    let renamed = bench.change_group(&group, expecting(&[7, 1], "Writers")).await.unwrap();
    assert_eq!(renamed.version, 2);
    let current = Refusal::VersionMismatch { current: 2 };
    assert_eq!(refusal(bench.change_group(&group, expecting(&[1], "Others")).await), current);
    let (who, dialect) = (bench.who(), Dialect::Scim);
    let refused = bench.directory.delete_group(&who, dialect, group.id, Some(vec![1])).await;
    assert_eq!(refusal(refused), current);
    let made_for = |version| GroupUpdate { made_for: Some(version), ..renaming("Others") };
    assert_eq!(bench.change_group(&group, made_for(1)).await, Err(Error::Moved));
    assert_eq!(by_id(bench, &group).await, Some(renamed));
    assert_eq!(bench.change_group(&group, made_for(2)).await.unwrap().version, 3);
    let nobody = Group { id: GroupId(Uuid::nil()), ..group };
    assert_eq!(refusal(bench.change_group(&nobody, renaming("Ghosts")).await), Refusal::NotFound);
}

/// Its names are free again; its history stays.
pub async fn a_group_that_is_deleted_leaves_its_history<F: StoreFactory>(bench: &mut Bench<F>) {
    let users = users(bench, 2).await;
    let linked = || GroupUpdate {
        external_id: Change::Set(external_id("g1")),
        ..new_group("Readers", &[&users[0], &users[1]])
    };
    let group = bench.group(linked()).await;
    let kept = bench.group(new_group("Writers", &[&users[0]])).await;
    bench.tick();
    let (who, dialect) = (bench.who(), Dialect::Scim);
    let deleted = bench.directory.delete_group(&who, dialect, group.id, None).await.unwrap();
    assert_eq!((deleted.version, deleted.links.len()), (2, 1));
    bench.reopen().await;
    assert_eq!((by_id(bench, &group).await, by_link(bench, "g1").await), (None, vec![]));
    assert_eq!(member_ids(bench, &group).await, []);
    assert_eq!(groups_of(bench, &users[0]).await, [(kept.id, kept.display_name.clone())]);
    let entries = history(bench, &group).await;
    let kinds: Vec<_> = entries.iter().map(|entry| (entry.kind, entry.version)).collect();
    assert_eq!(kinds, [(EntryKind::Created, 1), (EntryKind::Deleted, 2)]);
    assert_eq!((entries[1].recorded_at, &entries[1].changes[..]), (bench.now(), &[][..]));
    for gone in [
        bench.change_group(&group, renaming("Ghosts")).await,
        bench.directory.delete_group(&who, dialect, group.id, None).await,
    ] {
        assert_eq!(refusal(gone), Refusal::NotFound);
    }
    let again = bench.group(linked()).await;
    assert_ne!(again.id, group.id);
    assert_eq!(by_link(bench, "g1").await, [again.id]);
}

/// Who, when, through what, and what.
pub async fn a_groups_history_is_read_in_pages<F: StoreFactory>(bench: &mut Bench<F>) {
    let users = users(bench, 2).await;
    let update = GroupUpdate {
        external_id: Change::Set(external_id("g1")),
        ..new_group("Readers", &[&users[0], &users[1]])
    };
    let group = bench.group(update).await;
    bench.tick();
    let acting = UserId(Uuid::from_u128(7));
    let who = roster_directory::Principal { user: Some(acting), ..bench.who() };
    let update = GroupUpdate { external_id: Change::Clear, ..removing(&[&users[1]]) };
    bench.directory.update_group(&who, Dialect::Rest, group.id, update).await.unwrap();
    bench
        .change_group(&group, GroupUpdate { add: [(users[1].id, None)].into(), ..renaming("Writers") })
        .await
        .unwrap();
    bench.reopen().await;
    let entries = history(bench, &group).await;
    let linked = |id: Option<&str>| GroupChange::Linked(source("bubble"), id.map(external_id));
    let named = |name| GroupChange::Named(group_name(name));
    let joined = |n: usize| GroupChange::Joined(users[n].id);
    let changes: Vec<_> = entries.iter().map(|entry| entry.changes.clone()).collect();
    let expected = [
        vec![named("Readers"), linked(Some("g1")), joined(0), joined(1)],
        vec![linked(None), GroupChange::Left(users[1].id)],
        vec![named("Writers"), joined(1)],
    ];
    assert_eq!(changes, expected);
    let [first, second, third] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((first.recorded_at, first.kind), (group.registered_at, EntryKind::Created));
    assert_eq!((second.actor.user, second.dialect), (Some(acting), Dialect::Rest));
    assert_eq!(
        (&*third.actor.client, third.actor.user, third.kind),
        ("key-bubble", None, EntryKind::Updated)
    );
    assert_eq!(third.recorded_at, second.recorded_at.plus_micros(1), "the clock stood still");
    let page = bench.store.group_history(group.id, 1, 1).await.unwrap();
    assert_eq!(page, entries[1..2]);
    assert_eq!(bench.store.group_history(group.id, 3, 10).await.unwrap(), []);
    let key = RecordKey::GroupEntry(group.id, 2);
    let record = bench.store.record(key).await.unwrap();
    assert_eq!(record, Some(Record::GroupEntry(Box::new(second.clone()))));
    for none in [0, 4] {
        assert_eq!(bench.store.record(RecordKey::GroupEntry(group.id, none)).await.unwrap(), None);
    }
}

/// One makes it.
pub async fn groups_of_one_name_that_are_made_at_once_are_one<F: StoreFactory>(bench: &mut Bench<F>) {
    let started: Vec<_> = (0..16)
        .map(|n| {
            let name = if n % 2 == 0 { "Readers" } else { "READERS" };
            let (directory, who) = (Arc::clone(&bench.directory), bench.who());
            tokio::spawn(
                async move { directory.create_group(&who, Dialect::Scim, new_group(name, &[])).await },
            )
        })
        .collect();
    let done: Vec<_> = join_all(started).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(done.iter().filter(|made| made.is_ok()).count(), 1);
    for refused in done.into_iter().filter(Result::is_err) {
        assert_eq!(refusal(refused), taken(FaultAt::GroupName));
    }
}

/// A handler can't forget to ask.
pub async fn groups_ask_for_their_scopes<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_given_name("Ann")).await;
    bench.put("one", with_link("crm", Change::Set("1"))).await;
    let group = bench.group(new_group("Readers", &[&user])).await;
    let reader = with_scopes("bubble", &[roster_directory::Scope::UsersRead]);
    let nobody = with_scopes("bubble", &[]);
    let forbidden =
        |result: Result<Group, Error>| assert!(matches!(result, Err(Error::Forbidden(_))), "{result:?}");
    let (directory, dialect) = (&bench.directory, Dialect::Scim);
    forbidden(directory.create_group(&reader, dialect, new_group("Writers", &[])).await);
    forbidden(directory.update_group(&reader, dialect, group.id, renaming("Writers")).await);
    forbidden(directory.delete_group(&reader, dialect, group.id, None).await);
    forbidden(directory.group(&nobody, group.id).await);
    assert_eq!(directory.group(&reader, group.id).await, Ok(group.clone()));
    assert!(directory.members(&nobody, group.id, None, 1).await.is_err());
    assert!(directory.groups_of(&nobody, vec![user.id]).await.is_err());
    assert!(directory.group_history(&nobody, group.id, 0, 1).await.is_err());
}
