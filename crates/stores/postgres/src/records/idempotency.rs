//! Requests that carried an idempotency key. The user as it was then is sealed with the user's data key.

use roster_directory::record::{IdempotencyRecord, StoredOutcome};
use roster_directory::seal::{Keyring, Purpose, SealError, WrappedKey};
use roster_directory::store::Effect;
use roster_directory::{IdempotencyKey, Refusal, UserId, snapshot};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Lock, Put, Write};
use crate::Sealing;
use crate::cell::{Cell, Columns};
use crate::error::{Error, Result};
use crate::load;
use crate::session::Session;

const TABLE: &str = "idempotency";

pub(super) async fn load(
    session: &Session,
    keyring: &Keyring,
    (client, key): (&str, &IdempotencyKey),
    lock: Lock,
) -> Result<Option<IdempotencyRecord>> {
    let sql = lock.sql(
        "SELECT request, expires_at_us, effect, user_id, snapshot, refusal FROM idempotency \
         WHERE client = $1 AND key = $2",
    );
    let Some(row) = session.row(&sql, &[client.into(), key.as_str().into()]).await? else { return Ok(None) };
    let columns = &mut Columns::new(&row, TABLE);
    let request = columns.bytes()?;
    let request = columns.check(request.try_into())?;
    let expires_at = columns.time()?;
    let effect = columns.optional_text()?;
    let user = columns.get::<Option<Uuid>>()?.map(UserId);
    let (sealed, refusal) = (columns.get::<Option<&[u8]>>()?, columns.get::<Option<&[u8]>>()?);
    let outcome = match (effect, user, sealed, refusal) {
        (Some(effect), Some(user), Some(sealed), None) => {
            let effect = Effect::from_name(effect).ok_or_else(|| columns.corrupt())?;
            let data_key = load::data_key(session, user).await?.ok_or_else(|| columns.corrupt())?;
            let purpose = Purpose::Idempotency { client, key: key.as_str() };
            match keyring.unseal((user, &data_key), purpose, sealed) {
                Ok(plain) => {
                    let user = snapshot::decode(&plain).ok_or_else(|| columns.corrupt())?;
                    StoredOutcome::Done { effect, user: Box::new(user) }
                }
                Err(SealError::Erased) => StoredOutcome::Erased,
                Err(error @ (SealError::MasterKey | SealError::Unreadable)) => return Err(error.into()),
            }
        }
        (None, None, None, Some(refusal)) => {
            let refusal: postcard::Result<Refusal> = postcard::from_bytes(refusal);
            StoredOutcome::Refused(columns.check(refusal)?)
        }
        (_, _, _, _) => return Err(columns.corrupt()),
    };
    Ok(Some(IdempotencyRecord { client: client.to_owned(), key: key.clone(), request, outcome, expires_at }))
}

/// The outcome as columns: effect, user, snapshot, refusal.
type Stored = [Cell; 4];

pub(super) fn put(sealing: &Sealing, record: &IdempotencyRecord, present: bool) -> Result<Write> {
    let IdempotencyRecord { client, key, request, outcome, expires_at } = record;
    let purpose = Purpose::Idempotency { client, key: key.as_str() };
    let row = Put {
        table: TABLE,
        key: &["client", "key"],
        columns: &["client", "key", "request", "expires_at_us", "effect", "user_id", "snapshot", "refusal"],
        present,
    };
    let mut cells: Vec<Cell> =
        vec![client.as_str().into(), key.as_str().into(), request.to_vec().into(), (*expires_at).into()];
    cells.extend(stored(sealing, purpose, outcome)?);
    Ok(Write::new(row.sql(), cells))
}

fn stored(sealing: &Sealing, purpose: Purpose<'_>, outcome: &StoredOutcome) -> Result<Stored> {
    let Sealing { keyring, entropy } = sealing;
    Ok(match outcome {
        StoredOutcome::Done { effect, user } => {
            let sealed =
                keyring.seal((user.id, &user.data_key), purpose, &**entropy, snapshot::encode(user))?;
            [effect.name().into(), user.id.into(), sealed.into(), Cell::Null]
        }
        StoredOutcome::Refused(refusal) => {
            let bytes = postcard::to_stdvec(refusal).map_err(|_| Error::Unstorable("a refusal"))?;
            [Cell::Null, Cell::Null, Cell::Null, bytes.into()]
        }
        StoredOutcome::Erased => return Err(Error::Unstorable("an outcome whose user's key was destroyed")),
    })
}

/// Whether a row's snapshot opens; for checking the store. The row has client, key, user, snapshot, data key.
pub(crate) fn outcome_opens(keyring: &Keyring, row: &Row) -> Result<bool> {
    let columns = &mut Columns::new(row, TABLE);
    let (client, key, user) = (columns.text()?, columns.text()?, columns.user_id()?);
    let (sealed, data_key) = (columns.bytes()?, columns.get::<Option<&[u8]>>()?);
    let Some(data_key) = data_key.map(|bytes| WrappedKey::from_bytes(bytes.to_vec())) else {
        return Ok(false);
    };
    Ok(match keyring.unseal((user, &data_key), Purpose::Idempotency { client, key }, sealed) {
        Ok(plain) => snapshot::decode(&plain).is_some(),
        Err(SealError::Erased) => true,
        Err(SealError::MasterKey | SealError::Unreadable) => false,
    })
}
