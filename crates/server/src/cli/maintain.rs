//! `roster migrate`, `backup`, `restore` and `check`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use roster_store_sqlite as sqlite;
use serde_json::json;

use super::session::Session;
use super::{Global, output};
use crate::config::Flags;
use crate::data_dir::{DataDir, IfMissing};
use crate::system::{Outside, store_options};

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
        let outside = Outside::default();
        let data_dir = DataDir::open(&settings, IfMissing::Make)?;
        let keyring = Arc::new(data_dir.keyring(&*outside.entropy)?);
        let options = store_options(&settings, &data_dir, &keyring, &outside);
        let sqlite::Migrated { from, to } = output::while_working("migrating", || sqlite::migrate(&options))?;
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
            output::while_working("copying", || session.system.store.backup(&self.to))?;
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
        let data_dir = DataDir::open(&settings, IfMissing::Fail)?;
        let keyring = data_dir.keyring(&*Outside::default().entropy)?;
        let database = self.database.unwrap_or_else(|| data_dir.database());
        let findings = output::while_working("checking", || sqlite::check(&database, &keyring));
        if global.json {
            let told = findings.iter().map(|found| json!({ "place": found.place, "problem": found.problem }));
            output::json(&told.collect::<Vec<_>>())?;
        } else if findings.is_empty() {
            output::message(&format!("{} is whole.", database.display()));
        } else {
            output::table(
                ["where", "what"],
                findings.iter().map(|found| [found.place.clone(), found.problem.clone()]),
            )?;
        }
        Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
