//! A change with an idempotency key: decided once, answered as often as it is asked.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::error::{Refusal, Refused};
use crate::idempotency::{Idempotency, KEPT_SECONDS};
use crate::journal::ChangeId;
use crate::record::{IdempotencyRecord, Record, RecordKey, StoredOutcome};
use crate::store::{Decide, Decision, Outcome, ReadSet, RecordWrite, Seen, Verdict, WriteSet};
use crate::user::User;

/// Wraps a user's change: looks for the key first, and records the outcome beside the change.
pub(crate) struct Idempotent<D> {
    pub(crate) change: D,
    pub(crate) client: String,
    pub(crate) request: Idempotency,
    pub(crate) now: Timestamp,
}

impl<D: Decide> Idempotent<D> {
    fn key(&self) -> RecordKey {
        RecordKey::Idempotency(self.client.clone(), self.request.key.clone())
    }

    fn earlier(&self, seen: &Seen) -> Result<Option<Verdict>, ReadSet> {
        Ok(answered(seen.record(&self.key())?, &self.request, self.now))
    }

    fn remember(&self, mut writes: Box<WriteSet>, verdict: Verdict) -> Decision {
        if let Some(outcome) = stored(&verdict) {
            writes.records.push(RecordWrite::Put(Record::Idempotency(Box::new(IdempotencyRecord {
                client: self.client.clone(),
                key: self.request.key.clone(),
                request: self.request.request,
                outcome,
                expires_at: self.now.plus_seconds(KEPT_SECONDS),
            }))));
        }
        Decision::Done { writes, verdict }
    }
}

impl<D: Decide> Decide for Idempotent<D> {
    fn change_id(&self) -> ChangeId {
        self.change.change_id()
    }

    fn reads(&self) -> ReadSet {
        let mut reads = self.change.reads();
        reads.records.push(self.key());
        reads
    }

    fn reads_to_write(&self) -> ReadSet {
        self.change.reads_to_write()
    }

    fn decide(&self, seen: &Seen) -> Decision {
        match self.earlier(seen) {
            Err(more) => Decision::ReadMore(more),
            Ok(Some(verdict)) => Decision::Done { writes: Box::default(), verdict },
            Ok(None) => match self.change.decide(seen) {
                Decision::Done { writes, verdict } => self.remember(writes, verdict),
                Decision::ReadMore(more) => Decision::ReadMore(more),
                Decision::Stale => Decision::Stale,
            },
        }
    }
}

/// What the request was answered before, by the record of its key.
pub(crate) fn answered(record: Option<&Record>, request: &Idempotency, now: Timestamp) -> Option<Verdict> {
    let record = match record? {
        Record::Idempotency(record) => Some(record).filter(|record| record.expires_at > now)?,
        Record::ApiKey(_)
        | Record::RevokedToken(_)
        | Record::Organisation(_)
        | Record::Client(_)
        | Record::Profile(_)
        | Record::Group(_)
        | Record::Membership(_)
        | Record::GroupEntry(_)
        | Record::SharedLink(..) => return None,
    };
    if record.request != request.request {
        return Some(Err(Refusal::IdempotencyKeyReused.into()));
    }
    Some(replay(&record.outcome))
}

fn replay(outcome: &StoredOutcome) -> Verdict {
    match outcome {
        StoredOutcome::Done { effect, user } => {
            Ok(Outcome::User { user: Arc::new(User::clone(user)), effect: *effect, replayed: true })
        }
        StoredOutcome::Refused(refusal) => Err(Refused { refusal: refusal.clone(), replayed: true }),
        StoredOutcome::Erased => Err(Refused { refusal: Refusal::NotFound, replayed: true }),
    }
}

/// What is kept of a verdict. The password is not.
fn stored(verdict: &Verdict) -> Option<StoredOutcome> {
    match verdict {
        Ok(Outcome::User { user, effect, .. }) => {
            let user = Box::new(User { password: None, ..User::clone(user) });
            Some(StoredOutcome::Done { effect: *effect, user })
        }
        Ok(Outcome::Record(_)) => None,
        Err(refused) => Some(StoredOutcome::Refused(refused.refusal.clone())),
    }
}
