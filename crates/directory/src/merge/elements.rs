//! Merging the elements of what a user may have several of.

use std::collections::BTreeMap;

use super::Merge;
use crate::change::{Change, ElementsPatch, ProfilePatch};
use crate::element::{Attribute, Content, Element, own_value};
use crate::user::Field;
use crate::value::{Avatar, Email, Text, Value};

/// The elements that are wanted of each attribute that is named, and whether each is the directory's own value.
pub(super) type Wanted = BTreeMap<Attribute, Vec<(bool, Content)>>;

/// Whether an element may become what is wanted.
type Likeness = fn(&Element, &(bool, Content)) -> bool;

/// Takes the directory's own values out of the lists, into the patch of the plain fields.
pub(super) fn split(elements: ElementsPatch, profile: &mut ProfilePatch) -> Wanted {
    let split = |(attribute, elements): (Attribute, crate::element::Elements)| {
        let (own, wanted) = elements.split();
        match attribute {
            Attribute::Emails => profile.email = change(own, |text| Email::new(text).ok()),
            Attribute::PhoneNumbers => profile.phone = change(own, |text| Text::new(text).ok()),
            Attribute::Photos => profile.avatar = change(own, |text| Avatar::new(text).ok()),
            Attribute::Roles => profile.role = change(own, |text| Text::new(text).ok()),
            Attribute::Addresses | Attribute::Ims | Attribute::Entitlements | Attribute::X509Certificates => {
            }
        }
        (attribute, wanted)
    };
    elements.into_iter().map(split).collect()
}

/// Of a list that was checked every text is a value.
fn change<T>(own: Option<String>, value: impl Fn(&str) -> Option<T>) -> Change<T> {
    own.and_then(|text| value(&text)).map_or(Change::Clear, Change::Set)
}

impl Merge {
    /// The plain fields are merged already.
    pub(super) fn merge_elements(&mut self, wanted: Wanted) {
        for (attribute, wanted) in wanted {
            self.merge_attribute(attribute, wanted);
        }
        self.remove_orphans();
    }

    /// An element that is wanted as it is stays; one that is wanted otherwise takes the place of the one that is most
    /// like it, so that it keeps its id; what is left over goes.
    fn merge_attribute(&mut self, attribute: Attribute, mut wanted: Vec<(bool, Content)>) {
        let (mut stored, mut after): (Vec<_>, Vec<_>) = std::mem::take(&mut self.user.elements)
            .into_iter()
            .partition(|element| element.attribute == attribute);
        let likenesses: [Likeness; 4] = [
            |element, (is_own, content)| element.is_own == *is_own && element.content == *content,
            |element, (is_own, content)| {
                !element.is_own
                    && !*is_own
                    && element.content.value.is_some()
                    && element.content.value == content.value
            },
            |element, (is_own, _)| element.is_own && *is_own,
            |element, (is_own, content)| element.is_own == *is_own && element.content.kind == content.kind,
        ];
        for is_like in likenesses {
            stored.retain(|element| {
                let Some(place) = wanted.iter().position(|wanted| is_like(element, wanted)) else {
                    return true;
                };
                let (is_own, content) = wanted.remove(place);
                let new = Element { is_own, content, ..element.clone() };
                record(&mut self.changes, Some(element), Some(&new));
                after.push(new);
                false
            });
        }
        for element in &stored {
            record(&mut self.changes, Some(element), None);
        }
        for (is_own, content) in wanted {
            self.user.last_element = self.user.last_element.saturating_add(1);
            let new = Element { id: self.user.last_element, attribute, is_own, content };
            record(&mut self.changes, None, Some(&new));
            after.push(new);
        }
        after.sort_by_key(|element| element.id);
        self.user.elements = after;
    }

    /// Where the directory's own value was cleared, the element that was that value goes, and none is promoted.
    fn remove_orphans(&mut self) {
        let (profile, changes) = (&self.user.profile, &mut self.changes);
        self.user.elements.retain(|element| {
            let is_orphan = element.is_own && own_value(profile, element.attribute).is_none();
            if is_orphan {
                record(changes, Some(element), None);
            }
            !is_orphan
        });
    }
}

fn record(changes: &mut Vec<crate::journal::FieldChange>, before: Option<&Element>, after: Option<&Element>) {
    if before != after {
        let value = |element: Option<&Element>| element.cloned().map(Box::new).map(Value::Element);
        changes.push(crate::journal::FieldChange {
            field: Field::Elements,
            before: value(before),
            after: value(after),
        });
    }
}
