//! Changing one record.

use crate::error::{Fault, FaultAt, Reason, Refusal};
use crate::journal::ChangeId;
use crate::record::{Organisation, OrganisationKind, Record, RecordKey};
use crate::store::{Decide, Decision, Outcome, ReadSet, RecordWrite, Seen, WriteSet};
use crate::user::Field;

use super::{Decided, refuse};

type Change = dyn Fn(Option<&Record>) -> Result<Option<RecordWrite>, Refusal> + Send + Sync;

/// Changes one record by a pure function of what it is now. Answers the record after a write, or before its removal.
pub struct ChangeRecord {
    change_id: ChangeId,
    key: RecordKey,
    change: Box<Change>,
}

impl ChangeRecord {
    /// A change of the record with `key`. `change` may be asked more than once.
    pub fn new(
        change_id: ChangeId,
        key: RecordKey,
        change: impl Fn(Option<&Record>) -> Result<Option<RecordWrite>, Refusal> + Send + Sync + 'static,
    ) -> Self {
        Self { change_id, key, change: Box::new(change) }
    }

    fn try_decide(&self, seen: &Seen) -> Decided {
        let current = seen.record(&self.key)?;
        let write = match (self.change)(current) {
            Ok(write) => write,
            Err(refusal) => return Ok(refuse(refusal)),
        };
        let record = match &write {
            Some(RecordWrite::Put(record)) => Some(record.clone()),
            Some(RecordWrite::Remove(_)) | None => current.cloned(),
        };
        if let Some(RecordWrite::Put(Record::Organisation(organisation))) = &write
            && is_anothers_name(organisation, seen)?
        {
            let at = FaultAt::Field(external_id_field(organisation.kind));
            return Ok(refuse(Refusal::Faults(vec![Fault { at, reason: Reason::Taken }])));
        }
        let writes = WriteSet { records: write.into_iter().collect(), ..WriteSet::default() };
        Ok(Decision::Done { writes: Box::new(writes), verdict: Ok(Outcome::Record(record)) })
    }
}

impl std::fmt::Debug for ChangeRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChangeRecord").field("change_id", &self.change_id).finish_non_exhaustive()
    }
}

impl Decide for ChangeRecord {
    fn change_id(&self) -> ChangeId {
        self.change_id
    }

    fn reads(&self) -> ReadSet {
        ReadSet { records: vec![self.key.clone()], ..ReadSet::default() }
    }

    fn decide(&self, seen: &Seen) -> Decision {
        self.try_decide(seen).unwrap_or_else(Decision::ReadMore)
    }
}

fn is_anothers_name(organisation: &Organisation, seen: &Seen) -> Result<bool, ReadSet> {
    let key = RecordKey::OrganisationByExternalId(organisation.kind, organisation.external_id.clone());
    Ok(match seen.record(&key)? {
        Some(Record::Organisation(other)) => other.id != organisation.id,
        Some(
            Record::ApiKey(_)
            | Record::RevokedToken(_)
            | Record::Client(_)
            | Record::Profile(_)
            | Record::Idempotency(_)
            | Record::Group(_)
            | Record::Membership(_)
            | Record::GroupEntry(_)
            | Record::SharedLink(..),
        )
        | None => false,
    })
}

fn external_id_field(kind: OrganisationKind) -> Field {
    match kind {
        OrganisationKind::Producer => Field::ProducerExternalId,
        OrganisationKind::Seller => Field::SellerExternalId,
        OrganisationKind::Origin => Field::OriginExternalId,
    }
}
