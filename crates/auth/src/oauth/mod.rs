//! The token endpoint (RFC 6749) and the revocation endpoint (RFC 7009).
//!
//! A client authenticates by HTTP Basic: its API key's id is the user name; the password is the whole key, or the part after
//! the id.

mod answer;
mod client;
mod form;
mod handlers;
mod password_grant;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use roster_directory::value::parse_uuid;
use roster_directory::{Directory, Entropy, PasswordHash, Passwords, Scope, Scopes};
use roster_directory::{Invalid, Source, UserId, UserName};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Auth, password};

pub use answer::server_fault;

/// A user that the operator names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedUser {
    /// By id.
    Id(UserId),
    /// By user_name, compared as user_names are.
    UserName(UserName),
}

impl std::str::FromStr for NamedUser {
    type Err = Invalid;

    /// A text in the form of a UUID is an id, and never a user_name: a user_name is a caller's to choose.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        parse_uuid(text).map(|id| Self::Id(UserId(id))).or_else(|_| UserName::new(text).map(Self::UserName))
    }
}

/// The password grant, which RFC 9700 advises against: it exists for consoles that know nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordGrant {
    /// The ids of the API keys that may use it.
    pub keys: BTreeSet<String>,
    /// Clients that may use it without a secret, by their `client_id`.
    pub public_clients: BTreeSet<Source>,
    /// What users' tokens may do at the most; with a key, no more than the key may.
    pub scopes: Scopes,
    /// The authorities of the tokens of some users. Nobody else's token has any.
    pub authorities: BTreeMap<NamedUser, BTreeSet<String>>,
}

impl Default for PasswordGrant {
    /// For no client; users may read and write.
    fn default() -> Self {
        Self {
            keys: BTreeSet::new(),
            public_clients: BTreeSet::new(),
            scopes: Scopes::from([Scope::UsersRead, Scope::UsersWrite]),
            authorities: BTreeMap::new(),
        }
    }
}

/// How the endpoints behave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How long a token is valid, in whole seconds.
    pub token_lifetime: Duration,
    /// The password grant, if there is one.
    pub password_grant: Option<PasswordGrant>,
    /// The largest body, in bytes.
    pub body_limit: usize,
}

impl Default for Options {
    /// Tokens for an hour, no password grant, 16 KiB.
    fn default() -> Self {
        Self { token_lifetime: Duration::from_hours(1), password_grant: None, body_limit: 16 << 10 }
    }
}

/// What the endpoints need.
#[derive(Clone)]
pub struct OAuth {
    auth: Arc<Auth>,
    directory: Arc<Directory>,
    passwords: Arc<dyn Passwords>,
    /// What the password of a user that does not exist is compared with.
    decoy: PasswordHash,
    options: Arc<Options>,
}

impl std::fmt::Debug for OAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OAuth").field("options", &self.options).finish_non_exhaustive()
    }
}

impl OAuth {
    /// The endpoints over what they need.
    pub fn new(
        auth: Arc<Auth>,
        directory: Arc<Directory>,
        passwords: Arc<dyn Passwords>,
        entropy: &dyn Entropy,
        options: Options,
    ) -> Self {
        Self { auth, directory, passwords, decoy: password::decoy(entropy), options: Arc::new(options) }
    }
}

/// The name of the client's authentication in the OpenAPI document.
const CLIENT_SCHEME: &str = "oauthClient";

/// `POST /oauth/token` and `POST /oauth/revoke`.
pub fn router() -> OpenApiRouter<OAuth> {
    let mut basic = Http::new(HttpAuthScheme::Basic);
    basic.description = Some(
        "The id of an API key, and the key (or the part of it after the id) as the password.".to_owned(),
    );
    let components =
        ComponentsBuilder::new().security_scheme(CLIENT_SCHEME, SecurityScheme::Http(basic)).build();
    OpenApiRouter::with_openapi(OpenApiBuilder::new().components(Some(components)).build())
        .routes(routes!(handlers::token))
        .routes(routes!(handlers::revoke))
}
