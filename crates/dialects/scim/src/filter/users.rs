//! Filters of users.

use roster_directory::Source;
use roster_directory::search::{
    Condition, ElementKey, ElementTest, GrantKey, GroupKey, SortKey, UserKey, UserTest,
};
use scim_v2::filter::ValFilter;

use super::{Asked, SubTest, Tests, What, asked, inner, invalid, not_searched, not_sorted, read};
use crate::convert::{DIRECTORY, ENTERPRISE, PLAIN, multi, plain_at};
use crate::error::ScimError;
use crate::schema::{Attribute, Place, ResourceType, USER};

/// Reads a filter. External ids are those of `source`; `beside` is another kind of resource that the list has.
pub(crate) fn condition(
    filter: &str,
    source: &Source,
    beside: Option<&'static ResourceType>,
) -> Result<Condition<UserTest>, ScimError> {
    read(filter, &Users { source, beside })
}

/// What `sortBy` names.
pub(crate) fn sort_key(name: &str, source: &Source) -> Result<SortKey, ScimError> {
    let place = asked(&USER, name).ok_or_else(|| not_sorted("names no attribute of a User"))?;
    if let Some(key) = (Users { source, beside: None }).key(&place) {
        return Ok(SortKey::Key(key));
    }
    let sub = place.sub.or_else(|| place.attribute.significant()).map_or("", |sub| sub.name);
    match (multi(place.attribute.name), element_key(sub)) {
        (Some(multi), Some(key)) => Ok(SortKey::Element(multi, key)),
        (_, _) => Err(not_sorted("names an attribute that has no order")),
    }
}

struct Users<'s> {
    source: &'s Source,
    beside: Option<&'static ResourceType>,
}

impl Users<'_> {
    /// The value of the user itself that an attribute is.
    fn key(&self, place: &Place) -> Option<UserKey> {
        if let Some(field) = plain_at(place) {
            return Some(UserKey::Field(field));
        }
        let sub = place.sub.map(|sub| sub.name);
        match (place.extension, place.attribute.name, sub) {
            (None, "id", None) => Some(UserKey::Id),
            (None, "userName", None) => Some(UserKey::UserName),
            (None, "externalId", None) => Some(UserKey::ExternalId(self.source.clone())),
            (None, "active", None) => Some(UserKey::Active),
            (None, "meta", Some("created")) => Some(UserKey::RegisteredAt),
            (None, "meta", Some("lastModified")) => Some(UserKey::RecordedAt),
            (Some(DIRECTORY), "number", None) => Some(UserKey::Number),
            (Some(DIRECTORY), "createdAt", None) => Some(UserKey::CreatedAt),
            (Some(DIRECTORY), "updatedAt", None) => Some(UserKey::UpdatedAt),
            (_, _, _) => None,
        }
    }
}

impl Tests for Users<'_> {
    type Test = UserTest;

    fn kind(&self) -> &'static ResourceType {
        &USER
    }

    fn beside(&self) -> Option<&'static ResourceType> {
        self.beside
    }

    fn attribute(&self, Asked { place, what }: &Asked) -> Result<Condition<UserTest>, ScimError> {
        if let Some(key) = self.key(place) {
            return Ok(what.condition(super::compared(place), |comparison| UserTest::Key(key, comparison)));
        }
        let name = place.attribute.name;
        if place.attribute.multi_valued && name != "schemas" {
            return of_list(place, what);
        }
        match (name, place.sub.map(|sub| sub.name), what) {
            ("schemas", _, _) => schemas(what),
            ("meta", None, What::Present) => Ok(Condition::Always(true)),
            ("meta", Some("resourceType"), _) => Ok(Condition::Always(what.holds(place.leaf(), USER.name))),
            // A complex attribute is there if any part of it is.
            (_, None, What::Present) if !place.attribute.sub_attributes().is_empty() => {
                Ok(any_of(|plain| plain.0 == place.extension && plain.1 == name))
            }
            (_, _, _) => Err(not_searched(place)),
        }
    }

    fn elements(&self, list: Place, filter: &ValFilter) -> Result<Condition<UserTest>, ScimError> {
        let attribute = list.attribute;
        let test = match (list.extension, attribute.name, multi(attribute.name)) {
            (None, _, Some(multi)) => {
                let wanted = inner(attribute, filter, &|sub, what| element(attribute, sub, what))?;
                UserTest::Element(multi, wanted)
            }
            (None, "groups", _) => UserTest::Group(inner(attribute, filter, &group)?),
            (Some(DIRECTORY), "grants", _) => UserTest::Grant(inner(attribute, filter, &grant)?),
            (_, _, _) => return Err(not_searched(&list)),
        };
        Ok(Condition::Test(test))
    }
}

/// A test of any element of a list, by the sub-attribute that is named or by what an element is about.
fn of_list(place: &Place, what: &What) -> Result<Condition<UserTest>, ScimError> {
    let attribute = place.attribute;
    let sub = match (place.sub, what) {
        (Some(sub), _) => Some(sub),
        // That there is one at all.
        (None, What::Present) => None,
        (None, What::Compare(..)) => Some(attribute.significant().ok_or_else(|| not_searched(place))?),
    };
    let test = match (place.extension, attribute.name, multi(attribute.name)) {
        (None, _, Some(multi)) => {
            UserTest::Element(multi, wanted(sub, what, &|sub, what| element(attribute, sub, what))?)
        }
        (None, "groups", _) => UserTest::Group(wanted(sub, what, &group)?),
        (Some(DIRECTORY), "grants", _) => UserTest::Grant(wanted(sub, what, &grant)?),
        (_, _, _) => return Err(not_searched(place)),
    };
    Ok(Condition::Test(test))
}

fn wanted<T>(
    sub: Option<&'static Attribute>,
    what: &What,
    test: SubTest<'_, T>,
) -> Result<Condition<T>, ScimError> {
    sub.map_or(Ok(Condition::Always(true)), |sub| test(sub, what))
}

fn element(
    list: &'static Attribute,
    sub: &'static Attribute,
    what: &What,
) -> Result<Condition<ElementTest>, ScimError> {
    let key = element_key(sub.name).ok_or_else(|| not_searched(&format!("{}.{}", list.name, sub.name)))?;
    Ok(what.condition(sub, |comparison| (key, comparison)))
}

fn element_key(sub: &str) -> Option<ElementKey> {
    Some(match sub {
        "value" => ElementKey::Value,
        "type" => ElementKey::Kind,
        "display" => ElementKey::Display,
        "primary" => ElementKey::Primary,
        "formatted" => ElementKey::Formatted,
        "streetAddress" => ElementKey::StreetAddress,
        "locality" => ElementKey::Locality,
        "region" => ElementKey::Region,
        "postalCode" => ElementKey::PostalCode,
        "country" => ElementKey::Country,
        _ => return None,
    })
}

fn group(
    sub: &'static Attribute,
    what: &What,
) -> Result<Condition<(GroupKey, roster_directory::search::Comparison)>, ScimError> {
    match sub.name {
        "value" => Ok(what.condition(sub, |comparison| (GroupKey::Id, comparison))),
        "display" => Ok(what.condition(sub, |comparison| (GroupKey::DisplayName, comparison))),
        "type" => Ok(Condition::Always(what.holds(sub, "direct"))),
        _ => Err(not_searched(&format!("groups.{}", sub.name))),
    }
}

fn grant(
    sub: &'static Attribute,
    what: &What,
) -> Result<Condition<(GrantKey, roster_directory::search::Comparison)>, ScimError> {
    let key = if sub.name == "clientId" { GrantKey::Client } else { GrantKey::Profile };
    Ok(what.condition(sub, |comparison| (key, comparison)))
}

/// Every user has the core schema and Roster's own extension; the enterprise extension those with a part of it.
fn schemas(what: &What) -> Result<Condition<UserTest>, ScimError> {
    let Some(attribute) = USER.find_attribute("schemas").map(|place| place.attribute) else {
        return Err(invalid("schemas can't be searched by".to_owned()));
    };
    if [USER.core.urn, DIRECTORY].iter().any(|urn| what.holds(attribute, urn)) {
        Ok(Condition::Always(true))
    } else if what.holds(attribute, ENTERPRISE) {
        Ok(any_of(|plain| plain.0 == Some(ENTERPRISE)))
    } else {
        Ok(Condition::Always(false))
    }
}

/// That there is one of these plain fields.
fn any_of(is_one: impl Fn((Option<&str>, &str)) -> bool) -> Condition<UserTest> {
    let is_there = |field| {
        let key = UserKey::Field(field);
        Condition::Test(UserTest::Key(key, roster_directory::search::Comparison::Present))
    };
    let plain = PLAIN.iter().filter(|plain| is_one((plain.extension, plain.attribute)));
    Condition::Any(plain.map(|plain| is_there(plain.field)).collect())
}

#[cfg(test)]
mod tests {
    use roster_directory::Attribute as Multi;

    use super::*;

    fn read(filter: &str) -> String {
        match condition(filter, &Source::new("okta").unwrap(), None) {
            Ok(condition) => format!("{condition:?}"),
            Err(error) => error.detail.into_owned(),
        }
    }

    #[test]
    fn every_attribute_is_searched_by_its_type_or_says_that_it_is_not() {
        for (filter, expected) in [
            ("meta.resourceType eq \"User\"", "Always(true)"),
            ("meta.resourceType eq \"Group\"", "Always(false)"),
            ("meta pr", "Always(true)"),
            ("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"", "Always(true)"),
            ("schemas eq \"urn:x\"", "Always(false)"),
            ("password eq \"x\"", "password can't be searched by"),
            ("groups.$ref eq \"x\"", "the filter can't be read at byte 8"),
            ("nothing eq \"x\"", "the filter names an attribute that a User does not have"),
            ("emails[nothing eq \"x\"]", "the filter names what an element of emails does not have"),
            ("name[givenName eq \"x\"]", "name has no elements that a filter could select"),
            ("active eq 1", "the filter compares active with a value of another type"),
        ] {
            assert_eq!(read(filter), expected, "{filter}");
        }
        assert!(read("externalId eq \"7\"").contains("ExternalId(\"okta\")"));
        assert!(read("emails eq \"a@b\"").contains("(Value, Text"));
        assert!(read(&format!("{ENTERPRISE}:manager pr")).contains("Manager"));
    }

    #[test]
    fn a_filter_asks_for_an_enterprise_attribute_without_its_urn() {
        let with_urn = read(&format!("id eq \"x\" and {ENTERPRISE}:manager eq \"y\""));
        assert!(with_urn.contains("Manager"));
        assert_eq!(read("id eq \"x\" and manager eq \"y\""), with_urn);
        assert!(sort_key("department", &Source::new("okta").unwrap()).is_ok());
    }

    #[test]
    fn a_filter_has_so_many_terms_and_no_more() {
        let source = Source::new("okta").unwrap();
        for (of, parts) in [("title eq \"x\"", 100), ("emails[type eq \"x\" or not (value pr)]", 50)] {
            let filter = |count: usize| vec![of; count].join(" or ");
            assert!(condition(&filter(parts), &source, None).is_ok(), "{of}");
            let error = condition(&filter(parts + 1), &source, None).unwrap_err();
            assert_eq!(error.scim_type, Some(crate::error::ScimType::TooMany), "{of}");
        }
    }

    #[test]
    fn what_another_kind_alone_has_is_absent() {
        let source = Source::new("okta").unwrap();
        let read = |filter: &str| match condition(filter, &source, Some(&crate::schema::GROUP)) {
            Ok(condition) => format!("{condition:?}"),
            Err(error) => error.detail.into_owned(),
        };
        for (filter, expected) in [
            ("members pr", "Always(false)"),
            ("members eq \"x\"", "Always(false)"),
            ("members ne \"x\"", "Always(true)"),
            ("members eq null", "Always(true)"),
            ("members[value eq \"x\"]", "Always(false)"),
            ("nothing pr", "the filter names an attribute that a User does not have"),
        ] {
            assert_eq!(read(filter), expected, "{filter}");
        }
    }

    #[test]
    fn what_has_no_order_is_not_sorted_by() {
        let source = Source::new("okta").unwrap();
        for name in ["userName", "name.familyName", "emails", "emails.type", "meta.lastModified", "active"] {
            assert!(sort_key(name, &source).is_ok(), "{name}");
        }
        for name in ["nothing", "groups", "name", "password"] {
            assert!(sort_key(name, &source).is_err(), "{name}");
        }
        assert_eq!(sort_key("emails", &source), Ok(SortKey::Element(Multi::Emails, ElementKey::Value)));
    }
}
