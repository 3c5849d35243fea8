//! The fields that have elements: links, by source, and grants, as a whole.

use std::collections::BTreeSet;

use roster_directory::user::MOST_GRANTS;
use roster_directory::{Change, ExternalId, Field, Grant, GrantsPatch, LinksPatch, ProfileId, Source};
use roster_wire::{Field as Sent, Json};

use crate::fault::{Fault, pointer};
use crate::reader::Reader;

/// The member of a grant that names the client.
pub(crate) const CLIENT_ID: &str = "client_id";
/// The member of a grant that names the profile.
pub(crate) const PROFILE_ID: &str = "profile_id";

/// The links: an object from source to external id, where null removes one link.
pub(super) fn links(reader: &mut Reader<'_, '_, '_>) -> LinksPatch {
    let key = Field::Links.name();
    let mut patch = LinksPatch::new();
    let object = match reader.take(key).object(key) {
        Sent::Value(object) => object,
        Sent::Absent => return patch,
        Sent::Null | Sent::WrongType => {
            reader.fault(
                key,
                "must be an object from source to external id; null removes the link of one source",
            );
            return patch;
        }
    };
    let base = pointer("", key);
    for (name, value) in object.members() {
        match link(name, value) {
            Ok((source, change)) => {
                patch.insert(source, change);
            }
            Err(detail) => reader.faults().push(Fault::at_pointer(pointer(&base, name), detail)),
        }
    }
    for name in object.duplicates() {
        reader.faults().push(Fault::at_pointer(pointer(&base, name), "is given more than once"));
    }
    patch
}

fn link(name: &str, value: &Json<'_>) -> Result<(Source, Change<ExternalId>), String> {
    let source = Source::new(name).map_err(|why| format!("the name of a source {why}"))?;
    let change = match value.text() {
        Sent::Value(text) => Change::Set(ExternalId::new(text).map_err(|why| why.to_string())?),
        Sent::Null => Change::Clear,
        Sent::Absent | Sent::WrongType => return Err("must be a string or null".to_owned()),
    };
    Ok((source, change))
}

/// The grants: the whole list, and each grant's place in it. Null is an empty list.
pub(super) fn grants(reader: &mut Reader<'_, '_, '_>) -> (GrantsPatch, Vec<(usize, Grant)>) {
    let key = Field::Grants.name();
    let elements = match reader.take(key).array(key) {
        Sent::Absent => return (GrantsPatch::Keep, Vec::new()),
        Sent::Null => return (GrantsPatch::Replace(BTreeSet::new()), Vec::new()),
        Sent::Value(elements) if elements.len() <= MOST_GRANTS => elements,
        Sent::Value(_) => {
            reader.fault(key, format!("must have at most {MOST_GRANTS} elements"));
            return (GrantsPatch::Keep, Vec::new());
        }
        Sent::WrongType => {
            reader.fault(key, "must be an array of objects with client_id and profile_id, or null");
            return (GrantsPatch::Keep, Vec::new());
        }
    };
    let mut sent = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let base = format!("/{key}/{index}");
        sent.extend(grant(element, &base, reader.faults()).map(|grant| (index, grant)));
    }
    (GrantsPatch::Replace(sent.iter().map(|(_, grant)| grant.clone()).collect()), sent)
}

fn grant(element: &Json<'_>, base: &str, faults: &mut Vec<Fault>) -> Option<Grant> {
    let Sent::Value(object) = element.object() else {
        faults.push(Fault::at_pointer(base, "must be an object with client_id and profile_id"));
        return None;
    };
    let mut reader = Reader::new(object, base, faults);
    let client_id = match reader.take(CLIENT_ID).integer(CLIENT_ID) {
        Sent::Value(id) if id > 0 => Some(id),
        Sent::Absent => {
            reader.fault(CLIENT_ID, "is required");
            None
        }
        Sent::Value(_) | Sent::Null | Sent::WrongType => {
            reader.fault(CLIENT_ID, format!("must be a whole number from 1 to {}", i64::MAX));
            None
        }
    };
    let profile_id = reader.required(PROFILE_ID, ProfileId::new);
    reader.finish(&[]);
    Grant::new(client_id?, profile_id?).ok()
}
