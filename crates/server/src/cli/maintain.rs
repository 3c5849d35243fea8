//! `roster migrate`, `backup`, `restore` and `check`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use roster_store_sqlite as sqlite;
use serde_json::json;

use super::session::Session;
use super::{Global, output};
use crate::config::database_url::DatabaseUrl;
use crate::config::{Flags, Settings};
use crate::data_dir::{DataDir, IfMissing};
use crate::store::{self, AnyStore, Migrated};
use crate::system::Outside;

/// Copies of a server's database are its own tools' business.
const PG_DUMP: &str = "the directory is in PostgreSQL: back it up and restore it with pg_dump and pg_restore, or with the server's archive";

#[derive(Debug, Args)]
pub(crate) struct Migrate {}

#[derive(Debug, Args)]
#[command(after_help = "\
A backup holds personal data, sealed and not; it holds neither master.key nor jwt.keys: keep those elsewhere.

Example:
  roster backup /backups/roster-$(date +%F).db")]
pub(crate) struct Backup {
    /// The file to make; it must not be there yet
    to: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Stop the server first. master.key must be the one of the backup. Positions in the feed that were given before the
restore are of another epoch: their holders are told to read anew.

Example:
  roster restore /backups/roster-2026-01-31.db --force")]
pub(crate) struct Restore {
    /// The backup
    from: PathBuf,
    /// Replace the database that is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Check this file instead of the data directory's, a backup for instance
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
}

impl Migrate {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let Self {} = self;
        let settings = global.load(Flags::default())?.settings;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let migrate = || runtime.block_on(store::migrate(&settings, &Outside::default()));
        let Migrated { from, to } = output::while_working("migrating", migrate)?;
        if global.json {
            output::json(&json!({ "from": from, "to": to }))?;
        } else if from == to {
            output::message(&format!("The database has schema {to} already."));
        } else {
            output::message(&format!("The database went from schema {from} to {to}."));
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Backup {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        Session::run(global, IfMissing::Fail, async |session| {
            let AnyStore::Sqlite(store) = &session.system.any_store else { bail!(PG_DUMP) };
            output::while_working("copying", || store.backup(&self.to))?;
            Ok(())
        })?;
        if global.json {
            output::json(&json!({ "backup": self.to }))?;
        } else {
            output::message(&format!("The backup is {}.", self.to.display()));
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Restore {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let settings = global.load(Flags::default())?.settings;
        if settings.database_url.0.is_some() {
            bail!(PG_DUMP);
        }
        let outside = Outside::default();
        let data_dir = DataDir::open(&settings, IfMissing::Make)?;
        let restore = || sqlite::restore(&self.from, &data_dir.database(), self.force, &*outside.entropy);
        let epoch = output::while_working("restoring", restore)?;
        if global.json {
            output::json(&json!({ "epoch": epoch }))?;
        } else {
            output::message(&format!("The backup is restored. The epoch is now {epoch}."));
        }
        // A restored database without its key is of little use: said now rather than at the next start.
        data_dir.keyring(&*outside.entropy)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Check {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let settings = global.load(Flags::default())?.settings;
        let (name, findings) = if settings.database_url.0.is_some() && self.database.is_none() {
            let check = async |session: &Session| Ok(session.system.any_store.check().await);
            let findings =
                output::while_working("checking", || Session::run(global, IfMissing::Fail, check))?;
            ("The database".to_owned(), findings)
        } else {
            let file = Settings { database_url: DatabaseUrl::default(), ..settings };
            let data_dir = DataDir::open(&file, IfMissing::Fail)?;
            let keyring = data_dir.keyring(&*Outside::default().entropy)?;
            let database = self.database.unwrap_or_else(|| data_dir.database());
            let findings = output::while_working("checking", || sqlite::check(&database, &keyring));
            (database.display().to_string(), findings)
        };
        if global.json {
            let told = findings.iter().map(|found| json!({ "place": found.place, "problem": found.problem }));
            output::json(&told.collect::<Vec<_>>())?;
        } else if findings.is_empty() {
            output::message(&format!("{name} is whole."));
        } else {
            output::table(
                ["where", "what"],
                findings.iter().map(|found| [found.place.clone(), found.problem.clone()]),
            )?;
        }
        Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
