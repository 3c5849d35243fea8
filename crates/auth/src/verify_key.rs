//! Checking API keys, and remembering coarsely when they were used.

use std::sync::Arc;

use quick_cache::sync::Cache;
use roster_directory::record::{ApiKey, KeySecret, RecordKey};
use roster_directory::store::Store;
use roster_directory::{Clock, Entropy, Error, Timestamp};
use subtle::{Choice, ConstantTimeEq as _};

use crate::cache::RecordCache;
use crate::key::{Presented, SecretDigest};
use crate::keys;

/// The most keys, known and unknown ones, that are kept in memory.
const CACHED_KEYS: usize = 10_000;
/// How coarsely the last use of a key is recorded.
const USE_RECORDED_EACH_SECONDS: i64 = 3_600;
/// The most secrets of a key.
const SECRETS: usize = 2;

/// Checks API keys against the store.
pub(crate) struct KeyChecker {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    cache: RecordCache<ApiKey>,
    /// When this process last set out to record the use of a key.
    recorded: Cache<String, Timestamp>,
}

impl KeyChecker {
    pub(crate) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let cache = RecordCache::new(Arc::clone(&store), Arc::clone(&clock), CACHED_KEYS, keys::into_key);
        Self { store, clock, entropy, cache, recorded: Cache::new(CACHED_KEYS) }
    }

    /// The key that was presented, if its secret is right and it is valid now.
    ///
    /// A key that is good is remembered. One that is not is looked up each time: that costs the same whether or not there
    /// is such a key, and a secret that another process has just made is known at once.
    pub(crate) async fn verify(&self, presented: &Presented<'_>) -> Result<Option<Arc<ApiKey>>, Error> {
        let id = RecordKey::ApiKey(presented.id.to_owned());
        let now = self.clock.now();
        let good = |key: Option<Arc<ApiKey>>| {
            let good = is_good(key.as_deref(), &presented.digest, now);
            key.filter(|_| good)
        };
        let key = match self.cache.believed(&id).and_then(|read| good(read.record)) {
            Some(key) => Some(key),
            None => good(self.cache.read(id).await?),
        };
        if let Some(key) = &key {
            self.record_use(key, now);
        }
        Ok(key)
    }

    /// Whether there is such a key, and it is valid now.
    pub(crate) async fn is_live(&self, id: &str) -> Result<bool, Error> {
        let key = self.cache.get(RecordKey::ApiKey(id.to_owned())).await?;
        Ok(key.is_some_and(|key| !keys::has_ended(&key, self.clock.now())))
    }

    /// Forgets what was read of a key that this process has changed.
    pub(crate) fn forget(&self, id: &str) {
        self.cache.forget(&RecordKey::ApiKey(id.to_owned()));
    }

    /// Records the use of a key beside the request, not in its way.
    fn record_use(&self, key: &ApiKey, now: Timestamp) {
        if is_recent(key.last_used_at, now) || is_recent(self.recorded.get(&key.id), now) {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        self.recorded.insert(key.id.clone(), now);
        let (store, clock, entropy) =
            (Arc::clone(&self.store), Arc::clone(&self.clock), Arc::clone(&self.entropy));
        let id = key.id.clone();
        runtime.spawn(async move {
            let used = keys::change(&*store, &*clock, &*entropy, &id, move |key| {
                let is_news = !is_recent(key.last_used_at, now);
                is_news.then(|| ApiKey { last_used_at: Some(now), ..key.clone() })
            });
            if let Err(error) = used.await {
                tracing::debug!(key = id, %error, "the last use of an API key was not recorded");
            }
        });
    }
}

fn is_recent(used_at: Option<Timestamp>, now: Timestamp) -> bool {
    used_at.is_some_and(|at| now < at.plus_seconds(USE_RECORDED_EACH_SECONDS))
}

/// Whether the key is valid and has that secret, which is compared even with a key that is not valid, or not there.
fn is_good(key: Option<&ApiKey>, digest: &SecretDigest, now: Timestamp) -> bool {
    let right = has_secret(key, digest, now);
    right && key.is_some_and(|key| !keys::has_ended(key, now))
}

/// Whether the key has that secret. Every secret is compared, in constant time, and a key that does not exist has as many
/// as one that does.
fn has_secret(key: Option<&ApiKey>, digest: &SecretDigest, now: Timestamp) -> bool {
    let secrets = key.map(|key| key.secrets.as_slice()).unwrap_or_default();
    let mut right = Choice::from(0);
    for index in 0..SECRETS {
        let secret = secrets.get(index);
        let valid = secret.is_some_and(|KeySecret { expires_at, .. }| !keys::is_past(*expires_at, now));
        let kept = secret.map_or([0; 32], |secret| secret.sha256);
        right |= kept.ct_eq(digest) & Choice::from(u8::from(valid));
    }
    right.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds).unwrap()
    }

    fn key_with(secrets: &[(u8, Option<i64>)]) -> ApiKey {
        ApiKey {
            id: "k".to_owned(),
            name: "k".to_owned(),
            source: roster_directory::Source::new("bubble").unwrap(),
            scopes: roster_directory::Scopes::new(),
            authorities: std::collections::BTreeSet::new(),
            secrets: secrets
                .iter()
                .map(|(byte, expires)| KeySecret {
                    sha256: [*byte; 32],
                    created_at: at(0),
                    expires_at: expires.map(at),
                })
                .collect(),
            created_at: at(0),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        }
    }

    #[test]
    fn a2_both_secrets_of_a_rotated_key_are_right_until_the_old_one_expires() {
        let key = key_with(&[(1, None), (2, Some(10))]);
        assert!(has_secret(Some(&key), &[1; 32], at(9)));
        assert!(has_secret(Some(&key), &[2; 32], at(9)));
        assert!(!has_secret(Some(&key), &[2; 32], at(10)));
        assert!(has_secret(Some(&key), &[1; 32], at(10)));
        assert!(!has_secret(Some(&key), &[3; 32], at(9)));
    }

    #[test]
    fn a2_a_key_that_does_not_exist_has_no_secret() {
        assert!(!has_secret(None, &[0; 32], at(0)));
        assert!(!has_secret(Some(&key_with(&[])), &[0; 32], at(0)));
        assert!(!has_secret(Some(&key_with(&[(1, None)])), &[0; 32], at(0)));
    }
}
