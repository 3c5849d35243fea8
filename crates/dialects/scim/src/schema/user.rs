//! The core attributes of a user (RFC 7643, 4.1).

use super::user_elements as elements;
use super::{Attribute, Schema};

const NAME: &[Attribute] = &[
    Attribute::string("formatted", "The whole name, as it is shown."),
    Attribute::string("familyName", "The family name."),
    Attribute::string("givenName", "The given name."),
    Attribute::string("middleName", "The middle names."),
    Attribute::string("honorificPrefix", "What comes before the name, as a title."),
    Attribute::string("honorificSuffix", "What comes after the name."),
];

pub(super) static SCHEMA: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    description: "User Account",
    attributes: &[
        Attribute::string("userName", "The name by which the user signs in.").required().unique(),
        Attribute::complex("name", NAME, "The parts of the user's name."),
        Attribute::string("displayName", "The name of the user, as it is shown."),
        Attribute::string("nickName", "How the user is called among colleagues."),
        Attribute::reference("profileUrl", &["external"], "A page about the user."),
        Attribute::string("title", "The title, as \"Vice President\"."),
        Attribute::string("userType", "How the user belongs to the organisation, as \"Employee\"."),
        Attribute::string(
            "preferredLanguage",
            "The languages that the user prefers, as Accept-Language has them.",
        ),
        Attribute::string("locale", "The locale, for numbers and dates, as \"en-GB\"."),
        Attribute::string("timezone", "The time zone, by its name in the IANA database."),
        Attribute::boolean("active", "Whether the user may sign in; true where a new user is given none.")
            .defaulted(),
        Attribute::string("password", "The password, to be set alone.").case_exact().write_only(),
        Attribute::complex("emails", elements::EMAIL, "The email addresses.").list(),
        Attribute::complex("phoneNumbers", elements::PHONE_NUMBER, "The phone numbers.").list(),
        Attribute::complex("ims", elements::IM, "The addresses for instant messages.").list(),
        Attribute::complex("photos", elements::PHOTO, "The photos of the user.").list(),
        Attribute::complex("addresses", elements::ADDRESS, "The postal addresses.").list(),
        Attribute::complex("groups", elements::GROUP, "The groups that the user is a member of.")
            .list()
            .read_only(),
        Attribute::complex("entitlements", elements::ENTITLEMENT, "What the user is entitled to.").list(),
        Attribute::complex("roles", elements::ROLE, "The roles of the user.").list(),
        Attribute::complex("x509Certificates", elements::CERTIFICATE, "The certificates of the user.").list(),
    ],
};
