//! `roster key`.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use roster_auth::keys::{self, DEFAULT_SOURCE, IssuedKey, NewKey};
use roster_directory::record::ApiKey;
use roster_directory::{Scope, Scopes, Source, Timestamp};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::Global;
use super::output::{self, or_dash};
use super::session::Session;
use crate::config::numbers::parse_duration;
use crate::data_dir::IfMissing;

const CREATE_EXAMPLES: &str = "\
Examples:
  roster key create bubble --scopes users:read,users:write
  roster key create nightly --scopes users:write --source crm --expires 90d
  KEY=$(roster key create console --scopes admin)        the key alone is on stdout";

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key and print it, once
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Create),
    /// List the keys, without their secrets
    List,
    /// Give a key a new secret and print it; the old one stays valid for a while
    Rotate(Rotate),
    /// Revoke a key for good; running servers refuse it within a second
    Revoke {
        /// The key's id: the part between the underscores
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What you call it
    name: String,
    /// What it may do: users:read, users:write, groups:write, admin, separated by commas
    #[arg(long, value_name = "SCOPE,...", required = true, value_delimiter = ',', value_parser = scope)]
    scopes: Vec<Scope>,
    /// The name space of its external ids
    #[arg(long, default_value = DEFAULT_SOURCE, value_parser = source)]
    source: Source,
    /// How long it is valid, such as 90d; without this, until it is revoked
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expires: Option<Duration>,
    /// What the tokens that are made with it carry, such as ROLE_SYSTEMADMIN
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    authorities: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// The key's id: the part between the underscores
    id: String,
    /// How long the old secret stays valid
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = duration)]
    overlap: Duration,
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::from_name(text)
        .ok_or_else(|| "a scope is users:read, users:write, groups:write or admin".to_owned())
}

fn source(text: &str) -> Result<Source, String> {
    Source::new(text).map_err(|why| format!("a source {why}"))
}

/// A duration, as a flag has it.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "a duration is like 30s, 12h or 90d".to_owned())
}

/// The moment so much later.
fn after(now: Timestamp, duration: Duration) -> Timestamp {
    now.plus_seconds(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
}

impl Key {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let if_missing = if matches!(self, Self::Create(_)) { IfMissing::Make } else { IfMissing::Fail };
        Session::run(global, if_missing, async |session| match self {
            Self::Create(create) => create.run(session).await,
            Self::List => list(session).await,
            Self::Rotate(rotate) => rotate.run(session).await,
            Self::Revoke { id } => revoke(session, &id).await,
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Create {
    async fn run(self, session: &Session) -> anyhow::Result<()> {
        let Self { name, scopes, source, expires, authorities } = self;
        let new = NewKey {
            name,
            source,
            scopes: Scopes::from_iter(scopes),
            authorities: BTreeSet::from_iter(authorities),
            expires_at: expires.map(|duration| after(session.now(), duration)),
        };
        let outside = &session.system.outside;
        let issued = keys::create(&*session.system.store, &*outside.clock, &*outside.entropy, new).await?;
        show_issued(session, &issued, "Keep it: it can't be shown again.")
    }
}

impl Rotate {
    async fn run(self, session: &Session) -> anyhow::Result<()> {
        let outside = &session.system.outside;
        let issued =
            keys::rotate(&*session.system.store, &*outside.clock, &*outside.entropy, &self.id, self.overlap)
                .await?;
        show_issued(session, &issued, "The old one is valid for the overlap.")
    }
}

fn show_issued(session: &Session, issued: &IssuedKey, note: &str) -> anyhow::Result<()> {
    let IssuedKey { key, text } = issued;
    if session.json {
        let mut shown = key_json(key);
        if let Some(shown) = shown.as_object_mut() {
            shown.insert("key".to_owned(), text.expose_secret().into());
        }
        return output::json(&shown);
    }
    output::message(&format!(
        "Key {} ({}), {}, source {}, {}. {note}",
        key.id,
        key.name,
        names(&key.scopes),
        key.source,
        key.expires_at.map_or_else(|| "valid until revoked".to_owned(), |at| format!("valid until {at}")),
    ));
    output::secret(text)
}

async fn list(session: &Session) -> anyhow::Result<()> {
    let found = keys::list(&*session.system.store).await?;
    if session.json {
        return output::json(&found.iter().map(key_json).collect::<Vec<_>>());
    }
    let now = session.now();
    let time = |at: Option<Timestamp>| or_dash(at.map(Timestamp::to_rfc3339_millis));
    let row = |key: ApiKey| {
        let state = match (key.revoked_at, key.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(at)) if at <= now => "expired",
            (None, _) => "valid",
        };
        [
            key.id.clone(),
            key.name.clone(),
            key.source.to_string(),
            names(&key.scopes),
            state.to_owned(),
            key.secrets.len().to_string(),
            time(key.expires_at),
            time(key.last_used_at),
        ]
    };
    output::table(
        ["id", "name", "source", "scopes", "state", "secrets", "expires", "last used"],
        found.into_iter().map(row),
    )
}

async fn revoke(session: &Session, id: &str) -> anyhow::Result<()> {
    let outside = &session.system.outside;
    let revoked = keys::revoke(&*session.system.store, &*outside.clock, &*outside.entropy, id).await?;
    if session.json {
        return output::json(&key_json(&revoked));
    }
    output::message(&format!("Key {} ({}) is revoked.", revoked.id, revoked.name));
    Ok(())
}

fn names(scopes: &Scopes) -> String {
    scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(",")
}

fn key_json(key: &ApiKey) -> serde_json::Value {
    let ApiKey {
        id,
        name,
        source,
        scopes,
        authorities,
        secrets,
        created_at,
        expires_at,
        revoked_at,
        last_used_at,
    } = key;
    let time = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339_millis);
    json!({
        "id": id,
        "name": name,
        "source": source.as_str(),
        "scopes": scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>(),
        "authorities": authorities,
        "secrets": secrets.len(),
        "created_at": time(Some(*created_at)),
        "expires_at": time(*expires_at),
        "revoked_at": time(*revoked_at),
        "last_used_at": time(*last_used_at),
    })
}
