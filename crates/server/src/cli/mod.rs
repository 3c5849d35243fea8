//! The command line. Each command works on a data directory, also while a server runs on it.

mod config;
mod grant;
mod key;
mod maintain;
mod migrate_store;
mod openapi;
mod output;
mod register;
mod secret;
mod serve;
mod session;
mod target;
mod token;
mod user;
mod user_patch;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{ConfigError, Flags, Loaded, Sources, load, process_variables};

const AFTER_HELP: &str = "\
Examples:
  roster serve --demo                                     try it, on a throw-away directory
  roster serve --data /var/lib/roster                     serve; the directory is made if need be
  roster key create bubble --scopes users:read,users:write --data /var/lib/roster
  roster token issue --user-name console --scope read,write --expires 1h --data /var/lib/roster

Every setting is a flag of `serve`, a ROSTER_* variable and a key of roster.toml, in that order: `roster config show`.";

/// A self-hosted user directory that speaks several documented protocols.
#[derive(Debug, Parser)]
#[command(name = "roster", version, after_help = AFTER_HELP, max_term_width = 110, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// The data directory [env: ROSTER_DATA] [default: roster-data]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    data: Option<PathBuf>,
    /// The file of settings [env: ROSTER_CONFIG] [default: roster.toml in the data directory]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    config: Option<PathBuf>,
    /// Write JSON, for programs
    #[arg(long, global = true, help_heading = "Global options")]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the directory
    Serve(serve::Serve),
    /// API keys: create, list, rotate, revoke
    #[command(subcommand)]
    Key(key::Key),
    /// Tokens (JWTs): issue one
    #[command(subcommand)]
    Token(token::Token),
    /// Users: show, list, history, patch, delete
    #[command(subcommand)]
    User(user::User),
    /// The clients that a user may enter, and as what: list, add, remove
    #[command(subcommand)]
    Grant(grant::Grant),
    /// The register of organisations: list, set, remove
    #[command(subcommand)]
    Organisation(register::Organisation),
    /// The register of clients: list, set, remove
    #[command(subcommand)]
    Client(register::Client),
    /// The register of profiles: list, set, remove
    #[command(subcommand)]
    Profile(register::Profile),
    /// Settings: show them and where each comes from, or check them
    #[command(subcommand)]
    Config(config::Config),
    /// The secrets that sign tokens: rotate them
    #[command(subcommand)]
    Secret(secret::Secret),
    /// Create the database, or bring it to the schema of this version
    Migrate(maintain::Migrate),
    /// Copy a directory from a file into a PostgreSQL database, or back
    MigrateStore(migrate_store::MigrateStore),
    /// Copy the database into a new file, while changes go on
    Backup(maintain::Backup),
    /// Put a backup in place of the database, as a new epoch
    Restore(maintain::Restore),
    /// Check that the database is whole: keys, journal, versions
    Check(maintain::Check),
    /// Print the OpenAPI document, or the Postman collection made from it
    Openapi(openapi::Openapi),
}

impl Global {
    /// The settings, with the flags of a command that takes them.
    fn load(&self, flags: Flags) -> Result<Loaded, ConfigError> {
        load(&Sources {
            flags,
            data: self.data.clone(),
            config: self.config.clone(),
            variables: process_variables(),
        })
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    match run(&global, command) {
        Ok(code) => code,
        Err(error) => {
            output::message(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(global: &Global, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(serve) => serve.run(global),
        Command::Key(key) => key.run(global),
        Command::Token(token) => token.run(global),
        Command::User(user) => user.run(global),
        Command::Grant(grant) => grant.run(global),
        Command::Organisation(organisation) => organisation.run(global),
        Command::Client(client) => client.run(global),
        Command::Profile(profile) => profile.run(global),
        Command::Config(config) => config.run(global),
        Command::Secret(secret) => secret.run(global),
        Command::Migrate(migrate) => migrate.run(global),
        Command::MigrateStore(migrate) => migrate.run(global),
        Command::Backup(backup) => backup.run(global),
        Command::Restore(restore) => restore.run(global),
        Command::Check(check) => check.run(global),
        Command::Openapi(openapi) => openapi.run(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_forms_that_others_rely_on_are_read() {
        for line in [
            "roster serve --data DIR --listen 127.0.0.1:7001",
            "roster serve --data DIR --listen 127.0.0.1:7001 --demo",
            "roster serve --unique-email --references known",
            "roster serve --unique-email=false",
            "roster key create NAME --scopes users:read,users:write --data DIR",
            "roster key create NAME --scopes users:read,users:write --source okta --expires 90d --data DIR",
            "roster token issue --user-name U --scope read,write --expires 1h --data DIR",
        ] {
            Cli::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
        for line in [
            "roster key create NAME --data DIR",
            "roster key create NAME --scopes users:all",
            "roster token issue --user-name U --scope users:read",
            "roster token issue --user-name U --expires soon",
            "roster serve --unique-emial",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
