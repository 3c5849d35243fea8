//! How credentials are checked.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use roster_directory::Clock;

use crate::issuer::{self, Issuer, IssuerError, IssuerKeys};
use crate::limit::Rate;

/// The longest leeway that the clocks of issuers may be given.
pub const LONGEST_LEEWAY: Duration = Duration::from_secs(60);
const FAILURES_PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(29);

/// How credentials are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whose tokens are believed besides Roster's own.
    pub issuers: Vec<Issuer>,
    /// How far clocks may be apart, in whole seconds: [`LONGEST_LEEWAY`] at the most.
    pub leeway: Duration,
    /// How often an address may fail to authenticate. Requests that succeed do not count.
    pub failures: Option<Rate>,
    /// How often a client may ask.
    pub requests: Option<Rate>,
}

impl Default for Options {
    /// No issuers, no leeway, 30 failures a minute from an address, any number of requests.
    fn default() -> Self {
        let failures = Some(Rate::per_minute(FAILURES_PER_MINUTE));
        Self { issuers: Vec::new(), leeway: Duration::ZERO, failures, requests: None }
    }
}

/// Why credentials can't be checked so.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// The leeway is too long.
    #[error("the leeway must be 60 seconds at the most")]
    Leeway,
    /// An issuer can't be used.
    #[error("issuer {issuer}: {error}")]
    Issuer {
        /// Which.
        issuer: String,
        /// Why.
        error: IssuerError,
    },
    /// An issuer is named twice.
    #[error("issuer {0} is named twice")]
    IssuerTwice(String),
    /// There is no client to fetch keys with.
    #[error("keys can't be fetched: {0}")]
    Http(reqwest::Error),
}

/// The issuers, ready to be asked for keys.
pub(crate) fn issuer_keys(
    issuers: Vec<Issuer>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<IssuerKeys>, OptionsError> {
    if issuers.is_empty() {
        return Ok(Vec::new());
    }
    let http = issuer::http_client().map_err(OptionsError::Http)?;
    let mut names = BTreeSet::new();
    let mut all = Vec::new();
    for issuer in issuers {
        let name = issuer.issuer.clone();
        if !names.insert(name.clone()) {
            return Err(OptionsError::IssuerTwice(name));
        }
        let keys = IssuerKeys::new(issuer, http.clone(), Arc::clone(clock));
        all.push(keys.map_err(|error| OptionsError::Issuer { issuer: name, error })?);
    }
    Ok(all)
}
