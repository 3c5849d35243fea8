//! A directory that is thrown away: for what needs one to look at, and keeps nothing.

use crate::config::Settings;
use crate::http::routes::{Routes, routes};
use crate::server::StartError;
use crate::system::{Outside, System, SystemError};

/// A directory in a temporary place.
#[derive(Debug)]
pub struct Scratch {
    system: System,
    settings: Settings,
    _place: tempfile::TempDir,
}

/// Why there is no such directory.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// There is no place for it.
    #[error("a temporary directory can't be made: {0}")]
    Place(#[from] std::io::Error),
    /// It can't be opened.
    #[error(transparent)]
    System(#[from] SystemError),
}

impl Scratch {
    /// An empty directory with these settings, but for its place.
    pub fn open(settings: Settings) -> Result<Self, ScratchError> {
        let place = tempfile::Builder::new().prefix("roster-").tempdir()?;
        let keys = Settings::default();
        let settings = Settings {
            data: place.path().to_owned(),
            master_key: keys.master_key,
            jwt_keys: keys.jwt_keys,
            database_url: keys.database_url,
            ..settings
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let system = runtime.block_on(System::open_and_configure(&settings, Outside::default()))?;
        Ok(Self { system, settings, _place: place })
    }

    /// The routes that a server with these settings has.
    pub fn routes(&self) -> Result<Routes, StartError> {
        routes(&self.system, &self.settings)
    }
}
