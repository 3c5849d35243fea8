//! From the names that callers write to the places in a resource. Names and URNs are in any case (RFC 7644, 3.10).

use serde_json::Value;

use super::{Attribute, ResourceType, Schema};
use crate::convert::ENTERPRISE;
use crate::resource::Resource;

/// An attribute, or a sub-attribute, and where it is in a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The URN of the extension whose object it is in; `None` at the top of the resource.
    pub(crate) extension: Option<&'static str>,
    /// The attribute.
    pub(crate) attribute: &'static Attribute,
    /// The sub-attribute, if it is one.
    pub(crate) sub: Option<&'static Attribute>,
}

/// What a name may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// All attributes of a schema.
    Schema(&'static Schema),
    /// An attribute.
    Attribute(Place),
}

impl Place {
    /// The attribute as a whole.
    #[must_use]
    pub(crate) fn whole(self) -> Self {
        Self { sub: None, ..self }
    }

    /// What the place leads to: the sub-attribute, or else the attribute.
    pub(crate) fn leaf(&self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// Whether callers can't write there.
    pub(crate) fn is_read_only(&self) -> bool {
        self.attribute.is_read_only() || self.leaf().is_read_only()
    }

    /// The value of the attribute in a resource; the sub-attribute is left aside.
    pub(crate) fn of<'r>(&self, resource: &'r Resource) -> Option<&'r Value> {
        match self.extension {
            Some(urn) => resource.get(urn)?.as_object()?.get(self.attribute.name),
            None => resource.get(self.attribute.name),
        }
    }

    /// The value of the attribute in a resource, to be changed.
    pub(crate) fn of_mut<'r>(&self, resource: &'r mut Resource) -> Option<&'r mut Value> {
        match self.extension {
            Some(urn) => resource.get_mut(urn)?.as_object_mut()?.get_mut(self.attribute.name),
            None => resource.get_mut(self.attribute.name),
        }
    }

    /// Gives the attribute a value in a resource; the sub-attribute is left aside.
    pub(crate) fn set(&self, resource: &mut Resource, value: Value) {
        let Some(urn) = self.extension else {
            resource.insert(self.attribute.name.to_owned(), value);
            return;
        };
        let object = resource.entry(urn).or_insert(Value::Null);
        match object.as_object_mut() {
            Some(members) => {
                members.insert(self.attribute.name.to_owned(), value);
            }
            None => *object = Value::Object(Resource::from_iter([(self.attribute.name.to_owned(), value)])),
        }
    }
}

/// As callers write it: `emails.value`, or with the URN of an extension before it.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(urn) = self.extension {
            write!(f, "{urn}:")?;
        }
        f.write_str(self.attribute.name)?;
        self.sub.map_or(Ok(()), |sub| write!(f, ".{}", sub.name))
    }
}

impl ResourceType {
    /// What a name means: an attribute, `attribute.sub`, either with the URN of its schema before it, or the URN of a
    /// schema. `None` if it means nothing here.
    pub(crate) fn find(&self, name: &str) -> Option<Target> {
        if let Some(schema) = self.schemas().find(|schema| schema.urn.eq_ignore_ascii_case(name)) {
            return Some(Target::Schema(schema));
        }
        let (urn, name, sub) = parts(name);
        self.place(urn, name, sub).map(Target::Attribute)
    }

    /// The attribute that a name means. See [`ResourceType::find`].
    pub(crate) fn find_attribute(&self, name: &str) -> Option<Place> {
        match self.find(name)? {
            Target::Attribute(place) => Some(place),
            Target::Schema(_) => None,
        }
    }

    /// What a name means in a question. See [`ResourceType::asked`].
    pub(crate) fn find_asked(&self, name: &str) -> Option<Target> {
        let (urn, attribute, sub) = parts(name);
        self.find(name).or_else(|| self.asked(urn, attribute, sub).map(Target::Attribute))
    }

    /// The place of an attribute by the parts of its name, in a question: a filter, an order, the choice of what is answered.
    /// There an attribute of the enterprise extension needs no URN, as Entra ID asks for the manager. In a body it does:
    /// what is written must be where it was said to be.
    pub(crate) fn asked(&self, urn: Option<&str>, name: &str, sub: Option<&str>) -> Option<Place> {
        let without_urn = || urn.is_none().then(|| self.place(Some(ENTERPRISE), name, sub)).flatten();
        self.place(urn, name, sub).or_else(without_urn)
    }

    /// The place of an attribute by the parts of its name.
    pub(crate) fn place(&self, urn: Option<&str>, name: &str, sub: Option<&str>) -> Option<Place> {
        let (extension, attribute) = match urn {
            Some(urn) if !urn.eq_ignore_ascii_case(self.core.urn) => {
                let extension = self.extension(urn)?;
                (Some(extension.urn), extension.attribute(name)?)
            }
            Some(_) | None => {
                (None, self.top_attributes().find(|attribute| attribute.name.eq_ignore_ascii_case(name))?)
            }
        };
        let sub = match sub {
            Some(name) => Some(attribute.sub_attribute(name)?),
            None => None,
        };
        Some(Place { extension, attribute, sub })
    }

    /// The places of all attributes.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        let place = |extension| move |attribute| Place { extension, attribute, sub: None };
        let within = move |schema: &&'static Schema| schema.attributes.iter().map(place(Some(schema.urn)));
        self.top_attributes().map(place(None)).chain(self.extensions.iter().flat_map(within))
    }

    /// The extension of that URN.
    pub(crate) fn extension(&self, urn: &str) -> Option<&'static Schema> {
        self.extensions.iter().copied().find(|schema| schema.urn.eq_ignore_ascii_case(urn))
    }
}

/// The URN, the attribute and the sub-attribute that a name has.
fn parts(name: &str) -> (Option<&str>, &str, Option<&str>) {
    // A URN ends at the last colon: no name of an attribute has one.
    let (urn, name) = match name.rsplit_once(':') {
        Some((urn, name)) => (Some(urn), name),
        None => (None, name),
    };
    match name.split_once('.') {
        Some((name, sub)) => (urn, name, Some(sub)),
        None => (urn, name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{GROUP, USER};

    fn found(name: &str) -> Option<String> {
        USER.find_attribute(name).map(|place| place.to_string())
    }

    #[test]
    fn names_are_found_in_any_case_and_with_their_urn() {
        for (name, place) in [
            ("username", "userName"),
            ("EXTERNALID", "externalId"),
            ("name.GivenName", "name.givenName"),
            ("emails.$REF", ""),
            ("groups.$REF", "groups.$ref"),
            ("urn:ietf:params:scim:schemas:core:2.0:user:NAME.givenname", "name.givenName"),
            (
                "URN:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            ),
            ("department", ""),
            ("urn:ietf:params:scim:schemas:core:2.0:User:department", ""),
            ("urn:other:department", ""),
            ("userName.x", ""),
            ("name.givenName.x", ""),
            ("", ""),
            (".", ""),
            (":", ""),
        ] {
            assert_eq!(found(name).unwrap_or_default(), place, "{name}");
        }
    }

    #[test]
    fn the_urn_of_a_schema_is_all_of_it() {
        let urn = "urn:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User";
        assert!(
            matches!(USER.find(urn), Some(super::Target::Schema(schema)) if schema.name == "EnterpriseUser")
        );
        assert_eq!(GROUP.find(urn), None);
        assert_eq!(USER.find(USER.core.urn), Some(super::Target::Schema(USER.core)));
        assert_eq!(USER.find_attribute(USER.core.urn), None);
    }

    #[test]
    fn in_a_question_an_enterprise_attribute_needs_no_urn() {
        let asked = |name: &str| match USER.find_asked(name) {
            Some(super::Target::Attribute(place)) => place.to_string(),
            Some(super::Target::Schema(_)) | None => String::new(),
        };
        let urn = crate::convert::ENTERPRISE;
        for (name, place) in [
            ("manager", format!("{urn}:manager")),
            ("MANAGER.value", format!("{urn}:manager.value")),
            ("userName", "userName".to_owned()),
            ("nothing", String::new()),
            ("urn:ietf:params:scim:schemas:core:2.0:User:manager", String::new()),
        ] {
            assert_eq!(asked(name), place);
        }
        assert_eq!(found("manager"), None, "a body says where a value belongs");
        assert_eq!(GROUP.find_asked("manager"), None);
    }

    #[test]
    fn what_was_set_is_found_again() {
        let mut resource = crate::resource::Resource::new();
        for name in ["userName", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division"] {
            let place = USER.find_attribute(name).unwrap();
            assert_eq!(place.of(&resource), None);
            place.set(&mut resource, "x".into());
            assert_eq!(place.of(&resource), Some(&"x".into()), "{name}");
        }
    }
}
