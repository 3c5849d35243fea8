//! `roster token`.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use roster_auth::{IssueToken, Subject, issue_token, scope_name};
use roster_directory::{Scope, Scopes};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::key::duration;
use super::session::{Session, told};
use super::target::Named;
use super::{Global, output};
use crate::data_dir::IfMissing;

const EXAMPLES: &str = "\
Examples:
  roster token issue --user-name console --scope read,write --expires 1h
  roster token issue --user-name ann --subject ann@x.example       of a user: refused once that user is inactive
  curl -H \"Authorization: Bearer $(roster token issue --user-name me)\" http://127.0.0.1:7878/api/v1/users";

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Sign a token and print it, once
    #[command(after_help = EXAMPLES)]
    Issue(Issue),
}

#[derive(Debug, Args)]
pub(crate) struct Issue {
    /// Whose it is, for people; it need not name a user of the directory
    #[arg(long, value_name = "NAME")]
    user_name: String,
    /// What it may do: read, write, admin, separated by commas
    #[arg(long, value_name = "SCOPE,...", default_value = "read,write", value_delimiter = ',', value_parser = scope)]
    scope: Vec<Scope>,
    /// How long it is valid
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    expires: Duration,
    /// Its authorities
    #[arg(long, value_name = "NAME,...", default_value = "ROLE_SYSTEMADMIN", value_delimiter = ',')]
    authorities: Vec<String>,
    /// The client that it is for, and the name space of that client's external ids
    #[arg(long, value_name = "NAME", default_value = "zynchro")]
    client_id: String,
    /// The user of the directory whose token it is: an id, a number, a user_name or link:SOURCE:EXTERNAL_ID
    #[arg(long, value_name = "USER")]
    subject: Option<Named>,
}

fn scope(text: &str) -> Result<Scope, String> {
    scope_name::from_token(text).ok_or_else(|| "a scope of a token is read, write or admin".to_owned())
}

impl Token {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let Self::Issue(issue) = self;
        Session::run(global, IfMissing::Make, async |session| issue.run(session).await)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Issue {
    async fn run(self, session: &Session) -> anyhow::Result<()> {
        let Self { user_name, scope, expires, authorities, client_id, subject } = self;
        let subject = match subject {
            Some(Named(target)) => {
                let user = session.system.directory.get(&session.who, target).await;
                Some(Subject::of(&*user.map_err(|error| told(error, None))?))
            }
            None => None,
        };
        let token = IssueToken {
            user_name,
            client_id,
            scopes: Scopes::from_iter(scope),
            authorities: BTreeSet::from_iter(authorities.into_iter().filter(|name| !name.is_empty())),
            lifetime: expires,
            subject,
        };
        let outside = &session.system.outside;
        let secrets = session.system.token_secrets.first(&*outside.entropy)?;
        let text = issue_token(&secrets, &*outside.clock, &*outside.entropy, &token)?;
        if session.json {
            return output::json(&json!({ "token": text.expose_secret(), "expires_in": expires.as_secs() }));
        }
        output::secret(&text)
    }
}
