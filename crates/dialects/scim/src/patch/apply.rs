//! Steps, one after the other.

use serde_json::Value;

use super::{Action, Step, elements, no_target};
use crate::error::ScimError;
use crate::path::At;
use crate::resource::{self, Resource};
use crate::schema::{Attribute, Place, ResourceType};

impl Step {
    pub(super) fn apply(&self, resource: &mut Resource) -> Result<(), ScimError> {
        let Self { action, at, value } = self;
        match at {
            At::Attribute(place) if place.leaf().multi_valued && *action == Action::Add => {
                let mut list = list(*place, resource);
                elements::append(
                    place.attribute,
                    &mut list,
                    value.as_array().map(Vec::as_slice).unwrap_or_default(),
                )?;
                put(*place, resource, list);
            }
            At::Attribute(place) => {
                // What is not there has nothing in it to erase.
                let nothing =
                    place.sub.is_some() && value.is_null() && place.of(resource).is_none_or(Value::is_null);
                if !nothing {
                    resource::merge(resource, *place, value.clone());
                }
            }
            At::Elements(selected) => {
                let mut list = list(selected.list, resource);
                if !elements::change(selected, &mut list, *action, value)? {
                    return Err(no_target(at));
                }
                put(selected.list, resource, list);
            }
        }
        Ok(())
    }
}

fn list(place: Place, resource: &Resource) -> Vec<Value> {
    place.of(resource).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// A list that is empty and was not there stays away.
fn put(place: Place, resource: &mut Resource, list: Vec<Value>) {
    if !list.is_empty() || place.of(resource).is_some() {
        place.set(resource, list.into());
    }
}

/// Brings what the steps left into canonical form. Until the last one an element may lack what it is about: Entra sends
/// `emails[type eq "work"].primary` before `.value`.
pub(super) fn finish(kind: &ResourceType, resource: &mut Resource) {
    for place in kind.places().filter(|place| !place.is_read_only()) {
        if let Some(value) = place.of_mut(resource) {
            settle(place.attribute, value);
        }
    }
}

fn settle(attribute: &Attribute, value: &mut Value) {
    let is_empty = match value {
        Value::Array(elements) => {
            for members in elements.iter_mut().filter_map(Value::as_object_mut) {
                resource::prune(attribute, members);
            }
            elements.retain(|element| element.as_object().is_none_or(|members| !members.is_empty()));
            elements.is_empty()
        }
        Value::Object(members) => {
            let significant = attribute.significant();
            members.is_empty()
                || significant.is_some_and(|value| members.get(value.name).is_none_or(Value::is_null))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if is_empty {
        *value = Value::Null;
    }
}
