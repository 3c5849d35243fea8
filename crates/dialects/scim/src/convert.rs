//! Between the directory's nouns and resources.

pub(crate) mod from_user;
pub(crate) mod group;
mod plain;
pub(crate) mod to_patch;

pub(crate) use plain::{BY_OBJECT, PLAIN, Plain, PlainObject, plain_at};

use aws_lc_rs::digest::{SHA256, digest};
use roster_directory::{Attribute as Multi, ExternalId, Timestamp};
use uuid::Uuid;

use crate::representation::{Object, Scalar, Url};

/// The URN of the enterprise extension (RFC 7643, 4.3).
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The URN of Roster's own extension.
pub(crate) const DIRECTORY: &str = "urn:roster:scim:schemas:extension:directory:1.0:User";

/// A version as an entity tag. A weak one: of one version there are many representations.
pub(crate) fn tag(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// What a resource shows beside what its version is about: the groups of a user are none of its version, and what its members
/// are called none of a group's.
#[derive(Debug, Default)]
pub(crate) struct Beside(Vec<u8>);

impl Beside {
    /// Another one, and what it is called if it has a name of its own.
    pub(crate) fn add(&mut self, id: Uuid, name: Option<&str>) {
        // No text has these bytes.
        const NAMED: u8 = 0xFE;
        const END: u8 = 0xFF;
        self.0.reserve(id.as_bytes().len() + name.map_or(0, str::len) + 2);
        self.0.extend_from_slice(id.as_bytes());
        if let Some(name) = name {
            self.0.push(NAMED);
            self.0.extend_from_slice(name.as_bytes());
        }
        self.0.push(END);
    }

    /// The entity tag of the resource; with nothing beside it is that of the version alone.
    pub(crate) fn tag(&self, version: u64) -> String {
        if self.0.is_empty() {
            return tag(version);
        }
        let digest = digest(&SHA256, &self.0);
        let head = digest.as_ref().first_chunk().map_or(0, |head| u64::from_be_bytes(*head));
        format!("W/\"{version}-{head:016x}\"")
    }
}

/// The attribute of the directory that a list of a user is, if it is one.
pub(crate) fn multi(name: &str) -> Option<Multi> {
    Multi::ALL.into_iter().find(|multi| multi.name() == name)
}

/// What every resource has (RFC 7643, 3.1).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Common<'a> {
    /// The name of its type.
    pub(crate) resource_type: &'static str,
    /// What the source calls it.
    pub(crate) external_id: Option<&'a ExternalId>,
    /// When it was created, and when it was last changed.
    pub(crate) times: [Timestamp; 2],
}

impl Common<'_> {
    /// Writes it, with where the resource is and its entity tag.
    pub(crate) fn write(self, resource: &mut Object<'_>, url: Url<'_>, tag: &str) {
        let Self { resource_type, external_id, times: [created, changed] } = self;
        resource.push("id", url.id);
        resource.push_some("externalId", external_id.map(ExternalId::as_str));
        resource.object("meta", |meta| {
            meta.push("resourceType", resource_type);
            meta.push("created", Scalar::Micros(created));
            meta.push("lastModified", Scalar::Micros(changed));
            meta.push("location", url);
            meta.push("version", tag);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_entity_tag_says_what_is_shown_beside_the_version() {
        let of = |others: &[(u128, Option<&str>)]| {
            let mut beside = Beside::default();
            others.iter().for_each(|(id, name)| beside.add(Uuid::from_u128(*id), *name));
            beside.tag(3)
        };
        assert_eq!(of(&[]), "W/\"3\"");
        let tags = [
            of(&[(1, None)]),
            of(&[(2, None)]),
            of(&[(1, Some(""))]),
            of(&[(1, Some("a"))]),
            of(&[(1, None), (2, None)]),
            of(&[(2, None), (1, None)]),
        ];
        assert_eq!(BTreeSet::from(tags.clone()).len(), tags.len());
        // The same in every process and release: a client may keep it for long. The digest is `sha256sum`'s, of the bytes
        // 00…01 fe 61 ff.
        assert_eq!(tags[3], "W/\"3-09fe9be88942430f\"");
    }
}
