//! `roster migrate-store`: from a file to PostgreSQL, and back.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use roster_directory::Rules;
use roster_directory::check::Finding;
use roster_directory::seal::Keyring;
use roster_directory::transfer::{Row, TABLES, Table};
use roster_store_postgres::{self as postgres, PostgresStore};
use roster_store_sqlite as sqlite;
use serde_json::json;

use super::{Global, output};
use crate::config::database_url::DatabaseUrl;
use crate::config::value::Value as _;
use crate::config::{Flags, Settings};
use crate::data_dir::{DataDir, DataDirError, IfMissing};
use crate::store::{AnyStore, postgres_options, sqlite_options};
use crate::system::Outside;
use crate::token_secrets::TokenSecrets;

/// How many rows are copied at once.
const PAGE: usize = 1_000;

#[derive(Debug, Args)]
#[command(after_help = "\
Stop every server on the directory first: what is written meanwhile is not copied. The target must be empty. A data
directory that is the target must hold the master.key that the database is sealed under.

Examples:
  roster migrate-store --from /var/lib/roster --to postgres://roster@db/roster
  roster migrate-store --from postgres://roster@db/roster --to /var/lib/roster-again")]
pub(crate) struct MigrateStore {
    /// The data directory, or the database, to copy
    #[arg(long, value_name = "DIR|URL")]
    from: String,
    /// The database, or the data directory, to fill
    #[arg(long, value_name = "URL|DIR")]
    to: String,
}

/// What is read.
enum Source {
    File(sqlite::Export),
    Database(postgres::Export),
}

/// What is filled.
enum Target {
    File(sqlite::Import),
    Database(postgres::Import),
}

impl MigrateStore {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let Self { from, to } = self;
        let settings = global.load(Flags::default())?.settings;
        let (url, directory, leaves_a_file) =
            match (DatabaseUrl::from_text(&from), DatabaseUrl::from_text(&to)) {
                (None, Some(url)) => (url, from, true),
                (Some(url), None) => (url, to, false),
                (Some(_), Some(_)) | (None, None) => {
                    bail!("one of --from and --to is a data directory, the other a URL")
                }
            };
        let file =
            Settings { data: PathBuf::from(directory), database_url: DatabaseUrl::default(), ..settings };
        let database = Settings { database_url: url, ..file.clone() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (rows, findings) = runtime.block_on(migrate(&file, &database, leaves_a_file))?;
        if global.json {
            output::json(&json!({ "rows": rows, "findings": findings.len() }))?;
        } else if findings.is_empty() {
            output::message(&format!("{rows} rows were copied, and what came of them is whole."));
        } else {
            let told = findings.iter().map(|found| [found.place.clone(), found.problem.clone()]);
            output::table(["where", "what"], told)?;
        }
        Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

async fn migrate(
    file: &Settings,
    database: &Settings,
    leaves_a_file: bool,
) -> anyhow::Result<(u64, Vec<Finding>)> {
    let outside = Outside::default();
    let if_missing = if leaves_a_file { IfMissing::Fail } else { IfMissing::Make };
    let data_dir = DataDir::open(file, if_missing)?;
    if !data_dir.has_master_key() {
        return Err(DataDirError::SharedMasterKeyMissing(data_dir.master_key().to_owned()).into());
    }
    let keyring = Arc::new(data_dir.keyring(&*outside.entropy)?);
    let postgres = postgres_options(database, &keyring, &outside).context("a database")?;
    let sqlite = sqlite_options(file, &data_dir, &keyring, &outside);
    let not_empty = "the target is not empty";
    let (source, target) = if leaves_a_file {
        let source = Source::File(sqlite::Export::open(&data_dir.database())?);
        (source, Target::Database(postgres::Import::begin(&postgres).await?.context(not_empty)?))
    } else {
        let source = Source::Database(postgres::Export::open(&postgres).await?);
        (source, Target::File(sqlite::Import::begin(&sqlite)?.context(not_empty)?))
    };
    let rows = copy(&source, target).await?;
    let findings = finish(&data_dir, &keyring, postgres, leaves_a_file, &outside).await?;
    Ok((rows, findings))
}

async fn copy(source: &Source, mut target: Target) -> anyhow::Result<u64> {
    let mut total = 0;
    for table in TABLES {
        total += source.count(table).await?;
    }
    let bar = if io::stderr().is_terminal() { ProgressBar::new(total) } else { ProgressBar::hidden() };
    let style =
        ProgressStyle::with_template("{msg:20} {wide_bar} {human_pos}/{human_len} rows, {eta} to go")?;
    bar.set_style(style);
    for table in TABLES {
        bar.set_message(table.name);
        let mut last: Option<Row> = None;
        loop {
            let page = source.page(table, last.as_ref()).await?;
            let Some(end) = page.last() else { break };
            last = Some(end.clone());
            target.write(table, &page).await?;
            bar.inc(page.len() as u64);
        }
    }
    let copied = bar.position();
    bar.finish_and_clear();
    if copied != total {
        bail!("{copied} of {total} rows were copied: nothing was kept");
    }
    let (rules, next_number) = source.meta().await?;
    target.finish(rules, next_number).await?;
    Ok(copied)
}

/// The secrets that sign tokens go along, and everything is looked at once more.
async fn finish(
    data_dir: &DataDir,
    keyring: &Arc<Keyring>,
    postgres: postgres::Options,
    leaves_a_file: bool,
    outside: &Outside,
) -> anyhow::Result<Vec<Finding>> {
    let store = AnyStore::Postgres(Arc::new(PostgresStore::open(postgres).await?));
    let secrets = TokenSecrets::open(data_dir, &store, &*outside.entropy).await?;
    if leaves_a_file {
        return Ok(store.check().await);
    }
    if let Some(text) = secrets.shared_text()? {
        data_dir.keep_secrets(&text)?;
    }
    Ok(sqlite::check(&data_dir.database(), keyring))
}

impl Source {
    async fn count(&self, table: &Table) -> anyhow::Result<u64> {
        Ok(match self {
            Self::File(export) => export.count(table)?,
            Self::Database(export) => export.count(table).await?,
        })
    }

    async fn page(&self, table: &Table, behind: Option<&Row>) -> anyhow::Result<Vec<Row>> {
        Ok(match self {
            Self::File(export) => export.page(table, behind, PAGE)?,
            Self::Database(export) => export.page(table, behind, PAGE).await?,
        })
    }

    async fn meta(&self) -> anyhow::Result<(Rules, i64)> {
        Ok(match self {
            Self::File(export) => export.meta()?,
            Self::Database(export) => export.meta().await?,
        })
    }
}

impl Target {
    async fn write(&mut self, table: &Table, rows: &[Row]) -> anyhow::Result<()> {
        match self {
            Self::File(import) => import.write(table, rows)?,
            Self::Database(import) => import.write(table, rows).await?,
        }
        Ok(())
    }

    async fn finish(self, rules: Rules, next_number: i64) -> anyhow::Result<()> {
        match self {
            Self::File(import) => import.finish(rules, next_number)?,
            Self::Database(import) => import.finish(rules, next_number).await?,
        }
        Ok(())
    }
}
