//! Pages, by cursor (RFC 9865) and by index, and the order of lists.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Client, GROUP, USER, id, path, refused, resources};
use crate::harness::Roster;

/// The ids of all pages by their cursors, from the first on.
async fn walked(client: &Client<'_>, path: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.read(&format!("{path}&cursor={cursor}")).await;
        let found = resources(&page);
        assert_eq!(page["itemsPerPage"], found.len());
        ids.extend(found.iter().map(|user| id(user).to_owned()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn a_walk_by_cursors_misses_nobody_who_stays_while_others_come_and_go() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let ids = client.users(300).await;
    // Every other one goes in the middle of a walk.
    let (mut stay, mut go) = (Vec::new(), Vec::new());
    for pair in ids.chunks(2) {
        stay.push(pair[0].clone());
        go.push(pair[1].clone());
    }
    stay.sort_unstable();
    let (go, over) = (RefCell::new(go), Cell::new(false));
    let come_and_go = |task: usize| {
        let (client, go) = (&client, &go);
        async move {
            for round in 0..50 {
                let new = client.user(&format!("new {task} {round}")).await;
                let old = {
                    let mut go = go.borrow_mut();
                    go.push(id(&new).to_owned());
                    go.swap_remove(0)
                };
                assert_eq!(client.delete(&format!("/Users/{old}")).await.status, 204);
            }
        }
    };
    let churn = async {
        join_all((0..4).map(come_and_go)).await;
        over.set(true);
    };
    let walks = async {
        while !over.get() {
            let mut seen = walked(&client, "/Users?count=50").await;
            seen.retain(|id| stay.binary_search(id).is_ok());
            seen.sort_unstable();
            assert_eq!(seen, stay, "each once");
        }
    };
    tokio::join!(churn, walks);
}

#[tokio::test]
async fn a_cursor_begins_empty_and_ends_without_a_next() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let mut ids = client.users(5).await;
    ids.sort_unstable();
    let first = client.read("/Users?cursor=&count=2").await;
    assert_eq!((resources(&first).len(), &first["itemsPerPage"]), (2, &json!(2)));
    assert!(first["nextCursor"].as_str().is_some_and(|next| !next.is_empty()), "{first}");
    for count in [1, 2, 5, 100] {
        let mut seen = walked(&client, &format!("/Users?count={count}")).await;
        seen.sort_unstable();
        assert_eq!(seen, ids, "{count}");
    }
    assert_eq!(walked(&client, "/Users?filter=userName eq \"user 003\"&count=2").await.len(), 1);
    assert_eq!(walked(&client, "/Users?filter=userName eq \"nobody\"&count=2").await, [""; 0]);
    let groups = [client.group("a", &[]).await, client.group("b", &[]).await, client.group("c", &[]).await];
    let seen: BTreeSet<String> = walked(&client, "/Groups?count=2").await.into_iter().collect();
    assert_eq!(seen, groups.iter().map(|group| id(group).to_owned()).collect());
}

#[tokio::test]
async fn a_wrong_cursor_is_400_invalid_cursor() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    client.users(3).await;
    let page = client.read("/Users?cursor=&count=1").await;
    let next = page["nextCursor"].as_str().unwrap();
    let cut = &next[..next.len() - 1];
    for wrong in ["nonsense", "!", "%00", "AAAA", cut] {
        for kind in ["Users", "Groups"] {
            refused(
                &client.get(&format!("/{kind}?cursor={wrong}&count=1")).await,
                400,
                Some("invalidCursor"),
            );
        }
    }
    // One of another list is none of this.
    refused(&client.get(&format!("/Groups?cursor={next}&count=1")).await, 400, Some("invalidCursor"));
}

#[tokio::test]
async fn pages_by_index_hold_everybody_once() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let mut ids = client.users(5).await;
    ids.sort_unstable();
    let mut seen = Vec::new();
    for (start, size) in [(1, 2), (3, 2), (5, 1), (7, 0)] {
        let page = client.read(&format!("/Users?startIndex={start}&count=2")).await;
        let found = resources(&page);
        assert_eq!(
            (&page["totalResults"], &page["startIndex"], &page["itemsPerPage"], found.len()),
            (&json!(5), &json!(start), &json!(size), size)
        );
        seen.extend(found.iter().map(|user| id(user).to_owned()));
    }
    seen.sort_unstable();
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn an_index_below_one_is_one_and_a_count_below_zero_is_zero() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    client.users(3).await;
    for start in ["0", "-7"] {
        let page = client.read(&format!("/Users?startIndex={start}&count=2")).await;
        assert_eq!((&page["startIndex"], resources(&page).len()), (&json!(1), 2), "{start}");
    }
    for count in ["0", "-1"] {
        let page = client.read(&format!("/Users?count={count}")).await;
        assert_eq!((&page["totalResults"], resources(&page).len()), (&json!(3), 0), "{count}");
    }
    // The last is RFC 9865's.
    for (wrong, scim_type) in
        [("startIndex=one", "invalidValue"), ("count=many", "invalidCount"), ("count=1.5", "invalidCount")]
    {
        refused(&client.get(&format!("/Users?{wrong}")).await, 400, Some(scim_type));
    }
}

#[tokio::test]
async fn a_count_above_the_maximum_is_the_maximum() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    client.users(3).await;
    let page = client.read("/Users?count=1000000000").await;
    assert_eq!((&page["totalResults"], resources(&page).len()), (&json!(3), 3));
}

#[tokio::test]
async fn a_list_is_sorted_as_it_is_asked_for() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    for (name, family) in [("b", "Zola"), ("C", "adams"), ("a", "Mann"), ("D", "Zola")] {
        let body = json!({"schemas": [USER], "userName": name, "name": {"familyName": family}});
        client.created("/Users", &body).await;
    }
    client.user("nameless").await;
    for (asked, expected) in [
        ("sortBy=userName", "a b C D nameless"),
        ("sortBy=USERNAME&sortOrder=ascending", "a b C D nameless"),
        ("sortBy=userName&sortOrder=descending", "nameless D C b a"),
        ("sortBy=userName&sortOrder=descending&startIndex=2&count=2", "D C"),
        ("sortBy=userName&filter=name.familyName eq \"zola\"", "b D"),
    ] {
        let list = client.read(&format!("/Users?{asked}")).await;
        let names: Vec<String> =
            resources(&list).iter().map(|user| user["userName"].as_str().unwrap().to_owned()).collect();
        assert_eq!(names.join(" "), expected, "{asked}");
    }
    // Those without the value come last, and first in the other direction; equal ones may come in any order.
    let families = async |asked: &str| {
        let list = client.read(&format!("/Users?sortBy=name.familyName{asked}")).await;
        resources(&list).iter().map(|user| user["name"]["familyName"].clone()).collect::<Vec<Value>>()
    };
    let mut expected = vec![json!("adams"), json!("Mann"), json!("Zola"), json!("Zola"), Value::Null];
    assert_eq!(families("").await, expected);
    expected.reverse();
    assert_eq!(families("&sortOrder=descending").await, expected);
}

#[tokio::test]
async fn groups_are_sorted_by_their_names() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let user = client.user("member").await;
    for name in ["b", "C", "a"] {
        client.group(name, &[id(&user)]).await;
    }
    let list =
        client.read("/Groups?sortBy=displayName&sortOrder=descending&excludedAttributes=members").await;
    let groups = resources(&list);
    let names: Vec<&str> = groups.iter().map(|group| group["displayName"].as_str().unwrap()).collect();
    assert_eq!(names, ["C", "b", "a"]);
    assert!(groups.iter().all(|group| group.get("members").is_none()));
    assert_eq!(client.read(&path(&groups[0])).await["members"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_page_of_groups_ends_when_it_has_many_members() {
    const MOST_MEMBERS: usize = 20_000;
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    let users = client.users(400).await;
    let members: Vec<Value> = users.iter().map(|id| json!({"value": id})).collect();
    let groups = MOST_MEMBERS / users.len() + 2;
    for n in 0..groups {
        let body = json!({"schemas": [GROUP], "displayName": format!("group {n}"), "members": members});
        client.created("/Groups?excludedAttributes=members", &body).await;
    }
    let page = client.read("/Groups?count=1000").await;
    assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(groups), &json!(groups - 2)));
    assert_eq!(walked(&client, "/Groups?count=1000").await.len(), groups);
    let without = client.read("/Groups?count=1000&excludedAttributes=members").await;
    assert_eq!(without["itemsPerPage"], groups, "members that are not shown are not counted");
}
