//! Requests that carried an idempotency key. The user as it was then is sealed with the user's data key.

use roster_directory::record::{IdempotencyRecord, StoredOutcome};
use roster_directory::seal::{Keyring, Purpose, SealError};
use roster_directory::store::Effect;
use roster_directory::{Entropy, IdempotencyKey, Refusal, UserId, snapshot};
use rusqlite::{Connection, Row, params};

use crate::cell::{Cell, Columns};
use crate::error::{Error, Result};
use crate::load;

const TABLE: &str = "idempotency";

pub(super) fn load(
    conn: &Connection,
    keyring: &Keyring,
    client: &str,
    key: &IdempotencyKey,
) -> Result<Option<IdempotencyRecord>> {
    let mut statement = conn.prepare_cached(
        "SELECT request, expires_at_us, effect, user_id, snapshot, refusal FROM idempotency \
         WHERE client = ?1 AND key = ?2",
    )?;
    let mut rows = statement.query([client, key.as_str()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let columns = &mut Columns::new(row, TABLE);
    let request = columns.blob()?;
    let request = columns.check(request.try_into())?;
    let expires_at = columns.time()?;
    let purpose = Purpose::Idempotency { client, key: key.as_str() };
    let outcome = outcome(conn, keyring, purpose, columns)?;
    Ok(Some(IdempotencyRecord { client: client.to_owned(), key: key.clone(), request, outcome, expires_at }))
}

fn outcome(
    conn: &Connection,
    keyring: &Keyring,
    purpose: Purpose<'_>,
    columns: &mut Columns<'_>,
) -> Result<StoredOutcome> {
    let Some(name) = columns.optional_text()? else {
        columns.value()?;
        columns.value()?;
        let refusal: postcard::Result<Refusal> = postcard::from_bytes(columns.blob()?);
        return columns.check(refusal).map(StoredOutcome::Refused);
    };
    let effect = Effect::from_name(name).ok_or_else(|| columns.corrupt())?;
    let user = columns.user_id()?;
    let data_key = load::data_key(conn, user)?.ok_or_else(|| columns.corrupt())?;
    match keyring.unseal((user, &data_key), purpose, columns.blob()?) {
        Ok(plain) => {
            let user = snapshot::decode(&plain).ok_or_else(|| columns.corrupt())?;
            Ok(StoredOutcome::Done { effect, user: Box::new(user) })
        }
        Err(SealError::Erased) => Ok(StoredOutcome::Erased),
        Err(error @ (SealError::MasterKey | SealError::Unreadable)) => Err(error.into()),
    }
}

/// The outcome as columns: effect, user, snapshot, refusal.
struct Stored {
    effect: Option<&'static str>,
    user: Option<UserId>,
    snapshot: Option<Vec<u8>>,
    refusal: Option<Vec<u8>>,
}

pub(super) fn put(
    conn: &Connection,
    keyring: &Keyring,
    entropy: &dyn Entropy,
    record: &IdempotencyRecord,
) -> Result<()> {
    let IdempotencyRecord { client, key, request, outcome, expires_at } = record;
    let purpose = Purpose::Idempotency { client, key: key.as_str() };
    let Stored { effect, user, snapshot, refusal } = stored(keyring, entropy, purpose, outcome)?;
    conn.prepare_cached(
        "INSERT INTO idempotency (client, key, request, effect, user_id, snapshot, refusal, expires_at_us) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (client, key) DO UPDATE SET request = ?3, \
         effect = ?4, user_id = ?5, snapshot = ?6, refusal = ?7, expires_at_us = ?8",
    )?
    .execute(params![
        client,
        key.as_str(),
        request,
        effect,
        Cell::from(user),
        snapshot,
        refusal,
        Cell::from(*expires_at),
    ])?;
    Ok(())
}

fn stored(
    keyring: &Keyring,
    entropy: &dyn Entropy,
    purpose: Purpose<'_>,
    outcome: &StoredOutcome,
) -> Result<Stored> {
    Ok(match outcome {
        StoredOutcome::Done { effect, user } => {
            let sealed = keyring.seal((user.id, &user.data_key), purpose, entropy, snapshot::encode(user))?;
            Stored { effect: Some(effect.name()), user: Some(user.id), snapshot: Some(sealed), refusal: None }
        }
        StoredOutcome::Refused(refusal) => {
            let bytes = postcard::to_stdvec(refusal).map_err(|_| Error::Unstorable("a refusal"))?;
            Stored { effect: None, user: None, snapshot: None, refusal: Some(bytes) }
        }
        StoredOutcome::Erased => return Err(Error::Unstorable("an outcome whose user's key was destroyed")),
    })
}

/// Whether a row's snapshot opens; for checking the store. The row has client, key, user, snapshot.
pub(crate) fn outcome_opens(conn: &Connection, keyring: &Keyring, row: &Row<'_>) -> Result<bool> {
    let columns = &mut Columns::new(row, TABLE);
    let (client, key, user) = (columns.text()?, columns.text()?, columns.user_id()?);
    let Some(data_key) = load::data_key(conn, user)? else { return Ok(false) };
    let purpose = Purpose::Idempotency { client, key };
    Ok(match keyring.unseal((user, &data_key), purpose, columns.blob()?) {
        Ok(plain) => snapshot::decode(&plain).is_some(),
        Err(SealError::Erased) => true,
        Err(SealError::MasterKey | SealError::Unreadable) => false,
    })
}
