//! The password grant: off unless configured, and blind to who exists (D10).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use roster_auth::keys::IssuedKey;
use roster_auth::oauth::{self, NamedUser, PasswordGrant};
use roster_directory::{
    Assign, Change, Clock as _, Dialect, Error, Password, PasswordHash, Passwords, Scope, Source, Target,
};
use roster_testkit::build;

use crate::world::{Answer, Process, Setup, World, basic};

const SIGN_IN: &str = "grant_type=password&username=ann&password=33556567";

/// A process whose password grant is open to the public client `console`.
fn process(world: &World, change: impl FnOnce(&mut PasswordGrant)) -> Process {
    process_with(world, Setup::default(), change)
}

fn process_with(world: &World, setup: Setup, change: impl FnOnce(&mut PasswordGrant)) -> Process {
    let public_clients = [Source::new("console").unwrap()].into();
    let mut grant = PasswordGrant { public_clients, ..PasswordGrant::default() };
    change(&mut grant);
    let oauth = oauth::Options { password_grant: Some(grant), ..oauth::Options::default() };
    world.process_with(Setup { oauth, ..setup })
}

async fn sign_in(process: &Process, key: Option<&IssuedKey>, form: &str) -> Answer {
    match key {
        Some(key) => process.post("/oauth/token", Some(&basic(key)), form).await,
        None => process.post("/oauth/token", None, &format!("{form}&client_id=console")).await,
    }
}

fn token(answer: &Answer) -> String {
    answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

#[tokio::test]
async fn a_user_signs_in_and_that_is_recorded() {
    let world = World::new();
    let process = process(&world, |_| {});
    let user = process.user("ann", "33556567").await;
    world.clock.advance_seconds(100);
    let answer = sign_in(&process, None, SIGN_IN).await;
    assert_eq!(answer.json()["scope"], "read write");
    let principal = process.principal_of(&token(&answer)).await;
    assert_eq!((principal.client.as_str(), principal.source.as_str()), ("console", "console"));
    assert_eq!(principal.user, Some(user.id));
    assert!(principal.authorities.is_empty());
    let who = build::principal("test");
    let after = process.directory.get(&who, Target::Id(user.id)).await.unwrap();
    assert_eq!(after.profile.last_login, Some(world.clock.now()));
    let history = process.directory.history(&who, Target::Id(user.id), user.version, 10).await.unwrap();
    let (_, entry) = history.last().unwrap();
    assert_eq!(
        (entry.dialect, entry.actor.client.as_str(), entry.actor.user),
        (Dialect::OAuth, "console", Some(user.id))
    );
    // The user_name compares as user_names do.
    assert_eq!(
        sign_in(&process, None, "grant_type=password&username=ANN&password=33556567").await.status,
        200
    );
}

#[tokio::test]
async fn every_refused_sign_in_is_answered_alike() {
    let world = World::new();
    let process = process(&world, |_| {});
    process.user("ann", "33556567").await;
    let inactive = process.user("bob", "33556567").await;
    process.change(&inactive, |update| update.patch.active = Assign::Set(false)).await;
    let deleted = process.user("cid", "33556567").await;
    process.delete(&deleted).await;
    let without = process.user("dan", "33556567").await;
    process.change(&without, |update| update.password = Change::Clear).await;
    let mut answers = Vec::new();
    for (name, password) in [
        ("ann", "33556568"),
        ("ann", "short"),
        ("bob", "33556567"),
        ("cid", "33556567"),
        ("dan", "33556567"),
        ("eve", "33556567"),
        ("a%00b", "33556567"),
    ] {
        let answer =
            sign_in(&process, None, &format!("grant_type=password&username={name}&password={password}"))
                .await;
        assert_eq!(answer.refusal(), (400, "invalid_grant".to_owned()), "{name}");
        answers.push(answer.body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    for form in
        ["grant_type=password", "grant_type=password&username=ann", "grant_type=password&password=33556567"]
    {
        assert_eq!(
            sign_in(&process, None, form).await.refusal(),
            (400, "invalid_request".to_owned()),
            "{form}"
        );
    }
}

/// Notes what each verification costs, which the parameters in the hash say.
struct Costs {
    inner: Arc<dyn Passwords>,
    verified: Mutex<Vec<String>>,
    hashed: AtomicUsize,
}

impl Passwords for Costs {
    fn verify(&self, password: Password, hash: PasswordHash) -> BoxFuture<'_, Result<bool, Error>> {
        let cost: Vec<&str> = hash.as_phc().split('$').take(4).collect();
        self.verified.lock().unwrap().push(cost.join("$"));
        self.inner.verify(password, hash)
    }

    fn hash(&self, password: Password) -> BoxFuture<'_, Result<PasswordHash, Error>> {
        self.hashed.fetch_add(1, Ordering::SeqCst);
        self.inner.hash(password)
    }
}

#[tokio::test]
async fn d10_an_unknown_user_costs_what_a_known_one_costs() {
    let world = World::new();
    let setup = Setup::default();
    let inner = Arc::clone(&setup.passwords);
    let costs = Arc::new(Costs { inner, verified: Mutex::default(), hashed: AtomicUsize::new(0) });
    let process = process_with(&world, Setup { passwords: costs.clone(), ..setup }, |_| {});
    process.user("ann", "33556567").await;
    let inactive = process.user("bob", "33556567").await;
    process.change(&inactive, |update| update.patch.active = Assign::Set(false)).await;
    costs.verified.lock().unwrap().clear();
    for name in ["ann", "bob", "nobody"] {
        sign_in(&process, None, &format!("grant_type=password&username={name}&password=33556568")).await;
    }
    assert_eq!(*costs.verified.lock().unwrap(), vec!["$argon2id$v=19$m=19456,t=2,p=1"; 3]);
}

#[tokio::test]
async fn the_grant_is_open_to_configured_clients_alone() {
    let world = World::new();
    let first = world.process();
    first.user("ann", "33556567").await;
    let (may, other) = (first.key(&[Scope::UsersRead]).await, first.key(&[Scope::Admin]).await);
    let process = process(&world, |grant| grant.keys = [may.key.id.clone()].into());
    let answer = sign_in(&process, Some(&may), SIGN_IN).await;
    assert_eq!(answer.json()["scope"], "read", "no more than the key may");
    let principal = process.principal_of(&token(&answer)).await;
    assert_eq!((principal.client, principal.source.as_str()), (may.key.id.clone(), "bubble"));
    assert!(principal.authorities.is_empty(), "the key's authorities are not the user's");
    let refused = sign_in(&process, Some(&other), SIGN_IN).await;
    assert_eq!(refused.refusal(), (400, "unauthorized_client".to_owned()));
    for client in ["Console", "zynchro", may.key.id.as_str()] {
        let refused = process.post("/oauth/token", None, &format!("{SIGN_IN}&client_id={client}")).await;
        assert_eq!(refused.refusal(), (401, "invalid_client".to_owned()), "{client}");
    }
    let form = "grant_type=client_credentials";
    assert_eq!(sign_in(&process, None, form).await.refusal(), (400, "unauthorized_client".to_owned()));
    // Off unless configured.
    let refused = first.post("/oauth/token", None, &format!("{SIGN_IN}&client_id=console")).await;
    assert_eq!(refused.refusal(), (401, "invalid_client".to_owned()));
    assert_eq!(
        sign_in(&first, Some(&may), SIGN_IN).await.refusal(),
        (400, "unsupported_grant_type".to_owned())
    );
}

#[tokio::test]
async fn a_users_scopes_and_authorities_are_the_operators_to_give() {
    let world = World::new();
    let first = world.process();
    let (ann, bob) = (first.user("Ann", "33556567").await, first.user("bob", "33556567").await);
    // A user_name that looks like another user's id gives nothing.
    let posing = first.user(&bob.id.to_string(), "33556567").await;
    first.change(&ann, |update| update.patch.profile.role = Change::Set(build::text("ROLE_OTHER"))).await;
    let authorities = |name: &str| ["ROLE_".to_owned() + name].into();
    let process = process(&world, |grant| {
        grant.authorities.insert("aNN".parse().unwrap(), authorities("A"));
        grant.authorities.insert(ann.id.to_string().parse().unwrap(), authorities("B"));
        grant.authorities.insert(bob.id.to_string().parse().unwrap(), authorities("C"));
    });
    for (user, expected) in [(&ann, vec!["ROLE_A", "ROLE_B"]), (&bob, vec!["ROLE_C"]), (&posing, vec![])] {
        let form = format!("grant_type=password&username={}&password=33556567", user.user_name);
        let principal = process.principal_of(&token(&sign_in(&process, None, &form).await)).await;
        assert_eq!(
            principal.authorities,
            expected.into_iter().map(str::to_owned).collect(),
            "{}",
            user.user_name
        );
    }
    assert_eq!(bob.id.to_string().parse(), Ok(NamedUser::Id(bob.id)));
    let refused = sign_in(&process, None, &format!("{SIGN_IN}&scope=admin")).await;
    assert_eq!(refused.refusal(), (400, "invalid_scope".to_owned()));
    let answer = sign_in(&process, None, &format!("{SIGN_IN}&scope=read")).await;
    assert_eq!(answer.json()["scope"], "read");
}

/// A pool whose queue is full whenever a password is to be verified.
struct Full(Arc<dyn Passwords>);

impl Passwords for Full {
    fn verify(&self, _: Password, _: PasswordHash) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(std::future::ready(Err(Error::Overloaded)))
    }

    fn hash(&self, password: Password) -> BoxFuture<'_, Result<PasswordHash, Error>> {
        self.0.hash(password)
    }
}

#[tokio::test]
async fn d10_when_too_many_passwords_wait_the_client_is_told_to_come_back() {
    let world = World::new();
    let setup = Setup::default();
    let full = Arc::new(Full(Arc::clone(&setup.passwords)));
    let process = process_with(&world, Setup { passwords: full, ..setup }, |_| {});
    process.user("ann", "33556567").await;
    let answer = sign_in(&process, None, SIGN_IN).await;
    assert_eq!(answer.refusal(), (503, "temporarily_unavailable".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("1"));
}
