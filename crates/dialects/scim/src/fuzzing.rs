//! What the fuzz targets (`fuzz/`) call: the readers of what callers write in languages of their own. Only a build for
//! fuzzing has it, and the tests, which run the targets' corpora again.

use roster_directory::Source;
use roster_directory::search::{Condition, GroupTest, UserTest};
use serde_json::{Map, Value, json};

use crate::convert::to_patch;
use crate::error::ScimError;
use crate::patch::{self, PatchRequest};
use crate::resource::{Resource, canonicalise, check_primary};
use crate::schema::USER;
use crate::{filter, json as body, path};

/// What a filter asks of users and of groups, where it is one.
pub type Read = (Option<Condition<UserTest>>, Option<Condition<GroupTest>>);

/// Reads a filter, and the same text as what `sortBy` and the path of a PATCH name.
pub fn filter(text: &str) -> Read {
    let Ok(source) = Source::new("fuzz") else { return (None, None) };
    let (users, groups) =
        (filter::user_condition(text, &source, None), filter::group_condition(text, &source, None));
    refused(filter::user_sort_key(text, &source).err());
    refused(filter::group_sort_key(text, &source).err());
    refused(path::locate(&USER, text).err());
    // Within brackets it is a path as Entra writes them.
    refused(path::locate(&USER, &format!("emails[{text}].value")).err());
    let groups = groups.map_err(|error| refused(Some(error)));
    (users.map_err(|error| refused(Some(error))).ok(), groups.ok())
}

/// Carries out a PATCH of a user, which is a message as it comes in a body, or else a path.
pub fn patch(bytes: &[u8]) {
    match body::read(bytes) {
        Ok(message) => run(&message),
        Err(error) => {
            refused(Some(error));
            let Ok(path) = std::str::from_utf8(bytes) else { return };
            for (op, value) in [
                ("add", json!("x@y")),
                ("replace", json!({ "value": "x@y", "type": "work", "primary": true })),
                ("replace", json!([{ "value": "z@y" }, "z@y"])),
                ("replace", json!("True")),
                ("replace", Value::Null),
                ("remove", Value::Null),
            ] {
                run_one(json!({ "op": op, "path": path, "value": value }));
                run_one(json!({ "op": op, "value": { path: value } }));
            }
        }
    }
}

fn run_one(operation: Value) {
    run(&Map::from_iter([("Operations".to_owned(), json!([operation]))]));
}

/// To a user who has nothing yet, and to one who has something of everything.
fn run(message: &Map<String, Value>) {
    let request = match PatchRequest::new(message) {
        Ok(request) => request,
        Err(error) => return refused(Some(error)),
    };
    for before in [Resource::new(), whole_user()] {
        match patch::apply(&request, &before) {
            Ok(after) => check(&before, &after),
            Err(error) => refused(Some(error)),
        }
    }
}

/// What is left is in canonical form, and the directory takes it or says what is wrong with it.
fn check(before: &Resource, after: &Resource) {
    let mut faults = Vec::new();
    let canonical = canonicalise(&USER, after, &mut faults);
    assert!(faults.is_empty(), "a PATCH left what is none of its attribute");
    // What callers can't write is no part of a body that they send.
    let same = |(name, value): (&String, &Value)| after.get(name) == Some(value);
    assert!(canonical.iter().all(same), "a PATCH left what is not in canonical form");
    let elements = |value: &Value| value.as_array().cloned().unwrap_or_default();
    assert!(after.values().all(|value| check_primary(&elements(value), "").is_ok()), "two are primary");
    if let Ok(source) = Source::new("fuzz") {
        to_patch::patch(before, after, &source, &mut faults);
        refused(ScimError::check(&faults).err());
    }
}

/// A refusal says why, and can be answered.
fn refused(error: Option<ScimError>) {
    if let Some(error) = error {
        assert!(error.status.is_client_error() && !error.detail.is_empty(), "a refusal must say why");
    }
}

fn whole_user() -> Resource {
    let whole = json!({
        "userName": "ada",
        "name": { "givenName": "Ada", "familyName": "Byron" },
        "active": true,
        "title": "Countess",
        "emails": [
            { "value": "ada@x", "type": "work", "primary": true },
            { "value": "ada@home", "type": "home", "display": "Home" },
            { "value": "no address" },
        ],
        "phoneNumbers": [{ "value": "+33 1", "type": "work", "primary": false }],
        "addresses": [{ "type": "work", "country": "FR", "locality": "Paris" }, { "formatted": "x" }],
        "roles": [{ "value": "a" }, { "value": "a", "type": "b" }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "Engines",
            "manager": { "value": "charles" },
        },
        "urn:roster:scim:schemas:extension:directory:1.0:User": { "status": "3 - ACTIF", "staff": false },
    });
    match whole {
        Value::Object(whole) => whole,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Resource::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Every input of a target's corpus.
    fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus").join(target);
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
        let mut inputs: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()))
            .collect();
        inputs.sort();
        assert!(inputs.len() >= 20, "the corpus of {target} has {} inputs", inputs.len());
        inputs
    }

    #[test]
    fn the_corpus_of_filters_is_read_or_refused() {
        let (mut users, mut groups) = (0, 0);
        for (name, input) in corpus("filter") {
            println!("{name}");
            let (of_users, of_groups) = super::filter(&String::from_utf8_lossy(&input));
            users += usize::from(of_users.is_some());
            groups += usize::from(of_groups.is_some());
        }
        // Else the corpus would have gone stale.
        assert!(users >= 10 && groups >= 3, "{users} filters of users, {groups} of groups");
    }

    #[test]
    fn the_corpus_of_patches_is_done_or_refused() {
        for (name, input) in corpus("patch") {
            println!("{name}");
            super::patch(&input);
        }
    }
}
