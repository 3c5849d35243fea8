//! The elements of one list.

use serde_json::{Map, Value};

use super::Action;
use crate::condition::same;
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
        Some(value) => attribute
            .sub_attributes()
            .iter()
            .filter(|sub| sub.name == value.name || sub.name == "type")
            .all(|sub| same(sub, one.get(sub.name), other.get(sub.name))),
        None => one == other,
    }
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// It is done.
    Done,
    /// It is done to an element that was made for it, which may still lack what it is about.
    Made,
    /// There was nothing to do it to.
    Nothing,
}

/// Changes the selected elements, or their sub-attribute.
pub(super) fn change(
    selected: &Elements,
    list: &mut Vec<Value>,
    action: Action,
    value: &Value,
) -> Result<Came, ScimError> {
    if action == Action::Remove {
        remove(selected, list);
        // What is to be gone and is not there, is gone.
        return Ok(Came::Done);
    }
    let attribute = selected.list.attribute;
    let touched: Vec<usize> = list
        .iter()
        .enumerate()
        .filter(|(_, element)| selected.selects(element))
        .map(|(index, _)| index)
        .collect();
    if touched.is_empty() {
        let Some(element) = described(selected, value) else {
            return Ok(if value.is_null() { Came::Done } else { Came::Nothing });
        };
        append(attribute, list, &[element])?;
        return Ok(Came::Made);
    }
    match (value.is_null(), action, selected.sub) {
        // To add nothing to an element leaves it as it is.
        (true, Action::Add, None) => return Ok(Came::Done),
        (true, ..) => {
            remove(selected, list);
            return Ok(Came::Done);
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
    Ok(Came::Done)
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
        return list.retain(|element| !selected.selects(element));
    };
    for element in list.iter_mut().filter(|element| selected.selects(element)) {
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
    // No element has an empty text: it is unassigned (RFC 7643, 2.5).
    let is_none = members.values().any(|described| described == "");
    if is_none || value.is_null() || members.get(sub.name).is_some_and(|described| described != value) {
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

impl Elements {
    fn selects(&self, element: &Value) -> bool {
        let Some(members) = element.as_object() else { return false };
        let is_like = |(name, value): (&String, &Value)| {
            let sub = self.list.attribute.sub_attribute(name);
            sub.is_some_and(|sub| same(sub, members.get(name), Some(value)))
        };
        match &self.which {
            Which::All => true,
            Which::Matching(condition) => condition.holds(members),
            Which::Like(named) => {
                named.iter().filter_map(Value::as_object).any(|named| named.iter().all(is_like))
            }
        }
    }

    /// Whether one of the selected elements lacks what it is about: it would be left out of the list.
    pub(super) fn lacks_its_value(&self, list: &[Value]) -> bool {
        let Some(value) = self.list.attribute.significant() else { return false };
        list.iter().any(|element| self.selects(element) && element.get(value.name).is_none_or(Value::is_null))
    }
}
