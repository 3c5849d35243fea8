//! What a request with an idempotency key was answered before.

use super::{Applied, Directory, applied};
use crate::access::{Principal, Scope};
use crate::decide::answered;
use crate::error::Error;
use crate::idempotency::Idempotency;
use crate::record::RecordKey;

impl Directory {
    /// The answer to an earlier request with this key; nothing, if there was none. Writes nothing.
    ///
    /// A change looks for its key itself. This is for callers whose change can't be made any more, because it was made.
    pub async fn replayed(&self, who: &Principal, request: &Idempotency) -> Result<Option<Applied>, Error> {
        who.require(Scope::UsersWrite)?;
        let key = RecordKey::Idempotency(who.client.clone(), request.key.clone());
        let record = self.store.record(key).await?;
        answered(record.as_ref(), request, self.clock.now()).map(applied).transpose()
    }
}
