//! Between the directory's nouns and resources.

pub(crate) mod from_user;
pub(crate) mod group;
mod plain;
pub(crate) mod to_patch;

pub(crate) use plain::{PLAIN, Plain, plain_at};

use roster_directory::Attribute as Multi;
use serde_json::Value;

/// The URN of the enterprise extension (RFC 7643, 4.3).
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The URN of Roster's own extension.
pub(crate) const DIRECTORY: &str = "urn:roster:scim:schemas:extension:directory:1.0:User";

/// A version as an entity tag. A weak one: of one version there are many representations.
pub(crate) fn tag(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// The attribute of the directory that a list of a user is, if it is one.
pub(crate) fn multi(name: &str) -> Option<Multi> {
    Multi::ALL.into_iter().find(|multi| multi.name() == name)
}

/// What says when and where a resource is (RFC 7643, 3.1).
pub(crate) fn meta(
    resource_type: &str,
    created: roster_directory::Timestamp,
    changed: roster_directory::Timestamp,
    location: &str,
    version: u64,
) -> Value {
    serde_json::json!({
        "resourceType": resource_type,
        "created": created.to_rfc3339_millis(),
        "lastModified": changed.to_rfc3339_millis(),
        "location": location,
        "version": tag(version),
    })
}
