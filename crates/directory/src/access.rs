//! Who asks, and what they may do.

use std::collections::BTreeSet;
use std::fmt;

use crate::error::Error;
use crate::journal::Actor;
use crate::user::{Source, UserId};

/// A right that a credential carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `users:read`: read users, their history and their groups.
    UsersRead,
    /// `users:write`: create, update and delete users.
    UsersWrite,
    /// `groups:write`: create, change and delete groups.
    GroupsWrite,
    /// `admin`: the registers, and all else.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::UsersRead, Self::UsersWrite, Self::GroupsWrite, Self::Admin];

    /// The name, as callers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::UsersRead => "users:read",
            Self::UsersWrite => "users:write",
            Self::GroupsWrite => "groups:write",
            Self::Admin => "admin",
        }
    }

    /// From the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of scopes.
pub type Scopes = BTreeSet<Scope>;

/// Who asks: the outcome of authentication, without which nothing of the directory can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The API client: a key's id, an OAuth client id, or `cli`. Idempotency keys are scoped to it.
    pub client: String,
    /// The name space of the external ids that it uses.
    pub source: Source,
    /// The user on whose behalf it asks, where known.
    pub user: Option<UserId>,
    /// What it may do.
    pub scopes: Scopes,
    /// The authorities of its token (`ROLE_SYSTEMADMIN`).
    pub authorities: BTreeSet<String>,
}

impl Principal {
    /// Whether it has the scope; `admin` has every one.
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }

    /// Refuses unless it has the scope.
    pub fn require(&self, scope: Scope) -> Result<(), Error> {
        if self.has(scope) { Ok(()) } else { Err(Error::Forbidden(scope)) }
    }

    /// As the journal names it.
    pub fn actor(&self) -> Actor {
        Actor { client: self.client.clone(), user: self.user }
    }
}
