//! From a request of the property test to its JSON, spelt in the ways in which clients do.

use serde_json::{Map, Value, json};

use super::super::PATCH;
use super::fields::{List, Plain, SCHEMAS};
use super::operation::{Edit, Element, ListEdit, Update};

/// The body of an upsert.
pub fn upsert(fields: &[(&'static str, Value)]) -> Value {
    Value::Object(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

/// The body of an update.
pub fn update(update: &Update) -> Value {
    let Update { name, email, telephone, password, control_tower, grants } = update;
    let mut user = json!({"name": name, "email": email, "telephone": telephone, "password": password});
    if let Some(control_tower) = control_tower {
        user["isControlTower"] = json!(control_tower);
    }
    let grant = |(client, profile): &(i64, _)| json!({"clientId": client, "profileId": profile});
    let grants: Vec<Value> = grants.iter().map(grant).collect();
    json!({"header": {"transactionId": "t"}, "data": {"user": user, "clientsProfile": grants}})
}

/// A resource that says what is edited, of a user who has a name.
pub fn body(edits: &[(Edit, u8)], user_name: &str) -> Value {
    let mut body = json!({"schemas": SCHEMAS, "userName": user_name});
    for (edit, spelling) in edits {
        match edit {
            Edit::UserName(name) => body["userName"] = named(*name, user_name),
            Edit::Active(active) => body["active"] = truth(*active, *spelling),
            Edit::Password(password) => body["password"] = json!(password),
            Edit::ExternalId(id) => body["externalId"] = text(*id, *spelling),
            Edit::Plain(plain, value) => {
                let place = plain.members.iter().fold(&mut body, |inner, name| &mut inner[name]);
                *place = plain_value(plain, value.as_ref(), *spelling);
            }
            Edit::List(list, ListEdit::Whole(elements)) => body[list.scim] = whole(elements, *spelling),
            Edit::List(..) => panic!("a body has whole lists: {edit:?}"),
        }
    }
    body
}

/// The message of a PATCH of a user who has a name.
pub fn patch(edits: &[(Edit, u8)], user_name: &str) -> Value {
    let operations: Vec<Value> =
        edits.iter().map(|(edit, spelling)| operation(edit, *spelling, user_name)).collect();
    json!({"schemas": [PATCH], "Operations": operations})
}

fn operation(edit: &Edit, spelling: u8, user_name: &str) -> Value {
    match edit {
        Edit::UserName(name) => put("userName", named(*name, user_name), spelling),
        Edit::Active(active) => put("active", truth(*active, spelling), spelling),
        Edit::Password(password) => put("password", json!(password), spelling),
        Edit::ExternalId(id) => put("externalId", text(*id, spelling), spelling),
        Edit::Plain(plain, None) if spelling.is_multiple_of(3) => remove(plain.path, spelling),
        Edit::Plain(plain, value) => put(plain.path, plain_value(plain, value.as_ref(), spelling), spelling),
        Edit::List(list, edit) => list_operation(list, edit, spelling),
    }
}

fn list_operation(list: &List, edit: &ListEdit, spelling: u8) -> Value {
    let List { scim, .. } = list;
    match edit {
        ListEdit::Whole(elements) if elements.is_empty() && spelling.is_multiple_of(3) => {
            remove(scim, spelling)
        }
        ListEdit::Whole(elements) => replace(scim, whole(elements, spelling), spelling),
        ListEdit::Add(elements) => {
            let elements: Vec<Value> = elements.iter().map(Element::shown).collect();
            let op = if spelling.is_multiple_of(2) { "add" } else { "Add" };
            match (spelling / 2 % 3, &*elements) {
                (0, _) => json!({"op": op, "value": {*scim: elements}}),
                // A list of one may be sent as that one.
                (1, [only]) => json!({"op": op, "path": scim, "value": only}),
                (_, _) => json!({"op": op, "path": scim, "value": elements}),
            }
        }
        ListEdit::RemoveKind(kind) => remove(&format!("{scim}[type eq \"{kind}\"]"), spelling),
        ListEdit::ValueOfKind(kind, value) => {
            let path = format!("{scim}[type eq \"{kind}\"].value");
            match value {
                None if spelling.is_multiple_of(3) => remove(&path, spelling),
                None => put(&path, text(None, spelling / 3), spelling),
                Some(value) => put(&path, json!(value), spelling),
            }
        }
        ListEdit::MakePrimary(value) => {
            put(&format!("{scim}[value eq \"{value}\"].primary"), truth(true, spelling), spelling)
        }
    }
}

/// Adds or replaces what has one value, which is the same, with a path or without.
fn put(path: &str, value: Value, spelling: u8) -> Value {
    let op = ["add", "replace", "Add", "Replace"][usize::from(spelling % 4)];
    if (spelling / 4).is_multiple_of(2) {
        return json!({"op": op, "path": path, "value": value});
    }
    json!({"op": op, "value": Map::from_iter([(path.to_owned(), value)])})
}

fn replace(path: &str, value: Value, spelling: u8) -> Value {
    if spelling.is_multiple_of(2) {
        return json!({"op": "replace", "path": path, "value": value});
    }
    json!({"op": "Replace", "value": Map::from_iter([(path.to_owned(), value)])})
}

fn remove(path: &str, spelling: u8) -> Value {
    json!({"op": if spelling.is_multiple_of(2) { "remove" } else { "Remove" }, "path": path})
}

fn named(name: Option<&str>, user_name: &str) -> Value {
    json!(name.map_or_else(|| user_name.to_owned(), |name| format!("{name}-#")))
}

/// `null` and `""` are both no value.
fn text(text: Option<&str>, spelling: u8) -> Value {
    match text {
        Some(text) => json!(text),
        None if spelling.is_multiple_of(2) => Value::Null,
        None => json!(""),
    }
}

/// Entra ID sends names of truth values.
fn truth(truth: bool, spelling: u8) -> Value {
    match (truth, spelling % 3) {
        (true, 0) => json!("True"),
        (false, 0) => json!("False"),
        (_, _) => json!(truth),
    }
}

fn plain_value(plain: &Plain, value: Option<&Value>, spelling: u8) -> Value {
    match value {
        None => text(None, spelling),
        Some(Value::Bool(value)) => truth(*value, spelling),
        Some(value) if plain.kind == super::fields::Kind::Uuid && spelling.is_multiple_of(2) => {
            json!(value.as_str().unwrap().to_uppercase())
        }
        Some(value) => value.clone(),
    }
}

/// A list that is empty is none.
fn whole(elements: &[Element], spelling: u8) -> Value {
    if elements.is_empty() && spelling.is_multiple_of(2) {
        return text(None, spelling / 2);
    }
    elements.iter().map(Element::shown).collect()
}
