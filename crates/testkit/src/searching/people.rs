//! A small directory of varied users and groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use roster_directory::directory::groups::GroupUpdate;
use roster_directory::element::Address;
use roster_directory::{Assign, Attribute, Avatar, Change, Content, GrantsPatch, User, UserPatch};
use uuid::Uuid;

use super::World;
use crate::build::{
    content, email, external_id, grant, new_group, patch, primary, source, text, time, with_elements,
    with_email,
};
use crate::{Bench, StoreFactory};

/// How many users there are, those that were deleted among them.
pub(crate) const USERS: usize = 60;

/// One of a list, or nothing, in turn.
fn pick<T: Copy>(list: &[T], turn: usize) -> Option<T> {
    list.get(turn % (list.len() + 1)).copied()
}

fn set<T>(value: Option<T>) -> Change<T> {
    value.map_or(Change::Keep, Change::Set)
}

/// The plain fields of the n-th, its links and its grants.
fn plain(n: usize) -> UserPatch {
    let names =
        ["Ann Lee", "ann LEE", "Émile Zola", "e\u{301}mile zola", "100% sure_", "", "O'Hara \\ \"x\""];
    let addresses = ["Ann@Example.com", "ann@example.com", "bob@example.com", "b%b@e_ample.com"];
    patch(|patch| {
        patch.profile.display_name = set(pick(&names, n).map(text));
        patch.profile.title = set(pick(&["Chief", "chief", "CHIEF of all"], n / 2).map(text));
        patch.profile.email = set(pick(&addresses, n).map(email));
        patch.profile.role = set(pick(&["admin", "Reader"], n / 3).map(text));
        patch.profile.phone = set(pick(&["+33 1", "+44 2"], n).map(text));
        patch.profile.avatar =
            set(pick(&["https://e.example/1.png"], n / 2).map(|url| Avatar::new(url).unwrap()));
        patch.profile.staff = set(pick(&[true, false], n));
        patch.profile.email_verified = set(pick(&[true, false], n / 4));
        let moments = ["2024-01-01T00:00:00Z", "2024-06-01T12:00:00.001Z", "1969-07-20T20:17:00Z"];
        patch.profile.last_login = set(pick(&moments, n / 3).map(time));
        patch.profile.producer_id = set(pick(&[0x10, 0xabc << 64], n / 5).map(Uuid::from_u128));
        patch.active = Assign::Set(n % 7 != 3);
        patch.created_at = set(pick(&["2020-02-29T00:00:00Z", "2024-02-29T00:00:00Z"], n).map(time));
        if let Some(id) = pick(&["c", "C", "c:"], n) {
            patch.links.insert(source("crm"), Change::Set(external_id(&format!("{id}{n}"))));
        }
        let granted = [(33, "18"), (34, "18"), (33, "é")];
        patch.grants = GrantsPatch::Replace(
            granted.iter().take(n % 4).map(|(client, profile)| grant(*client, profile)).collect(),
        );
    })
}

/// What the n-th has several of.
fn several(n: usize) -> UserPatch {
    let mut all = UserPatch::default();
    let mut has = |attribute, list| all.elements.extend(with_elements(attribute, list).elements);
    match n % 5 {
        0 => has(
            Attribute::Emails,
            vec![content("Home@Home.example", "home"), primary(&format!("own{n}@e.example"), "Work")],
        ),
        // The first of these is cleared after.
        1 => has(
            Attribute::Emails,
            vec![
                content("gone@e.example", "x"),
                content("bob@example.com", "home"),
                content("z@e.example", ""),
            ],
        ),
        _ => {}
    }
    match n % 6 {
        0 => {
            let address = Address {
                formatted: Some("1 Main St\nParis".to_owned()),
                street_address: Some(format!("{n} Main St")),
                locality: Some("Paris".to_owned()),
                region: pick(&["IdF", ""], n / 6).map(str::to_owned),
                postal_code: Some("75001".to_owned()),
                country: Some("FR".to_owned()),
            };
            let whole = Content { address: Some(Box::new(address)), ..Content::default() };
            let lyon = Address { locality: Some("LYON".to_owned()), ..Address::default() };
            let home =
                Content { address: Some(Box::new(lyon)), primary: Some(true), ..content("a value", "home") };
            has(Attribute::Addresses, if n.is_multiple_of(12) { vec![whole, home] } else { vec![whole] });
        }
        1 => has(Attribute::Ims, vec![content("@ann", "xmpp"), primary("@ANN", "skype")]),
        2 => {
            let shown = Content { display: Some("The Admin".to_owned()), ..content("admin", "x") };
            let odd = Address { country: Some("FR".to_owned()), ..Address::default() };
            let odd = Content { address: Some(Box::new(odd)), ..Content::default() };
            has(Attribute::Roles, vec![odd, content("reader", "y"), shown]);
        }
        3 => has(Attribute::Entitlements, vec![Content { kind: None, ..content("print", "") }]),
        4 => has(Attribute::X509Certificates, vec![content(&"MIIB".repeat(900), "x")]),
        _ => has(
            Attribute::PhoneNumbers,
            vec![content("+1 555", "mobile"), Content { primary: Some(false), ..content("+1 556", "work") }],
        ),
    }
    if n.is_multiple_of(7) {
        has(
            Attribute::Photos,
            vec![
                Content { kind: None, ..primary("//e.example/b.png", "") },
                content("//e.example/a.png", "thumbnail"),
            ],
        );
    }
    all
}

/// Makes them all.
pub(crate) async fn world<F: StoreFactory>(bench: &Bench<F>) -> World {
    let mut users: Vec<Arc<User>> = Vec::new();
    for n in 0..USERS {
        if n % 3 > 0 {
            bench.tick();
        }
        let id = format!("User {n}");
        bench.put(&id, plain(n)).await;
        if n % 2 == 1 {
            bench.tick();
        }
        let mut user = bench.put(&id, several(n)).await;
        if n % 5 == 1 {
            user = bench.put(&id, patch(|patch| patch.profile.email = Change::Clear)).await;
        }
        if n % 10 == 1 {
            user = bench.put(&id, with_email(&format!("back{n}@example.com"))).await;
        }
        users.push(user);
    }
    let mut groups = Vec::new();
    for (name, id, step) in [
        ("Readers", Some("G1"), 3),
        ("readers of É\u{301}tang", None, 5),
        ("WRITERS", Some("g1"), 4),
        ("100%_group", None, 50),
        ("Nobody's", None, 1_000),
    ] {
        bench.tick();
        let members: Vec<&User> = users.iter().skip(1).step_by(step).map(|user| &**user).collect();
        let members = if step < 1_000 { &members[..] } else { &[] };
        let external_id = set(id.map(external_id));
        groups.push((bench.group(GroupUpdate { external_id, ..new_group(name, members) }).await, step));
    }
    for n in (5..USERS).step_by(13) {
        users[n] = bench.delete(&users[n]).await.user;
    }
    let mut members = BTreeMap::new();
    for (group, step) in &groups {
        let of_group = users.iter().skip(1).step_by(*step).filter(|user| *step < 1_000 && user.is_living());
        members.insert(group.id, of_group.map(|user| user.id).collect());
    }
    let mut after = Vec::new();
    for (group, _) in groups {
        after.push(bench.directory.group(&bench.who(), group.id).await.unwrap());
    }
    World { users, groups: after, members }
}
