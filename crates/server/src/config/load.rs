//! Reading the settings from where they are given.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::flags::Flags;
use super::given::{Given, Origin, Raw, variable};
use super::settings::Settings;

/// The file in the data directory.
pub const FILE_NAME: &str = "roster.toml";

/// The largest file that is read as settings.
const LARGEST_FILE_BYTES: u64 = 1 << 20;

/// Where settings are looked for.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The flags.
    pub flags: Flags,
    /// `--data`.
    pub data: Option<PathBuf>,
    /// `--config`.
    pub config: Option<PathBuf>,
    /// The variables that begin with `ROSTER_`, by their names.
    pub variables: BTreeMap<String, String>,
}

/// The settings, and where each comes from.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
    /// Variables that begin with `ROSTER_` and are no settings.
    pub unknown_variables: Vec<String>,
    given: Given,
}

impl Loaded {
    /// Where the value of a setting comes from.
    pub fn origin(&self, name: &str) -> Origin {
        self.given.origin(name)
    }
}

/// Why the settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{}, line {line}: {message}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where.
        line: usize,
        /// Why.
        message: String,
    },
    /// Some settings are wrong; every one is named.
    #[error("{}", .0.join("\n"))]
    Faults(Vec<String>),
}

/// The variables of this process that begin with `ROSTER_`.
#[expect(clippy::disallowed_methods, reason = "the one place where variables are read")]
pub fn process_variables() -> BTreeMap<String, String> {
    let named = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let ours = named.filter(|(name, _)| name.starts_with("ROSTER_"));
    ours.map(|(name, value)| (name, value.to_string_lossy().into_owned())).collect()
}

/// Reads the settings. A flag wins over a variable, a variable over the file, and the file over the default.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let mut given = Given::default();
    for (name, value) in &sources.flags.0 {
        given.take(name, Raw::Text(value.clone()), Origin::Flag);
    }
    if let Some(data) = &sources.data {
        given.take("data", Raw::Text(data.display().to_string()), Origin::Flag);
    }
    for setting in Settings::TABLE {
        if let Some(value) = sources.variables.get(&variable(setting.name)) {
            given.take(setting.name, Raw::Text(value.clone()), Origin::Variable);
        }
    }
    let mut faults = Vec::new();
    let file = match settings_file(sources, &given) {
        Some((path, must_exist)) => read_file(&path, must_exist)?.map(|table| (path, must_exist, table)),
        None => None,
    };
    let file = file.map(|(path, named, table)| {
        take_file(table, (&path, named), &mut given, &mut faults);
        path
    });
    let settings = Settings::read(&given, &mut faults);
    settings.check(&mut faults);
    if faults.is_empty() {
        Ok(Loaded { settings, file, unknown_variables: unknown_variables(sources), given })
    } else {
        Err(ConfigError::Faults(faults))
    }
}

/// The file that was named, which must exist; else the one in the data directory, which need not.
fn settings_file(sources: &Sources, given: &Given) -> Option<(PathBuf, bool)> {
    let named = sources.config.clone().or_else(|| sources.variables.get("ROSTER_CONFIG").map(PathBuf::from));
    if let Some(path) = named {
        return Some((path, true));
    }
    // A data directory that is no path is told of later.
    let data = given.read("data", Settings::default().data, &mut Vec::new());
    Some((data.join(FILE_NAME), false))
}

fn read_file(path: &Path, must_exist: bool) -> Result<Option<toml::Table>, ConfigError> {
    let unreadable = |error| ConfigError::Unreadable { path: path.to_owned(), error };
    let text = match std::fs::metadata(path) {
        Ok(file) if file.len() > LARGEST_FILE_BYTES => Err(std::io::Error::other("larger than 1 MiB")),
        Ok(_) => std::fs::read_to_string(path),
        Err(error) => Err(error),
    };
    let text = match text {
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => return Ok(None),
        text => text.map_err(unreadable)?,
    };
    toml::from_str(&text).map(Some).map_err(|error| {
        // The line itself is not told: it may hold a secret.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        ConfigError::Syntax { path: path.to_owned(), line, message: error.message().to_owned() }
    })
}

fn take_file(table: toml::Table, (path, named): (&Path, bool), given: &mut Given, faults: &mut Vec<String>) {
    let mut unknown = Vec::new();
    for (key, value) in table {
        match Settings::TABLE.iter().find(|setting| setting.name == key) {
            Some(setting) if setting.name == "data" && !named => {
                faults.push(format!(
                    "{}: data can't be told by the file in the data directory",
                    path.display()
                ));
            }
            Some(setting) => given.take(setting.name, Raw::Toml(value), Origin::File),
            None => unknown.push(key),
        }
    }
    if !unknown.is_empty() {
        faults.push(format!("{}: no such settings: {}", path.display(), unknown.join(", ")));
    }
}

fn unknown_variables(sources: &Sources) -> Vec<String> {
    let is_known = |name: &str| {
        name == "ROSTER_CONFIG" || Settings::TABLE.iter().any(|setting| variable(setting.name) == name)
    };
    sources.variables.keys().filter(|name| !is_known(name)).cloned().collect()
}
