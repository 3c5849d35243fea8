//! Who asks the endpoints.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, header};
use roster_directory::record::ApiKey;
use roster_directory::{Scope, Source};
use roster_wire::ClientAddress;
use zeroize::Zeroizing;

use super::OAuth;
use super::answer::OAuthError;
use super::form::Form;
use crate::authorization::Authorization;
use crate::key;

/// A client.
pub(crate) enum Client {
    /// One that authenticated with its API key.
    Key(Arc<ApiKey>),
    /// One without a secret, that the password grant is open to.
    Public(Source),
}

impl Client {
    /// The client id of its tokens.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Key(key) => &key.id,
            Self::Public(name) => name.as_str(),
        }
    }

    /// The source that its tokens name.
    pub(crate) fn source(&self) -> Option<&Source> {
        match self {
            Self::Key(key) => Some(&key.source),
            Self::Public(_) => None,
        }
    }

    /// Whether it may revoke the token of any client.
    pub(crate) fn is_admin(&self) -> bool {
        match self {
            Self::Key(key) => key.scopes.contains(&Scope::Admin),
            Self::Public(_) => false,
        }
    }
}

/// Finds out who asks: by HTTP Basic, or, for a client without a secret, by `client_id`.
pub(crate) async fn authenticate(
    state: &OAuth,
    headers: &HeaderMap,
    form: &Form,
    from: Option<ClientAddress>,
) -> Result<Client, OAuthError> {
    let client = match find(state, headers, form).await? {
        Some(client) => client,
        None => {
            state.auth.count_failure(from)?;
            return Err(OAuthError::InvalidClient);
        }
    };
    state.auth.count_request(client.id())?;
    Ok(client)
}

async fn find(state: &OAuth, headers: &HeaderMap, form: &Form) -> Result<Option<Client>, OAuthError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next();
    let twice = values.next().is_some();
    if twice || form.get("client_secret").is_some() {
        return Err(OAuthError::InvalidRequest("A client authenticates once, by HTTP Basic"));
    }
    let named = form.get("client_id");
    if value.is_none() {
        return Ok(named.and_then(|name| public_client(state, name)).map(Client::Public));
    }
    let Some((id, password)) = Authorization::read(value).of_scheme("Basic").and_then(basic) else {
        return Ok(None);
    };
    if named.is_some_and(|name| name != *id) {
        return Err(OAuthError::InvalidRequest(
            "client_id names another client than the one that authenticates",
        ));
    }
    // The whole key, or the part of it after the id.
    let presented = key::read(&password).filter(|presented| presented.id == *id);
    let Some(presented) = presented.or_else(|| key::read_parts(&id, &password)) else { return Ok(None) };
    Ok(state.auth.key(&presented).await?.map(Client::Key))
}

fn basic(credentials: &str) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(credentials).ok()?);
    let (id, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    Some((id.to_owned().into(), password.to_owned().into()))
}

fn public_client(state: &OAuth, name: &str) -> Option<Source> {
    let clients = &state.options.password_grant.as_ref()?.public_clients;
    clients.iter().find(|client| client.as_str() == name).cloned()
}
