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

pub mod documents;

pub use attribute::{Attribute, Kind, MOST_ELEMENTS, Mutability, Returned, Uniqueness};
pub use group::MOST_MEMBERS;
pub use lookup::{Place, Target};
pub use resource_type::{GROUP, RESOURCE_TYPES, ResourceType, Schema, USER, schema_of};
