//! A store that answers late, or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use roster_auth::{AnyRefused, Auth, KeyRefused, Options, Secrets, TokenRefused};
use roster_directory::group::GroupEntry;
use roster_directory::record::{Record, RecordKey, Register};
use roster_directory::search::{Found, FoundUsers, GroupSearch, UserSearch};
use roster_directory::store::{
    Decide, Decision, GroupsOf, Store, StoreError, Submitted, UserPage, UserQuery,
};
use roster_directory::{
    Email, Entry, Error, Group, GroupId, Member, Position, Rules, Scope, SystemEntropy, Target, Timestamp,
    User, UserId,
};
use secrecy::ExposeSecret as _;
use tokio::sync::Notify;

use crate::world::{ADDRESS, SECRETS, World, bearer, header};

/// A store whose answer to the next read of a record can be held back, and which can fail to read records.
struct HoldsBack {
    inner: Arc<dyn Store>,
    holds: AtomicBool,
    fails: AtomicBool,
    has_read: Notify,
    may_answer: Notify,
}

type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

impl Store for HoldsBack {
    fn record(&self, key: RecordKey) -> Answer<'_, Option<Record>> {
        async move {
            if self.fails.load(Ordering::SeqCst) {
                return Err(StoreError::Failed("disk full".to_owned()));
            }
            let record = self.inner.record(key).await;
            if self.holds.swap(false, Ordering::SeqCst) {
                self.has_read.notify_one();
                self.may_answer.notified().await;
            }
            record
        }
        .boxed()
    }

    fn submit(&self, change: Arc<dyn Decide>) -> Answer<'_, Submitted> {
        self.inner.submit(change)
    }

    fn preview(&self, change: Arc<dyn Decide>) -> Answer<'_, Decision> {
        self.inner.preview(change)
    }

    fn user(&self, target: Target) -> Answer<'_, Option<Arc<User>>> {
        self.inner.user(target)
    }

    fn users(&self, query: UserQuery) -> Answer<'_, UserPage> {
        self.inner.users(query)
    }

    fn history(&self, user: UserId, after: u64, limit: usize) -> Answer<'_, Vec<(Position, Entry)>> {
        self.inner.history(user, after, limit)
    }

    fn records(&self, register: Register, after: Option<RecordKey>, limit: usize) -> Answer<'_, Vec<Record>> {
        self.inner.records(register, after, limit)
    }

    fn search_users(&self, search: UserSearch) -> Answer<'_, FoundUsers> {
        self.inner.search_users(search)
    }

    fn search_groups(&self, search: GroupSearch) -> Answer<'_, Found<Group>> {
        self.inner.search_groups(search)
    }

    fn members(&self, group: GroupId, after: Option<UserId>, limit: usize) -> Answer<'_, Vec<Member>> {
        self.inner.members(group, after, limit)
    }

    fn groups_of(&self, users: Vec<UserId>) -> Answer<'_, GroupsOf> {
        self.inner.groups_of(users)
    }

    fn group_history(&self, group: GroupId, after: u64, limit: usize) -> Answer<'_, Vec<GroupEntry>> {
        self.inner.group_history(group, after, limit)
    }

    fn sweep(&self, now: Timestamp, limit: usize) -> Answer<'_, usize> {
        self.inner.sweep(now, limit)
    }

    fn rules(&self) -> Answer<'_, Rules> {
        self.inner.rules()
    }

    fn configure(&self, rules: Rules) -> Answer<'_, Result<(), Vec<Email>>> {
        self.inner.configure(rules)
    }

    fn ready(&self) -> Answer<'_, ()> {
        self.inner.ready()
    }
}

fn held_back(inner: Arc<dyn Store>, world: &World) -> (Arc<HoldsBack>, Arc<Auth>) {
    let (has_read, may_answer) = (Notify::new(), Notify::new());
    let store = Arc::new(HoldsBack {
        inner,
        holds: AtomicBool::new(false),
        fails: AtomicBool::new(false),
        has_read,
        may_answer,
    });
    let secrets = Secrets::parse(SECRETS).unwrap();
    let options = Options::default();
    let auth =
        Auth::new(store.clone(), world.clock.clone(), Arc::new(SystemEntropy), secrets, options).unwrap();
    (store, Arc::new(auth))
}

#[tokio::test]
async fn a2_a_read_that_began_before_a_key_was_revoked_is_not_kept_after_it() {
    let world = World::new();
    let process = world.process();
    let key = process.key(&[Scope::UsersRead]).await;
    let (store, auth) = held_back(process.store.clone(), &world);
    let text = header(key.text.expose_secret());
    store.holds.store(true, Ordering::SeqCst);
    let early = tokio::spawn({
        let (auth, text) = (Arc::clone(&auth), text.clone());
        async move { auth.api_key(Some(&text), Some(ADDRESS)).await.is_ok() }
    });
    store.has_read.notified().await;
    auth.revoke_key(&key.key.id).await.unwrap();
    store.may_answer.notify_one();
    assert!(early.await.unwrap(), "it asked before the key was revoked");
    assert!(auth.api_key(Some(&text), Some(ADDRESS)).await.is_err());
}

#[tokio::test]
async fn where_the_store_fails_no_credential_is_good_and_none_is_called_bad() {
    let world = World::new();
    let process = world.process();
    let key = process.key(&[Scope::UsersRead]).await;
    let token = process.minted(&key).await;
    let (store, auth) = held_back(process.store.clone(), &world);
    let failed = Error::Store("disk full".to_owned());
    let (key, token) = (header(key.text.expose_secret()), bearer(&token));
    store.fails.store(true, Ordering::SeqCst);
    assert_eq!(auth.api_key(Some(&key), Some(ADDRESS)).await, Err(KeyRefused::Failed(failed.clone())));
    assert_eq!(auth.token(Some(&token), Some(ADDRESS)).await, Err(TokenRefused::Failed(failed.clone())));
    assert_eq!(auth.any(Some(&token), Some(ADDRESS)).await, Err(AnyRefused::Failed(failed)));
    // What failed is not remembered.
    store.fails.store(false, Ordering::SeqCst);
    assert!(auth.api_key(Some(&key), Some(ADDRESS)).await.is_ok());
    assert!(auth.token(Some(&token), Some(ADDRESS)).await.is_ok());
}
