//! Roster: Algorep's upsert, Zynchro's update, and its own API. The limit of HTTP is spoken to in the same way.

use roster_testkit::load::Exchange;
use serde_json::json;

use super::http::{expect_member, first, last_member, request};
use super::{PAGE, Place, Speak, Subject, Walk};
use crate::operation::Operation;
use crate::people;

const ID: &str = r#""id":""#;
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// What Roster wants to see.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    /// An API key, in its header.
    pub(crate) key: String,
    /// A token of a console, in its header.
    pub(crate) token: String,
}

/// Roster, and what answers in its stead.
#[derive(Debug, Clone)]
pub(crate) struct Roster {
    pub(crate) credentials: Credentials,
    pub(crate) manner: Manner,
}

/// In which manner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As it is.
    Plain,
    /// With an `Idempotency-Key` on every write.
    Idempotent,
    /// As it is, but that no passwords are changed.
    WithoutPasswords,
    /// Its limit: there are no passwords, and every page is the same.
    Limit,
}

impl Roster {
    fn upsert(&self, subject: &Subject<'_>, body: &str, exchange: &mut Exchange) {
        let external_id = people::external_id(subject.user);
        self.send(subject, &format!("POST /users/{external_id}"), JSON, body, exchange);
        expect_member(exchange, r#""bubbleId":""#, &external_id);
    }

    fn patch(&self, subject: &Subject<'_>, exchange: &mut Exchange) {
        let grants = people::grants(subject.turn);
        let grants = grants.map(|(client, profile)| json!({"client_id": client, "profile_id": profile}));
        let body = json!({
            "display_name": people::display_name(subject.turn),
            "phone": people::phone(subject.turn),
            "grants": grants,
        });
        let line = format!("PATCH /api/v1/users/{}", subject.id);
        let merge_patch = ("Content-Type", "application/merge-patch+json");
        self.send(subject, &line, merge_patch, &body.to_string(), exchange);
        expect_member(exchange, ID, subject.id);
    }

    /// The user of that number: those whose passwords change are the first that are created.
    fn password(&self, subject: &Subject<'_>, exchange: &mut Exchange) {
        let number = subject.user + 1;
        let body = json!({
            "header": {"transactionId": "123456"},
            "data": {
                "user": {
                    "name": people::display_name(subject.turn),
                    "email": people::email(subject.user),
                    "password": format!("correct horse {}", subject.turn),
                    "telephone": people::phone(subject.turn),
                    "isControlTower": true,
                },
                "clientsProfile": [{"clientId": 33, "profileId": 1}, {"clientId": 38, "profileId": 1}],
            },
        });
        let line = format!("PATCH /zynchro.api.system-config/v1/users/{number}");
        let headers = [JSON, ("Authorization", self.credentials.token.as_str())];
        request(exchange, &line, &headers, &body.to_string());
        exchange.expected.extend_from_slice(format!(r#""user":{{"id":{number},"#).as_bytes());
    }

    fn send(
        &self,
        subject: &Subject<'_>,
        line: &str,
        content_type: (&str, &str),
        body: &str,
        exchange: &mut Exchange,
    ) {
        let mut headers = vec![content_type, ("Authorization", self.credentials.key.as_str())];
        let key = (self.manner == Manner::Idempotent).then(|| format!("bench-{}", subject.turn));
        headers.extend(key.as_deref().map(|key| ("Idempotency-Key", key)));
        request(exchange, line, &headers, body);
    }

    fn get(&self, line: &str, exchange: &mut Exchange) {
        request(exchange, line, &[("Authorization", self.credentials.key.as_str())], "");
    }
}

impl Speak for Roster {
    fn offers(&self, operation: Operation) -> bool {
        match self.manner {
            Manner::Plain => true,
            Manner::Idempotent => operation.writes() && operation != Operation::Password,
            Manner::WithoutPasswords | Manner::Limit => operation != Operation::Password,
        }
    }

    fn write(&self, operation: Operation, subject: &Subject<'_>, exchange: &mut Exchange) {
        let mut body = String::new();
        match operation {
            Operation::Create | Operation::Repeat => {
                people::whole(subject.user, &mut body);
                self.upsert(subject, &body, exchange);
            }
            Operation::Mixed if subject.id.is_empty() => {
                self.write(Operation::Create, subject, exchange);
            }
            Operation::Change | Operation::Mixed => {
                people::one_field(subject.turn, &mut body);
                self.upsert(subject, &body, exchange);
            }
            Operation::Patch => self.patch(subject, exchange),
            Operation::Password => self.password(subject, exchange),
            Operation::Get => {
                self.get(&format!("GET /api/v1/users/{}", subject.id), exchange);
                expect_member(exchange, ID, subject.id);
            }
            Operation::Search => {
                let email = people::email(subject.user);
                self.get(&format!("GET /api/v1/users?email={email}"), exchange);
                expect_member(exchange, r#""email":""#, &email);
            }
            Operation::FirstPage => self.get(&format!("GET /api/v1/users?limit={PAGE}"), exchange),
            Operation::LastPage => self.page(subject.place, PAGE, exchange),
        }
    }

    fn id_of_created(&self, _user: u64, body: &[u8]) -> Option<String> {
        first(body, ID).map(str::to_owned)
    }

    fn last_on_page(&self, body: &[u8]) -> Option<Vec<u8>> {
        last_member(body, ID)
    }

    fn walks(&self) -> Option<&dyn Walk> {
        (self.manner != Manner::Limit).then_some(self)
    }
}

impl Walk for Roster {
    fn page(&self, place: &Place, users: u64, exchange: &mut Exchange) {
        let line = match place {
            Place::Offset(_) => format!("GET /api/v1/users?limit={users}"),
            Place::Cursor(cursor) => format!("GET /api/v1/users?limit={users}&cursor={cursor}"),
        };
        self.get(&line, exchange);
    }

    fn next(&self, body: &[u8]) -> Option<Place> {
        first(body, r#""next":""#).map(|cursor| Place::Cursor(cursor.to_owned()))
    }
}
