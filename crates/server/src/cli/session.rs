//! What a command works with: the open directory, and the operator as the principal.

use anyhow::{Context as _, anyhow};
use roster_auth::keys::DEFAULT_SOURCE;
use roster_dialect_rest::{Fault, PatchRequest};
use roster_directory::{Error, Principal, Refusal, Scopes, Source, Timestamp};

use super::Global;
use crate::config::Flags;
use crate::data_dir::IfMissing;
use crate::system::{Outside, System};

/// An open directory.
pub(crate) struct Session {
    pub(crate) system: System,
    pub(crate) who: Principal,
    pub(crate) json: bool,
}

impl Session {
    /// Opens the data directory and runs `work` on it.
    pub(crate) fn run<T>(
        global: &Global,
        if_missing: IfMissing,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let settings = global.load(Flags::default())?.settings;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let system = System::open(&settings, if_missing, Outside::default()).await?;
            let session = Self { system, who: operator()?, json: global.json };
            work(&session).await
        })
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.system.outside.clock.now()
    }
}

/// Whoever can read the data directory may do everything.
pub(crate) fn operator() -> anyhow::Result<Principal> {
    Ok(Principal {
        client: "cli".to_owned(),
        source: Source::new(DEFAULT_SOURCE).context("the default source")?,
        user: None,
        scopes: Scopes::from(roster_directory::Scope::ALL),
        authorities: std::collections::BTreeSet::new(),
    })
}

/// An error of the directory, for people. `request` tells where in it a fault is.
pub(crate) fn told(error: Error, request: Option<&PatchRequest>) -> anyhow::Error {
    let refused = match error {
        Error::Refused(refused) => refused,
        Error::Overloaded => return anyhow!("another process is writing: try again"),
        Error::Forbidden(_)
        | Error::Unavailable
        | Error::Moved
        | Error::TooSlow
        | Error::Store(_)
        | Error::Internal(_) => return error.into(),
    };
    match refused.refusal {
        Refusal::NotFound => anyhow!("there is none of that name"),
        Refusal::Faults(found) => {
            let locate = |fault| match request {
                Some(request) => request.locate(fault),
                None => Fault::from(fault),
            };
            faults(&found.into_iter().map(locate).collect::<Vec<_>>())
        }
        Refusal::VersionMismatch { current } => anyhow!("the user has version {current} now"),
        Refusal::IdempotencyKeyReused => anyhow!("the idempotency key was used with another request"),
    }
}

/// Every fault, a line each.
pub(crate) fn faults(found: &[Fault]) -> anyhow::Error {
    let lines: Vec<String> = found.iter().map(|fault| format!("\n  {fault}")).collect();
    anyhow!("nothing was changed:{}", lines.concat())
}
