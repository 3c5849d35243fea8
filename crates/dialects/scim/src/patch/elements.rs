//! The elements of one list.

use serde_json::{Map, Value};

use super::Action;
use crate::error::ScimError;
use crate::path::{Elements, Which};
use crate::resource::{self, PRIMARY, is_primary};
use crate::schema::Attribute;

/// Adds elements to a list. One that is about what another is about already is merged into that: no list has the same
/// value with the same type twice (RFC 7643, 2.4).
pub(super) fn append(attribute: &Attribute, list: &mut Vec<Value>, added: &[Value]) -> Result<(), ScimError> {
    let mut claiming = Vec::new();
    for element in added {
        let there = list.iter_mut().enumerate().find(|(_, other)| is_same(attribute, other, element));
        let index = match there {
            Some((index, there)) => {
                merge(there, element);
                index
            }
            None => {
                list.push(element.clone());
                list.len() - 1
            }
        };
        // The primary one until now may be among those that are sent, and not claim to be it.
        if is_primary(element) {
            claiming.push(index);
        }
    }
    check_count(attribute, list)?;
    settle_primary(attribute, list, &claiming)
}

fn is_same(attribute: &Attribute, one: &Value, other: &Value) -> bool {
    match attribute.significant() {
        Some(value) => [value.name, "type"].iter().all(|name| one.get(name) == other.get(name)),
        None => one == other,
    }
}

/// Changes the selected elements, or their sub-attribute; whether there was something to do it to.
pub(super) fn change(
    selected: &Elements,
    list: &mut Vec<Value>,
    action: Action,
    value: &Value,
) -> Result<bool, ScimError> {
    if action == Action::Remove {
        remove(selected, list);
        // What is to be gone and is not there, is gone.
        return Ok(true);
    }
    let attribute = selected.list.attribute;
    let touched: Vec<usize> = list
        .iter()
        .enumerate()
        .filter(|(_, element)| selected.which.selects(element))
        .map(|(index, _)| index)
        .collect();
    if touched.is_empty() {
        let Some(element) = described(selected, value) else { return Ok(value.is_null()) };
        append(attribute, list, &[element])?;
        return Ok(true);
    }
    match (value.is_null(), action, selected.sub) {
        // To add nothing to an element leaves it as it is.
        (true, Action::Add, None) => return Ok(true),
        (true, ..) => {
            remove(selected, list);
            return Ok(true);
        }
        (false, ..) => {}
    }
    for index in &touched {
        if let Some(element) = list.get_mut(*index) {
            put(selected, element, action, value);
        }
    }
    let sets_primary = match selected.sub {
        Some(sub) => sub.name == PRIMARY && value.as_bool() == Some(true),
        None => is_primary(value),
    };
    if sets_primary {
        settle_primary(attribute, list, &touched)?;
    }
    Ok(true)
}

fn put(selected: &Elements, element: &mut Value, action: Action, value: &Value) {
    match (selected.sub, action) {
        (Some(sub), _) => {
            if let Some(members) = element.as_object_mut() {
                members.insert(sub.name.to_owned(), value.clone());
            }
        }
        (None, Action::Add) => merge(element, value),
        (None, Action::Replace | Action::Remove) => *element = value.clone(),
    }
}

fn merge(element: &mut Value, with: &Value) {
    if let (Some(members), Some(with)) = (element.as_object_mut(), with.as_object()) {
        members.extend(with.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
}

fn remove(selected: &Elements, list: &mut Vec<Value>) {
    let Some(sub) = selected.sub else {
        return list.retain(|element| !selected.which.selects(element));
    };
    for element in list.iter_mut().filter(|element| selected.which.selects(element)) {
        if let Some(members) = element.as_object_mut() {
            members.remove(sub.name);
        }
    }
}

/// The element that the filter describes, with the value in it: Entra asks for `emails[type eq "work"].value` of a user who
/// has no such element yet. RFC 7644, 3.5.2.3 would have `noTarget`, which stays for every other filter.
fn described(selected: &Elements, value: &Value) -> Option<Value> {
    let (Which::Matching(condition), Some(sub)) = (&selected.which, selected.sub) else { return None };
    let mut members: Map<String, Value> = condition.described()?;
    if value.is_null() || members.get(sub.name).is_some_and(|described| described != value) {
        return None;
    }
    members.insert(sub.name.to_owned(), value.clone());
    Some(members.into())
}

/// RFC 7644, 3.5.2: where an element becomes the primary one, the others are so no longer.
fn settle_primary(attribute: &Attribute, list: &mut [Value], touched: &[usize]) -> Result<(), ScimError> {
    let claims = |index: &usize| list.get(*index).is_some_and(is_primary);
    if !touched.iter().any(claims) {
        return Ok(());
    }
    let others = list.iter_mut().enumerate().filter(|(index, _)| !touched.contains(index));
    for members in
        others.filter(|(_, other)| is_primary(other)).filter_map(|(_, other)| other.as_object_mut())
    {
        members.insert(PRIMARY.to_owned(), false.into());
    }
    resource::check_primary(list, attribute.name).map_err(refuse)
}

fn check_count(attribute: &Attribute, list: &[Value]) -> Result<(), ScimError> {
    resource::check_count(attribute, list.len(), attribute.name).map_err(refuse)
}

fn refuse(fault: crate::fault::Fault) -> ScimError {
    ScimError::of_faults(&[fault])
}

impl Which {
    fn selects(&self, element: &Value) -> bool {
        let Some(members) = element.as_object() else { return false };
        match self {
            Self::All => true,
            Self::Matching(condition) => condition.holds(members),
            Self::Like(named) => named
                .iter()
                .filter_map(Value::as_object)
                .any(|named| named.iter().all(|(name, value)| members.get(name) == Some(value))),
        }
    }
}
