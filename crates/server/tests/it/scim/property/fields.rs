//! Which field is which in each dialect, as the dialects' pages say.

use super::super::{ENTERPRISE, USER};

pub const DIRECTORY: &str = "urn:roster:scim:schemas:extension:directory:1.0:User";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Bool,
    Uuid,
}

/// A field that has one value in every dialect that knows it.
#[derive(Debug)]
pub struct Plain {
    pub rest: &'static str,
    pub algorep: Option<&'static str>,
    /// Its path in SCIM, as a PATCH names it.
    pub path: &'static str,
    /// The same in the JSON of a resource.
    pub members: &'static [&'static str],
    pub kind: Kind,
}

/// A field that is one element of a list to SCIM.
#[derive(Debug)]
pub struct List {
    pub rest: &'static str,
    pub algorep: &'static str,
    pub scim: &'static str,
    /// The type of an element that another dialect made.
    pub own_kind: Option<&'static str>,
    /// Values that every dialect may send. An address has `#` where the case's own number comes.
    pub own_values: &'static [&'static str],
    /// Values that SCIM may send.
    pub values: &'static [&'static str],
    /// One of these that no other dialect could have, so that SCIM keeps it for itself.
    pub foreign: Option<&'static str>,
    /// Whether `""` is a value to the Algorep dialect.
    pub is_text: bool,
}

const fn text(
    rest: &'static str,
    algorep: Option<&'static str>,
    path: &'static str,
    members: &'static [&'static str],
) -> Plain {
    Plain { rest, algorep, path, members, kind: Kind::Text }
}

const fn truth(
    rest: &'static str,
    algorep: Option<&'static str>,
    path: &'static str,
    members: &'static [&'static str],
) -> Plain {
    Plain { rest, algorep, path, members, kind: Kind::Bool }
}

macro_rules! directory {
    ($path:literal) => {
        concat!("urn:roster:scim:schemas:extension:directory:1.0:User:", $path)
    };
}

pub const PLAIN: &[Plain] = &[
    text("given_name", Some("firstName"), "name.givenName", &["name", "givenName"]),
    text("family_name", Some("lastName"), "name.familyName", &["name", "familyName"]),
    text("display_name", None, "displayName", &["displayName"]),
    text("language", Some("language"), "preferredLanguage", &["preferredLanguage"]),
    text("title", None, "title", &["title"]),
    text(
        "department",
        None,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
        &[ENTERPRISE, "department"],
    ),
    text("status", Some("status"), directory!("status"), &[DIRECTORY, "status"]),
    truth(
        "email_verified",
        Some("isMailConfirmed"),
        directory!("emailVerified"),
        &[DIRECTORY, "emailVerified"],
    ),
    truth("signed_up", Some("userSignedUp"), directory!("signedUp"), &[DIRECTORY, "signedUp"]),
    truth("staff", Some("isAlgorep"), directory!("staff"), &[DIRECTORY, "staff"]),
    truth("control_tower", None, directory!("controlTower"), &[DIRECTORY, "controlTower"]),
    text(
        "producer_external_id",
        Some("producerBubbleId"),
        directory!("producer.externalId"),
        &[DIRECTORY, "producer", "externalId"],
    ),
    Plain {
        rest: "producer_id",
        algorep: Some("producerId"),
        path: directory!("producer.organisationId"),
        members: &[DIRECTORY, "producer", "organisationId"],
        kind: Kind::Uuid,
    },
];

/// Of 71 characters, where the directory's own have 64 at the most.
const TOO_LONG: &str = "00000000001111111111222222222233333333334444444444555555555566666666667";

pub const LISTS: &[List] = &[
    List {
        rest: "email",
        algorep: "email",
        scim: "emails",
        own_kind: Some("work"),
        own_values: &["a#@x", "b#@x", "c#@x"],
        values: &["a#@x", "b#@x", "c#@x", "no address", "d#@x"],
        foreign: Some("no address"),
        is_text: false,
    },
    List {
        rest: "phone",
        algorep: "mobilePhone",
        scim: "phoneNumbers",
        own_kind: Some("work"),
        own_values: &["+33 1", "0609921214", "1"],
        values: &["+33 1", "0609921214", "1", TOO_LONG],
        foreign: Some(TOO_LONG),
        is_text: true,
    },
    List {
        rest: "avatar",
        algorep: "avatar",
        scim: "photos",
        own_kind: Some("photo"),
        own_values: &["//a/b", "https://c", "http://d"],
        values: &["//a/b", "https://c", "http://d", "data:,x"],
        foreign: Some("data:,x"),
        is_text: false,
    },
    List {
        rest: "role",
        algorep: "role",
        scim: "roles",
        own_kind: None,
        own_values: &["producerAdmin", "reader"],
        values: &["producerAdmin", "reader", "guest"],
        foreign: None,
        is_text: true,
    },
];

/// The schemas of a body.
pub const SCHEMAS: [&str; 3] = [USER, ENTERPRISE, DIRECTORY];

/// The list of this name in SCIM.
pub fn list(scim: &str) -> &'static List {
    LISTS.iter().find(|list| list.scim == scim).unwrap()
}
