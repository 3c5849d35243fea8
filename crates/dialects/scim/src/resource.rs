//! From a body as it was sent to a resource in canonical form.

mod elements;
#[cfg(test)]
mod tests;
mod values;

use serde_json::{Map, Value};

pub(crate) use elements::{PRIMARY, check_count, check_primary, is_primary, settle};
pub(crate) use values::{boolean, date_time, element, single, value};

use crate::fault::Fault;
use crate::path::{self, At};
use crate::schema::{Attribute, Place, ResourceType};

/// A resource in canonical form.
///
/// Its attributes are spelt as in the table, the attributes of an extension are in an object under its URN, and values have
/// the types of the table. `null` stands where a caller erased something: `null`, `""` and `[]` are one (RFC 7643, 2.5).
/// Elements of lists hold no `null`, and a list has at least one element.
pub(crate) type Resource = Map<String, Value>;

/// Reads a body that is a whole resource, as POST and PUT have one, and notes what of the required it lacks.
pub(crate) fn whole(kind: &ResourceType, sent: &Map<String, Value>, faults: &mut Vec<Fault>) -> Resource {
    let resource = canonicalise(kind, sent, faults);
    require(kind, &resource, faults);
    resource
}

/// Reads the attributes of a body. Every fault is noted, and what is at fault is read as if it were erased.
///
/// Unknown attributes are passed over, and so are those that callers can't write (RFC 7644, 3.3 and 3.5.1): clients send back
/// what they were answered, and more.
pub(crate) fn canonicalise(
    kind: &ResourceType,
    sent: &Map<String, Value>,
    faults: &mut Vec<Fault>,
) -> Resource {
    let mut resource = Resource::new();
    let mut seen = Vec::new();
    for (at, sent) in path::entries(kind, sent, faults) {
        let At::Attribute(place) = at else {
            faults.push(Fault::new(at.to_string(), "must be given in the elements of the list"));
            continue;
        };
        if seen.contains(&place) {
            faults.push(Fault::new(place.to_string(), "is given more than once"));
            continue;
        }
        seen.push(place);
        let value = value(place.leaf(), sent, &place.to_string(), faults);
        merge(&mut resource, place, value);
    }
    for place in seen {
        if let Some(value) = place.of_mut(&mut resource) {
            settle(place.attribute, value);
        }
    }
    resource
}

/// The resource with what was sent put over it: what was not sent stays, a list that was sent is the whole list, and of a
/// complex value the parts that were sent are replaced.
pub(crate) fn overlay(before: &Resource, sent: &Resource) -> Resource {
    let mut after = before.clone();
    for (name, value) in sent {
        match (after.get_mut(name).and_then(Value::as_object_mut), value) {
            (Some(members), Value::Object(sent)) => {
                let merged = overlay(members, sent);
                *members = merged;
            }
            (_, _) => {
                after.insert(name.clone(), value.clone());
            }
        }
    }
    after
}

/// Notes every required attribute of the resource's type that it lacks, unless it was sent and is at fault already.
fn require(kind: &ResourceType, resource: &Resource, faults: &mut Vec<Fault>) {
    for attribute in
        kind.core.attributes.iter().filter(|attribute| attribute.required && !attribute.has_default)
    {
        let is_at_fault = faults.iter().any(|fault| fault.path == attribute.name);
        if resource.get(attribute.name).is_none_or(Value::is_null) && !is_at_fault {
            faults.push(required(attribute));
        }
    }
}

/// The fault of an attribute that must have a value and has none.
pub(crate) fn required(attribute: &Attribute) -> Fault {
    Fault::new(attribute.name, "is required and must not be empty")
}

/// Gives an attribute a value. The sub-attributes of a complex value that is no list are merged into those that are there.
pub(crate) fn merge(resource: &mut Resource, place: Place, value: Value) {
    let given = match (place.sub, value) {
        (Some(sub), value) => Map::from_iter([(sub.name.to_owned(), value)]),
        (None, Value::Object(given)) => given,
        (None, value) => return place.set(resource, value),
    };
    match place.of_mut(resource).and_then(Value::as_object_mut) {
        Some(members) => members.extend(given),
        None => place.set(resource, given.into()),
    }
}
