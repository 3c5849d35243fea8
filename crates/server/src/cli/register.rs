//! `roster organisation`, `roster client`, `roster profile`: the registers that `references = "known"` asks.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use roster_dialect_rest::{client_json, organisation_json, profile_json};
use roster_directory::directory::MOST_ON_A_PAGE;
use roster_directory::record::{
    OrganisationKind, Record, RecordKey, Register, RegisteredClient, RegisteredProfile,
};
use roster_directory::value::parse_uuid;
use roster_directory::{ExternalId, ProfileId, Text};
use serde::Serialize;
use uuid::Uuid;

use super::session::{Session, told};
use super::{Global, output};
use crate::data_dir::IfMissing;

#[derive(Debug, Subcommand)]
pub(crate) enum Organisation {
    /// List the organisations of a kind
    List {
        /// producer, seller or origin
        #[arg(value_parser = kind)]
        kind: OrganisationKind,
    },
    /// Register an organisation, or change the one with its id
    Set(SetOrganisation),
    /// Take an organisation out of the register
    Remove {
        /// producer, seller or origin
        #[arg(value_parser = kind)]
        kind: OrganisationKind,
        /// Its id
        #[arg(value_parser = uuid)]
        id: Uuid,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SetOrganisation {
    /// producer, seller or origin
    #[arg(value_parser = kind)]
    kind: OrganisationKind,
    /// Its id: a UUID
    #[arg(value_parser = uuid)]
    id: Uuid,
    /// What the sources call it
    #[arg(value_parser = external_id)]
    external_id: ExternalId,
    /// Its name, for people
    #[arg(value_parser = name)]
    name: Text<255>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// List the clients
    List,
    /// Register a client, or change the one with its id
    Set {
        /// Its id
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        id: i64,
        /// Its name, for people
        #[arg(value_parser = name)]
        name: Text<255>,
    },
    /// Take a client out of the register
    Remove {
        /// Its id
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        id: i64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Profile {
    /// List the profiles
    List,
    /// Register a profile, or change the one with its id
    Set {
        /// Its id
        #[arg(value_parser = profile_id)]
        id: ProfileId,
        /// Its name, for people
        #[arg(value_parser = name)]
        name: Text<255>,
    },
    /// Take a profile out of the register
    Remove {
        /// Its id
        #[arg(value_parser = profile_id)]
        id: ProfileId,
    },
}

fn kind(text: &str) -> Result<OrganisationKind, String> {
    OrganisationKind::from_name(text).ok_or_else(|| "a kind is producer, seller or origin".to_owned())
}

fn uuid(text: &str) -> Result<Uuid, String> {
    parse_uuid(text).map_err(|why| why.to_string())
}

fn external_id(text: &str) -> Result<ExternalId, String> {
    ExternalId::new(text).map_err(|why| why.to_string())
}

fn profile_id(text: &str) -> Result<ProfileId, String> {
    ProfileId::new(text).map_err(|why| why.to_string())
}

fn name(text: &str) -> Result<Text<255>, String> {
    Text::new(text).map_err(|why| why.to_string())
}

impl Organisation {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { kind } => list(
                global,
                Register::Organisations(kind),
                organisation_json,
                ["id", "external id", "name"],
                |organisation| [organisation.id.to_string(), organisation.external_id, organisation.name],
            ),
            Self::Set(SetOrganisation { kind, id, external_id, name }) => {
                let organisation = roster_directory::record::Organisation { kind, id, external_id, name };
                put(global, Record::Organisation(organisation))
            }
            Self::Remove { kind, id } => remove(global, RecordKey::Organisation(kind, id)),
        }
    }
}

impl Client {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        match self {
            Self::List => list(global, Register::Clients, client_json, ["id", "name"], |client| {
                [client.id.to_string(), client.name]
            }),
            Self::Set { id, name } => put(global, Record::Client(RegisteredClient { id, name })),
            Self::Remove { id } => remove(global, RecordKey::Client(id)),
        }
    }
}

impl Profile {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        match self {
            Self::List => list(global, Register::Profiles, profile_json, ["id", "name"], |profile| {
                [profile.id, profile.name]
            }),
            Self::Set { id, name } => put(global, Record::Profile(RegisteredProfile { id, name })),
            Self::Remove { id } => remove(global, RecordKey::Profile(id)),
        }
    }
}

fn list<T: Serialize, const N: usize>(
    global: &Global,
    register: Register,
    shown: fn(&Record) -> Option<T>,
    header: [&str; N],
    row: impl FnMut(T) -> [String; N],
) -> anyhow::Result<ExitCode> {
    Session::run(global, IfMissing::Fail, async |session| {
        let mut found: Vec<Record> = Vec::new();
        loop {
            let after = found.last().map(Record::key);
            let page = session.system.directory.records(&session.who, register, after, MOST_ON_A_PAGE).await;
            let page = page.map_err(|error| told(error, None))?;
            let is_last = page.len() < MOST_ON_A_PAGE;
            found.extend(page);
            if is_last {
                break;
            }
        }
        let found = found.iter().filter_map(shown);
        if session.json {
            return output::json(&found.collect::<Vec<_>>());
        }
        output::table(header, found.map(row))
    })?;
    Ok(ExitCode::SUCCESS)
}

fn put(global: &Global, record: Record) -> anyhow::Result<ExitCode> {
    Session::run(global, IfMissing::Fail, async |session| {
        let put = session.system.directory.put_record(&session.who, record).await;
        put.map_err(|error| told(error, None))
    })?;
    output::message("Registered.");
    Ok(ExitCode::SUCCESS)
}

fn remove(global: &Global, key: RecordKey) -> anyhow::Result<ExitCode> {
    Session::run(global, IfMissing::Fail, async |session| {
        let removed = session.system.directory.remove_record(&session.who, key).await;
        removed.map_err(|error| told(error, None))
    })?;
    output::message("Removed.");
    Ok(ExitCode::SUCCESS)
}
