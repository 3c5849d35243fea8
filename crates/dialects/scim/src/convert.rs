//! Between the directory's nouns and resources.

pub(crate) mod from_user;
pub(crate) mod group;
mod plain;
pub(crate) mod to_patch;

pub(crate) use plain::{PLAIN, Plain, plain_at};

use aws_lc_rs::digest::{SHA256, digest};
use roster_directory::Attribute as Multi;

use crate::representation::{Node, Object};

/// The URN of the enterprise extension (RFC 7643, 4.3).
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The URN of Roster's own extension.
pub(crate) const DIRECTORY: &str = "urn:roster:scim:schemas:extension:directory:1.0:User";

/// A version as an entity tag. A weak one: of one version there are many representations.
pub(crate) fn tag(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// The entity tag of a resource that shows `others` beside what its version is about: the groups of a user are none of its
/// version, and what its members are called none of a group's. With nothing to show it is that of the version alone.
pub(crate) fn tag_with(version: u64, others: Option<&Node<'_>>) -> String {
    let Some(others) = others else { return tag(version) };
    // Writing into memory can't fail.
    let digest = digest(&SHA256, &serde_json::to_vec(others).unwrap_or_default());
    let head = digest.as_ref().first_chunk().map_or(0, |head| u64::from_be_bytes(*head));
    format!("W/\"{version}-{head:016x}\"")
}

/// The attribute of the directory that a list of a user is, if it is one.
pub(crate) fn multi(name: &str) -> Option<Multi> {
    Multi::ALL.into_iter().find(|multi| multi.name() == name)
}

/// What says when and where a resource is (RFC 7643, 3.1).
pub(crate) fn meta(
    resource_type: &'static str,
    created: roster_directory::Timestamp,
    changed: roster_directory::Timestamp,
    location: String,
    version: String,
) -> Object<'static> {
    let mut meta = Object::with_capacity(5);
    meta.push("resourceType", resource_type);
    meta.push("created", Node::Micros(created));
    meta.push("lastModified", Node::Micros(changed));
    meta.push("location", location);
    meta.push("version", version);
    meta
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_tag_says_what_is_shown_beside_the_version() {
        let of =
            |others: &[&'static str]| tag_with(3, Some(&others.iter().copied().map(Node::from).collect()));
        assert_eq!(tag_with(3, None), "W/\"3\"");
        assert_eq!(of(&["1"]), of(&["1"]));
        assert_ne!(of(&["1"]), of(&["2"]));
        // The same in every process and release: a client may keep it for long. The digest is that of `[]` by sha256sum.
        assert_eq!(of(&[]), "W/\"3-4f53cda18c2baa0c\"");
    }
}
