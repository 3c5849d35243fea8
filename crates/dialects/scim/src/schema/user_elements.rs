//! The sub-attributes of a user's multi-valued attributes (RFC 7643, 2.4 and 4.1.2).

use super::Attribute;

const DISPLAY: Attribute = Attribute::string("display", "A name of the value, for people.");
const PRIMARY: Attribute =
    Attribute::boolean("primary", "Whether this is the preferred value. At most one value is.");
const LABEL: Attribute = Attribute::string("type", "What the value is used for.");

pub(super) const EMAIL: &[Attribute] = &[
    Attribute::string("value", "The email address."),
    DISPLAY,
    LABEL.usually(&["work", "home", "other"]),
    PRIMARY,
];

pub(super) const PHONE_NUMBER: &[Attribute] = &[
    Attribute::string("value", "The phone number, best as RFC 3966 writes it."),
    DISPLAY,
    LABEL.usually(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];

pub(super) const IM: &[Attribute] = &[
    Attribute::string("value", "The address for instant messages."),
    DISPLAY,
    LABEL.usually(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];

pub(super) const PHOTO: &[Attribute] = &[
    Attribute::reference("value", &["external"], "Where the photo is."),
    DISPLAY,
    LABEL.usually(&["photo", "thumbnail"]),
    PRIMARY,
];

pub(super) const ADDRESS: &[Attribute] = &[
    Attribute::string("formatted", "The address as it is written on a letter."),
    Attribute::string("streetAddress", "The street and the house number."),
    Attribute::string("locality", "The city."),
    Attribute::string("region", "The state or the region."),
    Attribute::string("postalCode", "The postal code."),
    Attribute::string("country", "The country, by its ISO 3166-1 alpha-2 code."),
    LABEL.usually(&["work", "home", "other"]),
    PRIMARY,
];

pub(super) const GROUP: &[Attribute] = &[
    Attribute::string("value", "The identifier of the group.").read_only(),
    Attribute::reference("$ref", &["Group"], "The URI of the group.").read_only(),
    Attribute::string("display", "The name of the group.").read_only(),
    Attribute::string("type", "How the user is a member.").usually(&["direct"]).read_only(),
];

pub(super) const ENTITLEMENT: &[Attribute] =
    &[Attribute::string("value", "The entitlement."), DISPLAY, LABEL, PRIMARY];

pub(super) const ROLE: &[Attribute] = &[Attribute::string("value", "The role."), DISPLAY, LABEL, PRIMARY];

pub(super) const CERTIFICATE: &[Attribute] =
    &[Attribute::binary("value", "The certificate, in DER."), DISPLAY, LABEL, PRIMARY];
