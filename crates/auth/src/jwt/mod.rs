//! Checking tokens.
//!
//! A token without `iss` is verified with Roster's own secrets alone, one with `iss` with that configured issuer's keys
//! alone. The key fixes the algorithm; what the token says of it must agree. Time comes from the given clock.

mod claims;
mod form;
pub(crate) mod issue;

use std::sync::Arc;

use arc_swap::ArcSwap;
use jsonwebtoken::{Algorithm, DecodingKey};
use roster_directory::record::{Record, RecordKey, RevokedToken};
use roster_directory::store::{RecordWrite, Store};
use roster_directory::{Clock, Entropy, Error, Principal, Source, Target, Timestamp, UserId};

use crate::cache::RecordCache;
use crate::issuer::IssuerKeys;
use crate::jwt::claims::{BadClaim, Claims, OwnClaims, Untimely};
use crate::jwt::form::{Header, Parts};
use crate::jwt::issue::Subject;
use crate::records;
use crate::secrets::{Secret, Secrets};
use crate::verify_key::KeyChecker;

/// The most bytes of a token.
pub(crate) const LONGEST_TOKEN: usize = 8 << 10;
/// The most revocations, and tokens that were not revoked, that are kept in memory.
const CACHED_REVOCATIONS: usize = 10_000;
/// A revocation outlives its token by the longest leeway.
const LONGEST_LEEWAY_SECONDS: i64 = 60;

/// Why a token gives no principal.
#[derive(Debug)]
pub(crate) enum TokenFault {
    /// It does not have a JWT's form.
    NotAToken,
    /// It is genuine and has expired.
    Expired,
    /// Anything else is wrong with it.
    Refused,
    /// It could not be checked.
    Failed(Error),
}

impl From<BadClaim> for TokenFault {
    fn from(BadClaim: BadClaim) -> Self {
        Self::Refused
    }
}

impl From<Untimely> for TokenFault {
    fn from(untimely: Untimely) -> Self {
        match untimely {
            Untimely::Expired => Self::Expired,
            Untimely::Early => Self::Refused,
        }
    }
}

impl From<Error> for TokenFault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Checks tokens.
pub(crate) struct TokenChecker {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) secrets: ArcSwap<Secrets>,
    pub(crate) issuers: Vec<IssuerKeys>,
    pub(crate) keys: Arc<KeyChecker>,
    pub(crate) revoked: RecordCache<RevokedToken>,
    pub(crate) leeway_seconds: i64,
}

/// What has to be known of one of Roster's own tokens to revoke it.
pub(crate) struct Revocable {
    pub(crate) client_id: String,
    jti: String,
    expires_at: i64,
}

impl TokenChecker {
    /// The cache of revocations over a store.
    pub(crate) fn revocations(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> RecordCache<RevokedToken> {
        RecordCache::new(store, clock, CACHED_REVOCATIONS, |record| {
            if let Record::RevokedToken(revoked) = record { Some(revoked) } else { None }
        })
    }

    /// Who the token says is asking, if it is to be believed.
    pub(crate) async fn principal(&self, token: &str) -> Result<Principal, TokenFault> {
        let parts = Parts::split(token).ok_or(TokenFault::NotAToken)?;
        let (header, claims) = parts.objects().ok_or(TokenFault::NotAToken)?;
        if token.len() > LONGEST_TOKEN || !claims.duplicates().is_empty() {
            return Err(TokenFault::Refused);
        }
        let header = Header::read(&header).ok_or(TokenFault::Refused)?;
        let Some(issuer) = claims.get("iss") else {
            self.verify_own(&parts, &header)?;
            let (claims, own) = Claims::own(&claims)?;
            return self.own_principal(claims, own).await;
        };
        let named = issuer.text().value();
        let issuer =
            self.issuers.iter().find(|issuer| Some(issuer.name()) == named).ok_or(TokenFault::Refused)?;
        let key = issuer.key(header.kid, header.algorithm).await?.ok_or(TokenFault::Refused)?;
        check_signature(&parts, &key.key, key.algorithm.of_jsonwebtoken())?;
        let claims = Claims::of_issuer(&claims, issuer.audiences())?;
        claims.check_times(self.clock.now(), self.leeway_seconds)?;
        let source = issuer.source().cloned().map_or_else(|| Source::new(&claims.client_id), Ok);
        Ok(principal(claims, source.map_err(|_| TokenFault::Refused)?, None))
    }

    /// One of Roster's own tokens, whether or not it is still valid; `None` for any other text.
    pub(crate) fn revocable(&self, token: &str) -> Option<Revocable> {
        let parts = Parts::split(token).filter(|_| token.len() <= LONGEST_TOKEN)?;
        let (header, claims) = parts.objects()?;
        if claims.get("iss").is_some() || !claims.duplicates().is_empty() {
            return None;
        }
        self.verify_own(&parts, &Header::read(&header)?).ok()?;
        let (claims, own) = Claims::own(&claims).ok()?;
        Some(Revocable { client_id: claims.client_id, jti: own.jti, expires_at: claims.expires_at })
    }

    /// Refuses a token from now on; in this process at once.
    pub(crate) async fn revoke(&self, token: Revocable) -> Result<(), Error> {
        let now = self.clock.now();
        let last_second = token.expires_at.saturating_add(LONGEST_LEEWAY_SECONDS);
        let expires_at = Timestamp::from_unix_seconds(last_second).unwrap_or(Timestamp::MAX);
        if expires_at <= now {
            return Ok(());
        }
        let key = RecordKey::RevokedToken(token.jti.clone());
        let record = Record::RevokedToken(RevokedToken { jti: token.jti, revoked_at: now, expires_at });
        let parts = (&*self.store, &*self.clock, &*self.entropy);
        let written = records::change(parts, key.clone(), move |current| {
            Ok(current.is_none().then(|| RecordWrite::Put(record.clone())))
        });
        let written = written.await;
        // Whatever came of it: what was read before may no longer hold.
        self.revoked.forget(&key);
        written.map(|_| ())
    }

    fn verify_own(&self, parts: &Parts<'_>, header: &Header<'_>) -> Result<(), TokenFault> {
        if header.algorithm != "HS256" {
            return Err(TokenFault::Refused);
        }
        let secrets = self.secrets.load();
        let named = |secret: &&Secret| header.kid.is_none_or(|kid| kid == secret.kid);
        let right = |secret: &Secret| check_signature(parts, &secret.verifies, Algorithm::HS256).is_ok();
        if secrets.all().filter(named).any(right) { Ok(()) } else { Err(TokenFault::Refused) }
    }

    async fn own_principal(&self, claims: Claims, own: OwnClaims) -> Result<Principal, TokenFault> {
        claims.check_times(self.clock.now(), self.leeway_seconds)?;
        let OwnClaims { jti, subject, source } = own;
        if self.revoked.get(RecordKey::RevokedToken(jti)).await?.is_some() {
            return Err(TokenFault::Refused);
        }
        // With a source it was made with a key, and goes when the key goes.
        if source.is_some() && !self.keys.is_live(&claims.client_id).await? {
            return Err(TokenFault::Refused);
        }
        let user = match subject {
            Some(subject) => Some(self.living(subject).await?),
            None => None,
        };
        let source = source.map_or_else(|| Source::new(&claims.client_id), Ok);
        Ok(principal(claims, source.map_err(|_| TokenFault::Refused)?, user))
    }

    /// The user, read anew at each use, if its tokens are good.
    async fn living(&self, subject: Subject) -> Result<UserId, TokenFault> {
        let user = self.store.user(Target::Id(subject.user)).await.map_err(Error::from)?;
        let good = user.is_some_and(|user| user.is_living() && user.active && Subject::of(&user) == subject);
        if good { Ok(subject.user) } else { Err(TokenFault::Refused) }
    }
}

fn principal(claims: Claims, source: Source, user: Option<UserId>) -> Principal {
    let Claims { expires_at: _, not_before: _, client_id, scopes, authorities } = claims;
    Principal { client: client_id, source, user, scopes, authorities }
}

fn check_signature(parts: &Parts<'_>, key: &DecodingKey, algorithm: Algorithm) -> Result<(), TokenFault> {
    let right = jsonwebtoken::crypto::verify(parts.signature, parts.message.as_bytes(), key, algorithm);
    if right.unwrap_or(false) { Ok(()) } else { Err(TokenFault::Refused) }
}
