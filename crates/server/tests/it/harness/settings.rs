//! How a server is started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::server::Roster;

/// Settings and surroundings of a server that is not started yet.
#[derive(Clone)]
pub struct Settings {
    pub(super) variables: BTreeMap<String, String>,
    pub(super) arguments: Vec<String>,
    pub(super) file: Option<String>,
    pub(super) data: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        let settings = Self { variables: BTreeMap::new(), arguments: Vec::new(), file: None, data: None };
        // Tests fail with credentials on purpose, all from one address.
        settings.set("failed_credentials_limit", "off")
    }
}

impl Settings {
    /// Sets a setting by its name in `roster.toml`, through the environment.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(format!("ROSTER_{}", name.to_uppercase()), value.to_owned());
        self
    }

    /// Adds an argument to `roster serve`.
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Writes `roster.toml` into the data directory.
    pub fn file(mut self, text: &str) -> Self {
        self.file = Some(text.to_owned());
        self
    }

    /// Uses a data directory that is there already, and leaves it there.
    pub fn on(mut self, data: PathBuf) -> Self {
        self.data = Some(data);
        self
    }

    /// Starts it.
    pub fn start(self) -> Roster {
        Roster::start_with(self)
    }

    /// The command that starts the binary on a data directory with these settings, without arguments.
    pub(super) fn command(&self, data: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roster"));
        // No setting of whoever runs the tests reaches the server.
        command
            .env_clear()
            .env("PATH", super::variable("PATH").unwrap_or_default())
            .envs(super::store::variables(data));
        command.envs(&self.variables);
        command
    }
}
