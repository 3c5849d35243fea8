//! `roster user`.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use roster_dialect_rest::{ChangeJson, ElementJson, EntryJson, ValueJson, entry_json, user_json};
use roster_directory::directory::MOST_ON_A_PAGE;
use roster_directory::store::{UserFilter, UserQuery};
use roster_directory::{Dialect, Email, Timestamp, UserName};

use super::output::{self, or_dash};
use super::session::{Session, told};
use super::target::{self, Named};
use super::user_patch::Patch;
use super::{Global, user_patch};
use crate::data_dir::IfMissing;

const LIST_EXAMPLES: &str = "\
Examples:
  roster user list
  roster user list --email ann@x.example
  roster user list --updated-since 2026-01-01T00:00:00Z --json";

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Show a user
    Show {
        #[arg(help = target::HELP)]
        user: Named,
    },
    /// List users
    #[command(after_help = LIST_EXAMPLES)]
    List(List),
    /// Show what happened to a user, oldest first; of a deleted user by its id
    History {
        #[arg(help = target::HELP)]
        user: Named,
    },
    /// Change a user
    #[command(after_help = user_patch::EXAMPLES)]
    Patch(Patch),
    /// Delete a user; its id, number and history stay
    Delete {
        #[arg(help = target::HELP)]
        user: Named,
    },
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Those with this email
    #[arg(long, value_parser = email, group = "filter")]
    email: Option<Email>,
    /// The one with this user_name
    #[arg(long, value_name = "NAME", value_parser = user_name, group = "filter")]
    user_name: Option<UserName>,
    /// Those that were changed at or after this moment (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time, group = "filter")]
    updated_since: Option<Timestamp>,
    /// The most users to list
    #[arg(long, value_name = "N", default_value_t = MOST_ON_A_PAGE)]
    limit: usize,
}

fn email(text: &str) -> Result<Email, String> {
    Email::new(text).map_err(|why| why.to_string())
}

fn user_name(text: &str) -> Result<UserName, String> {
    UserName::new(text).map_err(|why| why.to_string())
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).map_err(|why| why.to_string())
}

impl User {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        Session::run(global, IfMissing::Fail, async |session| match self {
            Self::Show { user } => show(session, user).await,
            Self::List(list) => list.run(session).await,
            Self::History { user } => history(session, user).await,
            Self::Patch(patch) => patch.run(session).await,
            Self::Delete { user } => delete(session, user).await,
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn show(session: &Session, Named(target): Named) -> anyhow::Result<()> {
    let user = session.system.directory.get(&session.who, target).await;
    show_user(session, &*user.map_err(|error| told(error, None))?)
}

/// A user as JSON, or as a table of fields.
pub(super) fn show_user(session: &Session, user: &roster_directory::User) -> anyhow::Result<()> {
    let shown = user_json(user);
    if session.json {
        return output::json(&shown);
    }
    let shown = serde_json::to_value(&shown)?;
    let fields = shown.as_object().into_iter().flatten();
    let row = |(name, value): (&String, &serde_json::Value)| {
        let text = match value {
            serde_json::Value::Null => "–".to_owned(),
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Bool(_)
            | serde_json::Value::Number(_)
            | serde_json::Value::Array(_)
            | serde_json::Value::Object(_) => value.to_string(),
        };
        [name.clone(), text]
    };
    output::table(["field", "value"], fields.map(row))
}

impl List {
    async fn run(self, session: &Session) -> anyhow::Result<()> {
        let Self { email, user_name, updated_since, limit } = self;
        let filter = match (email, user_name, updated_since) {
            (Some(email), _, _) => UserFilter::Email(email),
            (None, Some(name), _) => UserFilter::UserName(name),
            (None, None, Some(since)) => UserFilter::RecordedSince(since),
            (None, None, None) => UserFilter::All,
        };
        let mut found: Vec<Arc<roster_directory::User>> = Vec::new();
        let mut after = None;
        while found.len() < limit {
            let query =
                UserQuery { filter: filter.clone(), after, limit: MOST_ON_A_PAGE.min(limit - found.len()) };
            let page = session.system.directory.list(&session.who, query).await;
            let page = page.map_err(|error| told(error, None))?;
            found.extend(page.users);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if session.json {
            return output::json(&found.iter().map(|user| user_json(user)).collect::<Vec<_>>());
        }
        let row = |user: Arc<roster_directory::User>| {
            [
                user.number.to_string(),
                user.user_name.to_string(),
                or_dash(user.shown_name()),
                or_dash(user.profile.email.as_ref()),
                if user.active { "active" } else { "inactive" }.to_owned(),
                user.recorded_at.to_rfc3339_millis(),
            ]
        };
        output::table(
            ["number", "user_name", "name", "email", "state", "changed"],
            found.into_iter().map(row),
        )
    }
}

async fn history(session: &Session, Named(target): Named) -> anyhow::Result<()> {
    let mut entries: Vec<EntryJson> = Vec::new();
    loop {
        let after = entries.last().map_or(0, |entry| entry.version);
        let page =
            session.system.directory.history(&session.who, target.clone(), after, MOST_ON_A_PAGE).await;
        let page = page.map_err(|error| told(error, None))?;
        let is_last = page.len() < MOST_ON_A_PAGE;
        entries.extend(page.iter().map(|(position, entry)| entry_json(position, entry)));
        if is_last {
            break;
        }
    }
    if session.json {
        return output::json(&entries);
    }
    let row = |entry: EntryJson| {
        let changes =
            entry.changes.as_ref().map(|changes| changes.iter().map(change).collect::<Vec<_>>().join("\n"));
        [
            entry.version.to_string(),
            entry.recorded_at,
            entry.kind.to_owned(),
            format!("{} ({})", entry.actor.client, entry.dialect),
            changes.unwrap_or_else(|| "(erased)".to_owned()),
        ]
    };
    output::table(["version", "when", "what", "who", "changes"], entries.into_iter().map(row))
}

fn change(change: &ChangeJson) -> String {
    match change {
        ChangeJson::Values { field, before, after } => {
            format!("{field}: {} → {}", value(before.as_ref()), value(after.as_ref()))
        }
        ChangeJson::Secret { field, changed: _ } => format!("{field}: changed"),
    }
}

fn value(value: Option<&ValueJson>) -> String {
    match value {
        None => "–".to_owned(),
        Some(ValueJson::Text(text)) => text.clone(),
        Some(ValueJson::Bool(truth)) => truth.to_string(),
        Some(ValueJson::Link { source, external_id }) => format!("{source}:{external_id}"),
        Some(ValueJson::Grant(grant)) => format!("client {} as {}", grant.client_id, grant.profile_id),
        Some(ValueJson::Holder { taken_over_from }) => format!("taken over from {taken_over_from}"),
        Some(ValueJson::Element(element)) => {
            let ElementJson { element: id, attribute, value, kind, is_own, .. } = &**element;
            let kind = kind.as_deref().map_or(String::new(), |kind| format!(" ({kind})"));
            let shown = value.as_deref().or(is_own.then_some("the user's own")).unwrap_or("–");
            format!("{attribute} {id}{kind}: {shown}")
        }
    }
}

async fn delete(session: &Session, Named(target): Named) -> anyhow::Result<()> {
    let deleted = session.system.directory.delete(&session.who, Dialect::Cli, target, None, None).await;
    let applied = deleted.map_err(|error| told(error, None))?;
    if session.json {
        return output::json(&user_json(&applied.user));
    }
    output::message(&format!("User {} ({}) is deleted.", applied.user.number, applied.user.user_name));
    Ok(())
}
