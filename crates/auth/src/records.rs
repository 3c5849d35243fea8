//! Changing one record in the store.

use roster_directory::record::{Record, RecordKey};
use roster_directory::store::{RecordWrite, Store, Submitted};
use roster_directory::{ChangeId, ChangeRecord, Clock, Entropy, Error, Outcome, Refusal};

use std::sync::Arc;

/// Decides a change of the record with `key` in the store's transaction. The record after it; a refusal is
/// [`Error::Refused`].
pub(crate) async fn change(
    (store, clock, entropy): (&dyn Store, &dyn Clock, &dyn Entropy),
    key: RecordKey,
    change: impl Fn(Option<&Record>) -> Result<Option<RecordWrite>, Refusal> + Send + Sync + 'static,
) -> Result<Option<Record>, Error> {
    let change_id = ChangeId(entropy.uuid_v7(clock.now()));
    match store.submit(Arc::new(ChangeRecord::new(change_id, key, change))).await? {
        Submitted::Decided(Ok(Outcome::Record(record))) => Ok(record),
        Submitted::Decided(Err(refusal)) => Err(Error::Refused(refusal)),
        Submitted::Decided(Ok(Outcome::User { .. })) | Submitted::Stale => {
            Err(Error::Internal("the change of a record was answered as another change".to_owned()))
        }
    }
}
