mod fields;
mod list;
mod spelling;
mod whole;

use roster_directory::{Fault as DirectoryFault, Grant, ProfileId, Reason, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::openapi;

const REQUIRED_STRING: &str = "Field is required, and must be of type String ";
const REQUIRED_ARRAY: &str = "Field is required, and must be of type Array ";
const REQUIRED_BOOLEAN: &str = "Field is required, and must be of type Boolean ";
const REQUIRED_INTEGER: &str = "Field is required, and must be of type Integer ";
const REQUIRED_OBJECT: &str = "Field is required, and must be of type Object ";
const RANGE: &str = "Field must be a whole number from 1 to 9223372036854775807";

fn read_at(uri: &str, body: &str, unknown: UnknownFields) -> Wanted {
    Wanted::read(&uri.parse().unwrap(), &HeaderMap::new(), body.as_bytes(), unknown)
}

fn read(body: &str) -> Wanted {
    read_at("/zynchro.api.system-config/v1/users/3", body, UnknownFields::Refuse)
}

fn answered(faults: Faults) -> Vec<(String, String)> {
    faults.into_answer().into_iter().map(|fault| (fault.place.to_string(), fault.description)).collect()
}

fn faults(body: &str) -> Vec<(String, String)> {
    answered(read(body).faults)
}

/// The documented request, changed.
fn request(change: impl FnOnce(&mut Value)) -> String {
    let mut request = openapi::request();
    change(&mut request);
    request.to_string()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(place, why)| ((*place).to_owned(), (*why).to_owned())).collect()
}

fn assert_faults(body: &str, expected: &[(&str, &str)]) {
    assert_eq!(faults(body), pairs(expected), "{body}");
}

fn grant(client_id: i64, profile_id: &str) -> Grant {
    Grant::new(client_id, ProfileId::new(profile_id).unwrap()).unwrap()
}

#[test]
fn z8_the_documented_request_is_a_patch_of_what_it_names() {
    let Wanted { transaction_id, number, patch, password, grants, idempotency_key, faults } =
        read(&openapi::request().to_string());
    assert!(faults.is_empty());
    assert_eq!((transaction_id.as_deref(), number, idempotency_key), (Some("123456"), Some(3), None));
    let Change::Set(password) = password else { panic!("a password") };
    assert_eq!(password.expose(), "33556567");
    assert_eq!(grants.places(&grant(38, "1")).collect::<Vec<_>>(), [1]);
    let mut expected = UserPatch { last_login_resolution: Resolution::Second, ..UserPatch::default() };
    expected.profile.display_name = Change::Set(Text::new("User Test Modif").unwrap());
    expected.profile.email = Change::Set(Email::new("user_test_modif@test.com").unwrap());
    expected.profile.phone = Change::Set(Text::new("23232323232").unwrap());
    expected.profile.control_tower = Change::Set(true);
    expected.grants = GrantsPatch::Replace([grant(33, "1"), grant(38, "1")].into());
    assert_eq!(patch, expected);
}

/// The documented request with this list, spelt so.
fn with_list(list: &str) -> String {
    let body = request(|request| request["data"]["clientsProfile"] = json!("LIST"));
    body.replace("\"LIST\"", list)
}
