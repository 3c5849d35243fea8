//! Authentication: from the `Authorization` header to a principal.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use http::HeaderValue;
use roster_directory::record::ApiKey;
use roster_directory::store::Store;
use roster_directory::{Clock, Entropy, Principal};
use roster_wire::ClientAddress;
use secrecy::SecretString;

use crate::authorization::Authorization;
use crate::jwt::issue::{self, IssueError, IssueToken, NewToken};
use crate::jwt::{TokenChecker, TokenFault};
use crate::key::{self, Presented};
use crate::keys::{self, KeyError};
use crate::limit::{Limiter, TooOften, neighbourhood};
use crate::options::{self, LONGEST_LEEWAY, Options, OptionsError};
use crate::refused::{AnyRefused, KeyRefused, TokenRefused};
use crate::secrets::Secrets;
use crate::verify_key::KeyChecker;

/// The most addresses, and the most clients, whose rates are kept.
const LIMITED_CALLERS: usize = 10_000;

/// Checks credentials.
pub struct Auth {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    keys: Arc<KeyChecker>,
    tokens: TokenChecker,
    failures: Option<Limiter<IpAddr>>,
    requests: Option<Limiter<String>>,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Auth")
    }
}

impl Auth {
    /// Checks credentials against a store, with Roster's own secrets.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        secrets: Secrets,
        options: Options,
    ) -> Result<Self, OptionsError> {
        let Options { issuers, leeway, failures, requests } = options;
        if leeway > LONGEST_LEEWAY {
            return Err(OptionsError::Leeway);
        }
        let keys = Arc::new(KeyChecker::new(Arc::clone(&store), Arc::clone(&clock), Arc::clone(&entropy)));
        let tokens = TokenChecker {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            secrets: ArcSwap::from_pointee(secrets),
            issuers: options::issuer_keys(issuers, &clock)?,
            keys: Arc::clone(&keys),
            revoked: TokenChecker::revocations(Arc::clone(&store), Arc::clone(&clock)),
            leeway_seconds: i64::try_from(leeway.as_secs()).unwrap_or_default(),
        };
        let failures = failures.map(|rate| Limiter::new(rate, LIMITED_CALLERS, Arc::clone(&clock)));
        let requests = requests.map(|rate| Limiter::new(rate, LIMITED_CALLERS, Arc::clone(&clock)));
        Ok(Self { store, clock, entropy, keys, tokens, failures, requests })
    }

    /// Who asks, by an API key: bare, or as a bearer token. A JWT is no API key.
    pub async fn api_key(
        &self,
        authorization: Option<&HeaderValue>,
        from: Option<ClientAddress>,
    ) -> Result<Principal, KeyRefused> {
        let text = match Authorization::read(authorization) {
            Authorization::None => return Err(KeyRefused::Unauthorized),
            Authorization::Bare(text) => Some(text),
            scheme @ (Authorization::Scheme(..) | Authorization::Unreadable) => scheme.of_scheme("Bearer"),
        };
        let key = match text.and_then(key::read) {
            Some(presented) => self.keys.verify(&presented).await.map_err(KeyRefused::Failed)?,
            None => None,
        };
        let Some(key) = key else {
            return Err(self
                .count_failure(from)
                .map_or_else(KeyRefused::from, |()| KeyRefused::Unauthorized));
        };
        self.count_request(&key.id)?;
        Ok(principal_of_key(&key))
    }

    /// Who asks, by a JWT as a bearer token. An API key is no JWT.
    pub async fn token(
        &self,
        authorization: Option<&HeaderValue>,
        from: Option<ClientAddress>,
    ) -> Result<Principal, TokenRefused> {
        let read = Authorization::read(authorization);
        if read == Authorization::Unreadable {
            return Err(self
                .count_failure(from)
                .map_or_else(TokenRefused::from, |()| TokenRefused::NotAToken));
        }
        let token = read.of_scheme("Bearer").filter(|token| !key::is_meant_as_key(token));
        let token = token.ok_or(TokenRefused::Missing)?;
        match self.tokens.principal(token).await {
            Ok(principal) => {
                self.count_request(&principal.client)?;
                Ok(principal)
            }
            Err(TokenFault::Failed(error)) => Err(TokenRefused::Failed(error)),
            // It was good: whoever sends it does not guess.
            Err(TokenFault::Expired) => Err(invalid(token)),
            Err(TokenFault::Refused) => {
                Err(self.count_failure(from).map_or_else(TokenRefused::from, |()| invalid(token)))
            }
            Err(TokenFault::NotAToken) => {
                Err(self.count_failure(from).map_or_else(TokenRefused::from, |()| TokenRefused::NotAToken))
            }
        }
    }

    /// Who asks, by an API key or a JWT.
    pub async fn any(
        &self,
        authorization: Option<&HeaderValue>,
        from: Option<ClientAddress>,
    ) -> Result<Principal, AnyRefused> {
        let is_key = match Authorization::read(authorization) {
            Authorization::Bare(text) | Authorization::Scheme(_, text) => key::is_meant_as_key(text),
            Authorization::None | Authorization::Unreadable => false,
        };
        if is_key {
            Ok(self.api_key(authorization, from).await?)
        } else {
            Ok(self.token(authorization, from).await?)
        }
    }

    /// Makes the token that an operator wants.
    pub fn issue(&self, token: &IssueToken) -> Result<SecretString, IssueError> {
        issue::issue_token(&self.tokens.secrets.load(), &*self.clock, &*self.entropy, token)
    }

    /// Takes other secrets from now on: what `jwt.keys` says after a rotation.
    pub fn set_secrets(&self, secrets: Secrets) {
        self.tokens.secrets.store(Arc::new(secrets));
    }

    /// Revokes an API key; in this process at once, in others within a second.
    pub async fn revoke_key(&self, id: &str) -> Result<ApiKey, KeyError> {
        let revoked = keys::revoke(&*self.store, &*self.clock, &*self.entropy, id).await;
        self.keys.forget(id);
        revoked
    }

    /// Signs a token that the token endpoint answers.
    pub(crate) fn sign(&self, token: &NewToken<'_>) -> Result<SecretString, IssueError> {
        issue::sign(&self.tokens.secrets.load(), &*self.clock, &*self.entropy, token)
    }

    pub(crate) fn tokens(&self) -> &TokenChecker {
        &self.tokens
    }

    /// The key that was presented to the token endpoint, if it is valid.
    pub(crate) async fn key(
        &self,
        presented: &Presented<'_>,
    ) -> Result<Option<Arc<ApiKey>>, roster_directory::Error> {
        self.keys.verify(presented).await
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Counts a failure.
    pub(crate) fn count_failure(&self, from: Option<ClientAddress>) -> Result<(), TooOften> {
        match (&self.failures, from) {
            (Some(failures), Some(ClientAddress(address))) => failures.count(&neighbourhood(address)),
            (None, _) | (_, None) => Ok(()),
        }
    }

    /// Whether the address has failed too often to be heard.
    pub(crate) fn check_failures(&self, from: Option<ClientAddress>) -> Result<(), TooOften> {
        match (&self.failures, from) {
            (Some(failures), Some(ClientAddress(address))) => failures.check(&neighbourhood(address)),
            (None, _) | (_, None) => Ok(()),
        }
    }

    /// Counts a request of a client.
    pub(crate) fn count_request(&self, client: &str) -> Result<(), TooOften> {
        self.requests.as_ref().map_or(Ok(()), |requests| requests.count(&client.to_owned()))
    }
}

impl From<TooOften> for KeyRefused {
    fn from(TooOften { retry_after_seconds }: TooOften) -> Self {
        Self::RateLimited { retry_after_seconds }
    }
}

impl From<TooOften> for TokenRefused {
    fn from(TooOften { retry_after_seconds }: TooOften) -> Self {
        Self::RateLimited { retry_after_seconds }
    }
}

fn invalid(token: &str) -> TokenRefused {
    // It is ASCII, so it can be cut anywhere.
    TokenRefused::Invalid { token: token.get(..TokenRefused::ECHOED_BYTES).unwrap_or(token).to_owned() }
}

/// A key acts with the authorities that its tokens carry.
fn principal_of_key(key: &ApiKey) -> Principal {
    Principal {
        client: key.id.clone(),
        source: key.source.clone(),
        user: None,
        scopes: key.scopes.clone(),
        authorities: key.authorities.clone(),
    }
}
