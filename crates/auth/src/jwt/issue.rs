//! Making Roster's own tokens.

use std::collections::BTreeSet;
use std::time::Duration;

use jsonwebtoken::{Algorithm, Header};
use roster_directory::{Clock, Entropy, Field, Invalid, Scope, Scopes, Source, Text, User, UserId};
use secrecy::SecretString;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::scope_name;
use crate::secrets::Secrets;

/// The user that a token is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The user.
    pub user: UserId,
    /// The version that last changed the user's password when the token was made: once another one does, the token is
    /// refused.
    pub password_version: u64,
}

impl Subject {
    /// The user as it is now.
    pub fn of(user: &User) -> Self {
        Self { user: user.id, password_version: user.field_versions.get(Field::Password) }
    }
}

/// A token that an operator wants.
#[derive(Debug, Clone)]
pub struct IssueToken {
    /// Whose it is, as people read it. It need not name a user of the directory, and identifies nobody.
    pub user_name: String,
    /// The client that it is for, and the name space of that client's external ids.
    pub client_id: String,
    /// What it may do.
    pub scopes: Scopes,
    /// Its authorities.
    pub authorities: BTreeSet<String>,
    /// How long it is valid.
    pub lifetime: Duration,
    /// The user of the directory whose token it is: refused once that user is inactive, deleted, or has another password.
    pub subject: Option<Subject>,
}

impl IssueToken {
    /// A token as the Zynchro console has it: the client `zynchro`, the authority `ROLE_SYSTEMADMIN`, read and write, for an hour.
    pub fn new(user_name: &str) -> Self {
        Self {
            user_name: user_name.to_owned(),
            client_id: "zynchro".to_owned(),
            scopes: Scopes::from([Scope::UsersRead, Scope::UsersWrite]),
            authorities: BTreeSet::from(["ROLE_SYSTEMADMIN".to_owned()]),
            lifetime: Duration::from_hours(1),
            subject: None,
        }
    }
}

/// Why a token can't be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The user_name is none.
    #[error("the user_name {0}")]
    UserName(Invalid),
    /// The client id is none.
    #[error("the client id {0}")]
    ClientId(Invalid),
    /// It would be able to do nothing.
    #[error("a token needs at least one scope")]
    NoScope,
    /// It would never be valid.
    #[error("a token must be valid for a second at least")]
    Lifetime,
    /// It can't be signed.
    #[error("the token can't be signed")]
    Signature,
}

/// What a token is made of, from wherever it is asked for.
pub(crate) struct NewToken<'a> {
    pub(crate) user_name: Option<&'a str>,
    pub(crate) client_id: &'a str,
    pub(crate) scopes: &'a Scopes,
    pub(crate) authorities: &'a BTreeSet<String>,
    pub(crate) lifetime_seconds: u64,
    pub(crate) subject: Option<Subject>,
    /// Of the key that it is made with, whose id `client_id` is then.
    pub(crate) source: Option<&'a Source>,
}

/// The claims in the order in which the sample of the Zynchro document has them, then Roster's own.
#[derive(Serialize)]
struct WrittenClaims<'a> {
    exp: i64,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<&'a str>,
    authorities: &'a BTreeSet<String>,
    jti: String,
    client_id: &'a str,
    scope: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pwv: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
}

/// Signs a token with the newest secret.
pub(crate) fn sign(
    secrets: &Secrets,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    token: &NewToken<'_>,
) -> Result<SecretString, IssueError> {
    let now = clock.now();
    let lifetime = i64::try_from(token.lifetime_seconds).unwrap_or(i64::MAX);
    let claims = WrittenClaims {
        exp: now.plus_seconds(lifetime).unix_seconds(),
        iat: now.unix_seconds(),
        user_name: token.user_name,
        authorities: token.authorities,
        jti: entropy.uuid_v7(now).to_string(),
        client_id: token.client_id,
        scope: token.scopes.iter().map(|scope| scope_name::in_token(*scope)).collect(),
        sub: token.subject.map(|subject| subject.user.to_string()),
        pwv: token.subject.map(|subject| subject.password_version),
        source: token.source.map(Source::as_str),
    };
    let secret = secrets.newest();
    let header = Header { kid: Some(secret.kid.clone()), ..Header::new(Algorithm::HS256) };
    let text = jsonwebtoken::encode(&header, &claims, &secret.signs).map_err(|_| IssueError::Signature)?;
    Ok(Zeroizing::new(text).as_str().into())
}

/// Makes the token that an operator wants, without a running server.
pub fn issue_token(
    secrets: &Secrets,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    token: &IssueToken,
) -> Result<SecretString, IssueError> {
    let IssueToken { user_name, client_id, scopes, authorities, lifetime, subject } = token;
    let named =
        if user_name.is_empty() { Err(Invalid::Empty) } else { Text::<255>::new(user_name).map(|_| ()) };
    named.map_err(IssueError::UserName)?;
    Source::new(client_id).map_err(IssueError::ClientId)?;
    if scopes.is_empty() {
        return Err(IssueError::NoScope);
    }
    if lifetime.as_secs() == 0 {
        return Err(IssueError::Lifetime);
    }
    let token = NewToken {
        user_name: Some(user_name),
        client_id,
        scopes,
        authorities,
        lifetime_seconds: lifetime.as_secs(),
        subject: *subject,
        source: None,
    };
    sign(secrets, clock, entropy, &token)
}
