//! `references = "known"`: what a user refers to must be registered.

use crate::change::GrantsPatch;
use crate::directory::{References, Rules};
use crate::error::{Fault, FaultAt, Reason};
use crate::merge::Merge;
use crate::record::{OrganisationKind, Record, RecordKey};
use crate::store::{ReadSet, Seen};
use crate::user::{ExternalId, Field, Profile};
use crate::value::Text;
use uuid::Uuid;

/// Finds every reference that names nothing registered. The pairs of organisations are judged on the merged user: of
/// an upsert (`whole`) all, else those that the change touches. Grants are judged where they are asked for.
pub(super) fn check(
    rules: Rules,
    merge: &Merge,
    whole: bool,
    wanted: &GrantsPatch,
    seen: &Seen,
    faults: &mut Vec<Fault>,
) -> Result<(), ReadSet> {
    match rules.references {
        References::Open => return Ok(()),
        References::Known => {}
    }
    let mut pairs = pairs(&merge.user.profile).to_vec();
    pairs.retain(|pair| whole || merge.touches(pair.id_field) || merge.touches(pair.external_field));
    let grants = match wanted {
        GrantsPatch::Keep => None,
        GrantsPatch::Replace(grants) | GrantsPatch::Edit { add: grants, .. } => Some(grants),
    };
    let grants = grants.into_iter().flatten();
    let of_pairs =
        pairs.iter().flat_map(|pair| pair.by_id().into_iter().chain(pair.by_external_id().flatten()));
    let of_grants = grants
        .clone()
        .flat_map(|grant| [RecordKey::Client(grant.client_id), RecordKey::Profile(grant.profile_id.clone())]);
    seen.require(ReadSet { records: of_pairs.chain(of_grants).collect(), ..ReadSet::default() })?;
    for pair in &pairs {
        check_pair(pair, seen, faults)?;
    }
    for grant in grants {
        if seen.record(&RecordKey::Client(grant.client_id))?.is_none() {
            faults.push(Fault { at: FaultAt::GrantClient(grant.clone()), reason: Reason::UnknownClient });
        }
        if seen.record(&RecordKey::Profile(grant.profile_id.clone()))?.is_none() {
            faults.push(Fault { at: FaultAt::GrantProfile(grant.clone()), reason: Reason::UnknownProfile });
        }
    }
    Ok(())
}

/// The two names of one organisation, as a user has them.
#[derive(Clone, Copy)]
struct Pair<'a> {
    kind: OrganisationKind,
    id_field: Field,
    id: Option<Uuid>,
    external_field: Field,
    external_id: Option<&'a Text<255>>,
}

impl Pair<'_> {
    /// The organisation that the id names, if there is one.
    fn by_id(&self) -> Option<RecordKey> {
        self.id.map(|id| RecordKey::Organisation(self.kind, id))
    }

    /// The one that the external id names; none within, if none can have that.
    fn by_external_id(&self) -> Option<Option<RecordKey>> {
        let id = ExternalId::new(self.external_id?.as_str()).ok();
        Some(id.map(|id| RecordKey::OrganisationByExternalId(self.kind, id)))
    }
}

fn pairs(profile: &Profile) -> [Pair<'_>; 3] {
    [
        Pair {
            kind: OrganisationKind::Producer,
            id_field: Field::ProducerId,
            id: profile.producer_id,
            external_field: Field::ProducerExternalId,
            external_id: profile.producer_external_id.as_ref(),
        },
        Pair {
            kind: OrganisationKind::Seller,
            id_field: Field::SellerId,
            id: profile.seller_id,
            external_field: Field::SellerExternalId,
            external_id: profile.seller_external_id.as_ref(),
        },
        Pair {
            kind: OrganisationKind::Origin,
            id_field: Field::OriginId,
            id: profile.origin_id,
            external_field: Field::OriginExternalId,
            external_id: profile.origin_external_id.as_ref(),
        },
    ]
}

fn check_pair(pair: &Pair<'_>, seen: &Seen, faults: &mut Vec<Fault>) -> Result<(), ReadSet> {
    let mut fault = |field, reason| faults.push(Fault { at: FaultAt::Field(field), reason });
    let by_id = pair.by_id().map(|key| organisation(&key, seen)).transpose()?;
    let by_external = match pair.by_external_id() {
        Some(Some(key)) => Some(organisation(&key, seen)?),
        Some(None) => Some(None),
        None => None,
    };
    if by_external == Some(None) {
        fault(pair.external_field, Reason::UnknownOrganisation);
    }
    if by_id == Some(None) {
        fault(pair.id_field, Reason::UnknownOrganisation);
    }
    if let (Some(Some(one)), Some(Some(other))) = (by_id, by_external)
        && one != other
    {
        fault(pair.id_field, Reason::OtherOrganisation);
    }
    Ok(())
}

fn organisation(key: &RecordKey, seen: &Seen) -> Result<Option<Uuid>, ReadSet> {
    Ok(match seen.record(key)? {
        Some(Record::Organisation(organisation)) => Some(organisation.id),
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
        | None => None,
    })
}
