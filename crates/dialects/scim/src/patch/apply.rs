//! Steps, one after the other.

use serde_json::Value;

use super::elements::Came;
use super::{Action, Step, elements, no_target};
use crate::error::{ScimError, ScimType};
use crate::path::{At, Elements, Which};
use crate::resource::{self, Resource};
use crate::schema::{Place, ResourceType};

/// The most bytes that the changes of elements of one request may read and write: a comparison reads its whole list, and a
/// value is written to each selected element.
const MOST_WORK_BYTES: usize = 32 << 20;

/// What the changes of elements have done.
#[derive(Default)]
pub(super) struct Work<'s> {
    /// How much they have read and written.
    bytes: usize,
    /// Where an element was made that a filter describes.
    made: Vec<&'s Elements>,
}

impl Work<'_> {
    /// Refuses what would keep the server busy: many comparisons with long lists, long values in many elements.
    fn charge(&mut self, selected: &Elements, list: &[Value], value: &Value) -> Result<(), ScimError> {
        let comparisons = match &selected.which {
            Which::All => 0,
            Which::Matching(condition) => condition.terms(),
            Which::Like(named) => named.len(),
        };
        let read = list.iter().map(size).sum::<usize>().saturating_mul(comparisons);
        let written = list.len().saturating_mul(size(value));
        self.bytes = self.bytes.saturating_add(read).saturating_add(written);
        if self.bytes <= MOST_WORK_BYTES {
            return Ok(());
        }
        let detail = "the request changes elements in more ways than Roster does at once";
        Err(ScimError::new(ScimType::TooMany, detail))
    }

    /// Refuses a request that made an element and never gave it a value: the filter selected nothing, and nothing would be
    /// left but what making the element did to the others.
    pub(super) fn check_made(&self, resource: &Resource) -> Result<(), ScimError> {
        let is_empty = |made: &&&Elements| {
            let list = made.list.of(resource).and_then(Value::as_array);
            list.is_some_and(|list| made.lacks_its_value(list))
        };
        self.made.iter().find(is_empty).map_or(Ok(()), |made| Err(no_target(made.list)))
    }
}

/// About what it costs to read a value.
fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
        Value::String(text) => text.len().saturating_add(1),
        Value::Array(elements) => elements.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
    }
}

impl Step {
    pub(super) fn apply<'s>(&'s self, resource: &mut Resource, work: &mut Work<'s>) -> Result<(), ScimError> {
        let Self { action, at, value } = self;
        match at {
            At::Attribute(place) if place.leaf().multi_valued && *action == Action::Add => {
                let mut list = take(*place, resource);
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
                let mut list = take(selected.list, resource);
                work.charge(selected, &list, value)?;
                match elements::change(selected, &mut list, *action, value)? {
                    Came::Done => {}
                    Came::Made => work.made.push(selected),
                    Came::Nothing => return Err(no_target(selected.list)),
                }
                put(selected.list, resource, list);
            }
        }
        Ok(())
    }
}

/// Takes a list out of the resource: what a step refuses is thrown away with it.
fn take(place: Place, resource: &mut Resource) -> Vec<Value> {
    match place.of_mut(resource).map(Value::take) {
        Some(Value::Array(list)) => list,
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_))
        | None => Vec::new(),
    }
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
            resource::settle(place.attribute, value);
        }
    }
}
