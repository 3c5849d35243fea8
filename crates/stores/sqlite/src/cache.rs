//! Users that were read or written of late, and who holds their links and numbers, as of one position of the journal. Pages of
//! lists fill what room there is.
//!
//! Every change of a user, by whatever process, appends to the journal. So whoever has read in its snapshot where the
//! journal ends knows whether what is cached is what the snapshot has: it is if the cache is as of that position, and
//! else it is not looked at.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use quick_cache::Weighter;
use quick_cache::sync::Cache as Bounded;
use roster_directory::element::ElementId;
use roster_directory::seal::WrappedKey;
use roster_directory::store::{Claim, ClaimWrite, WriteSet};
use roster_directory::user::FieldVersions;
use roster_directory::{PasswordHash, User, UserId, snapshot};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::load;

/// What an entry takes besides its bytes: keys, links between entries, and the allocator's share.
const ENTRY_BYTES: u64 = 96;

/// A guess, by which the cache is divided; it holds as many as there is room for.
const USUAL_ENTRY_BYTES: usize = 512;

/// No position: what is cached as of it is nobody's.
const NOWHERE: i64 = 0;

/// A bounded cache of users.
pub(crate) struct Cache {
    /// The position that the next journal entry had when everything in the cache was so. Entries go in under a shared
    /// lock, and it moves under an exclusive one: nothing that was so before is put in after.
    as_of: RwLock<i64>,
    /// The position to which this process's writer is about to bring the cache.
    coming: AtomicI64,
    users: Bounded<UserId, Arc<[u8]>, Weight>,
    holders: Bounded<Claim, UserId, Weight>,
}

impl Cache {
    /// A cache that takes about that much memory. One of 0 bytes keeps nothing.
    pub(crate) fn new(bytes: usize) -> Self {
        let items = bytes / USUAL_ENTRY_BYTES;
        let (users, holders) = (weight(bytes / 4 * 3), weight(bytes / 4));
        Self {
            as_of: RwLock::new(NOWHERE),
            coming: AtomicI64::new(NOWHERE),
            users: Bounded::with_weighter(items, users, Weight),
            holders: Bounded::with_weighter(items, holders, Weight),
        }
    }

    /// What a snapshot in which the next journal entry has that position may use.
    pub(crate) fn at(&self, position: i64) -> View<'_> {
        if *self.shared() < position && self.coming.load(Ordering::Acquire) != position {
            self.follow_another_process(position);
        }
        View { cache: self, position }
    }

    /// The writer is about to commit, and will [`publish`](Self::publish).
    pub(crate) fn announce(&self, position: i64) {
        self.coming.store(position, Ordering::Release);
    }

    /// What was announced was not committed.
    pub(crate) fn withdraw(&self) {
        self.announce(NOWHERE);
    }

    /// Takes up what the writer has committed, over what was so at `before`.
    pub(crate) fn publish(&self, before: i64, after: i64, writes: &[WriteSet]) {
        let written = writes.iter().filter_map(|writes| writes.user.as_ref());
        let written: Vec<_> = written.map(|user| (user.after.id, encode(&user.after))).collect();
        let mut as_of = self.exclusive();
        if *as_of != before {
            self.clear();
        }
        *as_of = after;
        for (id, bytes) in written {
            self.users.insert(id, bytes);
        }
        for write in writes.iter().flat_map(|writes| &writes.claims) {
            match write {
                ClaimWrite::Take { claim, holder } | ClaimWrite::Move { claim, to: holder, .. } => {
                    self.keep_holder(claim, *holder);
                }
                ClaimWrite::Release { claim, .. } => drop(self.holders.remove(claim)),
            }
        }
    }

    /// Another process has written: nothing that is cached need be so any more.
    fn follow_another_process(&self, position: i64) {
        let mut as_of = self.exclusive();
        if *as_of < position {
            self.clear();
            *as_of = position;
        }
    }

    fn clear(&self) {
        self.users.clear();
        self.holders.clear();
    }

    /// Names are not kept: most are looked up to see that they are free. Emails are claimed without an entry in the journal.
    fn keep_holder(&self, claim: &Claim, holder: UserId) {
        match claim {
            Claim::Link(_) | Claim::Number(_) => self.holders.insert(claim.clone(), holder),
            Claim::UserName(_) | Claim::Email(_) => {}
        }
    }

    fn shared(&self) -> RwLockReadGuard<'_, i64> {
        // Nothing panics while it holds the lock.
        self.as_of.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn exclusive(&self) -> RwLockWriteGuard<'_, i64> {
        self.as_of.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The cache as one snapshot may use it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    cache: &'a Cache,
    position: i64,
}

impl View<'_> {
    /// Who holds a claim.
    pub(crate) fn holder(self, conn: &Connection, claim: &Claim) -> Result<Option<UserId>> {
        if let Some(holder) = self.look(|cache| cache.holders.get(claim)) {
            return Ok(Some(holder));
        }
        let holder = load::holder(conn, claim)?;
        if let Some(holder) = holder {
            self.keep(|cache| cache.keep_holder(claim, holder));
        }
        Ok(holder)
    }

    /// A user, deleted ones too.
    pub(crate) fn user(self, conn: &Connection, id: UserId) -> Result<Option<User>> {
        match self.cached(id) {
            Some(user) => Ok(Some(user)),
            None => Ok(load::user(conn, id)?.inspect(|user| self.keep_user(user))),
        }
    }

    /// A user, if it is cached.
    pub(crate) fn cached(self, id: UserId) -> Option<User> {
        let bytes = self.look(|cache| cache.users.get(&id))?;
        decode(&bytes)
    }

    /// Keeps a user that was read in the snapshot.
    pub(crate) fn keep_user(self, user: &User) {
        // Encoding is a sixth of a read: it is not done in vain, nor while the writer waits for the lock.
        if self.cache.users.shard_capacity() > 0 && self.is_current() {
            let bytes = encode(user);
            self.keep(|cache| cache.users.insert(user.id, bytes));
        }
    }

    /// Keeps the users of a page that was read in the snapshot, if there is room: whoever walks through a large directory
    /// pushes nobody out who was asked for by name, nor pays for it.
    pub(crate) fn keep_page<'u>(self, users: impl Iterator<Item = &'u User>) {
        let most = self.cache.users.capacity();
        // Its parts are not full all at once.
        if self.cache.users.weight() < most - most / 16 {
            users.for_each(|user| self.keep_user(user));
        }
    }

    /// Whether the cache is as of the snapshot.
    fn is_current(self) -> bool {
        *self.cache.shared() == self.position
    }

    fn look<T>(self, look: impl FnOnce(&Cache) -> Option<T>) -> Option<T> {
        let as_of = self.cache.shared();
        if *as_of == self.position { look(self.cache) } else { None }
    }

    fn keep(self, keep: impl FnOnce(&Cache)) {
        let as_of = self.cache.shared();
        if *as_of == self.position {
            keep(self.cache);
        }
    }
}

/// What a snapshot of a user leaves out. The snapshot follows. So a user takes a third of a kilobyte, and several times
/// that as it is worked with.
#[derive(Serialize, Deserialize)]
struct LeftOut<'a> {
    #[serde(borrow)]
    password: Option<&'a str>,
    data_key: &'a [u8],
    field_versions: &'a [u8],
    last_element: ElementId,
}

fn encode(user: &User) -> Arc<[u8]> {
    let left_out = LeftOut {
        password: user.password.as_ref().map(PasswordHash::as_phc),
        data_key: user.data_key.as_bytes(),
        field_versions: &user.field_versions.to_bytes(),
        last_element: user.last_element,
    };
    // Encoding into memory does not fail.
    let bytes = postcard::to_extend(&left_out, Vec::with_capacity(2 * USUAL_ENTRY_BYTES)).unwrap_or_default();
    snapshot::encode_behind(bytes, user).into()
}

fn decode(bytes: &[u8]) -> Option<User> {
    let (left_out, snapshot) = postcard::take_from_bytes(bytes).ok()?;
    let LeftOut { password, data_key, field_versions, last_element } = left_out;
    Some(User {
        last_element,
        password: password.map(PasswordHash::from_phc),
        data_key: WrappedKey::from_bytes(data_key.to_vec()),
        field_versions: FieldVersions::from_bytes(field_versions)?,
        ..snapshot::decode(snapshot)?
    })
}

#[derive(Clone)]
struct Weight;

impl Weighter<UserId, Arc<[u8]>> for Weight {
    fn weight(&self, _: &UserId, bytes: &Arc<[u8]>) -> u64 {
        ENTRY_BYTES + weight(bytes.len())
    }
}

impl Weighter<Claim, UserId> for Weight {
    fn weight(&self, claim: &Claim, _: &UserId) -> u64 {
        ENTRY_BYTES
            + match claim {
                Claim::Link(link) => weight(link.source.as_str().len() + link.external_id.as_str().len()),
                Claim::Number(_) => 0,
                Claim::UserName(text) | Claim::Email(text) => weight(text.len()),
            }
    }
}

fn weight(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use roster_directory::{Number, Profile, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn user(number: i64) -> User {
        let id = UserId(Uuid::from_u128(number.unsigned_abs().into()));
        let time = Timestamp::from_unix_micros(0).unwrap();
        User {
            id,
            number: Number::new(number).unwrap(),
            version: 1,
            user_name: id.into(),
            user_name_chosen: false,
            active: true,
            profile: Profile::default(),
            links: Default::default(),
            grants: Default::default(),
            elements: Vec::new(),
            last_element: 0,
            password: None,
            created_at: time,
            updated_at: time,
            registered_at: time,
            recorded_at: time,
            deleted_at: None,
            data_key: WrappedKey::from_bytes(vec![0; 60]),
            field_versions: FieldVersions::default(),
        }
    }

    #[test]
    fn pages_fill_the_cache_and_push_nobody_out() {
        let cache = Cache::new(1 << 20);
        let view = cache.at(7);
        let users: Vec<User> = (1..10_000).map(user).collect();
        let kept = |view: View<'_>| -> Vec<Number> {
            users.iter().filter_map(|user| view.cached(user.id)).map(|user| user.number).collect()
        };
        users[..1_000].chunks(50).for_each(|page| view.keep_page(page.iter()));
        assert_eq!(kept(view).len(), 1_000, "there is room");
        users[..5_000].chunks(50).for_each(|page| view.keep_page(page.iter()));
        let full = kept(view);
        assert!((1_001..5_000).contains(&full.len()), "{}", full.len());
        users[5_000..].chunks(50).for_each(|page| view.keep_page(page.iter()));
        assert_eq!(kept(view), full);
        view.keep_user(&users[9_998]);
        assert_eq!(view.cached(users[9_998].id).as_ref(), Some(&users[9_998]));
    }
}
