//! `roster grant`.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use roster_dialect_rest::user_json;
use roster_directory::store::Effect;
use roster_directory::{Dialect, GrantsPatch, ProfileId, Update, UserPatch};

use super::session::{Session, told};
use super::target::{self, Named};
use super::{Global, output};
use crate::data_dir::IfMissing;

#[derive(Debug, Subcommand)]
pub(crate) enum Grant {
    /// List a user's grants
    List {
        #[arg(help = target::HELP)]
        user: Named,
    },
    /// Let a user enter a client
    Add(Element),
    /// Take a grant away
    Remove(Element),
}

#[derive(Debug, Args)]
pub(crate) struct Element {
    #[arg(help = target::HELP)]
    user: Named,
    /// The client's id
    client: i64,
    /// The profile's id
    #[arg(value_parser = profile)]
    profile: ProfileId,
}

fn profile(text: &str) -> Result<ProfileId, String> {
    ProfileId::new(text).map_err(|why| format!("a profile's id {why}"))
}

impl Grant {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        Session::run(global, IfMissing::Fail, async |session| match self {
            Self::List { user: Named(target) } => {
                let user = session.system.directory.get(&session.who, target).await;
                show(session, &*user.map_err(|error| told(error, None))?)
            }
            Self::Add(element) => {
                edit(session, element, |grant| (BTreeSet::from([grant]), BTreeSet::new())).await
            }
            Self::Remove(element) => {
                edit(session, element, |grant| (BTreeSet::new(), BTreeSet::from([grant]))).await
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

type Grants = BTreeSet<roster_directory::Grant>;

async fn edit(
    session: &Session,
    Element { user: Named(target), client, profile }: Element,
    to_add_and_remove: impl FnOnce(roster_directory::Grant) -> (Grants, Grants),
) -> anyhow::Result<()> {
    let grant =
        roster_directory::Grant::new(client, profile).map_err(|why| anyhow!("a client's id {why}"))?;
    let (add, remove) = to_add_and_remove(grant);
    let patch = UserPatch { grants: GrantsPatch::Edit { add, remove }, ..UserPatch::default() };
    let update = Update { patch, ..Update::default() };
    let applied = session.system.directory.update(&session.who, Dialect::Cli, target, update).await;
    let applied = applied.map_err(|error| told(error, None))?;
    if applied.effect == Effect::Unchanged {
        output::message("Nothing to change.");
    }
    show(session, &applied.user)
}

fn show(session: &Session, user: &roster_directory::User) -> anyhow::Result<()> {
    let grants = user_json(user).grants;
    if session.json {
        return output::json(&grants);
    }
    output::table(
        ["client", "profile"],
        grants.into_iter().map(|grant| [grant.client_id.to_string(), grant.profile_id]),
    )
}
