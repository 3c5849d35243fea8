//! SCIM 2.0. It has no upsert; the email is the user name, by which a server can look up.

use roster_testkit::load::Exchange;
use serde_json::{Value, json};

use super::http::{expect_member, first, last_member, request};
use super::{PAGE, Place, Speak, Subject};
use crate::operation::Operation;
use crate::people;

const TOKEN: (&str, &str) = ("Authorization", "Bearer bench");
const JSON: (&str, &str) = ("Content-Type", "application/scim+json");

/// A server of SCIM 2.0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scim {
    /// What the paths begin with.
    pub(crate) base: &'static str,
    /// What opens a resource's id in an answer, and that of no other thing. JSON may be written with a space.
    pub(crate) id: &'static str,
    /// What opens a user name.
    pub(crate) user_name: &'static str,
    /// Whether the answer to a change shows the user; without a body it is a 204.
    pub(crate) shows_changed: bool,
}

impl Scim {
    fn page(&self, first: u64, exchange: &mut Exchange) {
        let base = self.base;
        request(exchange, &format!("GET {base}/Users?startIndex={first}&count={PAGE}"), &[TOKEN], "");
    }
}

/// The user, with what the core schema has a place for.
fn user(user: u64) -> Value {
    let email = people::email(user);
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "externalId": people::external_id(user),
        "userName": email,
        "name": {"familyName": people::FAMILY_NAME, "givenName": people::given_name(user)},
        "preferredLanguage": people::LANGUAGE,
        "userType": people::STATUS,
        "title": people::ROLE,
        "active": true,
        "emails": [{"value": email, "type": "work", "primary": true}],
        "phoneNumbers": [{"value": people::PHONE, "type": "mobile"}],
        "photos": [{"value": format!("https:{}", people::AVATAR), "type": "photo"}],
    })
}

/// The change of two fields, and of the list of what the user may enter.
fn patch(turn: u64) -> Value {
    let grants = people::grants(turn);
    let grants = grants.map(|(client, profile)| json!({"value": format!("{client}/{profile}")}));
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [
            {"op": "replace", "path": "displayName", "value": people::display_name(turn)},
            {"op": "replace", "path": "nickName", "value": people::phone(turn)},
            {"op": "replace", "path": "entitlements", "value": grants},
        ],
    })
}

impl Speak for Scim {
    fn offers(&self, operation: Operation) -> bool {
        match operation {
            Operation::Create
            | Operation::Patch
            | Operation::Get
            | Operation::Search
            | Operation::FirstPage
            | Operation::LastPage => true,
            Operation::Change | Operation::Mixed | Operation::Repeat | Operation::Password => false,
        }
    }

    fn write(&self, operation: Operation, subject: &Subject<'_>, exchange: &mut Exchange) {
        let base = self.base;
        match operation {
            Operation::Create => {
                let body = user(subject.user).to_string();
                request(exchange, &format!("POST {base}/Users"), &[JSON, TOKEN], &body);
                exchange.status = 201;
                expect_member(exchange, self.user_name, &people::email(subject.user));
            }
            Operation::Patch => {
                let line = format!("PATCH {base}/Users/{}", subject.id);
                request(exchange, &line, &[JSON, TOKEN], &patch(subject.turn).to_string());
                if self.shows_changed {
                    expect_member(exchange, self.id, subject.id);
                } else {
                    exchange.status = 204;
                }
            }
            Operation::Get => {
                request(exchange, &format!("GET {base}/Users/{}", subject.id), &[TOKEN], "");
                expect_member(exchange, self.id, subject.id);
            }
            Operation::Search => {
                let email = people::email(subject.user);
                let line = format!("GET {base}/Users?filter=userName%20eq%20%22{email}%22");
                request(exchange, &line, &[TOKEN], "");
                expect_member(exchange, self.user_name, &email);
            }
            Operation::FirstPage => self.page(1, exchange),
            Operation::LastPage => match subject.place {
                Place::Offset(offset) => self.page(offset + 1, exchange),
                Place::Cursor(_) => {}
            },
            Operation::Change | Operation::Mixed | Operation::Repeat | Operation::Password => {}
        }
    }

    fn id_of_created(&self, _user: u64, body: &[u8]) -> Option<String> {
        first(body, self.id).map(str::to_owned)
    }

    fn last_on_page(&self, body: &[u8]) -> Option<Vec<u8>> {
        last_member(body, self.id)
    }
}
