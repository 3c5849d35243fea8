//! Replaying a user's history, independently of the merge that made it.

use std::collections::BTreeMap;

use super::Findings;
use crate::clock::Timestamp;
use crate::element::{Element, ElementId};
use crate::journal::{Entry, EntryKind, FieldChange, Position};
use crate::user::{Field, FieldVersions, User};
use crate::value::Value;

/// What a user's entries so far make of it.
#[derive(Debug, Default)]
pub struct Replay {
    version: u64,
    position: i64,
    first_recorded_at: Option<Timestamp>,
    recorded_at: Option<Timestamp>,
    deleted: bool,
    erased: bool,
    /// Of every field that has one value.
    values: BTreeMap<Field, Value>,
    /// By source: the external id (`None` once taken away), and the version that last changed it.
    links: BTreeMap<String, (Option<String>, u64)>,
    /// By client and profile: whether granted, and the version that last changed it.
    grants: BTreeMap<(i64, String), (bool, u64)>,
    /// By id: the element (`None` once taken away), and the version that last changed it.
    elements: BTreeMap<ElementId, (Option<Element>, u64)>,
    field_versions: FieldVersions,
}

impl Replay {
    /// The version of the last entry.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether the values of the history were destroyed.
    pub fn is_erased(&self) -> bool {
        self.erased
    }

    /// How many sources the history names.
    pub fn links(&self) -> usize {
        self.links.len()
    }

    /// How many grants the history names.
    pub fn grants(&self) -> usize {
        self.grants.len()
    }

    /// How many elements the history names.
    pub fn elements(&self) -> usize {
        self.elements.len()
    }

    /// Whether the history leaves that element so.
    pub fn has_element(&self, id: ElementId, element: Option<&Element>, version: u64) -> bool {
        self.elements
            .get(&id)
            .is_some_and(|(known, changed)| (known.as_ref(), *changed) == (element, version))
    }

    /// Whether the history leaves that link so.
    pub fn has_link(&self, source: &str, external_id: Option<&str>, version: u64) -> bool {
        self.links
            .get(source)
            .is_some_and(|(id, changed)| (id.as_deref(), *changed) == (external_id, version))
    }

    /// Whether the history leaves that grant so.
    pub fn has_grant(&self, (client, profile): (i64, &str), granted: bool, version: u64) -> bool {
        self.grants.get(&(client, profile.to_owned())) == Some(&(granted, version))
    }

    /// Applies the next entry.
    pub fn step(&mut self, position: Position, entry: &Entry, field_ids: &str, findings: &mut Findings) {
        let place = format!("journal {} of user {}", position.n, entry.user_id);
        findings.expect(position.n > self.position, &place, "its position is not above the one before");
        findings.expect(
            self.recorded_at.is_none_or(|before| entry.recorded_at > before),
            &place,
            "it was not recorded after the one before",
        );
        findings.expect(
            (entry.kind == EntryKind::Created) == (entry.version == 1),
            &place,
            "the first entry, and no other, creates",
        );
        findings.expect(!self.deleted, &place, "it changes a deleted user");
        self.version = entry.version;
        self.position = position.n;
        self.recorded_at = Some(entry.recorded_at);
        self.first_recorded_at = self.first_recorded_at.or(self.recorded_at);
        self.deleted |= entry.kind == EntryKind::Deleted;
        let fields: Result<Vec<u16>, _> = field_ids.split(',').map(str::parse).collect();
        let fields = fields.unwrap_or_default();
        // A newer Roster's fields are named, and left out of what this one reads.
        let known = fields.iter().copied().filter(|field| Field::from_id(*field).is_some());
        findings.expect(
            entry.changes.is_none() || known.eq(entry.field_ids()),
            &place,
            "it names other fields than it changes",
        );
        for field in fields {
            self.field_versions.set_number(field, entry.version);
        }
        match &entry.changes {
            Some(changes) => {
                for change in changes {
                    self.apply(change, &place, findings);
                }
            }
            None => self.erased = true,
        }
    }

    fn apply(&mut self, change: &FieldChange, place: &str, findings: &mut Findings) {
        let FieldChange { field, before, after } = change;
        if has_one_value(*field) {
            let was = match after {
                Some(after) => self.values.insert(*field, after.clone()),
                None => self.values.remove(field),
            };
            let problem = format!("its {} does not follow from the entry before", field.name());
            return findings.expect(was == *before, place, &problem);
        }
        for (value, is_there) in [(before, false), (after, true)] {
            self.apply_element(value.as_ref(), is_there);
        }
    }

    /// An element that was taken away, or is there now.
    fn apply_element(&mut self, element: Option<&Value>, is_there: bool) {
        if let Some(Value::Link(link)) = element {
            let id = is_there.then(|| link.external_id.as_str().to_owned());
            self.links.insert(link.source.as_str().to_owned(), (id, self.version));
        }
        if let Some(Value::Grant(grant)) = element {
            let key = (grant.client_id, grant.profile_id.as_str().to_owned());
            self.grants.insert(key, (is_there, self.version));
        }
        if let Some(Value::Element(element)) = element {
            self.elements.insert(element.id, (is_there.then(|| Element::clone(element)), self.version));
        }
    }

    /// Compares what came of it with the user.
    pub fn compare(&self, user: &User, findings: &mut Findings) {
        let place = format!("user {}", user.id);
        findings.expect(
            self.recorded_at == Some(user.recorded_at) && self.first_recorded_at == Some(user.registered_at),
            &place,
            "it was recorded at other times than its history",
        );
        findings.expect(
            self.deleted == user.deleted_at.is_some(),
            &place,
            "it and its history disagree on whether it was deleted",
        );
        findings.expect(
            self.field_versions == user.field_versions,
            &place,
            "its field versions are not those of its history",
        );
        if self.erased {
            return;
        }
        findings.expect(
            self.elements.keys().last().copied().unwrap_or(0) == user.last_element,
            &place,
            "its last element is not that of its history",
        );
        for field in Field::ALL.iter().filter(|field| has_one_value(**field)) {
            let problem = format!("its {} is not what its history says", field.name());
            findings.expect(self.values.get(field) == value(user, *field).as_ref(), &place, &problem);
        }
    }
}

/// Links, grants and elements have several values, and of a password the history has no value.
fn has_one_value(field: Field) -> bool {
    !matches!(field, Field::Links | Field::Grants | Field::Elements | Field::Password)
}

fn value(user: &User, field: Field) -> Option<Value> {
    let others = [
        (Field::UserName, Some(Value::Text(user.user_name.as_str().into()))),
        (Field::Active, Some(Value::Bool(user.active))),
        (Field::CreatedAt, Some(Value::Time(user.created_at))),
        (Field::UpdatedAt, Some(Value::Time(user.updated_at))),
        (Field::DeletedAt, user.deleted_at.map(Value::Time)),
    ];
    let other = others.into_iter().find_map(|(known, value)| (known == field).then_some(value));
    other.unwrap_or_else(|| user.profile.value(field))
}
