//! The settings as flags: one for each row of the table.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::Origin;
use super::given::{spelling, variable};
use super::settings::{Setting, Settings};

/// The settings that were given as flags.
#[derive(Debug, Clone, Default)]
pub struct Flags(pub(crate) BTreeMap<&'static str, String>);

impl Flags {
    /// A flag, as if it had been given on the command line. False if no setting has that name.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> bool {
        let setting = Settings::TABLE.iter().find(|setting| setting.name == name);
        setting.map(|setting| self.0.insert(setting.name, value.into())).is_some()
    }
}

/// Where the data directory and the file are told is the same for every command, so those flags are not among these.
fn settings() -> impl Iterator<Item = &'static Setting> {
    Settings::TABLE.iter().filter(|setting| setting.name != "data")
}

impl clap::Args for Flags {
    fn augment_args(command: Command) -> Command {
        let defaults = Settings::default().shown();
        settings().fold(command, |command, setting| {
            let default = defaults.iter().find(|shown| shown.name == setting.name).map(|shown| &shown.value);
            command.arg(arg(setting, default))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn arg(setting: &'static Setting, default: Option<&toml::Value>) -> Arg {
    let default = default.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let default =
        default.filter(|text| !text.is_empty() && text != "[]").map(|text| format!(" [default: {text}]"));
    let help = format!(
        "{} [env: {}]{}",
        setting.help.trim().trim_end_matches('.'),
        variable(setting.name),
        default.unwrap_or_default()
    );
    let flag = spelling(setting.name, Origin::Flag).split_off(2);
    let arg =
        Arg::new(setting.name).long(flag).value_name(setting.value_name).help(help).action(ArgAction::Set);
    let arg = arg.help_heading("Settings").hide_short_help(!is_common(setting.name));
    if setting.is_switch {
        arg.num_args(0..=1).require_equals(true).default_missing_value("true")
    } else {
        arg.allow_hyphen_values(false)
    }
}

/// `-h` shows these alone, `--help` all.
fn is_common(name: &str) -> bool {
    matches!(name, "listen" | "unique_email" | "references" | "trusted_proxies" | "log_level")
}

impl clap::FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = settings().filter_map(|setting| {
            let value = matches.get_one::<String>(setting.name)?;
            Some((setting.name, value.clone()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.extend(Self::from_arg_matches(matches)?.0);
        Ok(())
    }
}
