//! How the store is opened, and why it can't be.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use roster_directory::Entropy;
use roster_directory::seal::Keyring;
use secrecy::SecretString;

/// What an acknowledged change survives (D5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Everything that the server's own settings promise: it is at least on the disk of the primary.
    #[default]
    Full,
    /// Not the end of the server's machine: `synchronous_commit = off`.
    Relaxed,
}

/// Which changes share a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Batch {
    /// Those that wait together.
    #[default]
    On,
    /// None, so that each stays on as few shards as it can.
    Off,
}

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Where: `postgres://user:password@host1,host2/database`. It holds a password.
    pub url: SecretString,
    /// The master keys.
    pub keyring: Arc<Keyring>,
    /// Where nonces and epochs come from.
    pub entropy: Arc<dyn Entropy>,
    /// The most changes that wait to be written; past it they are refused as overload.
    pub most_waiting: usize,
    /// Which changes share a transaction.
    pub batch: Batch,
    /// How many connections write, each a transaction at a time.
    pub writers: usize,
    /// How many connections serve reads of one user or record.
    pub point_readers: usize,
    /// How many connections serve lists and histories.
    pub page_readers: usize,
    /// How many connections search, each for one search at a time.
    pub searchers: usize,
    /// How long a search may take.
    pub search_timeout: Duration,
    /// How long a change or a read is tried while the server can't be reached or fails over.
    pub patience: Duration,
    /// What an acknowledged change survives.
    pub durability: Durability,
}

impl Options {
    /// The usual options.
    pub fn new(url: SecretString, keyring: Arc<Keyring>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            url,
            keyring,
            entropy,
            most_waiting: 4_096,
            batch: Batch::On,
            writers: 1,
            point_readers: 2,
            page_readers: 2,
            searchers: 2,
            search_timeout: Duration::from_secs(10),
            patience: Duration::from_secs(20),
            durability: Durability::Full,
        }
    }

    /// The same with each change in a transaction of its own, over as many connections as that takes.
    #[must_use]
    pub fn without_batches(self) -> Self {
        Self { batch: Batch::Off, writers: 16, ..self }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("most_waiting", &self.most_waiting)
            .field("batch", &self.batch)
            .field("writers", &self.writers)
            .field("point_readers", &self.point_readers)
            .field("page_readers", &self.page_readers)
            .field("searchers", &self.searchers)
            .field("search_timeout", &self.search_timeout)
            .field("patience", &self.patience)
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}

/// Why a store can't be opened. No text holds the password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is none.
    #[error("the database URL can't be used: {0}")]
    Url(String),
    /// A file of certificates can't be read.
    #[error("TLS can't be used: {0}")]
    Tls(String),
    /// The server can't be reached, or refused.
    #[error("{0}")]
    Database(String),
    /// The database's texts are in another encoding.
    #[error("the database has the encoding {0}: Roster needs UTF8")]
    Encoding(String),
    /// The schema is another application's.
    #[error("the schema {0} has tables that are not Roster's: give Roster a database or a schema of its own")]
    NotRosters(String),
    /// A newer Roster has migrated the database, and this one does not work on it.
    #[error(
        "the database has schema {found}, and this Roster ({version}) knows schemas up to {known}: use the Roster that migrated it, or a newer one",
        version = env!("CARGO_PKG_VERSION")
    )]
    Newer {
        /// The database's schema.
        found: i64,
        /// The newest that this Roster knows.
        known: i64,
    },
    /// The database was migrated by other steps than this Roster has.
    #[error("migration {number} ran with another text than this Roster has: the schema is not known")]
    MigrationChanged {
        /// The migration's number.
        number: i64,
    },
    /// The database was made with another master key.
    #[error(
        "the database is sealed under another master key than this process has: give it the file that the others have"
    )]
    OtherMasterKey,
    /// The writer's thread can't be started.
    #[error("the writer's thread can't be started: {0}")]
    Thread(std::io::Error),
}

impl From<crate::error::Error> for OpenError {
    fn from(error: crate::error::Error) -> Self {
        Self::Database(error.to_string())
    }
}

/// What the URL says that the client library does not take from it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Extras {
    /// `sslrootcert`: the file of the certificates to trust.
    pub(crate) roots: Option<PathBuf>,
}

/// Takes `sslrootcert` out of the URL, and reads the `sslmode`s that ask for verification as `require`: what is encrypted
/// is verified in any case.
pub(crate) fn split_url(url: &str) -> (String, Extras) {
    let Some((place, query)) = url.split_once('?') else { return (url.to_owned(), Extras::default()) };
    let mut extras = Extras::default();
    let mut kept = Vec::new();
    for part in query.split('&') {
        match part.split_once('=') {
            Some(("sslrootcert", path)) => extras.roots = Some(path.into()),
            Some(("sslmode", "verify-ca" | "verify-full")) => kept.push("sslmode=require"),
            Some(_) | None => kept.push(part),
        }
    }
    (format!("{place}?{}", kept.join("&")), extras)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_library_does_not_know_is_taken_out_of_the_url() {
        let (url, extras) =
            split_url("postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=3");
        assert_eq!(url, "postgres://u:p@h/d?sslmode=require&connect_timeout=3");
        assert_eq!(extras.roots, Some("/etc/ca.pem".into()));
        assert_eq!(split_url("postgres://u@h/d"), ("postgres://u@h/d".to_owned(), Extras::default()));
    }

    #[test]
    fn options_do_not_print_the_password() {
        let keyring = Arc::new(Keyring::parse(&format!("1:{}", "ab".repeat(32))).unwrap());
        let url = SecretString::from("postgres://u:hunter2@h/d");
        let options = Options::new(url, keyring, Arc::new(roster_directory::SystemEntropy));
        assert!(!format!("{options:?}").contains("hunter2"));
    }
}
