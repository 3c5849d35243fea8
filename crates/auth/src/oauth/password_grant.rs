//! The password grant: who signs in, and what the token may do.

use std::collections::BTreeSet;
use std::sync::Arc;

use roster_directory::{Password, Scope, Scopes, Target, User, UserName, fold};
use roster_wire::ClientAddress;

use super::answer::{OAuthError, WRONG_PASSWORD};
use super::client::Client;
use super::form::Form;
use super::{NamedUser, OAuth, PasswordGrant};

impl PasswordGrant {
    /// What a client may have for its users; `None` where it may not use the grant.
    pub(crate) fn scopes_for(&self, client: &Client) -> Option<Scopes> {
        match client {
            Client::Key(key) if self.keys.contains(&key.id) => {
                let may = |scope: &Scope| key.scopes.contains(scope) || key.scopes.contains(&Scope::Admin);
                Some(self.scopes.iter().copied().filter(may).collect())
            }
            Client::Key(_) => None,
            Client::Public(name) => self.public_clients.contains(name).then(|| self.scopes.clone()),
        }
    }

    /// The authorities that the operator gives to a user.
    pub(crate) fn authorities_of(&self, user: &User) -> BTreeSet<String> {
        let folded = fold::fold(user.user_name.as_str());
        let names = |named: &NamedUser| match named {
            NamedUser::Id(id) => *id == user.id,
            NamedUser::UserName(name) => fold::fold(name.as_str()) == folded,
        };
        self.authorities.iter().filter(|(named, _)| names(named)).flat_map(|(_, all)| all).cloned().collect()
    }
}

/// The user whose name and password were sent. Whether the user exists, has a password, or may sign in makes no
/// difference to what it costs to find out, or to the refusal.
pub(crate) async fn sign_in(
    state: &OAuth,
    client: &Client,
    form: &Form,
    from: Option<ClientAddress>,
) -> Result<Arc<User>, OAuthError> {
    let (Some(name), Some(password)) = (form.get("username"), form.get("password")) else {
        return Err(OAuthError::InvalidRequest("username and password are required"));
    };
    // A password can be guessed: who has failed too often is not heard at all.
    state.auth.check_failures(from)?;
    let user = match UserName::new(name) {
        Ok(name) => {
            state.auth.store().user(Target::UserName(name)).await.map_err(roster_directory::Error::from)?
        }
        Err(_) => None,
    };
    let user = user.filter(|user| user.is_living());
    let hash = user.as_ref().and_then(|user| user.password.clone());
    let right = match Password::new(password) {
        Ok(password) => {
            state.passwords.verify(password, hash.clone().unwrap_or_else(|| state.decoy.clone())).await?
        }
        Err(_) => false,
    };
    match user.filter(|user| right && hash.is_some() && user.active) {
        Some(user) => {
            state.directory.record_sign_in(client.id(), user.id).await?;
            Ok(user)
        }
        None => {
            state.auth.count_failure(from)?;
            Err(OAuthError::InvalidGrant(WRONG_PASSWORD))
        }
    }
}
