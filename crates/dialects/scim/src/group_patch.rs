//! The PATCH of a group, as a plan: the members of a group may be many, and are never read for it.

#[cfg(test)]
mod tests;

use roster_directory::{Assign, Change};
use serde_json::{Map, Value};

use crate::error::{ScimError, ScimType};
use crate::fault::Fault;
use crate::patch::{Action, PatchRequest};
use crate::path::{At, Elements, Which};
use crate::schema::{GROUP, MOST_MEMBERS, Place};

const VALUE: &str = "value";

/// What the PATCH of a group asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct GroupPatch {
    /// The name.
    pub(crate) display_name: Assign<String>,
    /// The identifier that the client gave the group.
    pub(crate) external_id: Change<String>,
    /// What to do with the members, in this order.
    pub(crate) members: Vec<MemberOp>,
}

/// A member as it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its identifier.
    pub(crate) id: String,
    /// What it is called, if that was said.
    pub(crate) display: Option<String>,
}

/// A change of a group's members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MemberOp {
    /// These are members from now on.
    Add(Vec<Named>),
    /// These are members no longer; some may not have been.
    Remove(Vec<String>),
    /// Nobody is a member any longer.
    RemoveAll,
    /// These alone are members from now on.
    Replace(Vec<Named>),
}

impl GroupPatch {
    /// Reads the message of a PATCH of a group.
    pub(crate) fn new(message: &Map<String, Value>) -> Result<Self, ScimError> {
        let mut patch = Self::default();
        for (action, at, value) in PatchRequest::plan(&GROUP, message)? {
            match at {
                At::Attribute(place) => patch.set(place, action, &value),
                At::Elements(elements) => patch.members.push(select(elements, action)?),
            }
        }
        if patch.members.iter().map(MemberOp::count).sum::<usize>() <= MOST_MEMBERS {
            return Ok(patch);
        }
        let reason = format!("must have at most {MOST_MEMBERS} elements in one request");
        Err(ScimError::of_faults(&[Fault::new("members", reason)]))
    }

    fn set(&mut self, place: Place, action: Action, value: &Value) {
        match (place.attribute.name, value) {
            ("displayName", Value::String(name)) => self.display_name = Assign::Set(name.clone()),
            ("externalId", Value::String(id)) => self.external_id = Change::Set(id.clone()),
            ("externalId", _) => self.external_id = Change::Clear,
            ("members", members) => self.members.extend(MemberOp::new(action, members_of(members))),
            _ => {}
        }
    }
}

impl MemberOp {
    /// To add nobody is nothing to do.
    fn new(action: Action, members: Vec<Named>) -> Option<Self> {
        match (action, members.is_empty()) {
            (Action::Add, true) => None,
            (Action::Add, false) => Some(Self::Add(members)),
            (Action::Replace, false) => Some(Self::Replace(members)),
            (Action::Replace, true) | (Action::Remove, _) => Some(Self::RemoveAll),
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Add(members) | Self::Replace(members) => members.len(),
            Self::Remove(ids) => ids.len(),
            Self::RemoveAll => 0,
        }
    }
}

/// The members in the canonical value of `members`.
pub(crate) fn members_of(members: &Value) -> Vec<Named> {
    let members = members.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |member: &Value, name: &str| member.get(name)?.as_str().map(str::to_owned);
    let named = |member: &Value| Some(Named { id: text(member, VALUE)?, display: text(member, "display") });
    members.iter().filter_map(named).collect()
}

/// What a filter may say of every member.
fn every_member() -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), "User".into())])
}

/// Members are nothing but their identifiers, so these are all that a filter can ask for.
fn select(Elements { list, which, sub }: Elements, action: Action) -> Result<MemberOp, ScimError> {
    if action != Action::Remove || sub.is_some() {
        let detail = format!("what is in an element of {list} can't be changed: add and remove elements");
        return Err(ScimError::new(ScimType::InvalidPath, detail));
    }
    match which {
        Which::All => Ok(MemberOp::RemoveAll),
        Which::Like(named) => {
            Ok(MemberOp::Remove(members_of(&named.into()).into_iter().map(|member| member.id).collect()))
        }
        Which::Matching(condition) => match condition.listed(VALUE, &every_member()) {
            Some(listed) => {
                Ok(MemberOp::Remove(listed.iter().filter_map(Value::as_str).map(str::to_owned).collect()))
            }
            None => {
                let detail = format!(
                    "elements of {list} can be selected by {VALUE} eq alone, or several such with or"
                );
                Err(ScimError::new(ScimType::InvalidFilter, detail))
            }
        },
    }
}
