//! Making, listing, rotating and revoking API keys.

use std::collections::BTreeSet;
use std::time::Duration;

use roster_directory::record::{ApiKey, KeySecret, Record, RecordKey, Register};
use roster_directory::store::{RecordWrite, Store};
use roster_directory::{Clock, Entropy, Error, Invalid, Refusal, Scopes, Source, Text, Timestamp};
use secrecy::SecretString;

use crate::{key, records};

/// How long the old secret of a rotated key stays valid unless told otherwise.
pub const OVERLAP: Duration = Duration::from_hours(24);

/// The source of a key unless told otherwise.
pub const DEFAULT_SOURCE: &str = "bubble";

const PAGE: usize = 500;

/// What a new key is to be.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What the operator calls it: 1 to 255 characters.
    pub name: String,
    /// The name space of its external ids.
    pub source: Source,
    /// What it may do.
    pub scopes: Scopes,
    /// What the tokens made with it may carry.
    pub authorities: BTreeSet<String>,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
}

/// A key whose secret was just made.
#[derive(Debug)]
pub struct IssuedKey {
    /// What is kept of it.
    pub key: ApiKey,
    /// Its text, which can't be shown again.
    pub text: SecretString,
}

/// Why a key can't be made or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name is none.
    #[error("the name {0}")]
    Name(Invalid),
    /// It would be able to do nothing.
    #[error("a key needs at least one scope")]
    NoScope,
    /// There is no key with that id.
    #[error("there is no key with that id")]
    NotFound,
    /// The key was revoked, or has expired: it can't be rotated.
    #[error("the key was revoked or has expired")]
    Ended,
    /// The store did not do it.
    #[error(transparent)]
    Failed(Error),
}

impl From<Error> for KeyError {
    fn from(error: Error) -> Self {
        if error == Error::from(Refusal::NotFound) { Self::NotFound } else { Self::Failed(error) }
    }
}

/// Makes a key.
pub async fn create(
    store: &dyn Store,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    new: NewKey,
) -> Result<IssuedKey, KeyError> {
    let NewKey { name, source, scopes, authorities, expires_at } = new;
    let checked = if name.is_empty() { Err(Invalid::Empty) } else { Text::<255>::new(&name) };
    checked.map_err(KeyError::Name)?;
    if scopes.is_empty() {
        return Err(KeyError::NoScope);
    }
    let now = clock.now();
    let id = key::new_id(entropy);
    let (text, sha256) = key::make(&id, entropy);
    let secrets = vec![KeySecret { sha256, created_at: now, expires_at: None }];
    let key = ApiKey {
        id: id.clone(),
        name,
        source,
        scopes,
        authorities,
        secrets,
        created_at: now,
        expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    let record = Record::ApiKey(key.clone());
    let written = records::change((store, clock, entropy), RecordKey::ApiKey(id), move |current| {
        Ok(current.is_none().then(|| RecordWrite::Put(record.clone())))
    });
    if written.await?.and_then(into_key).as_ref() == Some(&key) {
        Ok(IssuedKey { key, text })
    } else {
        Err(KeyError::Failed(Error::Internal("a random key id was in use".to_owned())))
    }
}

/// Every key, by id; revoked and expired ones too.
pub async fn list(store: &dyn Store) -> Result<Vec<ApiKey>, Error> {
    let mut keys = Vec::new();
    let mut after = None;
    loop {
        let page = store.records(Register::ApiKeys, after, PAGE).await?;
        let full = page.len() >= PAGE;
        after = page.last().map(Record::key);
        keys.extend(page.into_iter().filter_map(into_key));
        if !full {
            return Ok(keys);
        }
    }
}

/// Gives a key a new secret. The old one stays valid for `overlap`; one older still does not.
pub async fn rotate(
    store: &dyn Store,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    id: &str,
    overlap: Duration,
) -> Result<IssuedKey, KeyError> {
    let now = clock.now();
    let (text, sha256) = key::make(id, entropy);
    let until = now.plus_seconds(i64::try_from(overlap.as_secs()).unwrap_or(i64::MAX));
    let key = change(store, clock, entropy, id, move |key| {
        if has_ended(key, now) {
            return None;
        }
        let new = KeySecret { sha256, created_at: now, expires_at: None };
        let old = key.secrets.first().filter(|_| until > now).cloned().map(|secret| {
            let expires_at = secret.expires_at.map_or(until, |already| already.min(until));
            KeySecret { expires_at: Some(expires_at), ..secret }
        });
        Some(ApiKey { secrets: std::iter::once(new).chain(old).collect(), ..key.clone() })
    });
    let key = key.await?;
    let rotated = key.secrets.first().is_some_and(|secret| secret.sha256 == sha256);
    if rotated { Ok(IssuedKey { key, text }) } else { Err(KeyError::Ended) }
}

/// Revokes a key for good. Revoking it again changes nothing.
///
/// Within this process call [`crate::Auth::revoke_key`] instead: it also forgets what was read of the key.
pub async fn revoke(
    store: &dyn Store,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    id: &str,
) -> Result<ApiKey, KeyError> {
    let now = clock.now();
    let revoked = change(store, clock, entropy, id, move |key| {
        key.revoked_at.is_none().then(|| ApiKey { revoked_at: Some(now), ..key.clone() })
    });
    revoked.await
}

/// Whether the key is refused from now on.
pub(crate) fn has_ended(key: &ApiKey, now: Timestamp) -> bool {
    key.revoked_at.is_some() || is_past(key.expires_at, now)
}

/// Whether the moment, if there is one, has come.
pub(crate) fn is_past(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_some_and(|at| at <= now)
}

/// The key in a record.
pub(crate) fn into_key(record: Record) -> Option<ApiKey> {
    if let Record::ApiKey(key) = record { Some(key) } else { None }
}

/// Changes a key where `change` answers another one; the key after that.
pub(crate) async fn change(
    store: &dyn Store,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    id: &str,
    change: impl Fn(&ApiKey) -> Option<ApiKey> + Send + Sync + 'static,
) -> Result<ApiKey, KeyError> {
    let changed =
        records::change((store, clock, entropy), RecordKey::ApiKey(id.to_owned()), move |current| {
            let Some(Record::ApiKey(key)) = current else { return Err(Refusal::NotFound) };
            Ok(change(key).map(|key| RecordWrite::Put(Record::ApiKey(key))))
        });
    changed.await?.and_then(into_key).ok_or(KeyError::NotFound)
}
