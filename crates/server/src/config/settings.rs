//! The one table of settings.

use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::choices::{
    Batch, Durability, EmptyString, ForwardedHeader, LogFormat, LogRequests, References, ScimPatchResponse,
    UnknownFields,
};
use super::database_url::DatabaseUrl;
use super::given::Given;
use super::log_level::LogLevel;
use super::network::Listen;
use super::numbers::{AutoCount, ByteSize, PerMinute};
use super::tables::{Issuer, PasswordUser};
use super::value::Value;

/// What there is to know of a setting besides its value.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its name: the key in the file; `--its-name` and `ROSTER_ITS_NAME` are made from it.
    pub name: &'static str,
    /// What it is for, in a line or two.
    pub help: &'static str,
    /// What the help calls its values.
    pub value_name: &'static str,
    /// Whether the flag may stand alone.
    pub is_switch: bool,
}

/// The value of a setting, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The setting.
    pub name: &'static str,
    /// Its value as the file would have it; secrets are masked.
    pub value: toml::Value,
}

macro_rules! settings {
    ($( $(#[doc = $help:literal])+ $name:ident: $type:ty = $default:expr; )+) => {
        /// Every setting with its value.
        #[derive(Debug, Clone)]
        pub struct Settings {
            $( $(#[doc = $help])+ pub $name: $type, )+
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $( $name: $default, )+ }
            }
        }

        impl Settings {
            /// The settings in the order of the documentation.
            pub const TABLE: &'static [Setting] = &[$(
                Setting {
                    name: stringify!($name),
                    help: concat!($($help,)+),
                    value_name: <$type as Value>::NAME,
                    is_switch: <$type as Value>::IS_SWITCH,
                },
            )+];

            /// Reads what was given; what was not given is the default. Every fault is pushed.
            pub(crate) fn read(given: &Given, faults: &mut Vec<String>) -> Self {
                let default = Self::default();
                Self { $( $name: given.read(stringify!($name), default.$name, faults), )+ }
            }

            /// The values, for people.
            pub fn shown(&self) -> Vec<Shown> {
                vec![$(
                    Shown {
                        name: stringify!($name),
                        value: self.$name.to_toml(),
                    },
                )+]
            }
        }
    };
}

settings! {
    /// The data directory: the database, the keys, and roster.toml.
    data: PathBuf = "roster-data".into();
    /// A PostgreSQL database to keep the directory in, instead of a file in the data directory: postgres://user:password@host1,host2/database. Better a variable or the file than a flag, which other users of the machine can read.
    database_url: DatabaseUrl = DatabaseUrl::default();
    /// Whether changes that wait together share a transaction of PostgreSQL; off keeps each on as few shards of a cluster as it can.
    database_batch: Batch = Batch::On;
    /// The file of master keys, which seal personal values in the history; relative to the data directory.
    master_key: PathBuf = "master.key".into();
    /// The file of the secrets that sign tokens; relative to the data directory.
    jwt_keys: PathBuf = "jwt.keys".into();
    /// Where to listen; port 0 takes a free one.
    listen: Listen = Listen::default();
    /// Whether one user alone may hold an email address.
    unique_email: bool = false;
    /// Whether organisations, clients and profiles must be registered before users refer to them.
    references: References = References::Open;
    /// What to do with keys in a request that its document does not list.
    unknown_fields: UnknownFields = UnknownFields::Refuse;
    /// What "" means in a field of the Algorep dialect where it can be no value.
    empty_string: EmptyString = EmptyString::Erase;
    /// What a PATCH of SCIM is answered with: the resource, or 204 and nothing.
    scim_patch_response: ScimPatchResponse = ScimPatchResponse::Resource;
    /// The authorities of which a token needs one to change users through the Zynchro dialect.
    admin_authorities: BTreeSet<String> = BTreeSet::from(["ROLE_SYSTEMADMIN".to_owned()]);
    /// The largest body of a request.
    body_limit: ByteSize = ByteSize(1 << 20);
    /// The largest head of a request, all header fields together; at least 8KiB.
    header_limit: ByteSize = ByteSize(32 << 10);
    /// The most header fields of a request.
    header_count: NonZeroUsize = count(64);
    /// How long a connection may take to send the head of a request, and how long it may be idle.
    header_timeout: Duration = Duration::from_secs(60);
    /// How long a request may take, from its head to its answer.
    request_timeout: Duration = Duration::from_secs(30);
    /// How long a client may take nothing of an answer before its connection is closed.
    answer_timeout: Duration = Duration::from_secs(30);
    /// How long a shutdown waits for the requests that it found.
    drain_timeout: Duration = Duration::from_secs(20);
    /// The most connections; further ones wait to be accepted.
    connections: NonZeroUsize = count(4_096);
    /// The most requests that are worked on at once; further ones are answered 503.
    requests: NonZeroUsize = count(2_048);
    /// The most changes that wait to be written; further ones are answered 503.
    write_queue: NonZeroUsize = count(4_096);
    /// How many connections to the database serve reads of one user, as many serve lists and histories, and with `database_url` as many searches.
    readers: NonZeroUsize = count(2);
    /// About how much memory users that were read or written of late may take; a list fills what room there is, and pushes nobody out; 0 keeps none.
    user_cache: ByteSize = ByteSize(24 << 20);
    /// When a change is acknowledged: once it is on disk, or (relaxed) once the operating system has it, so that a power cut loses it.
    durability: Durability = Durability::Full;
    /// How many passwords are hashed at once; auto is half the cores.
    password_threads: AutoCount = AutoCount(None);
    /// How far the clocks of token issuers may be off; 60s at the most.
    jwt_leeway: Duration = Duration::ZERO;
    /// Whose tokens are believed besides Roster's own.
    issuers: Vec<Issuer> = Vec::new();
    /// How long a token of POST /oauth/token is valid.
    token_lifetime: Duration = Duration::from_hours(1);
    /// Whether POST /oauth/token offers the password grant (RFC 9700 advises against it).
    password_grant: bool = false;
    /// The API keys, by id, that may use the password grant.
    password_keys: BTreeSet<String> = BTreeSet::new();
    /// The clients, by client_id, that may use the password grant without a secret.
    password_public_clients: BTreeSet<String> = BTreeSet::new();
    /// The authorities that the tokens of some users, named by user_name or id, carry when made by the password grant.
    password_users: Vec<PasswordUser> = Vec::new();
    /// How many requests a minute a client may make.
    key_rate_limit: PerMinute = PerMinute(None);
    /// How many credentials a minute an address may fail with.
    failed_credentials_limit: PerMinute = PerMinute(NonZeroU32::new(30));
    /// The proxies that are believed when they say whom they speak for.
    trusted_proxies: Vec<IpNet> = Vec::new();
    /// The header in which they say it.
    forwarded_header: ForwardedHeader = ForwardedHeader::XForwardedFor;
    /// The form of the log.
    log_format: LogFormat = LogFormat::Auto;
    /// What is logged: a level (error, warn, info, debug), or several by module, such as info,roster_auth=debug.
    log_level: LogLevel = LogLevel::default();
    /// Which requests are logged.
    log_requests: LogRequests = LogRequests::Failed;
}

const fn count(n: usize) -> NonZeroUsize {
    match NonZeroUsize::new(n) {
        Some(count) => count,
        None => NonZeroUsize::MIN,
    }
}
