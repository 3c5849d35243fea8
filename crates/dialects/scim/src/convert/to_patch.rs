//! From what a resource was and is to be to the patch that makes it so. What is the same is left as it is, so that nobody's
//! change to anything else is undone.

use roster_directory::element::{Address, BadElement};
use roster_directory::{
    Assign, Attribute as Multi, Change, Content, Elements, ExternalId, Password, Source, TakenLinks,
    UserName, UserPatch,
};
use serde_json::{Map, Value};

use super::{PLAIN, Plain};
use crate::fault::Fault;
use crate::resource::Resource;

/// What a request asks to be changed.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// The fields.
    pub(crate) patch: UserPatch,
    /// The password.
    pub(crate) password: Change<Password>,
}

/// The patch that makes `after` of `before`, both in canonical form. `null` and what is absent are one here.
pub(crate) fn patch(before: &Resource, after: &Resource, source: &Source, faults: &mut Vec<Fault>) -> Asked {
    let mut reader = Reader { before, after, faults };
    let mut asked = Asked::default();
    let patch = &mut asked.patch;
    patch.user_name = match reader.change("userName") {
        // A user always has one; a resource that loses it was refused before.
        Change::Keep | Change::Clear => Change::Keep,
        Change::Set(value) => reader.parsed("userName", value, user_name),
    };
    if let Change::Set(Value::Bool(active)) = reader.change("active") {
        patch.active = Assign::Set(*active);
    }
    match reader.change("externalId") {
        Change::Keep => {}
        Change::Clear => {
            patch.links.insert(source.clone(), Change::Clear);
        }
        Change::Set(value) => {
            let id = reader.parsed("externalId", value, ExternalId::new);
            patch.links.insert(source.clone(), id);
        }
    }
    asked.password = match reader.change("password") {
        // No resource shows whether there is one, so that the resource before it says nothing.
        Change::Keep | Change::Clear if after.get("password").is_some_and(Value::is_null) => Change::Clear,
        Change::Keep | Change::Clear => Change::Keep,
        Change::Set(value) => reader.parsed("password", value, Password::new),
    };
    // RFC 7643, 3.1 does not ask that external ids be unique.
    patch.taken_links = TakenLinks::Share;
    for plain in PLAIN {
        reader.plain(plain, patch);
    }
    for multi in Multi::ALL {
        reader.elements(multi, patch);
    }
    asked
}

struct Reader<'r> {
    before: &'r Resource,
    after: &'r Resource,
    faults: &'r mut Vec<Fault>,
}

/// The value at a place; nothing, if it is unassigned.
fn at<'r>(
    resource: &'r Resource,
    (extension, attribute, sub): (Option<&str>, &str, Option<&str>),
) -> Option<&'r Value> {
    let mut members = resource;
    for name in [extension, sub.map(|_| attribute)].into_iter().flatten() {
        members = members.get(name)?.as_object()?;
    }
    members.get(sub.unwrap_or(attribute)).filter(|value| !value.is_null())
}

impl<'r> Reader<'r> {
    fn change_at(&self, place: (Option<&str>, &str, Option<&str>)) -> Change<&'r Value> {
        match (at(self.before, place), at(self.after, place)) {
            (before, after) if before == after => Change::Keep,
            (_, None) => Change::Clear,
            (_, Some(after)) => Change::Set(after),
        }
    }

    fn change(&self, attribute: &str) -> Change<&'r Value> {
        self.change_at((None, attribute, None))
    }

    fn parsed<T, E: std::fmt::Display>(
        &mut self,
        path: &str,
        value: &Value,
        make: impl FnOnce(&str) -> Result<T, E>,
    ) -> Change<T> {
        match make(value.as_str().unwrap_or_default()) {
            Ok(made) => Change::Set(made),
            Err(why) => {
                self.faults.push(Fault::new(path, why.to_string()));
                Change::Keep
            }
        }
    }

    fn plain(&mut self, plain: &Plain, patch: &mut UserPatch) {
        let Plain { extension, attribute, sub, field } = *plain;
        match self.change_at((extension, attribute, sub)) {
            Change::Keep => {}
            Change::Clear => patch.profile.clear(field),
            Change::Set(value) => {
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                        value.to_string()
                    }
                };
                if let Err(why) = patch.profile.parse(field, &text) {
                    let path = [extension.map(|urn| format!("{urn}:")), Some(attribute.to_owned())];
                    let path: String = path.into_iter().flatten().collect();
                    let path = sub.map_or(path.clone(), |sub| format!("{path}.{sub}"));
                    self.faults.push(Fault::new(path, why.to_string()));
                }
            }
        }
    }

    fn elements(&mut self, multi: Multi, patch: &mut UserPatch) {
        let list = match self.change(multi.name()) {
            Change::Keep => return,
            Change::Clear => Vec::new(),
            Change::Set(list) => list.as_array().into_iter().flatten().map(|e| content(multi, e)).collect(),
        };
        match Elements::new(multi, list) {
            Ok(elements) => {
                patch.elements.insert(multi, elements);
            }
            Err(bad) => self.faults.extend(bad.into_iter().map(|bad| bad_element(multi, bad))),
        }
    }
}

/// A name of blanks alone is one that nobody sees.
fn user_name(text: &str) -> Result<UserName, String> {
    if text.trim().is_empty() {
        return Err("must not be blank".to_owned());
    }
    UserName::new(text).map_err(|why| why.to_string())
}

fn bad_element(multi: Multi, (index, part, bad): (usize, &str, BadElement)) -> Fault {
    let dot = if part.is_empty() { "" } else { "." };
    Fault::new(format!("{}[{index}]{dot}{part}", multi.name()), bad.to_string())
}

fn content(multi: Multi, element: &Value) -> Content {
    let empty = Map::new();
    let members = element.as_object().unwrap_or(&empty);
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    let address = Address {
        formatted: text("formatted"),
        street_address: text("streetAddress"),
        locality: text("locality"),
        region: text("region"),
        postal_code: text("postalCode"),
        country: text("country"),
    };
    Content {
        value: text("value"),
        kind: text("type"),
        display: text("display"),
        primary: members.get("primary").and_then(Value::as_bool),
        address: (multi == Multi::Addresses && address != Address::default()).then(|| Box::new(address)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(before: &Value, after: &Value) -> (Asked, Vec<String>) {
        let mut faults = Vec::new();
        let [before, after] = [before, after].map(|resource| resource.as_object().unwrap());
        let asked = patch(before, after, &Source::new("okta").unwrap(), &mut faults);
        (asked, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_password_is_erased_where_null_is_sent_for_it() {
        let user = json!({ "userName": "x" });
        assert!(matches!(asked(&user, &user).0.password, Change::Keep));
        assert!(matches!(asked(&user, &json!({ "password": null })).0.password, Change::Clear));
        assert!(matches!(asked(&user, &json!({ "password": "long enough" })).0.password, Change::Set(_)));
    }

    #[test]
    fn a_user_name_of_blanks_alone_is_none() {
        for blanks in [" ", " \u{3000}\u{a0} "] {
            let faults = asked(&json!({}), &json!({ "userName": blanks })).1;
            assert_eq!(faults, ["userName must not be blank"]);
        }
        assert_eq!(asked(&json!({}), &json!({ "userName": "a b" })).1, [""; 0]);
    }
}
