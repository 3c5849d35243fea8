//! A small directory, written from the contracts alone. It shares no code with the one that is tested.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::operation::{Operation, SLOTS, Sent, Update};

/// What is expected of a time: one that a caller sent, or the server's own of a request that was sent at some moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Time {
    Sent(Value),
    Own {
        since: jiff::Timestamp,
    },
    /// The server's own of an earlier answer.
    Known(Value),
}

/// A user.
#[derive(Debug, Clone)]
pub struct Person {
    pub number: i64,
    pub version: u64,
    /// When the request was sent that created it.
    born: jiff::Timestamp,
    /// The fields of the Algorep document but for the ids and the two times below.
    pub fields: BTreeMap<&'static str, Value>,
    pub created: Time,
    /// The server's own time of creation, once an answer told it.
    pub own_created: Option<Value>,
    pub updated: Time,
    pub name: Option<&'static str>,
    pub control_tower: Option<bool>,
    pub password: Option<&'static str>,
    pub grants: BTreeSet<(i64, &'static str)>,
}

/// What a request must come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// The user of the slot as it is now.
    Done {
        changed: bool,
    },
    NotFound,
}

/// All users: those in slots, and how many there ever were.
pub struct Model {
    pub slots: [Option<Person>; SLOTS],
    pub created: i64,
}

impl Model {
    pub fn new(created: i64) -> Self {
        Self { slots: [const { None }; SLOTS], created }
    }

    /// Applies a request that is sent now.
    pub fn apply(&mut self, operation: &Operation, now: jiff::Timestamp) -> Expected {
        match operation {
            Operation::Upsert { slot, fields } => {
                let is_new = self.slots[*slot].is_none();
                if is_new {
                    self.created += 1;
                    self.slots[*slot] = Some(Person::new(self.created, now));
                }
                let person = self.slots[*slot].as_mut().unwrap();
                let changed = person.upsert(fields, now);
                if is_new {
                    person.version = 1;
                }
                Expected::Done { changed: changed || is_new }
            }
            Operation::Update { slot, update } => match self.slots[*slot].as_mut() {
                Some(person) => Expected::Done { changed: person.update(update, now) },
                None => Expected::NotFound,
            },
            Operation::Delete { slot } => match self.slots[*slot].take() {
                Some(_) => Expected::Done { changed: true },
                None => Expected::NotFound,
            },
        }
    }
}

impl Person {
    fn new(number: i64, now: jiff::Timestamp) -> Self {
        let fields = [
            "isMailConfirmed",
            "language",
            "lastConnexion",
            "email",
            "mobilePhone",
            "producerBubbleId",
            "producerId",
            "sellerBubbleId",
            "sellerId",
            "originBubbleId",
            "originId",
            "lastName",
            "firstName",
            "status",
            "role",
            "userSignedUp",
            "avatar",
            "isAlgorep",
        ];
        Self {
            number,
            version: 0,
            born: now,
            fields: fields.into_iter().map(|field| (field, Value::Null)).collect(),
            created: Time::Own { since: now },
            own_created: None,
            updated: Time::Own { since: now },
            name: None,
            control_tower: None,
            password: None,
            grants: BTreeSet::new(),
        }
    }

    fn upsert(&mut self, fields: &[Sent], now: jiff::Timestamp) -> bool {
        let mut changed = false;
        let mut updated = None;
        for Sent { field, kept, .. } in fields {
            match *field {
                "updatedAt" => updated = Some(kept).filter(|kept| !kept.is_null()),
                "createdAt" => {
                    let after = match (kept, &self.own_created) {
                        (Value::Null, Some(own)) => Time::Known(own.clone()),
                        (Value::Null, None) => Time::Own { since: self.born },
                        (kept, _) => Time::Sent(kept.clone()),
                    };
                    changed |= after.value() != self.created.value();
                    self.created = after;
                }
                field => {
                    let before = self.fields.insert(field, kept.clone()).unwrap();
                    changed |= before != *kept;
                }
            }
        }
        match updated {
            Some(sent) => {
                changed |= self.updated.value() != Some(sent);
                self.updated = Time::Sent(sent.clone());
            }
            None if changed => self.updated = Time::Own { since: now },
            None => {}
        }
        self.version += u64::from(changed);
        changed
    }

    fn update(&mut self, update: &Update, now: jiff::Timestamp) -> bool {
        let Update { name, email, telephone, password, control_tower, last_login, grants } = update;
        let before = (
            self.fields.clone(),
            self.name.replace(name),
            self.password.replace(password),
            self.control_tower,
            std::mem::replace(&mut self.grants, grants.clone()),
        );
        self.fields.insert("email", json!(email));
        self.fields.insert("mobilePhone", json!(telephone));
        self.control_tower = control_tower.or(self.control_tower);
        if let Some((_, kept)) = last_login {
            let stored = &self.fields["lastConnexion"];
            // This dialect tells seconds: the same second is the same time.
            let same = stored.as_str().is_some_and(|stored| stored[..19] == kept[..19]);
            if !same {
                self.fields.insert("lastConnexion", json!(kept));
            }
        }
        let after = (self.fields.clone(), self.name, self.password, self.control_tower, self.grants.clone());
        let changed = before != after;
        if changed {
            self.version += 1;
            self.updated = Time::Own { since: now };
        }
        changed
    }

    /// What the Algorep dialect answers, but for `id`, `createdAt` and `updatedAt`.
    pub fn algorep(&self, bubble_id: &str) -> BTreeMap<String, Value> {
        let mut answer: BTreeMap<String, Value> =
            self.fields.iter().map(|(field, value)| ((*field).to_owned(), value.clone())).collect();
        answer.insert("bubbleId".to_owned(), json!(bubble_id));
        answer
    }

    /// What the Zynchro dialect answers as the user, but for `lastLogin`.
    pub fn zynchro(&self) -> Value {
        json!({
            "id": self.number,
            "name": self.name,
            "email": self.fields["email"],
            "telephone": self.fields["mobilePhone"],
            "isControlTower": self.control_tower.unwrap_or(false),
        })
    }
}

impl Time {
    /// The value, where it is known.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Sent(value) | Self::Known(value) => Some(value),
            Self::Own { .. } => None,
        }
    }

    /// Says whether the answer has the time that is expected, and learns a time of the server's own from it.
    pub fn agrees(&mut self, answered: &Value) -> bool {
        let since = match self {
            Self::Sent(value) | Self::Known(value) => return value == answered,
            Self::Own { since } => *since,
        };
        let time: Option<jiff::Timestamp> = answered.as_str().and_then(|text| text.parse().ok());
        *self = Self::Known(answered.clone());
        // What is answered is cut to milliseconds.
        time.is_some_and(|time| {
            time.as_millisecond() >= since.as_millisecond() && time <= crate::harness::now()
        })
    }
}
