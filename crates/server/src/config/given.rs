//! What was given, and from where.

use std::collections::BTreeMap;
use std::fmt;

use super::value::Value;

/// Where the value of a setting comes from. The later ones win.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody gave it.
    Default,
    /// The file.
    File,
    /// A `ROSTER_*` variable.
    Variable,
    /// A flag.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Variable => "variable",
            Self::Flag => "flag",
        })
    }
}

/// A value that was given, before it is read.
#[derive(Debug, Clone)]
pub(crate) enum Raw {
    /// By a flag or a variable.
    Text(String),
    /// By the file.
    Toml(toml::Value),
}

/// The values that were given, by the names of their settings.
#[derive(Debug, Default)]
pub(crate) struct Given(BTreeMap<&'static str, (Raw, Origin)>);

impl Given {
    /// Takes a value, unless a stronger origin gave one already.
    pub(crate) fn take(&mut self, name: &'static str, raw: Raw, origin: Origin) {
        if self.origin(name) < origin {
            self.0.insert(name, (raw, origin));
        }
    }

    /// Where the value of a setting comes from.
    pub(crate) fn origin(&self, name: &str) -> Origin {
        self.0.get(name).map_or(Origin::Default, |(_, origin)| *origin)
    }

    /// The value of a setting; the default, with a fault, where what was given is no value of it.
    pub(crate) fn read<T: Value>(&self, name: &'static str, default: T, faults: &mut Vec<String>) -> T {
        let Some((raw, origin)) = self.0.get(name) else { return default };
        let value = match raw {
            Raw::Text(text) => T::from_text(text),
            Raw::Toml(value) => T::from_toml(value),
        };
        value.unwrap_or_else(|| {
            // The value is not told: it may be a secret.
            faults.push(format!("{} must be {}", spelling(name, *origin), T::EXPECTED));
            default
        })
    }
}

/// How a setting is spelt where it was given.
pub(crate) fn spelling(name: &str, origin: Origin) -> String {
    match origin {
        Origin::Flag => format!("--{}", name.replace('_', "-")),
        Origin::Variable => variable(name),
        Origin::File | Origin::Default => name.to_owned(),
    }
}

/// The variable of a setting.
pub(crate) fn variable(name: &str) -> String {
    format!("ROSTER_{}", name.to_ascii_uppercase())
}
