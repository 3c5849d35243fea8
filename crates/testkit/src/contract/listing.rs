//! Lists of users.

use std::sync::Arc;

use roster_directory::search::{Condition, From, UserSearch};
use roster_directory::store::{UserFilter, UserQuery};
use roster_directory::{Attribute, Change, Timestamp, User, UserId, UserPatch};

use crate::build::{
    content, email, user_name, with_elements, with_email, with_given_name, with_grants, with_link,
};
use crate::{Bench, StoreFactory};

fn place(user: &User) -> (Timestamp, UserId) {
    (user.recorded_at, user.id)
}

/// Every page of a list.
async fn pages<F: StoreFactory>(bench: &Bench<F>, filter: UserFilter, limit: usize) -> Vec<Arc<User>> {
    let mut all: Vec<Arc<User>> = Vec::new();
    let mut after = None;
    loop {
        let query = UserQuery { filter: filter.clone(), after, limit };
        let page = bench.directory.list(&bench.who(), query).await.unwrap();
        assert!(page.users.len() <= limit);
        assert!(page.next.is_none() || page.next != after, "{after:?}");
        all.extend(page.users);
        if page.next.is_none() {
            return all;
        }
        after = page.next;
    }
}

/// Living users alone, whole.
pub async fn users_are_listed_by_id_in_pages<F: StoreFactory>(bench: &mut Bench<F>) {
    let mut users = Vec::new();
    for number in 0..7 {
        bench.tick();
        let patch = if number % 2 == 0 {
            with_grants([(33, "18"), (34, "19")])
        } else {
            with_link("crm", Change::Set(&number.to_string()))
        };
        users.push(bench.put(&format!("u{number}"), patch).await);
    }
    bench.delete(&users.remove(3)).await;
    users.sort_by_key(|user| user.id);
    for limit in [1, 2, 6, 100] {
        assert_eq!(pages(bench, UserFilter::All, limit).await, users, "{limit}");
    }
    let none = UserQuery { filter: UserFilter::All, after: None, limit: 0 };
    assert_eq!(bench.store.users(none).await.unwrap().users, []);
}

/// Also where users between them have more links, grants and elements than they have, of which some were taken away.
pub async fn users_far_apart_are_listed_whole<F: StoreFactory>(bench: &mut Bench<F>) {
    let mut users = Vec::new();
    for number in 0..50 {
        bench.tick();
        let id = format!("u{number}");
        let is_one = number % 13 == 3;
        let phones = [&*id, "1", "2"].map(|value| content(value, "home")).to_vec();
        bench.put(&id, with_elements(Attribute::PhoneNumbers, phones)).await;
        bench.put(&id, with_link("crm", Change::Set(&id))).await;
        bench.put(&id, with_link("okta", Change::Set(&id))).await;
        bench
            .put(
                &id,
                with_email(&if is_one { "one@e.example".to_owned() } else { format!("{id}@e.example") }),
            )
            .await;
        let user = match number % 4 {
            0 => bench.put(&id, with_grants([(33, "18"), (34, &id)])).await,
            1 => {
                bench.put(&id, with_grants([(33, "18"), (34, &id)])).await;
                bench.put(&id, with_grants([(34, "19")])).await
            }
            2 => bench.put(&id, with_link("crm", Change::Clear)).await,
            _ => bench.put(&id, with_elements(Attribute::PhoneNumbers, vec![])).await,
        };
        users.push((is_one, user));
    }
    users.sort_by_key(|(_, user)| user.id);
    bench.reopen().await;
    let all: Vec<_> = users.iter().map(|(_, user)| Arc::clone(user)).collect();
    let ones: Vec<_> = users.iter().filter(|(is_one, _)| *is_one).map(|(_, user)| Arc::clone(user)).collect();
    for limit in [7, 100] {
        let filter = UserFilter::Email(email("one@e.example"));
        assert_eq!(pages(bench, filter, limit).await, ones, "{limit}");
        assert_eq!(pages(bench, UserFilter::All, limit).await, all, "{limit}");
    }
}

/// A store may read a short page otherwise than a long one, as long as that shows in nothing.
pub async fn a_page_passes_by_any_number_of_deleted_users<F: StoreFactory>(bench: &mut Bench<F>) {
    let mut users = Vec::new();
    for number in 0..300 {
        users.push(bench.put(&format!("u{number}"), with_given_name("Ada")).await);
    }
    users.sort_by_key(|user| user.id);
    for user in &users[1..299] {
        bench.delete(user).await;
    }
    let living = [Arc::clone(&users[0]), Arc::clone(&users[299])];
    for limit in [0, 1, 2, 100, 1_000] {
        if limit > 0 {
            assert_eq!(pages(bench, UserFilter::All, limit).await, living, "{limit}");
        }
        let from = From::After(None);
        let search =
            |from| UserSearch { condition: Condition::Always(true), sort: None, from, limit, counts: false };
        let found = bench.store.search_users(search(from)).await.unwrap();
        assert_eq!((&found.page[..], found.more), (&living[..limit.min(2)], limit < 2), "{limit}");
        let found = bench.store.search_users(search(From::After(Some(users[0].id)))).await.unwrap();
        assert_eq!((&found.page[..], found.more), (&living[1..][..limit.min(1)], limit == 0), "{limit}");
    }
}

/// Compared as names are.
pub async fn users_are_found_by_email_and_user_name<F: StoreFactory>(bench: &mut Bench<F>) {
    let mut users = vec![
        bench.put("a", with_email("Straße@example.com")).await,
        bench.put("b", with_email("strasse@EXAMPLE.com")).await,
        bench.put("c", with_email("strasse@example.com")).await,
    ];
    bench.put("d", with_email("other@example.com")).await;
    bench.delete(&users.pop().unwrap()).await;
    let by_email = || UserFilter::Email(email("STRASSE@example.com"));
    let mut found = pages(bench, by_email(), 1).await;
    users.sort_by_key(|user| user.id);
    assert_eq!(found, users);
    let name = UserFilter::UserName(user_name("STRASSE@example.com"));
    found = pages(bench, name, 10).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].user_name.as_str(), "Straße@example.com");
    bench.delete(&found[0]).await;
    assert_eq!(pages(bench, UserFilter::UserName(user_name("STRASSE@example.com")), 10).await, []);
    assert_eq!(pages(bench, by_email(), 10).await.len(), 1);
}

/// By the server's own time, which never goes back.
pub async fn users_are_listed_since_a_moment<F: StoreFactory>(bench: &mut Bench<F>) {
    let mut users = Vec::new();
    for id in ["a", "b", "c", "d"] {
        // Two at each moment.
        if users.len() % 2 == 0 {
            bench.tick();
        }
        users.push(bench.put(id, UserPatch::default()).await);
    }
    let since = users[2].recorded_at;
    users.sort_by_key(|user| place(user));
    for limit in [1, 3] {
        assert_eq!(pages(bench, UserFilter::RecordedSince(since), limit).await, users[2..], "{limit}");
        let all = pages(bench, UserFilter::RecordedSince(Timestamp::MIN), limit).await;
        assert_eq!(all, users, "{limit}");
    }
    bench.tick();
    let moved = bench.put("a", with_given_name("Ann")).await;
    let last = pages(bench, UserFilter::RecordedSince(since), 10).await;
    assert_eq!((last.len(), &last[2]), (3, &moved));
    assert_eq!(pages(bench, UserFilter::RecordedSince(moved.recorded_at.plus_micros(1)), 10).await, []);
}

/// However often others changed: what a later change of the same user followed may end a page, and never the list.
pub async fn the_list_since_a_moment_goes_on_behind_what_was_changed_again<F: StoreFactory>(
    bench: &mut Bench<F>,
) {
    let mut users = vec![bench.put("rarely", UserPatch::default()).await];
    for number in 0..250 {
        bench.tick();
        let often = bench.put("often", with_given_name(&number.to_string())).await;
        users.truncate(1);
        users.push(often);
    }
    bench.tick();
    users.push(bench.put("last", UserPatch::default()).await);
    bench.tick();
    let gone = bench.put("gone", UserPatch::default()).await;
    bench.delete(&gone).await;
    for limit in [1, 2, 100] {
        assert_eq!(pages(bench, UserFilter::RecordedSince(Timestamp::MIN), limit).await, users, "{limit}");
    }
}

/// Paging by place, not by count.
pub async fn no_living_user_is_lost_while_others_come_and_go<F: StoreFactory>(bench: &mut Bench<F>) {
    let mut users = Vec::new();
    for number in 0..20 {
        bench.tick();
        users.push(bench.put(&format!("u{number}"), UserPatch::default()).await);
    }
    let mut listed: Vec<Arc<User>> = Vec::new();
    let mut after = None;
    for round in 0.. {
        let query = UserQuery { filter: UserFilter::All, after, limit: 3 };
        let page = bench.store.users(query).await.unwrap();
        listed.extend(page.users);
        after = page.next;
        if after.is_none() {
            break;
        }
        if round < 5 {
            // One that was listed already goes, and one that was not; another comes.
            bench.delete(&users[round * 2]).await;
            bench.delete(&users[19 - round]).await;
            bench.tick();
            bench.put(&format!("new {round}"), UserPatch::default()).await;
        }
    }
    for user in &users {
        if bench.stored(user).await.is_living() {
            assert!(listed.iter().any(|seen| seen.id == user.id), "{}", user.number);
        }
    }
    let mut ids: Vec<_> = listed.iter().map(|user| user.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), listed.len(), "nobody came twice");
}
