//! Who is a member of which group.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use roster_directory::directory::groups::GroupUpdate;
use roster_directory::group::{GroupChange, Membership};
use roster_directory::journal::EntryKind;
use roster_directory::record::{Record, RecordKey};
use roster_directory::{
    Change, Dialect, Fault, FaultAt, GroupId, GroupName, Member, Reason, Refusal, UserId,
};
use uuid::Uuid;

use super::groups::{adding, by_id, groups_of, history, member_ids, members, refusal, removing, users};
use crate::build::{new_group, patch, text, with_given_name};
use crate::{Bench, StoreFactory};

/// None of the others is touched.
pub async fn members_come_and_go_one_by_one<F: StoreFactory>(bench: &mut Bench<F>) {
    let users = users(bench, 5).await;
    let group = bench.group(new_group("Readers", &[&users[3], &users[0]])).await;
    bench.tick();
    let changed = bench.change_group(&group, adding(&[&users[2]])).await.unwrap();
    assert_eq!((changed.version, changed.recorded_at), (2, bench.now()));
    assert_eq!(member_ids(bench, &group).await, [users[0].id, users[2].id, users[3].id]);
    bench.tick();
    let same = bench.change_group(&group, adding(&[&users[2], &users[3]])).await.unwrap();
    assert_eq!(same, changed, "they were members");
    let same = bench.change_group(&group, removing(&[&users[1]])).await.unwrap();
    assert_eq!(same, changed, "it was none");
    let both = GroupUpdate {
        add: [(users[1].id, None), (users[4].id, None)].into(),
        ..removing(&[&users[0], &users[1]])
    };
    let changed = bench.change_group(&group, both).await.unwrap();
    assert_eq!(changed.version, 3);
    assert_eq!(member_ids(bench, &group).await, [1, 2, 3, 4].map(|n: usize| users[n].id));
    assert_eq!((groups_of(bench, &users[0]).await, groups_of(bench, &users[4]).await.len()), (vec![], 1));
    assert_eq!(bench.history(&users[2]).await.len(), 1, "a user's own history is of the user");
    assert_eq!(by_id(bench, &group).await, Some(changed));
}

/// By their shown names.
pub async fn members_are_shown_by_name<F: StoreFactory>(bench: &mut Bench<F>) {
    let named = |display: Option<&str>, given: Option<&str>, family: Option<&str>| {
        patch(|patch| {
            let set = |name: Option<&str>| name.map_or(Change::Keep, |name| Change::Set(text(name)));
            patch.profile.display_name = set(display);
            patch.profile.given_name = set(given);
            patch.profile.family_name = set(family);
        })
    };
    let group = bench.group(new_group("Readers", &[])).await;
    let mut expected = Vec::new();
    for (id, (patch, display)) in [
        (named(Some("Ann"), Some("A"), Some("B")), Some("Ann")),
        (named(None, Some("Bob"), Some("Builder")), Some("Bob Builder")),
        (named(None, None, Some("Cleo")), Some("Cleo")),
        (named(Some(""), Some("Dora"), None), Some("")),
        (named(None, Some(""), None), Some("")),
        (named(None, None, None), None),
    ]
    .into_iter()
    .enumerate()
    {
        bench.tick();
        let user = bench.put(&format!("u{id}"), patch).await;
        assert_eq!(user.shown_name().as_deref(), display);
        bench.change_group(&group, adding(&[&user])).await.unwrap();
        expected.push(Member { user_id: user.id, display: display.map(str::to_owned) });
    }
    expected.sort_by_key(|member| member.user_id);
    assert_eq!(members(bench, &group).await, expected);
    let all = bench.store.members(group.id, None, 100).await.unwrap();
    assert_eq!(all, expected);
    assert_eq!(bench.store.members(group.id, None, 0).await.unwrap(), []);
}

/// Whoever takes a user in may say what it is called there.
pub async fn a_member_may_have_a_name_of_its_own<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_given_name("Ann")).await;
    let group = bench.group(new_group("Readers", &[])).await;
    let called = |name: Option<&str>| GroupUpdate {
        add: [(user.id, name.map(text))].into(),
        ..GroupUpdate::default()
    };
    let named = bench.change_group(&group, called(Some("Chief"))).await.unwrap();
    assert_eq!(members(bench, &group).await[0].display.as_deref(), Some("Chief"));
    let key = RecordKey::Membership(group.id, user.id);
    let membership =
        Membership { group_id: group.id, user_id: user.id, since: bench.now(), display: Some(text("Chief")) };
    let stored = bench.store.record(key.clone()).await.unwrap();
    assert_eq!(stored, Some(Record::Membership(membership)));
    let again = bench.change_group(&group, called(Some("Other"))).await.unwrap();
    assert_eq!(again, named, "it is a member already");
    bench.change_group(&group, removing(&[&user])).await.unwrap();
    assert_eq!(bench.store.record(key).await.unwrap(), None);
    bench.change_group(&group, called(None)).await.unwrap();
    assert_eq!(members(bench, &group).await[0].display.as_deref(), Some("Ann"));
}

/// Living users alone are taken.
pub async fn who_is_not_there_becomes_no_member<F: StoreFactory>(bench: &mut Bench<F>) {
    let users = users(bench, 2).await;
    bench.delete(&users[0]).await;
    let nobody = UserId(Uuid::nil());
    let unknown = |user| Fault { at: FaultAt::Member(user), reason: Reason::UnknownUser };
    let wanted = GroupUpdate {
        add: [nobody, users[0].id, users[1].id].map(|user| (user, None)).into(),
        ..new_group("Readers", &[])
    };
    let refused = bench.directory.create_group(&bench.who(), Dialect::Scim, wanted).await;
    assert_eq!(refusal(refused), Refusal::Faults(vec![unknown(nobody), unknown(users[0].id)]));
    let by_name = RecordKey::GroupByName("readers".to_owned());
    assert_eq!(bench.store.record(by_name).await.unwrap(), None, "and nothing was made");
    let group = bench.group(new_group("Readers", &[&users[1]])).await;
    let refused = bench
        .change_group(&group, GroupUpdate { add: [(nobody, None)].into(), ..removing(&[&users[1]]) })
        .await;
    assert_eq!(refusal(refused), Refusal::Faults(vec![unknown(nobody)]));
    assert_eq!(member_ids(bench, &group).await, [users[1].id]);
}

/// Each of them has an entry of it, of the one change.
pub async fn a_deleted_user_leaves_its_groups<F: StoreFactory>(bench: &mut Bench<F>) {
    let users = users(bench, 2).await;
    let both = [&*users[0], &*users[1]];
    let (one, two) = (bench.group(new_group("One", &both)).await, bench.group(new_group("Two", &both)).await);
    let other = bench.group(new_group("Other", &[&users[1]])).await;
    bench.tick();
    bench.delete(&users[0]).await;
    let mut changes = BTreeSet::new();
    for group in [&one, &two] {
        assert_eq!(member_ids(bench, group).await, [users[1].id]);
        let after = by_id(bench, group).await.unwrap();
        assert_eq!((after.version, after.recorded_at), (2, bench.now()));
        let entry = history(bench, group).await.pop().unwrap();
        assert_eq!((entry.kind, entry.dialect), (EntryKind::Updated, Dialect::Rest));
        assert_eq!(entry.changes, [GroupChange::Left(users[0].id)]);
        changes.insert(entry.change_id);
    }
    let (_, deletion) = bench.history(&users[0]).await.pop().unwrap();
    assert_eq!(changes, [deletion.change_id].into());
    assert_eq!(by_id(bench, &other).await, Some(other));
    assert_eq!(groups_of(bench, &users[0]).await, []);
}

/// Of several users at once.
pub async fn the_groups_of_users_are_told_in_order<F: StoreFactory>(bench: &mut Bench<F>) {
    let users = users(bench, 3).await;
    let mut groups = Vec::new();
    for (name, members) in
        [("C", vec![&*users[0]]), ("A", vec![&*users[0], &*users[1]]), ("B", vec![&*users[0]])]
    {
        bench.tick();
        groups.push(bench.group(new_group(name, &members)).await);
    }
    groups.sort_by_key(|group| group.id);
    let of = |wanted: &[&str]| -> Vec<(GroupId, GroupName)> {
        let groups = groups.iter().filter(|group| wanted.contains(&group.display_name.as_str()));
        groups.map(|group| (group.id, group.display_name.clone())).collect()
    };
    let ids = users.iter().map(|user| user.id).collect();
    let mut told = bench.directory.groups_of(&bench.who(), ids).await.unwrap();
    told.retain(|_, groups| !groups.is_empty());
    assert_eq!(told, [(users[0].id, of(&["A", "B", "C"])), (users[1].id, of(&["A"]))].into());
    assert_eq!(bench.store.groups_of(Vec::new()).await.unwrap().len(), 0);
}

/// Also of users between whom many others are, of whom some are nowhere, in whatever order they are asked for.
pub async fn the_groups_of_users_far_apart_are_told<F: StoreFactory>(bench: &mut Bench<F>) {
    let users = users(bench, 40).await;
    let of = |numbers: &[usize]| numbers.iter().map(|number| &*users[*number]).collect::<Vec<_>>();
    let all_but_some = (0..40).filter(|number| ![0, 11, 39].contains(number)).collect::<Vec<_>>();
    let many = bench.group(new_group("Many", &of(&all_but_some))).await;
    let few = bench.group(new_group("Few", &of(&[11, 12, 30]))).await;
    let [many, few] = [many, few].map(|group| (group.id, group.display_name));
    let mut both = vec![many.clone(), few.clone()];
    both.sort_by_key(|(id, _)| *id);
    for (number, groups) in [
        (30, &both[..]),
        (0, &[]),
        (39, &[]),
        (11, &[few]),
        (12, &both),
        (13, std::slice::from_ref(&many)),
        (38, std::slice::from_ref(&many)),
    ] {
        assert_eq!(groups_of(bench, &users[number]).await, groups, "{number}");
    }
    let asked = [39, 30, 0, 38, 12, 30, 11].map(|number: usize| users[number].id).to_vec();
    let told = bench.store.groups_of(asked.clone()).await.unwrap();
    let counts: Vec<usize> = asked.iter().map(|id| told.get(id).map_or(0, Vec::len)).collect();
    assert_eq!(counts, [0, 2, 0, 1, 2, 2, 1], "one was asked for twice");
}

/// Beside each other, and none is lost.
pub async fn members_that_join_at_once_all_join<F: StoreFactory>(bench: &mut Bench<F>) {
    const MANY: usize = 32;
    let users = users(bench, MANY).await;
    let group = bench.group(new_group("Readers", &[])).await;
    let started: Vec<_> = users
        .iter()
        .map(|user| {
            let (directory, who, id, update) =
                (Arc::clone(&bench.directory), bench.who(), group.id, adding(&[user]));
            tokio::spawn(async move { directory.update_group(&who, Dialect::Scim, id, update).await })
        })
        .collect();
    let mut versions: Vec<u64> =
        join_all(started).await.into_iter().map(|done| done.unwrap().unwrap().version).collect();
    versions.sort_unstable();
    let last = u64::try_from(MANY).unwrap() + 1;
    assert_eq!(versions, (2..=last).collect::<Vec<_>>());
    assert_eq!(member_ids(bench, &group).await, users.iter().map(|user| user.id).collect::<Vec<_>>());
    assert_eq!(history(bench, &group).await.len(), MANY + 1);
}

/// A user that is deleted while it joins is a member of nothing after.
pub async fn nobody_joins_while_it_is_deleted<F: StoreFactory>(bench: &mut Bench<F>) {
    let users = users(bench, 16).await;
    let groups = [bench.group(new_group("One", &[])).await, bench.group(new_group("Two", &[])).await];
    let mut started = Vec::new();
    for user in &users {
        for group in &groups {
            let (directory, who, id, update) =
                (Arc::clone(&bench.directory), bench.who(), group.id, adding(&[user]));
            started.push(tokio::spawn(async move {
                match directory.update_group(&who, Dialect::Scim, id, update).await {
                    Ok(_) => {}
                    refused => assert!(matches!(refusal(refused), Refusal::Faults(_))),
                }
            }));
        }
        let (directory, who, target) = (Arc::clone(&bench.directory), bench.who(), crate::build::by_id(user));
        started.push(tokio::spawn(async move {
            directory.delete(&who, Dialect::Rest, target, None, None).await.unwrap();
        }));
    }
    for done in join_all(started).await {
        done.unwrap();
    }
    for group in &groups {
        assert_eq!(member_ids(bench, group).await, []);
    }
    for user in &users {
        assert_eq!(groups_of(bench, user).await, []);
    }
}
