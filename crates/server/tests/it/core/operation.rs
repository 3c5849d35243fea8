//! Requests of the property test: what is sent, and what of it is kept.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// A field of an upsert: what is sent, and the value that it means. `null` is none.
#[derive(Debug, Clone)]
pub struct Sent {
    pub field: &'static str,
    pub sent: Value,
    pub kept: Value,
}

/// A whole update of the Zynchro dialect.
#[derive(Debug, Clone)]
pub struct Update {
    pub name: &'static str,
    pub email: &'static str,
    pub telephone: &'static str,
    pub password: &'static str,
    pub control_tower: Option<bool>,
    /// As it is sent, and as the Algorep dialect shows it.
    pub last_login: Option<(&'static str, &'static str)>,
    pub grants: BTreeSet<(i64, &'static str)>,
}

/// One request, to the user in a slot.
#[derive(Debug, Clone)]
pub enum Operation {
    Upsert { slot: usize, fields: Vec<Sent> },
    Update { slot: usize, update: Update },
    Delete { slot: usize },
}

/// How a body is spelt: the same JSON in other bytes.
#[derive(Debug, Clone)]
pub struct Spelling {
    pub order: Vec<Index>,
    pub escaped: bool,
    pub spaced: bool,
}

/// How many users a sequence is about.
pub const SLOTS: usize = 3;

const TEXTS: [&str; 4] = ["", "a", "Élodie \"x\" \\ 𝄞", "3 - ACTIF"];
const TEXT_FIELDS: [&str; 9] = [
    "language",
    "mobilePhone",
    "producerBubbleId",
    "sellerBubbleId",
    "originBubbleId",
    "lastName",
    "firstName",
    "status",
    "role",
];
const TIMES: [(&str, &str); 4] = [
    ("2024-01-19T12:45:04.147Z", "2024-01-19T12:45:04.147Z"),
    ("2024-01-19T13:45:04.1479+01:00", "2024-01-19T12:45:04.147Z"),
    ("2024-06-22T17:04:06Z", "2024-06-22T17:04:06.000Z"),
    ("1969-07-20T20:17:40Z", "1969-07-20T20:17:40.000Z"),
];

fn sent(field: &'static str, sent: Value, kept: Value) -> Sent {
    Sent { field, sent, kept }
}

/// Any value of any field, as it may be sent.
fn any_field() -> impl Strategy<Value = Sent> {
    let texts = (select(&TEXT_FIELDS), prop::option::weighted(0.8, select(&TEXTS)))
        .prop_map(|(field, text)| sent(field, json!(text), json!(text)));
    let booleans = (select(&["isMailConfirmed", "userSignedUp", "isAlgorep"]), any::<Option<bool>>())
        .prop_map(|(field, value)| sent(field, json!(value), json!(value)));
    let times = (select(&["lastConnexion", "createdAt", "updatedAt"]), select(&TIMES))
        .prop_map(|(field, (text, kept))| sent(field, json!(text), json!(kept)));
    let uuids =
        (select(&["producerId", "sellerId", "originId"]), any::<bool>()).prop_map(|(field, upper)| {
            let id = "50658c1e-356e-4407-b120-d110552292d8";
            sent(field, json!(if upper { id.to_uppercase() } else { id.to_owned() }), json!(id))
        });
    let addresses =
        select(&[("email", "a@b"), ("email", "É@b.example"), ("avatar", "//a/b"), ("avatar", "https://c")])
            .prop_map(|(field, text)| sent(field, json!(text), json!(text)));
    let erasable =
        ["email", "lastConnexion", "createdAt", "updatedAt", "producerId", "sellerId", "originId", "avatar"];
    let erased = (select(erasable.to_vec()), any::<bool>())
        .prop_map(|(field, as_null)| sent(field, if as_null { Value::Null } else { json!("") }, Value::Null));
    prop_oneof![4 => texts, 2 => booleans, 2 => times, 1 => uuids, 2 => addresses, 2 => erased]
}

fn any_fields() -> impl Strategy<Value = Vec<Sent>> {
    prop::collection::vec(any_field(), 0..6).prop_map(|fields| {
        let mut named = BTreeSet::new();
        fields.into_iter().filter(|field| named.insert(field.field)).collect()
    })
}

fn any_update() -> impl Strategy<Value = Update> {
    let times = [
        ("06-22-2024 05:04:06 PM", "2024-06-22T17:04:06.000Z"),
        ("2024-01-19T12:45:04Z", "2024-01-19T12:45:04.000Z"),
    ];
    let grants = prop::collection::btree_set((1..4_i64, select(&["1", "reader"])), 0..4);
    (
        select(&TEXTS),
        select(&["a@b", "c@d"]),
        select(&TEXTS),
        select(&["33556567", "correct horse"]),
        any::<Option<bool>>(),
        prop::option::of(select(times.to_vec())),
        grants,
    )
        .prop_map(|(name, email, telephone, password, control_tower, last_login, grants)| Update {
            name,
            email,
            telephone,
            password,
            control_tower,
            last_login,
            grants,
        })
}

/// Any request.
pub fn any_operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        7 => (0..SLOTS, any_fields()).prop_map(|(slot, fields)| Operation::Upsert { slot, fields }),
        3 => (0..SLOTS, any_update()).prop_map(|(slot, update)| Operation::Update { slot, update }),
        1 => (0..SLOTS).prop_map(|slot| Operation::Delete { slot }),
    ]
}

/// Any spelling.
pub fn any_spelling() -> impl Strategy<Value = Spelling> {
    (prop::collection::vec(any::<Index>(), 24), any::<bool>(), any::<bool>())
        .prop_map(|(order, escaped, spaced)| Spelling { order, escaped, spaced })
}

impl Operation {
    /// The JSON that is sent; nothing for a deletion.
    pub fn body(&self) -> Value {
        match self {
            Self::Upsert { fields, .. } => Value::Object(
                fields.iter().map(|field| (field.field.to_owned(), field.sent.clone())).collect(),
            ),
            Self::Update { update, .. } => update.body(),
            Self::Delete { .. } => Value::Null,
        }
    }
}

impl Update {
    fn body(&self) -> Value {
        let mut user = json!({
            "name": self.name, "email": self.email, "telephone": self.telephone, "password": self.password,
        });
        if let Some(control_tower) = self.control_tower {
            user["isControlTower"] = json!(control_tower);
        }
        if let Some((last_login, _)) = self.last_login {
            user["lastLogin"] = json!(last_login);
        }
        let grants: Vec<Value> = self
            .grants
            .iter()
            .map(|(client, profile)| json!({"clientId": client, "profileId": profile}))
            .collect();
        json!({"header": {"transactionId": "t"}, "data": {"user": user, "clientsProfile": grants}})
    }
}

impl Spelling {
    /// The value in these bytes.
    pub fn spell(&self, value: &Value) -> String {
        match value {
            Value::Object(members) => {
                let mut left: Vec<(&String, &Value)> = members.iter().collect();
                let mut spelt = Vec::new();
                while !left.is_empty() {
                    let (key, value) = left.remove(self.order[spelt.len()].index(left.len()));
                    spelt.push(format!("{}{}{}", self.text(key), self.join(":"), self.spell(value)));
                }
                format!("{{{}}}", spelt.join(&self.join(",")))
            }
            Value::Array(values) => {
                let spelt: Vec<String> = values.iter().map(|value| self.spell(value)).collect();
                format!("[{}]", spelt.join(&self.join(",")))
            }
            Value::String(text) => self.text(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        }
    }

    fn join(&self, separator: &str) -> String {
        if self.spaced { format!("\t{separator}\r\n  ") } else { separator.to_owned() }
    }

    fn text(&self, text: &str) -> String {
        if !self.escaped {
            return json!(text).to_string();
        }
        let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
        format!("\"{escaped}\"")
    }
}
