//! What SCIM resources are made of: one table, from which everything else follows.

mod attribute;
mod common;
mod directory_user;
mod enterprise_user;
mod group;
mod lookup;
mod resource_type;
mod user;
mod user_elements;

pub(crate) mod documents;

pub(crate) use attribute::{Attribute, Kind, Mutability, Returned, Uniqueness};
pub(crate) use group::MOST_MEMBERS;
pub(crate) use lookup::{Place, Target};
pub(crate) use resource_type::{GROUP, RESOURCE_TYPES, ResourceType, Schema, USER, schema_of};
