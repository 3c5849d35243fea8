//! LDAP. It has no upsert; a page is the simple paged result of RFC 2696, which can't be entered at its end.

mod ber;
mod framing;

use std::net::SocketAddr;

use lber::structures::Tag;
use memchr::memmem;
use roster_testkit::load::{Endpoint, Exchange};

use super::{PAGE, Speak, Subject};
use crate::operation::Operation;
use crate::people;

use ber::{
    application, boolean, context_text, context_texts, enumerated, integer, message, sequence, set, text,
};

const BASE: &str = "ou=users,dc=example,dc=org";
const SUFFIX: &str = "dc=example,dc=org";
const MANAGER: &str = "cn=bench,dc=example,dc=org";
const SUCCESS: u16 = 0;
/// The control of RFC 2696.
const PAGED: &str = "1.2.840.113556.1.4.319";

// The numbers of RFC 4511.
const BIND: u64 = 0;
const SEARCH: u64 = 3;
const MODIFY: u64 = 6;
const ADD: u64 = 8;
const REPLACE: i64 = 2;
const SCOPE_BASE: i64 = 0;
const SCOPE_ONE: i64 = 1;

/// A server of LDAP.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ldap;

impl Ldap {
    /// The entries above the users.
    pub(crate) fn containers() -> [Exchange; 2] {
        let suffix = [
            ("objectClass", vec!["dcObject", "organization"]),
            ("o", vec!["Example"]),
            ("dc", vec!["example"]),
        ];
        let users = [("objectClass", vec!["organizationalUnit"]), ("ou", vec!["users"])];
        [add(SUFFIX, &suffix), add(BASE, &users)].map(|entry| {
            let mut exchange = Exchange { status: SUCCESS, ..Exchange::default() };
            message(entry, None, &mut exchange.request);
            exchange
        })
    }
}

fn name(user: u64) -> String {
    format!("uid={},{BASE}", people::external_id(user))
}

fn attribute(name: &str, values: &[&str]) -> Tag {
    sequence(vec![text(name), set(values.iter().map(|value| text(value)).collect())])
}

fn add(name: &str, attributes: &[(&str, Vec<&str>)]) -> Tag {
    let attributes = attributes.iter().map(|(name, values)| attribute(name, values)).collect();
    application(ADD, vec![text(name), sequence(attributes)])
}

fn create(user: u64) -> Tag {
    let (external_id, given_name, email) =
        (people::external_id(user), people::given_name(user), people::email(user));
    let full_name = format!("{given_name} {}", people::FAMILY_NAME);
    let avatar = format!("https:{}", people::AVATAR);
    let organisations = ["producer", "seller", "origin"]
        .map(|kind| format!("{kind} {} {}", people::ORGANISATION, people::ORGANISATION_ID));
    let attributes = [
        ("objectClass", vec!["inetOrgPerson", "benchUser"]),
        ("uid", vec![external_id.as_str()]),
        ("cn", vec![full_name.as_str()]),
        ("sn", vec![people::FAMILY_NAME]),
        ("givenName", vec![given_name.as_str()]),
        ("mail", vec![email.as_str()]),
        ("mobile", vec![people::PHONE]),
        ("preferredLanguage", vec![people::LANGUAGE]),
        ("employeeType", vec![people::STATUS]),
        ("title", vec![people::ROLE]),
        ("labeledURI", vec![avatar.as_str()]),
        ("benchOrganisation", organisations.iter().map(String::as_str).collect()),
        ("benchFlag", vec!["mailConfirmed", "signedUp"]),
        ("benchTime", vec![people::TIME]),
    ];
    add(&name(user), &attributes)
}

fn modify(subject: &Subject<'_>) -> Tag {
    let (display_name, phone) = (people::display_name(subject.turn), people::phone(subject.turn));
    let grants = people::grants(subject.turn).map(|(client, profile)| format!("{client}/{profile}"));
    let replace = |name, values: &[&str]| sequence(vec![enumerated(REPLACE), attribute(name, values)]);
    let changes = vec![
        replace("displayName", &[&display_name]),
        replace("mobile", &[&phone]),
        replace("benchGrant", &grants.each_ref().map(String::as_str)),
    ];
    application(MODIFY, vec![text(subject.id), sequence(changes)])
}

fn search(base: &str, scope: i64, filter: Tag) -> Tag {
    let no_limit = || integer(0);
    let never_aliases = enumerated(0);
    application(
        SEARCH,
        vec![
            text(base),
            enumerated(scope),
            never_aliases,
            no_limit(),
            no_limit(),
            boolean(false),
            filter,
            sequence(Vec::new()),
        ],
    )
}

/// Everything has an object class.
fn any() -> Tag {
    context_text(7, "objectClass")
}

fn equals(attribute: &str, value: &str) -> Tag {
    context_texts(3, &[attribute, value])
}

impl Speak for Ldap {
    fn endpoint(&self, address: SocketAddr) -> Endpoint {
        let mut greeting = Vec::new();
        let bind = application(BIND, vec![integer(3), text(MANAGER), context_text(0, "bench")]);
        message(bind, None, &mut greeting);
        Endpoint { address, framing: framing::answer, greeting, greeted: SUCCESS }
    }

    fn offers(&self, operation: Operation) -> bool {
        match operation {
            Operation::Create
            | Operation::Patch
            | Operation::Get
            | Operation::Search
            | Operation::FirstPage => true,
            Operation::Change
            | Operation::Mixed
            | Operation::Repeat
            | Operation::LastPage
            | Operation::Password => false,
        }
    }

    fn write(&self, operation: Operation, subject: &Subject<'_>, exchange: &mut Exchange) {
        exchange.status = SUCCESS;
        let into = &mut exchange.request;
        match operation {
            // What is changed is not answered: success alone says that it was.
            Operation::Create => message(create(subject.user), None, into),
            Operation::Patch => message(modify(subject), None, into),
            Operation::Get => {
                message(search(subject.id, SCOPE_BASE, any()), None, into);
                exchange.expected.extend_from_slice(subject.id.as_bytes());
            }
            Operation::Search => {
                let email = people::email(subject.user);
                message(search(BASE, SCOPE_ONE, equals("mail", &email)), None, into);
                exchange.expected.extend_from_slice(email.as_bytes());
            }
            Operation::FirstPage => {
                let paged = ber::encoded(sequence(vec![integer(PAGE.cast_signed()), text("")]));
                let control = sequence(vec![text(PAGED), ber::bytes(paged)]);
                message(search(BASE, SCOPE_ONE, equals("objectClass", "benchUser")), Some(control), into);
            }
            Operation::Change
            | Operation::Mixed
            | Operation::Repeat
            | Operation::LastPage
            | Operation::Password => {}
        }
    }

    fn id_of_created(&self, user: u64, _body: &[u8]) -> Option<String> {
        Some(name(user))
    }

    fn last_on_page(&self, body: &[u8]) -> Option<Vec<u8>> {
        let begins = memmem::rfind(body, b"uid=")?;
        body.get(begins..begins + name(0).len()).map(<[u8]>::to_vec)
    }
}
