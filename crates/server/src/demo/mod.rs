//! `serve --demo`: a fresh directory with sample users, a key, a token, and the two documented calls ready to paste.

mod page;
mod place;
mod users;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use anyhow::Context as _;
use roster_auth::keys::{self, DEFAULT_SOURCE, NewKey};
use roster_auth::{IssueToken, issue_token};
use roster_directory::{Dialect, ExternalId, Principal, Scope, Scopes, Source};
use secrecy::{ExposeSecret as _, SecretString};

pub use place::{Place, place};

use crate::system::System;

/// A directory with sample users, and credentials for it.
#[derive(Debug)]
pub struct Demo {
    key: SecretString,
    token: SecretString,
    users: usize,
}

impl Demo {
    /// Fills an empty directory.
    pub async fn fill(system: &System) -> anyhow::Result<Self> {
        let source = Source::new(DEFAULT_SOURCE)?;
        let who = Principal {
            client: "demo".to_owned(),
            source: source.clone(),
            user: None,
            scopes: Scopes::from([Scope::UsersWrite]),
            authorities: BTreeSet::new(),
        };
        // One after the other: the users' numbers are in this order.
        for sample in users::SAMPLES {
            let external_id = ExternalId::new(sample.bubble_id)?;
            let patch = sample.patch().context("a sample user")?;
            system.directory.upsert(&who, Dialect::Cli, external_id, patch, None).await?;
        }
        let outside = &system.outside;
        let new = NewKey {
            name: "demo".to_owned(),
            source,
            // All of them, so that every call of the documentation can be tried.
            scopes: Scopes::from(Scope::ALL),
            authorities: BTreeSet::from(["ROLE_SYSTEMADMIN".to_owned()]),
            expires_at: None,
        };
        let key = keys::create(&*system.store, &*outside.clock, &*outside.entropy, new).await?.text;
        let secrets = system.token_secrets.first(&*outside.entropy)?;
        let token = IssueToken { lifetime: std::time::Duration::from_hours(24), ..IssueToken::new("demo") };
        let token = issue_token(&secrets, &*outside.clock, &*outside.entropy, &token)?;
        Ok(Self { key, token, users: users::SAMPLES.len() })
    }

    /// What is printed: where everything is, and the documented calls with their answers.
    pub fn page(&self, address: SocketAddr) -> String {
        let Self { key, token, users } = self;
        page::page(address, key.expose_secret(), token.expose_secret(), *users)
    }
}
