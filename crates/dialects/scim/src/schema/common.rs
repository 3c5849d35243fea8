//! What every resource has (RFC 7643, 3 and 3.1). No schema lists it.

use super::Attribute;

const META: &[Attribute] = &[
    Attribute::string("resourceType", "The name of the resource type.").case_exact().read_only(),
    Attribute::date_time("created", "When the resource was created.").read_only(),
    Attribute::date_time("lastModified", "When the resource was last changed.").read_only(),
    Attribute::reference("location", &["uri"], "The URI of the resource.").read_only(),
    Attribute::string("version", "The version of the resource, which is its entity tag.")
        .case_exact()
        .read_only(),
];

/// `schemas` follows from what a resource holds, so what was sent for it is passed over: clients name schemas that they do
/// not use, and schemas of their own.
pub(super) const COMMON: &[Attribute] = &[
    Attribute::reference("schemas", &["uri"], "The schemas of the attributes that the resource has.")
        .list()
        .read_only()
        .always(),
    Attribute::string("id", "The identifier that Roster gave the resource.")
        .case_exact()
        .read_only()
        .unique()
        .always(),
    Attribute::string("externalId", "The identifier that the client gave the resource.").case_exact(),
    Attribute::complex("meta", META, "What Roster knows about the resource.").read_only(),
];
