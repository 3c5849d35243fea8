//! The requests.

use std::io::Write as _;

use roster_testkit::load::Requests;

/// The body of a creation: every field of the document, as long as there.
fn creation(n: u64, body: &mut Vec<u8>) {
    write!(
        body,
        concat!(
            r#"{{"isMailConfirmed":true,"language":"Français","lastConnexion":"2024-01-19T12:45:04.147Z","email":"user{}@example.org","#,
            r#""mobilePhone":"0609921214","producerBubbleId":"1708861331497x933611102973227500","#,
            r#""producerId":"50658c1e-356e-4407-b120-d110552292d8","sellerBubbleId":"1708861331497x933611102973227500","#,
            r#""sellerId":"50658c1e-356e-4407-b120-d110552292d8","originBubbleId":"1708861331497x933611102973227500","#,
            r#""originId":"50658c1e-356e-4407-b120-d110552292d8","lastName":"Curie","firstName":"Marie {}","status":"3 - ACTIF","#,
            r#""role":"producerAdmin","userSignedUp":true,"#,
            r#""avatar":"//15c83987ea78e6559235081e42c9135b.cdn.bubble.io/f1713427188226x475005611045967500/api","isAlgorep":false,"#,
            r#""createdAt":"2024-01-19T12:45:04.147Z"}}"#
        ),
        n, n
    )
    .unwrap();
}

/// Writes the request, and the id that the answer must hold.
fn upsert(key: &str, bubble_id: u64, body: &[u8], request: &mut Vec<u8>, expected: &mut Vec<u8>) {
    write!(
        request,
        "POST /users/1708861331497x{bubble_id:018} HTTP/1.1\r\nHost: roster\r\nAuthorization: {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .unwrap();
    request.extend_from_slice(body);
    write!(expected, "\"bubbleId\":\"1708861331497x{bubble_id:018}\"").unwrap();
}

/// Creates the users 0, 1, 2 and so on.
pub(crate) struct Fill {
    key: String,
    next: u64,
    body: Vec<u8>,
}

impl Fill {
    pub(crate) fn new(key: &str) -> Self {
        Self { key: key.to_owned(), next: 0, body: Vec::new() }
    }
}

impl Requests for Fill {
    fn next(&mut self, request: &mut Vec<u8>, expected: &mut Vec<u8>) {
        self.body.clear();
        creation(self.next, &mut self.body);
        upsert(&self.key, self.next, &self.body, request, expected);
        self.next += 1;
    }
}

/// In turns a creation, and a change of one field of one of the users that are there.
#[derive(Clone)]
pub(crate) struct HalfAndHalf {
    key: String,
    users: u64,
    /// Shared by the rounds, so that none creates what an earlier one created.
    sent: std::rc::Rc<std::cell::Cell<u64>>,
    random: u64,
    body: Vec<u8>,
}

impl HalfAndHalf {
    pub(crate) fn new(key: &str, users: u64) -> Self {
        let sent = std::rc::Rc::new(std::cell::Cell::new(0));
        Self { key: key.to_owned(), users, sent, random: 0x9E37_79B9_7F4A_7C15, body: Vec::new() }
    }

    /// xorshift64: the same users in the same order in each run.
    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

impl Requests for HalfAndHalf {
    fn next(&mut self, request: &mut Vec<u8>, expected: &mut Vec<u8>) {
        let n = self.sent.get();
        self.sent.set(n + 1);
        self.body.clear();
        let id = if n.is_multiple_of(2) {
            let id = self.users + n / 2;
            creation(id, &mut self.body);
            id
        } else {
            // The counter makes it a change each time.
            write!(self.body, "{{\"status\":\"{n}\"}}").unwrap();
            self.random() % self.users
        };
        upsert(&self.key, id, &self.body, request, expected);
    }
}
