//! PATCH (RFC 7644, 3.5.2): what a request asks for, and what a resource is after it.

mod apply;
mod elements;
mod message;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::{Map, Value};

use crate::error::{ScimError, ScimType};
use crate::path::At;
use crate::resource::Resource;
use crate::schema::{Place, ResourceType, USER};

/// The PATCH of a user, checked as far as it can be without the user.
#[derive(Clone, PartialEq)]
pub(crate) struct PatchRequest {
    steps: Vec<Step>,
}

/// One change at one place; an operation is some of them.
#[derive(Clone, PartialEq)]
struct Step {
    action: Action,
    at: At,
    /// In canonical form. `Null` erases.
    value: Value,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Add,
    Replace,
    Remove,
}

/// Where it takes place, and no value: a password may be among them.
impl fmt::Debug for PatchRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = |step: &Step| format!("{:?} {}", step.action, step.at);
        f.debug_list().entries(self.steps.iter().map(step)).finish()
    }
}

impl PatchRequest {
    /// Reads the message of a PATCH of a user. All faults of its values are told at once; else the first error is.
    pub(crate) fn new(message: &Map<String, Value>) -> Result<Self, ScimError> {
        Self::of(&USER, message)
    }

    fn of(kind: &ResourceType, message: &Map<String, Value>) -> Result<Self, ScimError> {
        message::read(kind, message).map(|steps| Self { steps })
    }

    /// Whether an operation is about the attribute at the top of the resource.
    pub(crate) fn is_about(&self, attribute: &str) -> bool {
        let is_it = |place: Place| place.extension.is_none() && place.attribute.name == attribute;
        self.steps.iter().any(|step| is_it(step.at.place()))
    }

    /// The steps of the PATCH of a resource of another type, to be carried out by the caller.
    pub(crate) fn plan(
        kind: &ResourceType,
        message: &Map<String, Value>,
    ) -> Result<impl Iterator<Item = (Action, At, Value)>, ScimError> {
        let steps = Self::of(kind, message)?.steps.into_iter();
        Ok(steps.map(|Step { action, at, value }| (action, at, value)))
    }
}

/// The user after the PATCH. All of it is done or nothing, and what it erased is `null`.
pub(crate) fn apply(request: &PatchRequest, resource: &Resource) -> Result<Resource, ScimError> {
    let (mut patched, mut work) = (resource.clone(), apply::Work::default());
    for step in &request.steps {
        step.apply(&mut patched, &mut work)?;
    }
    work.check_made(&patched)?;
    apply::finish(&USER, &mut patched);
    Ok(patched)
}

fn no_target(list: Place) -> ScimError {
    ScimError::new(ScimType::NoTarget, format!("the filter selects no element of {list}"))
}
