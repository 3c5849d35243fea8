//! Issuers of tokens besides Roster itself, and fetching their keys.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{StatusCode, Url};
use roster_directory::{Clock, Error, Source, Timestamp};
use tokio::sync::TryLockError;

use crate::jwks::{Found, KeySet, NoKeySet, VerifyingKey};

/// How long a fetch may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest key set that is read.
const LARGEST_KEY_SET: usize = 256 << 10;
/// How old a key set may get before it is fetched again.
const MAX_AGE_SECONDS: i64 = 600;
/// How much time lies between two fetches at least, whatever tokens come.
const BETWEEN_FETCHES_SECONDS: i64 = 10;

/// An issuer whose tokens are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// What its tokens have in `iss`, to the letter.
    pub issuer: String,
    /// What its tokens must have in `aud`: one of these.
    pub audiences: BTreeSet<String>,
    /// Where its keys are: an `https` address, or an `http` one on this machine.
    pub jwks_uri: String,
    /// The name space of its clients' external ids; where there is none, it is the token's `client_id`.
    pub source: Option<Source>,
    /// Whether its keys may be fetched over `http` from another machine: whoever is on the way can then replace them.
    pub allow_http: bool,
}

/// Why an issuer can't be used as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// `issuer` is empty.
    #[error("an issuer needs a name, as its tokens have it in `iss`")]
    Name,
    /// `audiences` is empty.
    #[error("an issuer needs an audience: without one, its tokens for anybody would be taken")]
    Audience,
    /// `jwks_uri` is no URL that keys may be fetched from.
    #[error("the keys of an issuer are fetched over https, over http on this machine alone unless allowed")]
    Address,
}

/// The keys of an issuer, fetched when they are needed.
pub(crate) struct IssuerKeys {
    issuer: Issuer,
    jwks_uri: Url,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// One fetch at a time.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    keys: Option<Arc<KeySet>>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("the answer has the status {0}")]
    Status(StatusCode),
    #[error("the answer is too large")]
    TooLarge,
    #[error(transparent)]
    NoKeySet(#[from] NoKeySet),
}

/// The client that fetches keys. It follows no redirects, which could lead it elsewhere than the operator said, and goes
/// through no proxy.
pub(crate) fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().timeout(FETCH_TIMEOUT).redirect(Policy::none()).no_proxy().build()
}

impl IssuerKeys {
    pub(crate) fn new(
        issuer: Issuer,
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, IssuerError> {
        if issuer.issuer.is_empty() {
            return Err(IssuerError::Name);
        }
        if issuer.audiences.is_empty() {
            return Err(IssuerError::Audience);
        }
        let jwks_uri = Url::parse(&issuer.jwks_uri).map_err(|_| IssuerError::Address)?;
        let allowed = match jwks_uri.scheme() {
            "https" => true,
            "http" => issuer.allow_http || is_loopback(&jwks_uri),
            _ => false,
        };
        if !allowed {
            return Err(IssuerError::Address);
        }
        let (state, fetching) = (Mutex::default(), tokio::sync::Mutex::default());
        Ok(Self { issuer, jwks_uri, http, clock, state, fetching })
    }

    /// What its tokens have in `iss`.
    pub(crate) fn name(&self) -> &str {
        &self.issuer.issuer
    }

    pub(crate) fn audiences(&self) -> &BTreeSet<String> {
        &self.issuer.audiences
    }

    pub(crate) fn source(&self) -> Option<&Source> {
        self.issuer.source.as_ref()
    }

    /// The key for a token with that `kid` and `alg`. [`Error::Overloaded`] while no key could ever be fetched: then
    /// nothing can be said of the token.
    pub(crate) async fn key(
        &self,
        kid: Option<&str>,
        algorithm: &str,
    ) -> Result<Option<Arc<VerifyingKey>>, Error> {
        match self.known(kid, algorithm) {
            Some(Found::Key(key)) if !self.is_old() => return Ok(Some(key)),
            // Others wait for new keys; whoever has a key meanwhile takes that.
            Some(Found::Key(key)) => match self.fetching.try_lock() {
                Ok(_alone) => self.fetch_if_due().await,
                Err(TryLockError { .. }) => return Ok(Some(key)),
            },
            Some(Found::Other) if !self.is_old() => return Ok(None),
            Some(Found::Other | Found::Nothing) | None => {
                let _alone = self.fetching.lock().await;
                // Another request may have fetched them while this one waited.
                if !matches!(self.known(kid, algorithm), Some(Found::Key(_))) {
                    self.fetch_if_due().await;
                }
            }
        }
        match self.known(kid, algorithm) {
            Some(Found::Key(key)) => Ok(Some(key)),
            Some(Found::Other | Found::Nothing) => Ok(None),
            None => Err(Error::Overloaded),
        }
    }

    /// What the keys that were fetched last have; `None` before the first were.
    fn known(&self, kid: Option<&str>, algorithm: &str) -> Option<Found> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.keys.as_ref().map(|keys| keys.find(kid, algorithm))
    }

    fn is_old(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        !is_within(state.fetched_at, self.clock.now(), MAX_AGE_SECONDS)
    }

    /// Fetches the keys unless that was tried just now. Where it fails, the old ones stay.
    async fn fetch_if_due(&self) {
        let now = self.clock.now();
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if is_within(state.tried_at, now, BETWEEN_FETCHES_SECONDS) {
                return;
            }
            state.tried_at = Some(now);
        }
        match self.fetch().await {
            Ok(keys) => {
                tracing::debug!(
                    issuer = self.name(),
                    unusable = keys.passed_over,
                    "the issuer's keys were fetched"
                );
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                state.keys = Some(Arc::new(keys));
                state.fetched_at = Some(now);
            }
            Err(error) => tracing::warn!(issuer = self.name(), %error, "the issuer's keys can't be fetched"),
        }
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        let mut response = self.http.get(self.jwks_uri.clone()).send().await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LARGEST_KEY_SET {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(KeySet::parse(&body)?)
    }
}

/// Whether `at` lies no more than so many seconds back, and not ahead (the clock was set back then).
fn is_within(at: Option<Timestamp>, now: Timestamp, seconds: i64) -> bool {
    at.is_some_and(|at| at <= now && now < at.plus_seconds(seconds))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use roster_directory::SystemClock;

    use super::*;

    fn issuer(jwks_uri: &str) -> Issuer {
        Issuer {
            issuer: "https://issuer.example".to_owned(),
            audiences: BTreeSet::from(["roster".to_owned()]),
            jwks_uri: jwks_uri.to_owned(),
            source: None,
            allow_http: false,
        }
    }

    fn check(issuer: Issuer) -> Result<(), IssuerError> {
        IssuerKeys::new(issuer, http_client().unwrap(), Arc::new(SystemClock)).map(|_| ())
    }

    #[test]
    fn z1_keys_are_fetched_over_https_or_on_this_machine() {
        for good in [
            "https://issuer.example/keys",
            "http://127.0.0.1:8/keys",
            "http://[::1]/keys",
            "http://localhost:1/",
        ] {
            assert_eq!(check(issuer(good)), Ok(()), "{good}");
        }
        for bad in [
            "http://issuer.example/keys",
            "http://127.0.0.1.example/",
            "http://localhost.example/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "keys",
            "",
        ] {
            assert_eq!(check(issuer(bad)), Err(IssuerError::Address), "{bad}");
        }
        assert_eq!(check(Issuer { allow_http: true, ..issuer("http://issuer.example/keys") }), Ok(()));
        assert_eq!(
            check(Issuer { audiences: BTreeSet::new(), ..issuer("https://x/") }),
            Err(IssuerError::Audience)
        );
        assert_eq!(check(Issuer { issuer: String::new(), ..issuer("https://x/") }), Err(IssuerError::Name));
    }
}
