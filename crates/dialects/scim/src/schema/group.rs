//! The attributes of a group (RFC 7643, 4.2).

use super::{Attribute, Schema};

/// The most members that one request may name.
pub(crate) const MOST_MEMBERS: usize = 10_000;

const MEMBER: &[Attribute] = &[
    Attribute::string("value", "The identifier of the member.").required().immutable(),
    Attribute::reference("$ref", &["User"], "The URI of the member.").immutable(),
    Attribute::string("type", "What the member is: a user, for a group has no groups in it.")
        .one_of(&["User"])
        .immutable(),
    Attribute::string("display", "What the member is called; where nobody said, the user's own name.")
        // Microsoft's reference code calls it so.
        .also("displayName")
        .immutable(),
];

pub(super) static SCHEMA: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    description: "A group of users.",
    attributes: &[
        Attribute::string("displayName", "The name of the group.").required().unique(),
        Attribute::complex("members", MEMBER, "The users in the group.").list().at_most(MOST_MEMBERS),
    ],
};
