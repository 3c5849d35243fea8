//! Secrets that the processes over a store share, sealed under a master key; and whether they share that.

use roster_directory::UserId;
use roster_directory::seal::{Purpose, SealError, WrappedKey};
use roster_directory::store::StoreError;
use uuid::Uuid;

use crate::cell::Columns;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::store::failed;
use crate::{PostgresStore, Sealing};

/// Sealed by whoever made the schema: who can't open it has another master key.
const CHECK: &str = "check";

/// They are nobody's.
const NOBODY: UserId = UserId(Uuid::nil());

/// A shared secret, and how often it was changed.
#[derive(Clone, PartialEq, Eq)]
pub struct Shared {
    /// One more at each change.
    pub version: i64,
    /// What it is.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("version", &self.version).finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// A shared secret.
    pub async fn shared(&self, name: &str) -> Result<Option<Shared>, StoreError> {
        self.pages.read(async |session| read(&session, &self.sealing, name).await).await.map_err(failed)
    }

    /// How often a shared secret was changed.
    pub async fn shared_version(&self, name: &str) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT version FROM secrets WHERE name = $1";
        let row =
            self.pages.read(async |session| session.row(sql, &[name.into()]).await).await.map_err(failed)?;
        row.map(|row| Columns::new(&row, "secrets").integer()).transpose().map_err(failed)
    }

    /// Changes a shared secret from the version that was seen (0 if there was none). False if another process was first.
    pub async fn share(&self, name: &str, seen: i64, bytes: &[u8]) -> Result<bool, StoreError> {
        let write = async |session: std::sync::Arc<Session>| {
            if write(&session, &self.sealing, (name, seen), bytes).await? {
                return Ok(true);
            }
            // This may be the second time, after an answer that was lost: nobody else has these bytes.
            let found = read(&session, &self.sealing, name).await?;
            Ok(found.is_some_and(|found| found.version == seen + 1 && found.bytes == bytes))
        };
        self.pages.read(write).await.map_err(failed)
    }
}

/// Whether this process has the master key of those before it; the first leaves something to tell by.
pub(crate) async fn same_master_key(session: &Session, sealing: &Sealing) -> Result<bool> {
    write(session, sealing, (CHECK, 0), b"roster").await?;
    match read(session, sealing, CHECK).await {
        Ok(found) => Ok(found.is_some()),
        Err(Error::Seal(SealError::Unreadable)) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn read(session: &Session, sealing: &Sealing, name: &str) -> Result<Option<Shared>> {
    let sql = "SELECT version, data_key, sealed FROM secrets WHERE name = $1";
    let Some(row) = session.row(sql, &[name.into()]).await? else { return Ok(None) };
    let columns = &mut Columns::new(&row, "secrets");
    let version = columns.integer()?;
    let data_key = WrappedKey::from_bytes(columns.bytes()?.to_vec());
    let bytes = sealing.keyring.unseal((NOBODY, &data_key), Purpose::Shared { name }, columns.bytes()?)?;
    Ok(Some(Shared { version, bytes }))
}

async fn write(
    session: &Session,
    sealing: &Sealing,
    (name, seen): (&str, i64),
    bytes: &[u8],
) -> Result<bool> {
    let Sealing { keyring, entropy } = sealing;
    let data_key = keyring.new_data_key(&**entropy)?;
    let sealed = keyring.seal((NOBODY, &data_key), Purpose::Shared { name }, &**entropy, bytes.to_vec())?;
    let sql = if seen == 0 {
        "INSERT INTO secrets (name, version, data_key, sealed) VALUES ($1, $2::int8 + 1, $3, $4) ON CONFLICT (name) DO NOTHING"
    } else {
        "UPDATE secrets SET version = $2::int8 + 1, data_key = $3, sealed = $4 WHERE name = $1 AND version = $2::int8"
    };
    let cells = [name.into(), seen.into(), data_key.as_bytes().to_vec().into(), sealed.into()];
    Ok(session.execute(sql, &cells).await? == 1)
}
