//! The load: writers with users of their own, who keep a ledger.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use roster_testkit::load::Connection;
use serde_json::json;

use super::ledger::{Ledger, State};

/// A small generator of numbers (splitmix64): the same seed, the same load.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// What all writers of a round share.
#[derive(Default)]
pub struct Round {
    pub ledger: Ledger,
    pub acknowledged: u64,
    pub in_flight: usize,
    pub faults: Vec<String>,
}

/// A writer: one connection, and users that nobody else writes.
pub struct Writer {
    pub address: SocketAddr,
    pub key: String,
    pub random: Random,
    /// Its users' external ids begin with this.
    pub prefix: String,
    pub shared: Rc<RefCell<Round>>,
}

impl Writer {
    /// Writes until the connection breaks.
    pub async fn run(mut self, known: Vec<String>) {
        let mut connection = Connection::open(self.address).await.expect("the server accepts connections");
        let mut ids = known;
        for n in 0_u64.. {
            // Half creations, half changes.
            let id = if ids.is_empty() || self.random.below(2) == 0 {
                ids.push(format!("{}-{n}", self.prefix));
                ids[ids.len() - 1].clone()
            } else {
                let at = usize::try_from(self.random.below(ids.len() as u64)).unwrap();
                ids[at].clone()
            };
            let (request, after) = self.request(&id, n);
            self.sent(&id, after.clone());
            match connection.send(&request).await {
                Ok(response) if matches!(response.status, 200 | 201) => self.acknowledged(&id, after),
                Ok(response) => {
                    let body = String::from_utf8_lossy(response.body);
                    self.shared.borrow_mut().faults.push(format!("{}: {body}", response.status));
                    return;
                }
                // It was killed: what was sent may or may not be there.
                Err(_) => return,
            }
        }
    }

    /// A change of every field that is written; of four one is through the REST API, and replaces the grants as well.
    fn request(&mut self, id: &str, n: u64) -> (Vec<u8>, State) {
        let value = format!("{}-{n}", self.prefix);
        let before = self
            .shared
            .borrow()
            .ledger
            .get(id)
            .and_then(|known| known.acknowledged.clone())
            .unwrap_or_default();
        let (head, body, grant) = if self.random.below(4) == 0 {
            let client = i64::try_from(1 + self.random.below(1_000)).unwrap();
            let body = json!({
                "status": value, "given_name": value, "family_name": value,
                "grants": [{"client_id": client, "profile_id": value}],
            });
            let head = format!(
                "PATCH /api/v1/users/by-link/bubble/{id} HTTP/1.1\r\nContent-Type: application/merge-patch+json"
            );
            (head, body, Some(client))
        } else {
            let body = json!({"status": value, "firstName": value, "lastName": value});
            (format!("POST /users/{id} HTTP/1.1\r\nContent-Type: application/json"), body, before.grant)
        };
        let body = body.to_string();
        let request = format!(
            "{head}\r\nHost: roster\r\nAuthorization: {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        (request.into_bytes(), State { value, grant })
    }

    fn sent(&self, id: &str, after: State) {
        let mut shared = self.shared.borrow_mut();
        shared.in_flight += 1;
        shared.ledger.entry(id.to_owned()).or_default().in_flight = Some(after);
    }

    fn acknowledged(&self, id: &str, after: State) {
        let mut shared = self.shared.borrow_mut();
        shared.in_flight -= 1;
        shared.acknowledged += 1;
        let known = shared.ledger.entry(id.to_owned()).or_default();
        known.acknowledged = Some(after);
        known.in_flight = None;
    }
}
