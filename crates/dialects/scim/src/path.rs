//! The paths of PATCH operations (RFC 7644, 3.5.2), and the names in the objects of values.

use std::fmt;

use scim_v2::filter::{PatchPath, PatchValuePath};
use serde_json::{Map, Value};

use crate::condition::Condition;
use crate::error::{ScimError, ScimType};
use crate::fault::Fault;
use crate::grammar;
use crate::schema::{Attribute, Kind, Place, ResourceType, Schema, Target};

/// The most names of one object that may have a filter in them: to read one costs far more than to look up a name.
const MOST_SELECTING: usize = 100;

/// Where an operation takes place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum At {
    /// An attribute, or a sub-attribute of one that is no list.
    Attribute(Place),
    /// Elements of a list.
    Elements(Elements),
}

/// Some elements of a list, or a sub-attribute of each of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Elements {
    /// The list.
    pub(crate) list: Place,
    /// Which of its elements.
    pub(crate) which: Which,
    /// The sub-attribute, if not the whole elements.
    pub(crate) sub: Option<&'static Attribute>,
}

/// Which elements of a list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Which {
    /// All of them.
    All,
    /// Those that a filter selects.
    Matching(Condition),
    /// Those that agree with one of these in every sub-attribute that it has.
    Like(Vec<Value>),
}

/// What the path of an operation leads to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Located {
    /// All attributes of a schema.
    Schema(&'static Schema),
    /// A place.
    At(At),
}

impl At {
    /// The attribute, in any case.
    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Attribute(place) => *place,
            Self::Elements(elements) => elements.list,
        }
    }

    /// What is changed: the sub-attribute, or else the attribute.
    pub(crate) fn leaf(&self) -> &'static Attribute {
        match self {
            Self::Attribute(place) => place.leaf(),
            Self::Elements(elements) => elements.sub.unwrap_or(elements.list.attribute),
        }
    }

    /// Checks that callers may write there.
    pub(crate) fn check_writable(&self) -> Result<(), ScimError> {
        if self.place().is_read_only() || self.leaf().is_read_only() {
            return Err(ScimError::new(ScimType::Mutability, format!("{self} is read-only")));
        }
        Ok(())
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sub = match self {
            Self::Attribute(_) => None,
            Self::Elements(elements) => elements.sub,
        };
        write!(f, "{}", self.place())?;
        sub.map_or(Ok(()), |sub| write!(f, ".{}", sub.name))
    }
}

/// A sub-attribute of a list is that of each of its elements.
impl From<Place> for At {
    fn from(place: Place) -> Self {
        if place.attribute.multi_valued && place.sub.is_some() {
            return Self::Elements(Elements { list: place.whole(), which: Which::All, sub: place.sub });
        }
        Self::Attribute(place)
    }
}

/// Finds what a path leads to, whether or not callers may write there.
pub(crate) fn locate(kind: &ResourceType, path: &str) -> Result<Located, ScimError> {
    match kind.find(path.trim()) {
        Some(Target::Schema(schema)) => return Ok(Located::Schema(schema)),
        Some(Target::Attribute(place)) => return Ok(Located::At(place.into())),
        None => {}
    }
    let PatchPath::Value(PatchValuePath { attr, filter, sub_attr }) = grammar::path(path)? else {
        return Err(unknown(kind));
    };
    let list =
        kind.place(attr.uri.as_deref(), &attr.name, attr.sub_attr.as_deref()).ok_or_else(|| unknown(kind))?;
    if list.sub.is_some() || !list.attribute.multi_valued || !matches!(list.attribute.kind, Kind::Complex(_))
    {
        let detail = format!("{list} has no elements that a filter could select");
        return Err(ScimError::new(ScimType::InvalidPath, detail));
    }
    let sub = match sub_attr {
        Some(name) => Some(list.attribute.sub_attribute(&name).ok_or_else(|| unknown(kind))?),
        None => None,
    };
    let which = Which::Matching(Condition::new(&filter, list.attribute)?);
    Ok(Located::At(At::Elements(Elements { list, which, sub })))
}

fn unknown(kind: &ResourceType) -> ScimError {
    ScimError::new(ScimType::InvalidPath, format!("the path leads to no attribute of a {}", kind.name))
}

/// The places that an object of values names, each with its value. The unknown and the read-only are passed over.
///
/// An extension's attributes are in an object under its URN, or each under its own full name, as Entra has them; names may
/// be dotted, and select elements: too many that do are a fault.
pub(crate) fn entries<'v>(
    kind: &ResourceType,
    sent: &'v Map<String, Value>,
    faults: &mut Vec<Fault>,
) -> Vec<(At, &'v Value)> {
    let mut entries = Vec::with_capacity(sent.len());
    let too_many = selecting(kind, sent) > MOST_SELECTING;
    if too_many {
        let reason = format!("must have at most {MOST_SELECTING} names with a filter in them");
        faults.push(Fault::new(kind.name, reason));
    }
    for (name, value) in sent.iter().filter(|(name, _)| !(too_many && selects(kind, name))) {
        match named(kind, name) {
            Some(Located::At(at)) => entries.push((at, value)),
            Some(Located::Schema(schema)) => entries.extend(within(kind, schema, value, faults)),
            None => {}
        }
    }
    entries.retain(|(at, _)| at.check_writable().is_ok());
    entries
}

fn named(kind: &ResourceType, name: &str) -> Option<Located> {
    // Nearly every name is one of the table: the parser is for the others.
    match kind.find(name) {
        Some(Target::Schema(schema)) => Some(Located::Schema(schema)),
        Some(Target::Attribute(place)) => Some(Located::At(place.into())),
        None if selects(kind, name) => locate(kind, name).ok(),
        None => None,
    }
}

/// Whether a name may select elements of a list that there is. A body may have many names that are nobody's, and to parse
/// one costs far more than to look it up.
fn selects(kind: &ResourceType, name: &str) -> bool {
    let list = name.split_once('[').and_then(|(list, _)| kind.find_attribute(list.trim()));
    list.is_some_and(|list| list.sub.is_none() && list.attribute.multi_valued)
}

/// How many names of an object have a filter in them.
pub(crate) fn selecting(kind: &ResourceType, sent: &Map<String, Value>) -> usize {
    sent.keys().filter(|name| selects(kind, name)).count()
}

/// The places that an extension's object names. What is empty erases all of the extension.
pub(crate) fn within<'v>(
    kind: &ResourceType,
    schema: &'static Schema,
    sent: &'v Value,
    faults: &mut Vec<Fault>,
) -> Vec<(At, &'v Value)> {
    match sent {
        Value::Null => all_of(kind, schema).map(|at| (at, sent)).collect(),
        Value::String(text) if text.is_empty() => all_of(kind, schema).map(|at| (at, sent)).collect(),
        Value::Object(sent) => {
            let at = |(name, value): (&String, &'v Value)| {
                let (name, sub) =
                    name.split_once('.').map_or((name.as_str(), None), |(name, sub)| (name, Some(sub)));
                Some((kind.place(Some(schema.urn), name, sub)?.into(), value))
            };
            sent.iter().filter_map(at).collect()
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            faults.push(Fault::new(schema.urn, "must be an object"));
            Vec::new()
        }
    }
}

/// The attributes of a schema that callers may write.
pub(crate) fn all_of(kind: &ResourceType, schema: &'static Schema) -> impl Iterator<Item = At> {
    // Those of the core schema are at the top of the resource.
    let extension = Some(schema.urn).filter(|_| schema != kind.core);
    let writable = schema.attributes.iter().filter(|attribute| !attribute.is_read_only());
    writable.map(move |attribute| At::Attribute(Place { extension, attribute, sub: None }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{GROUP, USER};

    fn located(path: &str) -> String {
        match locate(&USER, path) {
            Ok(Located::Schema(schema)) => schema.name.to_owned(),
            Ok(Located::At(at)) => {
                format!("{at}{}", if at.check_writable().is_ok() { "" } else { " (read-only)" })
            }
            Err(error) => error.scim_type.unwrap().name().to_owned(),
        }
    }

    #[test]
    fn a_path_leads_to_a_place_or_says_why_not() {
        const URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        for (path, expected) in [
            ("USERNAME", "userName"),
            (" name.givenname ", "name.givenName"),
            ("emails[type eq \"work\"].value", "emails.value"),
            ("emails[TYPE eq \"work\" and primary eq true]", "emails"),
            ("roles[primary eq \"True\"].value", "roles.value"),
            ("emails.value", "emails.value"),
            (URN, "EnterpriseUser"),
            (&format!("{URN}:manager.value"), &format!("{URN}:manager.value")),
            (&format!("{URN}:manager.displayName"), &format!("{URN}:manager.displayName (read-only)")),
            (
                "urn:roster:scim:schemas:extension:directory:1.0:User:grants[clientId gt 1].profileId",
                "urn:roster:scim:schemas:extension:directory:1.0:User:grants.profileId (read-only)",
            ),
            ("urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq \"work\"].value", "emails.value"),
            ("id", "id (read-only)"),
            ("meta.version", "meta.version (read-only)"),
            ("schemas", "schemas (read-only)"),
            ("groups[value eq \"1\"]", "groups (read-only)"),
            ("userNme", "invalidPath"),
            ("emails[type eq \"work\"].nothing", "invalidPath"),
            ("emails[nothing eq \"work\"]", "invalidFilter"),
            ("emails[type eq 1]", "invalidFilter"),
            ("emails[primary gt true]", "invalidFilter"),
            ("name[givenName eq \"x\"]", "invalidPath"),
            ("userName[value eq \"x\"]", "invalidPath"),
            ("emails[type eq", "invalidPath"),
            ("", "invalidPath"),
        ] {
            assert_eq!(located(path), expected, "{path}");
        }
        assert!(locate(&GROUP, "members[value eq \"x\"]").is_ok());
    }
}
