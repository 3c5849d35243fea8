//! What a developer would write in a day: an upsert as Algorep's, and plain JSON for the rest.

use roster_testkit::load::Exchange;
use serde_json::json;

use super::http::{expect_member, first, last_member, request};
use super::{PAGE, Place, Speak, Subject};
use crate::operation::Operation;
use crate::people;

const ID: &str = r#""id":""#;
const KEY: (&str, &str) = ("Authorization", "bench");
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Express and FastAPI.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain;

impl Plain {
    fn upsert(subject: &Subject<'_>, body: &str, exchange: &mut Exchange) {
        let external_id = people::external_id(subject.user);
        request(exchange, &format!("POST /users/{external_id}"), &[JSON, KEY], body);
        expect_member(exchange, r#""bubbleId":""#, &external_id);
    }

    fn page(offset: u64, exchange: &mut Exchange) {
        request(exchange, &format!("GET /users?limit={PAGE}&offset={offset}"), &[KEY], "");
    }
}

impl Speak for Plain {
    fn offers(&self, operation: Operation) -> bool {
        operation != Operation::Password
    }

    fn write(&self, operation: Operation, subject: &Subject<'_>, exchange: &mut Exchange) {
        let mut body = String::new();
        match operation {
            Operation::Create | Operation::Repeat => {
                people::whole(subject.user, &mut body);
                Self::upsert(subject, &body, exchange);
            }
            Operation::Mixed if subject.id.is_empty() => {
                self.write(Operation::Create, subject, exchange);
            }
            Operation::Change | Operation::Mixed => {
                people::one_field(subject.turn, &mut body);
                Self::upsert(subject, &body, exchange);
            }
            Operation::Patch => {
                let grants = people::grants(subject.turn);
                let grants =
                    grants.map(|(client, profile)| json!({"clientId": client, "profileId": profile}));
                let body = json!({
                    "displayName": people::display_name(subject.turn),
                    "mobilePhone": people::phone(subject.turn),
                    "grants": grants,
                });
                let line = format!("PATCH /users/by-id/{}", subject.id);
                request(exchange, &line, &[JSON, KEY], &body.to_string());
                expect_member(exchange, ID, subject.id);
            }
            Operation::Get => {
                request(exchange, &format!("GET /users/by-id/{}", subject.id), &[KEY], "");
                expect_member(exchange, ID, subject.id);
            }
            Operation::Search => {
                let email = people::email(subject.user);
                request(exchange, &format!("GET /users?email={email}"), &[KEY], "");
                expect_member(exchange, r#""email":""#, &email);
            }
            Operation::FirstPage => Self::page(0, exchange),
            Operation::LastPage => match subject.place {
                Place::Offset(offset) => Self::page(*offset, exchange),
                Place::Cursor(_) => {}
            },
            Operation::Password => {}
        }
    }

    fn id_of_created(&self, _user: u64, body: &[u8]) -> Option<String> {
        first(body, ID).map(str::to_owned)
    }

    fn last_on_page(&self, body: &[u8]) -> Option<Vec<u8>> {
        last_member(body, ID)
    }
}
