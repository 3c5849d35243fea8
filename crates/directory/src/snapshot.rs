//! A user as it was at one version, in a form that outlives a release: fields by their stable numbers.
//!
//! The password and the data key are never part of it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::element::Element;
use crate::seal::WrappedKey;
use crate::user::{Field, FieldVersions, Grant, Link, Number, Profile, User, UserId, UserName};
use crate::value::Value;

/// What most users need.
const USUAL_BYTES: usize = 512;

#[derive(Serialize, Deserialize)]
enum Snapshot {
    /// Of a user without elements, whom an older Roster can read.
    V1(SnapshotV1),
    /// With the user's elements.
    V2(SnapshotV1, Vec<Element>),
}

#[derive(Serialize, Deserialize)]
struct SnapshotV1 {
    id: Uuid,
    number: Number,
    version: u64,
    user_name: UserName,
    user_name_chosen: bool,
    active: bool,
    profile: Vec<(u16, Value)>,
    links: Vec<Link>,
    grants: Vec<Grant>,
    created_at: Timestamp,
    updated_at: Timestamp,
    registered_at: Timestamp,
    recorded_at: Timestamp,
    deleted_at: Option<Timestamp>,
}

/// The stored form of a user as it is now. It holds personal values: it is to be sealed.
pub fn encode(user: &User) -> Vec<u8> {
    encode_behind(Vec::with_capacity(USUAL_BYTES), user)
}

/// The same, behind what is in `bytes`.
pub fn encode_behind(bytes: Vec<u8>, user: &User) -> Vec<u8> {
    let value = |(field, _): &(Field, _)| Some((field.id(), user.profile.value(*field)?));
    let snapshot = SnapshotV1 {
        id: user.id.0,
        number: user.number,
        version: user.version,
        user_name: user.user_name.clone(),
        user_name_chosen: user.user_name_chosen,
        active: user.active,
        profile: Profile::FIELDS.iter().filter_map(value).collect(),
        links: links(user),
        grants: user.grants.iter().cloned().collect(),
        created_at: user.created_at,
        updated_at: user.updated_at,
        registered_at: user.registered_at,
        recorded_at: user.recorded_at,
        deleted_at: user.deleted_at,
    };
    let snapshot = match &*user.elements {
        [] => Snapshot::V1(snapshot),
        elements => Snapshot::V2(snapshot, elements.to_vec()),
    };
    postcard::to_extend(&snapshot, bytes).unwrap_or_default()
}

/// The user from its stored form. Fields of a newer Roster are left out.
pub fn decode(bytes: &[u8]) -> Option<User> {
    let (stored, elements) = match postcard::from_bytes(bytes).ok()? {
        Snapshot::V1(stored) => (stored, Vec::new()),
        Snapshot::V2(stored, elements) => (stored, elements),
    };
    let mut profile = Profile::default();
    for (id, value) in stored.profile {
        if let Some(field) = Field::from_id(id)
            && !profile.set(field, value)
        {
            return None;
        }
    }
    Some(User {
        id: UserId(stored.id),
        number: stored.number,
        version: stored.version,
        user_name: stored.user_name,
        user_name_chosen: stored.user_name_chosen,
        active: stored.active,
        profile,
        links: stored.links.into_iter().map(|link| (link.source, link.external_id)).collect(),
        grants: stored.grants.into_iter().collect(),
        last_element: elements.last().map_or(0, |element| element.id),
        elements,
        password: None,
        created_at: stored.created_at,
        updated_at: stored.updated_at,
        registered_at: stored.registered_at,
        recorded_at: stored.recorded_at,
        deleted_at: stored.deleted_at,
        data_key: WrappedKey::from_bytes(Vec::new()),
        field_versions: FieldVersions::default(),
    })
}

fn links(user: &User) -> Vec<Link> {
    let link = |(source, external_id): (&_, &_)| Link {
        source: Clone::clone(source),
        external_id: Clone::clone(external_id),
    };
    user.links.iter().map(link).collect()
}
