//! From the message to steps, with every fault of its values.

use serde_json::{Map, Value};

use super::{Action, Step};
use crate::error::{ScimError, ScimType};
use crate::fault::Fault;
use crate::json;
use crate::path::{self, At, Elements, Located, Which};
use crate::resource;
use crate::schema::{Place, ResourceType, Schema};

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The most operations of one request.
pub(crate) const MOST_OPERATIONS: usize = 1_000;

/// The most attributes that the operations of one request may name, by paths and in objects of values; and the most names with
/// a filter in them, which lead nowhere perhaps, but cost more to read than all others.
const MOST_NAMED: usize = 10_000;

/// Reads the message of a PATCH.
pub(super) fn read(kind: &ResourceType, message: &Map<String, Value>) -> Result<Vec<Step>, ScimError> {
    json::check_schema(message, PATCH_OP)?;
    let operations = json::member(message, "Operations").and_then(Value::as_array);
    let operations = operations
        .filter(|operations| !operations.is_empty())
        .ok_or_else(|| syntax("Operations must be a list of one operation or more"))?;
    if operations.len() > MOST_OPERATIONS {
        let fault = Fault::new("Operations", format!("must have at most {MOST_OPERATIONS} elements"));
        return Err(ScimError::of_faults(&[fault]));
    }
    let mut reader = Reader { kind, steps: Vec::new(), faults: Vec::new(), selecting: 0 };
    for operation in operations {
        reader.operation(operation.as_object().ok_or_else(|| syntax("an operation must be an object"))?)?;
        check_count(reader.steps.len())?;
    }
    ScimError::check(&reader.faults)?;
    Ok(reader.steps)
}

fn check_count(named: usize) -> Result<(), ScimError> {
    if named <= MOST_NAMED {
        return Ok(());
    }
    let detail = format!("the operations name more than {MOST_NAMED} attributes");
    Err(ScimError::new(ScimType::TooMany, detail))
}

fn syntax(detail: &'static str) -> ScimError {
    ScimError::new(ScimType::InvalidSyntax, detail)
}

struct Reader<'k> {
    kind: &'k ResourceType,
    steps: Vec<Step>,
    faults: Vec<Fault>,
    /// How many names had a filter in them so far.
    selecting: usize,
}

impl Reader<'_> {
    fn operation(&mut self, operation: &Map<String, Value>) -> Result<(), ScimError> {
        let action = action(operation)?;
        let value = json::member(operation, "value");
        match (action, self.path(operation)?) {
            (Action::Remove, None) => {
                Err(ScimError::new(ScimType::NoTarget, "an operation that removes must have a path"))
            }
            (Action::Remove, Some(Located::Schema(schema))) => {
                path::all_of(self.kind, schema).try_for_each(|at| self.remove(at, None))
            }
            (Action::Remove, Some(Located::At(at))) => self.remove(at, value),
            (Action::Add | Action::Replace, located) => match value {
                Some(value) => self.put(action, located, value),
                None => {
                    self.faults
                        .push(Fault::new("value", "must be given where something is added or replaced"));
                    Ok(())
                }
            },
        }
    }

    fn path(&mut self, operation: &Map<String, Value>) -> Result<Option<Located>, ScimError> {
        let located = match json::member(operation, "path") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(path)) => path::locate(self.kind, path)?,
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                return Err(syntax("path must be a string"));
            }
        };
        if let Located::At(at) = &located {
            at.check_writable()?;
        }
        Ok(Some(located))
    }

    fn put(&mut self, action: Action, located: Option<Located>, sent: &Value) -> Result<(), ScimError> {
        let entries = match located {
            Some(Located::At(at)) => vec![(at, sent)],
            Some(Located::Schema(schema)) => self.schema(schema, sent),
            None => match sent.as_object() {
                Some(object) => {
                    self.selecting = self.selecting.saturating_add(path::selecting(self.kind, object));
                    check_count(self.selecting)?;
                    path::entries(self.kind, object, &mut self.faults)
                }
                None => {
                    self.faults.push(Fault::new("value", "must be an object where an operation has no path"));
                    Vec::new()
                }
            },
        };
        for (at, sent) in entries {
            let value = self.value(action, &at, sent);
            self.steps.push(Step { action, at, value });
        }
        Ok(())
    }

    fn schema<'v>(&mut self, schema: &'static Schema, sent: &'v Value) -> Vec<(At, &'v Value)> {
        let mut entries = path::within(self.kind, schema, sent, &mut self.faults);
        entries.retain(|(at, _)| at.check_writable().is_ok());
        entries
    }

    /// The value in canonical form.
    fn value(&mut self, action: Action, at: &At, sent: &Value) -> Value {
        let (name, leaf, before) = (at.to_string(), at.leaf(), self.faults.len());
        let value = match at {
            At::Attribute(_) if leaf.multi_valued => {
                resource::value(leaf, &as_list(sent), &name, &mut self.faults)
            }
            // An element that is replaced is replaced as a whole (RFC 7644, 3.5.2.3).
            At::Elements(Elements { sub: None, .. }) if action == Action::Replace => {
                resource::element(leaf, sent, &name, &mut self.faults)
            }
            At::Attribute(_) | At::Elements(_) => resource::single(leaf, sent, &name, &mut self.faults),
        };
        if leaf.required && value.is_null() && self.faults.len() == before {
            self.faults.push(resource::required(leaf));
        }
        value
    }

    /// RFC 7644, 3.5.2.2; and with a value, those elements alone that it names, which is how Entra removes members.
    fn remove(&mut self, at: At, value: Option<&Value>) -> Result<(), ScimError> {
        if at.leaf().required {
            let detail = format!("{at} is required and can't be removed");
            return Err(ScimError::new(ScimType::Mutability, detail));
        }
        let at = match (at, value.filter(|value| !value.is_null())) {
            (At::Attribute(place), Some(named)) if place.leaf().multi_valued => self.like(place, named),
            (at, _) => at,
        };
        self.steps.push(Step { action: Action::Remove, at, value: Value::Null });
        Ok(())
    }

    fn like(&mut self, list: Place, named: &Value) -> At {
        let named = as_list(named);
        let named = named.as_array().map(Vec::as_slice).unwrap_or_default();
        let path = list.to_string();
        self.faults.extend(resource::check_count(list.attribute, named.len(), &path).err());
        let mut like = Vec::new();
        for (index, named) in named.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let mut read = resource::single(list.attribute, named, &path, &mut self.faults);
            if let Some(members) = read.as_object_mut() {
                members.retain(|_, value| !value.is_null());
            }
            // What names nothing would be like every element.
            like.extend(
                Some(read).filter(|read| read.as_object().is_some_and(|members| !members.is_empty())),
            );
        }
        At::Elements(Elements { list, which: Which::Like(like), sub: None })
    }
}

/// `Add`, as Entra writes it, is `add`.
fn action(operation: &Map<String, Value>) -> Result<Action, ScimError> {
    let named = json::member(operation, "op").and_then(Value::as_str).unwrap_or_default();
    [("add", Action::Add), ("replace", Action::Replace), ("remove", Action::Remove)]
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(named))
        .map(|(_, action)| action)
        .ok_or_else(|| syntax("op must be add, replace or remove"))
}

/// A list of one may be sent as that one.
fn as_list(sent: &Value) -> Value {
    match sent {
        Value::Null | Value::Array(_) => sent.clone(),
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![sent.clone()].into(),
    }
}
