//! What Roster knows of a user and no standard schema has.

use super::{Attribute, Schema};

const ORGANISATION: &[Attribute] = &[
    Attribute::string("organisationId", "The identifier of the organisation, a UUID."),
    Attribute::string("externalId", "The identifier that others gave the organisation.").case_exact(),
];

const GRANT: &[Attribute] = &[
    Attribute::integer("clientId", "The number of the client."),
    Attribute::string("profileId", "The profile that the user has there.").case_exact(),
];

pub(super) static SCHEMA: Schema = Schema {
    urn: "urn:roster:scim:schemas:extension:directory:1.0:User",
    name: "DirectoryUser",
    description: "A user of a Roster directory.",
    attributes: &[
        Attribute::integer("number", "The number that Roster gave the user.")
            .read_only()
            .unique()
            .on_request(),
        Attribute::boolean("emailVerified", "Whether the user has shown to own the email address."),
        Attribute::string("status", "The status of the user."),
        Attribute::boolean("signedUp", "Whether the user has signed up."),
        Attribute::boolean("staff", "Whether the user is of the staff."),
        Attribute::boolean("controlTower", "Whether the user works at the control tower."),
        Attribute::date_time("lastLogin", "When the user last signed in.").read_only(),
        Attribute::date_time("createdAt", "When the user was created, as its source says.")
            .read_only()
            .on_request(),
        Attribute::date_time("updatedAt", "When the user was last changed, as its source says.")
            .read_only()
            .on_request(),
        Attribute::complex("producer", ORGANISATION, "The producer that the user belongs to."),
        Attribute::complex("seller", ORGANISATION, "The seller that the user belongs to."),
        Attribute::complex("origin", ORGANISATION, "The organisation that the user comes from."),
        Attribute::complex("grants", GRANT, "The profiles that the user has at clients.").list().read_only(),
    ],
};
