//! The resource types and their schemas.

use super::{Attribute, common, directory_user, enterprise_user, group, user};

/// A schema: attributes under a URN.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Schema {
    /// Its URN.
    pub(crate) urn: &'static str,
    /// Its name, for people.
    pub(crate) name: &'static str,
    /// What it is, for people.
    pub(crate) description: &'static str,
    /// Its attributes.
    pub(crate) attributes: &'static [Attribute],
}

impl Schema {
    /// The attribute of that name, in any case.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

/// A resource type (RFC 7643, 6).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ResourceType {
    /// Its name, which is its identifier too.
    pub(crate) name: &'static str,
    /// Where its resources are, below the base URL.
    pub(crate) endpoint: &'static str,
    /// What it is, for people.
    pub(crate) description: &'static str,
    /// The schema of the attributes at the top of a resource.
    pub(crate) core: &'static Schema,
    /// The schemas of the attributes that are in an object under their schema's URN.
    pub(crate) extensions: &'static [&'static Schema],
}

/// Users.
pub(crate) static USER: ResourceType = ResourceType {
    name: "User",
    endpoint: "/Users",
    description: "The users of the directory.",
    core: &user::SCHEMA,
    extensions: &[&enterprise_user::SCHEMA, &directory_user::SCHEMA],
};

/// Groups.
pub(crate) static GROUP: ResourceType = ResourceType {
    name: "Group",
    endpoint: "/Groups",
    description: "Groups of users.",
    core: &group::SCHEMA,
    extensions: &[],
};

/// All resource types.
pub(crate) static RESOURCE_TYPES: [&ResourceType; 2] = [&USER, &GROUP];

impl ResourceType {
    /// Its schemas: the core one, then the extensions.
    pub(crate) fn schemas(&self) -> impl Iterator<Item = &'static Schema> {
        std::iter::once(self.core).chain(self.extensions.iter().copied())
    }

    /// The attributes at the top of a resource: those of every resource, then those of the core schema.
    pub(crate) fn top_attributes(&self) -> impl Iterator<Item = &'static Attribute> {
        common::COMMON.iter().chain(self.core.attributes)
    }
}

/// The schema of that URN, in any case (RFC 7644, 3.10).
pub(crate) fn schema_of(urn: &str) -> Option<&'static Schema> {
    RESOURCE_TYPES.iter().flat_map(|kind| kind.schemas()).find(|schema| schema.urn.eq_ignore_ascii_case(urn))
}
