//! Filters of groups.

use roster_directory::Source;
use roster_directory::search::{Comparison, Condition, GroupKey, GroupTest};
use scim_v2::filter::ValFilter;

use super::{Asked, Tests, What, asked, inner, not_searched, not_sorted, read};
use crate::error::ScimError;
use crate::schema::{Attribute, GROUP, Place, ResourceType};

/// Reads a filter. External ids are those of `source`; `beside` is another kind of resource that the list has.
pub(crate) fn condition(
    filter: &str,
    source: &Source,
    beside: Option<&'static ResourceType>,
) -> Result<Condition<GroupTest>, ScimError> {
    read(filter, &Groups { source, beside })
}

/// What `sortBy` names.
pub(crate) fn sort_key(name: &str, source: &Source) -> Result<GroupKey, ScimError> {
    let place = asked(&GROUP, name).ok_or_else(|| not_sorted("names no attribute of a Group"))?;
    (Groups { source, beside: None })
        .key(&place)
        .ok_or_else(|| not_sorted("names an attribute that has no order"))
}

struct Groups<'s> {
    source: &'s Source,
    beside: Option<&'static ResourceType>,
}

impl Groups<'_> {
    fn key(&self, place: &Place) -> Option<GroupKey> {
        match (place.attribute.name, place.sub.map(|sub| sub.name)) {
            ("id", None) => Some(GroupKey::Id),
            ("displayName", None) => Some(GroupKey::DisplayName),
            ("externalId", None) => Some(GroupKey::ExternalId(self.source.clone())),
            ("meta", Some("created")) => Some(GroupKey::RegisteredAt),
            ("meta", Some("lastModified")) => Some(GroupKey::RecordedAt),
            (_, _) => None,
        }
    }
}

impl Tests for Groups<'_> {
    type Test = GroupTest;

    fn kind(&self) -> &'static ResourceType {
        &GROUP
    }

    fn beside(&self) -> Option<&'static ResourceType> {
        self.beside
    }

    fn attribute(&self, Asked { place, what }: &Asked) -> Result<Condition<GroupTest>, ScimError> {
        if let Some(key) = self.key(place) {
            return Ok(what.condition(place.leaf(), |comparison| GroupTest::Key(key, comparison)));
        }
        match (place.attribute.name, place.sub, what) {
            ("meta", Some(sub), _) if sub.name == "resourceType" => {
                Ok(Condition::Always(what.holds(sub, GROUP.name)))
            }
            ("schemas", None, _) => Ok(Condition::Always(what.holds(place.attribute, GROUP.core.urn))),
            ("meta", None, What::Present) => Ok(Condition::Always(true)),
            ("members", None, What::Present) => {
                Ok(Condition::Test(GroupTest::Member(Condition::Always(true))))
            }
            ("members", sub, _) => {
                let sub = sub.or_else(|| place.attribute.significant());
                let sub = sub.ok_or_else(|| not_searched(place))?;
                Ok(Condition::Test(GroupTest::Member(member(sub, what)?)))
            }
            (_, _, _) => Err(not_searched(place)),
        }
    }

    fn elements(&self, list: Place, filter: &ValFilter) -> Result<Condition<GroupTest>, ScimError> {
        if list.attribute.name != "members" {
            return Err(not_searched(&list));
        }
        Ok(Condition::Test(GroupTest::Member(inner(list.attribute, filter, &member)?)))
    }
}

fn member(sub: &'static Attribute, what: &What) -> Result<Condition<Comparison>, ScimError> {
    match sub.name {
        "value" => Ok(what.condition(sub, |comparison| comparison)),
        "type" => Ok(Condition::Always(what.holds(sub, "User"))),
        _ => Err(not_searched(&format!("members.{}", sub.name))),
    }
}
