//! `roster config`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{Global, output};
use crate::config::{Flags, Loaded};
use crate::scratch::Scratch;

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Show every setting, and where its value comes from
    Show(WithFlags),
    /// Check the settings without serving
    Check(WithFlags),
}

#[derive(Debug, Args)]
pub(crate) struct WithFlags {
    #[command(flatten)]
    flags: Flags,
}

impl Config {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        match self {
            Self::Show(WithFlags { flags }) => show(global, &global.load(flags)?),
            Self::Check(WithFlags { flags }) => check(global, global.load(flags)?),
        }
    }
}

fn show(global: &Global, loaded: &Loaded) -> anyhow::Result<ExitCode> {
    let shown = loaded.settings.shown().into_iter();
    if global.json {
        let member = |shown: crate::config::settings::Shown| {
            let told = json!({ "value": shown.value, "origin": loaded.origin(shown.name).to_string() });
            (shown.name.to_owned(), told)
        };
        output::json(&Value::Object(Map::from_iter(shown.map(member))))?;
    } else {
        if let Some(file) = &loaded.file {
            output::message(&format!("The file is {}.", file.display()));
        }
        output::table(
            ["setting", "value", "from"],
            shown.map(|shown| {
                [shown.name.to_owned(), shown.value.to_string(), loaded.origin(shown.name).to_string()]
            }),
        )?;
    }
    warn(loaded);
    Ok(ExitCode::SUCCESS)
}

fn check(global: &Global, loaded: Loaded) -> anyhow::Result<ExitCode> {
    warn(&loaded);
    // What the parts say to their settings is found by making them, over a directory that is thrown away.
    let scratch = Scratch::open(loaded.settings)?;
    scratch.routes()?;
    if global.json {
        output::json(&json!({ "ok": true }))?;
    } else {
        output::message("The settings are good.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells of variables that look like settings and are none.
fn warn(loaded: &Loaded) {
    for name in &loaded.unknown_variables {
        output::message(&format!("warning: {name} is no setting"));
    }
}
