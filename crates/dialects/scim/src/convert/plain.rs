//! Which attribute is which plain field of a user.

use std::sync::LazyLock;

use roster_directory::Field;

use super::{DIRECTORY, ENTERPRISE};
use crate::schema::Place;

/// An attribute, or a sub-attribute, that is a plain field.
#[derive(Debug)]
pub(crate) struct Plain {
    /// The URN of its extension, if it is in one.
    pub(crate) extension: Option<&'static str>,
    /// The attribute.
    pub(crate) attribute: &'static str,
    /// The sub-attribute, if it is one.
    pub(crate) sub: Option<&'static str>,
    /// The field.
    pub(crate) field: Field,
}

const fn top(attribute: &'static str, field: Field) -> Plain {
    Plain { extension: None, attribute, sub: None, field }
}

const fn name(sub: &'static str, field: Field) -> Plain {
    Plain { extension: None, attribute: "name", sub: Some(sub), field }
}

const fn enterprise(attribute: &'static str, sub: Option<&'static str>, field: Field) -> Plain {
    Plain { extension: Some(ENTERPRISE), attribute, sub, field }
}

const fn directory(attribute: &'static str, sub: Option<&'static str>, field: Field) -> Plain {
    Plain { extension: Some(DIRECTORY), attribute, sub, field }
}

/// Every one, in the order in which they are answered: those of one object stand together.
pub(crate) const PLAIN: &[Plain] = &[
    name("formatted", Field::FormattedName),
    name("familyName", Field::FamilyName),
    name("givenName", Field::GivenName),
    name("middleName", Field::MiddleName),
    name("honorificPrefix", Field::HonorificPrefix),
    name("honorificSuffix", Field::HonorificSuffix),
    top("displayName", Field::DisplayName),
    top("nickName", Field::NickName),
    top("profileUrl", Field::ProfileUrl),
    top("title", Field::Title),
    top("userType", Field::UserType),
    top("preferredLanguage", Field::Language),
    top("locale", Field::Locale),
    top("timezone", Field::Timezone),
    enterprise("employeeNumber", None, Field::EmployeeNumber),
    enterprise("costCenter", None, Field::CostCenter),
    enterprise("organization", None, Field::Organization),
    enterprise("division", None, Field::Division),
    enterprise("department", None, Field::Department),
    enterprise("manager", Some("value"), Field::Manager),
    directory("emailVerified", None, Field::EmailVerified),
    directory("status", None, Field::Status),
    directory("signedUp", None, Field::SignedUp),
    directory("staff", None, Field::Staff),
    directory("controlTower", None, Field::ControlTower),
    directory("lastLogin", None, Field::LastLogin),
    directory("producer", Some("organisationId"), Field::ProducerId),
    directory("producer", Some("externalId"), Field::ProducerExternalId),
    directory("seller", Some("organisationId"), Field::SellerId),
    directory("seller", Some("externalId"), Field::SellerExternalId),
    directory("origin", Some("organisationId"), Field::OriginId),
    directory("origin", Some("externalId"), Field::OriginExternalId),
];

/// Those of an object: of a resource itself, or of the object of an extension.
#[derive(Debug)]
pub(crate) struct PlainObject {
    /// The URN of the extension.
    pub(crate) extension: Option<&'static str>,
    /// The attributes: each is a field, or has sub-attributes that are.
    pub(crate) attributes: Vec<&'static [Plain]>,
}

/// Every one, by the objects that they are in.
pub(crate) static BY_OBJECT: LazyLock<Vec<PlainObject>> = LazyLock::new(|| {
    let objects = PLAIN.chunk_by(|one, next| one.extension == next.extension);
    let attributes = |plain: &'static [Plain]| plain.chunk_by(|one, next| one.attribute == next.attribute);
    let members = objects.filter_map(|plain| {
        Some(PlainObject { extension: plain.first()?.extension, attributes: attributes(plain).collect() })
    });
    members.collect()
});

/// The plain field at a place; of a complex attribute as a whole, that of its `value`.
pub(crate) fn plain_at(place: &Place) -> Option<Field> {
    let sub = place.sub.or_else(|| place.attribute.significant()).map(|sub| sub.name);
    let is_there = |plain: &&Plain| {
        plain.extension == place.extension && plain.attribute == place.attribute.name && plain.sub == sub
    };
    PLAIN.iter().find(is_there).map(|plain| plain.field)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::schema::USER;

    /// Else an object would be answered twice.
    #[test]
    fn what_is_of_one_object_stands_together() {
        let extensions: BTreeSet<_> = BY_OBJECT.iter().map(|object| object.extension).collect();
        assert_eq!(extensions.len(), BY_OBJECT.len());
        for PlainObject { attributes, .. } in BY_OBJECT.iter() {
            let names: BTreeSet<_> = attributes.iter().map(|plain| plain[0].attribute).collect();
            assert_eq!(names.len(), attributes.len());
            for plain in attributes {
                assert!(plain.len() == 1 || plain.iter().all(|one| one.sub.is_some()), "{plain:?}");
            }
        }
    }

    #[test]
    fn every_plain_attribute_is_in_the_table() {
        for Plain { extension, attribute, sub, field } in PLAIN {
            let place = USER.place(*extension, attribute, *sub).unwrap();
            assert_eq!(plain_at(&place), Some(*field), "{attribute}");
        }
    }
}
