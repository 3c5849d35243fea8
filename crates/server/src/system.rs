//! The directory over its store, from the settings: what the server and every command work on.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::str::FromStr as _;
use std::sync::Arc;

use roster_auth::oauth::{self, NamedUser, PasswordGrant};
use roster_auth::password::PoolSize;
use roster_auth::{Auth, OptionsError, PasswordPool, Rate};
use roster_directory::seal::Keyring;
use roster_directory::store::StoreError;
use roster_directory::{
    Clock, Directory, Entropy, Invalid, Passwords, References, Rules, Source, Store, SystemClock,
    SystemEntropy,
};
use roster_store_sqlite::{Flushing, Instrument, OpenError};

use crate::config::numbers::PerMinute;
use crate::config::{Settings, choices, tables};
use crate::data_dir::{DataDir, DataDirError, IfMissing};
use crate::store::{self, AnyStore};
use crate::token_secrets::TokenSecrets;

/// What comes from outside: time, randomness, and for tests a hand on the database's connections.
#[derive(Clone)]
pub struct Outside {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Called with each connection that writes to the database.
    pub instrument: Option<Instrument>,
}

impl Default for Outside {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy), instrument: None }
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outside")
    }
}

/// Why the system can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    /// The data directory can't be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The database can't be opened.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The PostgreSQL database can't be opened.
    #[error(transparent)]
    Postgres(#[from] roster_store_postgres::OpenError),
    /// A thread can't be started.
    #[error("a thread can't be started: {0}")]
    Thread(std::io::Error),
    /// The database can't be asked.
    #[error("the database failed: {0}")]
    Store(#[from] StoreError),
    /// Several users hold one email.
    #[error(
        "unique_email can't be turned on: several users hold {}; change those first",
        .0.join(", ")
    )]
    EmailsNotUnique(Vec<String>),
    /// Credentials can't be checked as configured.
    #[error(transparent)]
    Auth(#[from] OptionsError),
    /// A setting holds a name that is none.
    #[error("{0} {1}")]
    Name(&'static str, Invalid),
}

/// An open store and the directory over it.
pub struct System {
    /// Where everything is.
    pub data_dir: DataDir,
    /// What comes from outside.
    pub outside: Outside,
    /// The master keys.
    pub keyring: Arc<Keyring>,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The same, for what its kind does in its own way.
    pub any_store: AnyStore,
    /// The secrets that sign tokens.
    pub token_secrets: TokenSecrets,
    /// The threads that hash passwords.
    pub passwords: Arc<PasswordPool>,
    /// The directory.
    pub directory: Arc<Directory>,
    /// Held by a server over a file.
    _serving: Option<File>,
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System").field("data_dir", &self.data_dir).finish_non_exhaustive()
    }
}

impl System {
    /// Opens the data directory as a command does: with the rules that the server last set.
    pub async fn open(
        settings: &Settings,
        if_missing: IfMissing,
        outside: Outside,
    ) -> Result<Self, SystemError> {
        let opened = Opened::new(settings, if_missing, &outside, Flushing::InCommit).await?;
        let rules = opened.store.shared().rules().await?;
        Self::over(settings, opened, outside, rules, None)
    }

    /// Opens the data directory as the server does: it is made where it is not there, and the rules of the settings hold
    /// from now on.
    pub async fn open_and_configure(settings: &Settings, outside: Outside) -> Result<Self, SystemError> {
        let serving = match settings.database_url.0 {
            None => Some(DataDir::open(settings, IfMissing::Make)?.lock_for_serving()?),
            Some(_) => None,
        };
        let opened = Opened::new(settings, IfMissing::Make, &outside, Flushing::Beside).await?;
        let (store, rules) = (opened.store.shared(), rules(settings));
        if store.rules().await? != rules {
            store.configure(rules).await?.map_err(|emails| {
                SystemError::EmailsNotUnique(emails.iter().map(|email| email.as_str().to_owned()).collect())
            })?;
        }
        Self::over(settings, opened, outside, rules, serving)
    }

    fn over(
        settings: &Settings,
        opened: Opened,
        outside: Outside,
        rules: Rules,
        serving: Option<File>,
    ) -> Result<Self, SystemError> {
        let Opened { data_dir, keyring, store: any_store, token_secrets } = opened;
        let store = any_store.shared();
        let pool = settings.password_threads.0.map_or_else(PoolSize::default, |threads| PoolSize {
            threads,
            waiting: PoolSize::default().waiting,
        });
        let passwords =
            PasswordPool::start(pool, Arc::clone(&outside.entropy)).map_err(SystemError::Thread)?;
        let passwords = Arc::new(passwords);
        let directory = Arc::new(Directory::new(
            Arc::clone(&store),
            Arc::clone(&keyring),
            Arc::clone(&passwords) as _,
            Arc::clone(&outside.clock),
            Arc::clone(&outside.entropy),
            rules,
        ));
        Ok(Self {
            data_dir,
            outside,
            keyring,
            store,
            any_store,
            token_secrets,
            passwords,
            directory,
            _serving: serving,
        })
    }

    /// What checks credentials, as configured.
    pub fn auth(&self, settings: &Settings) -> Result<Arc<Auth>, SystemError> {
        let rate = |PerMinute(limit): PerMinute| limit.map(Rate::per_minute);
        let options = roster_auth::Options {
            issuers: settings.issuers.iter().map(issuer).collect::<Result<_, _>>()?,
            leeway: settings.jwt_leeway,
            failures: rate(settings.failed_credentials_limit),
            requests: rate(settings.key_rate_limit),
        };
        let auth = Auth::new(
            Arc::clone(&self.store),
            Arc::clone(&self.outside.clock),
            Arc::clone(&self.outside.entropy),
            self.token_secrets.first(&*self.outside.entropy)?,
            options,
        )?;
        Ok(Arc::new(auth))
    }

    /// The token endpoint, as configured.
    pub fn oauth(&self, settings: &Settings, auth: &Arc<Auth>) -> Result<oauth::OAuth, SystemError> {
        let options = oauth::Options {
            token_lifetime: settings.token_lifetime,
            password_grant: settings.password_grant.then(|| password_grant(settings)).transpose()?,
            ..oauth::Options::default()
        };
        Ok(oauth::OAuth::new(
            Arc::clone(auth),
            Arc::clone(&self.directory),
            Arc::clone(&self.passwords) as Arc<dyn Passwords>,
            &*self.outside.entropy,
            options,
        ))
    }
}

/// A store, with what it was opened with.
struct Opened {
    data_dir: DataDir,
    keyring: Arc<Keyring>,
    store: AnyStore,
    token_secrets: TokenSecrets,
}

impl Opened {
    async fn new(
        settings: &Settings,
        if_missing: IfMissing,
        outside: &Outside,
        flushing: Flushing,
    ) -> Result<Self, SystemError> {
        let (data_dir, keyring) = store::place(settings, if_missing, outside).await?;
        let store = store::open(settings, &data_dir, &keyring, outside, flushing).await?;
        let token_secrets = TokenSecrets::open(&data_dir, &store, &*outside.entropy).await?;
        Ok(Self { data_dir, keyring, store, token_secrets })
    }
}

fn rules(settings: &Settings) -> Rules {
    let references = match settings.references {
        choices::References::Open => References::Open,
        choices::References::Known => References::Known,
    };
    Rules { references, unique_email: settings.unique_email }
}

fn issuer(configured: &tables::Issuer) -> Result<roster_auth::Issuer, SystemError> {
    let tables::Issuer { iss, jwks_url, audience, source, allow_http } = configured;
    let source = source.as_deref().map(Source::new).transpose();
    Ok(roster_auth::Issuer {
        issuer: iss.clone(),
        audiences: audience.clone().into_set(),
        jwks_uri: jwks_url.clone(),
        source: source.map_err(|why| SystemError::Name("the source of an issuer", why))?,
        allow_http: *allow_http,
    })
}

fn password_grant(settings: &Settings) -> Result<PasswordGrant, SystemError> {
    let public_clients = settings.password_public_clients.iter().map(|client| Source::new(client));
    let named = |tables::PasswordUser { user, authorities }: &tables::PasswordUser| {
        Ok((NamedUser::from_str(user)?, authorities.clone()))
    };
    let authorities: Result<BTreeMap<_, _>, Invalid> = settings.password_users.iter().map(named).collect();
    let public_clients: Result<_, Invalid> = public_clients.collect();
    Ok(PasswordGrant {
        keys: settings.password_keys.clone(),
        public_clients: public_clients
            .map_err(|why| SystemError::Name("a client of password_public_clients", why))?,
        authorities: authorities.map_err(|why| SystemError::Name("a user of password_users", why))?,
        ..PasswordGrant::default()
    })
}
