//! A user, written from the dialects' pages alone. It shares no code with the directory that is tested.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::fields::{DIRECTORY, LISTS, PLAIN};
use super::lists::Elements;
use super::operation::{Edit, Step, Update};

/// What Algorep calls the user. `#` is the case's own number, here as in every name and address.
pub const BUBBLE_ID: &str = "user-#";

/// What a request must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Done { changed: bool },
    Refused,
}

/// A user.
#[derive(Debug, Clone, Default)]
pub struct Person {
    pub version: u64,
    state: State,
}

/// What of a user may change.
#[derive(Debug, Clone, Default)]
struct State {
    /// A name that a client sent; without one it is derived.
    chosen: Option<String>,
    inactive: bool,
    password: Option<&'static str>,
    external_id: Option<&'static str>,
    /// By the name in the directory.
    plain: BTreeMap<&'static str, Value>,
    /// By the name in SCIM.
    lists: BTreeMap<&'static str, Elements>,
    grants: BTreeSet<(i64, &'static str)>,
}

impl Person {
    /// Applies a request.
    pub fn apply(&mut self, step: &Step) -> Expected {
        let mut after = self.state.clone();
        let done = match step {
            Step::Upsert(fields) => {
                after.upsert(fields);
                true
            }
            Step::Update(update) => {
                after.update(update);
                true
            }
            Step::Put(edits) => {
                // A PUT always says what the user is called.
                after.chosen = Some(after.user_name());
                after.edits(edits)
            }
            Step::Patch(edits) => after.edits(edits),
        };
        if !done {
            return Expected::Refused;
        }
        let changed = self.version == 0 || after.compared() != self.state.compared();
        self.state = after;
        self.version += u64::from(changed);
        Expected::Done { changed }
    }

    /// Whoever created the user may call it something to itself.
    pub fn is_not_known_to_okta(&mut self) {
        self.state.external_id = None;
    }

    /// The order of lists is the server's own; but what comes first there is the user's email, if nothing else is.
    pub fn learn_order(&mut self, resource: &Value) {
        for (name, elements) in &mut self.state.lists {
            elements.order_as(&resource[name]);
        }
    }

    /// The update that asks for what is there, if the Zynchro dialect has a way to ask for it.
    pub fn same_update(&self) -> Option<Update> {
        let state = &self.state;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        Some(Update {
            name: text(state.plain.get("display_name"))?,
            email: state.own("emails")?.to_owned(),
            telephone: state.own("phoneNumbers")?.to_owned(),
            password: state.password?,
            control_tower: None,
            grants: state.grants.clone(),
        })
    }

    /// What the Algorep dialect answers of the shared fields.
    pub fn algorep(&self) -> Value {
        let plain = PLAIN.iter().filter_map(|plain| Some((plain.algorep?, self.state.value(plain.rest))));
        let lists = LISTS.iter().map(|list| (list.algorep, json!(self.state.own(list.scim))));
        let mut fields: Map<String, Value> =
            plain.chain(lists).map(|(name, value)| (name.to_owned(), value)).collect();
        fields.insert("bubbleId".to_owned(), json!(BUBBLE_ID));
        fields.into()
    }

    /// What the REST API answers of them.
    pub fn rest(&self) -> Value {
        let State { inactive, external_id, grants, .. } = &self.state;
        let mut fields: Map<String, Value> = PLAIN
            .iter()
            .map(|plain| (plain.rest.to_owned(), self.state.value(plain.rest)))
            .chain(LISTS.iter().map(|list| (list.rest.to_owned(), json!(self.state.own(list.scim)))))
            .collect();
        let grant = |(client, profile): &(i64, _)| json!({"client_id": client, "profile_id": profile});
        let mut links = json!({"bubble": BUBBLE_ID});
        if let Some(id) = external_id {
            links["okta"] = json!(id);
        }
        fields.extend([
            ("version".to_owned(), json!(self.version)),
            ("user_name".to_owned(), json!(self.state.user_name())),
            ("active".to_owned(), json!(!inactive)),
            ("links".to_owned(), links),
            ("grants".to_owned(), grants.iter().map(grant).collect()),
        ]);
        fields.into()
    }

    /// What SCIM answers to Okta, but for `schemas`, `id` and `meta`; each list sorted by its text.
    pub fn scim(&self) -> Value {
        let State { inactive, external_id, grants, plain, lists, .. } = &self.state;
        let mut resource = json!({"userName": self.state.user_name(), "active": !inactive});
        if let Some(id) = external_id {
            resource["externalId"] = json!(id);
        }
        for field in PLAIN {
            if let Some(value) = plain.get(field.rest) {
                *field.members.iter().fold(&mut resource, |inner, name| &mut inner[name]) = value.clone();
            }
        }
        for (name, elements) in lists.iter().filter(|(_, elements)| !elements.is_empty()) {
            resource[name] = elements.shown();
        }
        if !grants.is_empty() {
            let grant = |(client, profile): &(i64, _)| json!({"clientId": client, "profileId": profile});
            resource[DIRECTORY]["grants"] = grants.iter().map(grant).collect();
        }
        resource
    }

    /// What the Zynchro dialect answers as the user, but for `id` and `lastLogin`.
    pub fn zynchro(&self) -> Value {
        json!({
            "name": self.state.value("display_name"),
            "email": self.state.own("emails"),
            "telephone": self.state.own("phoneNumbers"),
            "isControlTower": self.state.value("control_tower").as_bool().unwrap_or(false),
        })
    }
}

impl State {
    fn value(&self, rest: &str) -> Value {
        self.plain.get(rest).cloned().unwrap_or_default()
    }

    /// The directory's single value.
    fn own(&self, list: &str) -> Option<&str> {
        self.lists.get(list).and_then(Elements::own)
    }

    fn user_name(&self) -> String {
        let derived = || self.own("emails").unwrap_or(BUBBLE_ID).to_owned();
        self.chosen.clone().unwrap_or_else(derived)
    }

    /// Everything, so that two states are the same if nothing was changed.
    fn compared(&self) -> impl PartialEq + use<> {
        let lists: Vec<_> = self.lists.iter().map(|(name, list)| (*name, list.compared())).collect();
        let lists: Vec<_> = lists.into_iter().filter(|(_, list)| !list.is_empty()).collect();
        (
            (self.chosen.clone(), self.inactive, self.password, self.external_id),
            (self.plain.clone(), lists, self.grants.clone()),
        )
    }

    fn set(&mut self, rest: &'static str, value: Option<Value>) {
        match value {
            Some(value) => self.plain.insert(rest, value),
            None => self.plain.remove(rest),
        };
    }

    fn set_own(&mut self, list: &'static super::fields::List, value: Option<&str>) {
        self.lists.entry(list.scim).or_default().set_own(list, value);
    }

    fn upsert(&mut self, fields: &[(&'static str, Value)]) {
        for (name, value) in fields {
            let value = Some(value).filter(|value| !value.is_null());
            if let Some(plain) = PLAIN.iter().find(|plain| plain.algorep == Some(name)) {
                self.set(plain.rest, value.cloned());
            }
            if let Some(list) = LISTS.iter().find(|list| list.algorep == *name) {
                let value = value.and_then(Value::as_str).filter(|text| list.is_text || !text.is_empty());
                self.set_own(list, value);
            }
        }
    }

    fn update(&mut self, update: &Update) {
        let Update { name, email, telephone, password, control_tower, grants } = update;
        self.set("display_name", Some(json!(name)));
        self.set_own(super::fields::list("emails"), Some(email));
        self.set_own(super::fields::list("phoneNumbers"), Some(telephone));
        self.password = Some(password);
        if control_tower.is_some() {
            self.set("control_tower", control_tower.map(Value::from));
        }
        self.grants.clone_from(grants);
    }

    /// Whether all of them can be done.
    fn edits(&mut self, edits: &[(Edit, u8)]) -> bool {
        let (before, user_name) = (self.lists.clone(), self.user_name());
        for (edit, _) in edits {
            match edit {
                Edit::UserName(name) => {
                    self.chosen = Some(name.map_or_else(|| user_name.clone(), |name| format!("{name}-#")));
                }
                Edit::Active(active) => self.inactive = !active,
                Edit::Password(password) => self.password = Some(password),
                Edit::ExternalId(id) => self.external_id = *id,
                Edit::Plain(plain, value) => self.set(plain.rest, value.clone()),
                Edit::List(list, edit) => {
                    if !self.lists.entry(list.scim).or_default().edit(edit) {
                        return false;
                    }
                }
            }
        }
        for list in LISTS {
            let elements = self.lists.entry(list.scim).or_default();
            elements.settle(before.get(list.scim), |value| list.foreign != Some(value));
        }
        true
    }
}
