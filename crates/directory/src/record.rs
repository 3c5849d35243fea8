//! What the directory keeps besides users: API keys, revoked tokens, the registers, and idempotency records.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::Scopes;
use crate::clock::Timestamp;
use crate::error::Refusal;
use crate::group::{Group, GroupEntry, GroupId, Membership};
use crate::idempotency::IdempotencyKey;
use crate::store::Effect;
use crate::user::{ExternalId, Link, ProfileId, Source, User, UserId};
use crate::value::Text;

/// A secret of an API key, hashed. Two are valid at once while a key is rotated.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret {
    /// SHA-256 of the secret: it is high-entropy.
    pub sha256: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySecret")
            .field("created_at", &self.created_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The public part: it stands in the key, in the journal and in lists.
    pub id: String,
    /// What the operator calls it.
    pub name: String,
    /// The name space of its external ids.
    pub source: Source,
    /// What it may do.
    pub scopes: Scopes,
    /// What the tokens made with it may carry.
    pub authorities: BTreeSet<String>,
    /// The valid secrets, the newest first; two at the most.
    pub secrets: Vec<KeySecret>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// Since when it is refused.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, coarsely.
    pub last_used_at: Option<Timestamp>,
}

/// A token that is refused although its signature and its times are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedToken {
    /// The token's id (RFC 7519, 4.1.7).
    pub jti: String,
    /// When it was revoked.
    pub revoked_at: Timestamp,
    /// When the token expires: the record may go then.
    pub expires_at: Timestamp,
}

/// The kinds of organisations that a user refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OrganisationKind {
    /// Producers.
    Producer,
    /// Sellers.
    Seller,
    /// Origins.
    Origin,
}

impl OrganisationKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Producer, Self::Seller, Self::Origin];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Producer => "producer",
            Self::Seller => "seller",
            Self::Origin => "origin",
        }
    }

    /// From the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A registered organisation. Within its kind both ids are unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its kind.
    pub kind: OrganisationKind,
    /// Its id.
    pub id: Uuid,
    /// What the sources call it.
    pub external_id: ExternalId,
    /// Its name, for people.
    pub name: Text<255>,
}

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredClient {
    /// Its id: positive.
    pub id: i64,
    /// Its name, for people.
    pub name: Text<255>,
}

/// A registered profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredProfile {
    /// Its id.
    pub id: ProfileId,
    /// Its name, for people.
    pub name: Text<255>,
}

/// What became of a request that carried an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredOutcome {
    /// It was done; the user as it was then. A store seals this under the user's data key.
    Done {
        /// What it did.
        effect: Effect,
        /// The user as it was then, without the password.
        user: Box<User>,
    },
    /// It was refused. Holds no personal values.
    Refused(Refusal),
    /// It was done, but the user's key was destroyed since.
    Erased,
}

/// A request that carried an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The API client.
    pub client: String,
    /// The key.
    pub key: IdempotencyKey,
    /// The HMAC of the request.
    pub request: [u8; 32],
    /// What became of it.
    pub outcome: StoredOutcome,
    /// From when on the key is free again.
    pub expires_at: Timestamp,
}

/// What names a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKey {
    /// An API key by its id.
    ApiKey(String),
    /// A revoked token by its id.
    RevokedToken(String),
    /// An organisation by its id.
    Organisation(OrganisationKind, Uuid),
    /// An organisation by what the sources call it. For look-ups alone: it is never removed by this name.
    OrganisationByExternalId(OrganisationKind, ExternalId),
    /// A client.
    Client(i64),
    /// A profile.
    Profile(ProfileId),
    /// A request by its API client and idempotency key.
    Idempotency(String, IdempotencyKey),
    /// A group by its id.
    Group(GroupId),
    /// A group by its name, folded. For look-ups alone.
    GroupByName(String),
    /// That a user is a member of a group.
    Membership(GroupId, UserId),
    /// An entry of a group's journal, by the group's version. It is never removed.
    GroupEntry(GroupId, u64),
    /// That a user has a link which leads to another.
    SharedLink(Link, UserId),
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An API key.
    ApiKey(ApiKey),
    /// A revoked token.
    RevokedToken(RevokedToken),
    /// An organisation.
    Organisation(Organisation),
    /// A client.
    Client(RegisteredClient),
    /// A profile.
    Profile(RegisteredProfile),
    /// A request.
    Idempotency(Box<IdempotencyRecord>),
    /// A group.
    Group(Group),
    /// That a user is a member of a group.
    Membership(Membership),
    /// An entry of a group's journal.
    GroupEntry(Box<GroupEntry>),
    /// That a user has a link which leads to another: no claim guards it, and whoever looks for all who have it finds it here.
    SharedLink(Link, UserId),
}

impl Record {
    /// What names it.
    pub fn key(&self) -> RecordKey {
        match self {
            Self::ApiKey(key) => RecordKey::ApiKey(key.id.clone()),
            Self::RevokedToken(token) => RecordKey::RevokedToken(token.jti.clone()),
            Self::Organisation(organisation) => RecordKey::Organisation(organisation.kind, organisation.id),
            Self::Client(client) => RecordKey::Client(client.id),
            Self::Profile(profile) => RecordKey::Profile(profile.id.clone()),
            Self::Idempotency(record) => RecordKey::Idempotency(record.client.clone(), record.key.clone()),
            Self::Group(group) => RecordKey::Group(group.id),
            Self::Membership(member) => RecordKey::Membership(member.group_id, member.user_id),
            Self::GroupEntry(entry) => RecordKey::GroupEntry(entry.group_id, entry.version),
            Self::SharedLink(link, user) => RecordKey::SharedLink(link.clone(), *user),
        }
    }
}

/// The records that can be listed, each in the order of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Register {
    /// API keys, by id.
    ApiKeys,
    /// The organisations of a kind, by id.
    Organisations(OrganisationKind),
    /// Clients, by id.
    Clients,
    /// Profiles, by id.
    Profiles,
}
