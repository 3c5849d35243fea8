//! PATCH (RFC 7644, 3.5.2): what a request asks for, and what a resource is after it.

mod apply;
mod elements;
mod message;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::error::{ScimError, ScimType};
use crate::path::At;
use crate::resource::Resource;
use crate::schema::{ResourceType, USER};

pub use message::MOST_OPERATIONS;

/// The PATCH of a user, checked as far as it can be without the user.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchRequest {
    steps: Vec<Step>,
}

/// One change at one place; an operation is some of them.
#[derive(Debug, Clone, PartialEq)]
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

impl PatchRequest {
    /// Reads the message of a PATCH of a user. All faults of its values are told at once; else the first error is.
    pub fn new(message: &Map<String, Value>) -> Result<Self, ScimError> {
        Self::of(&USER, message)
    }

    fn of(kind: &ResourceType, message: &Map<String, Value>) -> Result<Self, ScimError> {
        message::read(kind, message).map(|steps| Self { steps })
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
pub fn apply(request: &PatchRequest, resource: &Resource) -> Result<Resource, ScimError> {
    let mut patched = resource.clone();
    for step in &request.steps {
        step.apply(&mut patched)?;
    }
    apply::finish(&USER, &mut patched);
    Ok(patched)
}

fn no_target(at: &At) -> ScimError {
    ScimError::new(ScimType::NoTarget, format!("the filter selects no element of {}", at.place()))
}
