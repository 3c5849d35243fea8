use proptest::prelude::*;
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

#[test]
fn z7_what_is_missing_is_named_in_the_order_of_the_documented_example() {
    let errors: Vec<(String, String)> = openapi::errors()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["fieldName"].as_str().unwrap().to_owned(), e["fieldDesc"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(errors.len(), 5);
    for body in [
        r#"{"header":{"transactionId":"123455566677788"},"data":{"user":{}}}"#,
        r#"{"header":{"transactionId":"123455566677788"},"data":{}}"#,
        r#"{"header":{},"data":{"user":null,"clientsProfile":null}}"#,
        r#"{"header":null,"data":null}"#,
        "{}",
        " \t\r\n{ } ",
        r#"{"data":{"user":{"name":null,"password":null,"telephone":null,"email":null,"lastLogin":null,"isControlTower":null,"id":null}}}"#,
    ] {
        assert_eq!(faults(body), errors, "{body}");
    }
}

#[test]
fn z7_header_is_not_required() {
    let body = request(|request| drop(request.as_object_mut().unwrap().remove("header")));
    let wanted = read(&body);
    assert!(wanted.faults.is_empty());
    assert_eq!(wanted.transaction_id, None);
}

/// One value of each JSON type, by the document's name for the type.
fn one_of_each() -> [(&'static str, Value); 7] {
    [
        ("Null", Value::Null),
        ("Boolean", json!(true)),
        ("Integer", json!(7)),
        ("Number", serde_json::from_str("7.5").unwrap()),
        ("String", json!("text")),
        ("Array", json!([])),
        ("Object", json!({})),
    ]
}

#[test]
fn z7_every_field_refuses_every_other_type() {
    for (pointer, place, wanted, required) in [
        ("/data/user/name", "name", "String", REQUIRED_STRING),
        ("/data/user/password", "password", "String", REQUIRED_STRING),
        ("/data/user/telephone", "telephone", "String", REQUIRED_STRING),
        ("/data/clientsProfile", "clientsProfile", "Array", REQUIRED_ARRAY),
        ("/data/user/email", "email", "String", REQUIRED_STRING),
        ("/data/user/lastLogin", "lastLogin", "String", REQUIRED_STRING),
        ("/data/user/isControlTower", "isControlTower", "Boolean", REQUIRED_BOOLEAN),
        ("/data/user/id", "id", "Integer", REQUIRED_INTEGER),
        ("/data/clientsProfile/0", "clientsProfile[0]", "Object", REQUIRED_OBJECT),
        ("/data/clientsProfile/1/clientId", "clientsProfile[1].clientId", "Integer", REQUIRED_INTEGER),
        ("/data/clientsProfile/1/profileId", "clientsProfile[1].profileId", "String", REQUIRED_STRING),
    ] {
        let optional = ["lastLogin", "isControlTower", "id"].contains(&place);
        for (name, value) in one_of_each() {
            let body = request(|request| {
                let user = request.pointer_mut("/data/user").unwrap();
                user["lastLogin"] = Value::Null;
                user["id"] = json!(3);
                *request.pointer_mut(pointer).unwrap() = value;
            });
            let accepted = name == wanted
                || (name == "Null" && optional)
                || (name == "Integer" && place.ends_with(".profileId"));
            if !accepted {
                assert_faults(&body, &[(place, required)]);
                continue;
            }
            // Of the right type: if it is refused, then for its value.
            let found = faults(&body);
            assert!(found.iter().all(|(_, why)| why != required), "{body}: {found:?}");
        }
    }
}

#[test]
fn z7_an_object_of_another_type_is_named_with_what_is_missing_in_it() {
    let missing = [
        ("name", REQUIRED_STRING),
        ("password", REQUIRED_STRING),
        ("telephone", REQUIRED_STRING),
        ("email", REQUIRED_STRING),
    ];
    for (name, value) in one_of_each() {
        if ["Null", "Object"].contains(&name) {
            continue;
        }
        let body = request(|request| request["data"]["user"] = value.clone());
        assert_faults(&body, &[&missing[..], &[("user", REQUIRED_OBJECT)]].concat());
        let body = request(|request| request["data"] = value.clone());
        let list = [("clientsProfile", REQUIRED_ARRAY)];
        let expected = [&missing[..3], &list, &missing[3..], &[("data", REQUIRED_OBJECT)]].concat();
        assert_faults(&body, &expected);
        let body = request(|request| request["header"] = value);
        assert_faults(&body, &[("header", REQUIRED_OBJECT)]);
    }
}

#[test]
fn z7_texts_have_their_limits_and_no_control_characters() {
    let long = |n: usize| "é".repeat(n);
    let email = |n: usize| format!("{}@example.com", "é".repeat(n - 12));
    for (key, accepted, refused, why) in [
        ("name", vec![String::new(), long(255)], long(256), "Field must have at most 255 characters"),
        ("telephone", vec![String::new(), long(64)], long(65), "Field must have at most 64 characters"),
        ("password", vec![long(8), long(256)], long(257), "Field must have at most 256 characters"),
        ("password", vec![], long(7), "Field must have at least 8 characters"),
        ("password", vec![], String::new(), "Field must have at least 8 characters"),
        (
            "email",
            vec![email(254), "a@localhost".to_owned()],
            email(255),
            "Field must have at most 254 characters",
        ),
    ] {
        for text in accepted {
            let body = request(|request| request["data"]["user"][key] = json!(text));
            assert_faults(&body, &[]);
        }
        let body = request(|request| request["data"]["user"][key] = json!(refused));
        assert_faults(&body, &[(key, why)]);
    }
    for key in ["name", "password", "telephone", "email"] {
        for control in ['\0', '\u{1f}', '\u{7f}', '\u{9f}'] {
            let body = request(|request| request["data"]["user"][key] = json!(format!("abcdefgh{control}")));
            assert_faults(&body, &[(key, "Field must not contain control characters")]);
        }
    }
}

#[test]
fn z7_an_email_is_checked_as_in_every_dialect() {
    let why = "Field must be an email address: one @ between non-empty parts, without white space";
    for email in ["", "a", "a@", "@b", "a@b@c", "a b@c"] {
        let body = request(|request| request["data"]["user"]["email"] = json!(email));
        assert_faults(&body, &[("email", why)]);
    }
}

#[test]
fn z7_last_login_is_a_date_and_time() {
    let body = request(|request| request["data"]["user"]["lastLogin"] = json!("06-22-2024 05:04:06 PM"));
    let wanted = read(&body);
    assert!(wanted.faults.is_empty());
    let time = Timestamp::parse_rfc3339("2024-06-22T17:04:06Z").unwrap();
    assert_eq!(wanted.patch.profile.last_login, Change::Set(time));
    assert_eq!(wanted.patch.last_login_resolution, Resolution::Second);
    for text in ["", "yesterday", "2024-06-22", "06-22-2024 17:04:06 PM", "06-22-2024 05:04:06 PM\0"] {
        let body = request(|request| request["data"]["user"]["lastLogin"] = json!(text));
        let why = "Field must be a date and time in UTC as MM-dd-yyyy hh:mm:ss AM/PM, or an RFC 3339 date-time with \
             an offset, in the years 0001 to 9999";
        assert_faults(&body, &[("lastLogin", why)]);
    }
}

#[test]
fn z8_an_optional_field_that_is_absent_or_null_is_kept() {
    let body = request(|request| request["data"]["user"]["isControlTower"] = Value::Null);
    let wanted = read(&body);
    assert!(wanted.faults.is_empty());
    assert_eq!(wanted.patch.profile.control_tower, Change::Keep);
    assert_eq!(wanted.patch.profile.last_login, Change::Keep);
    let body = request(|request| request["data"]["user"]["isControlTower"] = json!(false));
    assert_eq!(read(&body).patch.profile.control_tower, Change::Set(false));
}

/// The documented request with this list, spelt so.
fn with_list(list: &str) -> String {
    let body = request(|request| request["data"]["clientsProfile"] = json!("LIST"));
    body.replace("\"LIST\"", list)
}

#[test]
fn z9_a_client_id_is_a_positive_integer_of_64_bits() {
    for (spelt, why) in [
        ("1", None),
        ("9223372036854775807", None),
        ("9223372036854775808", Some(RANGE)),
        ("0", Some(RANGE)),
        ("-0", Some(RANGE)),
        ("-1", Some(RANGE)),
        ("33.0", Some(REQUIRED_INTEGER)),
        ("33.5", Some(REQUIRED_INTEGER)),
        ("1e2", Some(REQUIRED_INTEGER)),
        ("\"33\"", Some(REQUIRED_INTEGER)),
    ] {
        let body = with_list(&format!(r#"[{{"clientId":{spelt},"profileId":"1"}}]"#));
        let expected: Vec<_> = why.map(|why| ("clientsProfile[0].clientId", why)).into_iter().collect();
        assert_faults(&body, &expected);
    }
}

#[test]
fn z9_a_profile_id_is_a_text_or_an_integer_that_means_its_text() {
    for (spelt, meant) in [
        ("1", Ok("1")),
        ("\"1\"", Ok("1")),
        ("\"\\u0031\"", Ok("1")),
        ("0", Ok("0")),
        ("-0", Ok("0")),
        ("-5", Ok("-5")),
        ("123456789012345678901234567890", Ok("123456789012345678901234567890")),
        ("\" é \"", Ok(" é ")),
        ("\"1.0\"", Ok("1.0")),
        ("1.0", Err(REQUIRED_STRING)),
        ("1e0", Err(REQUIRED_STRING)),
        ("1E5", Err(REQUIRED_STRING)),
        ("false", Err(REQUIRED_STRING)),
        ("\"\"", Err("Field must not be empty")),
        ("\"a\\u0000\"", Err("Field must not contain control characters")),
    ] {
        let body = with_list(&format!(r#"[{{"clientId":7,"profileId":{spelt}}}]"#));
        match meant {
            Ok(text) => {
                let wanted = read(&body);
                assert!(wanted.faults.is_empty(), "{spelt}");
                assert_eq!(wanted.patch.grants, GrantsPatch::Replace([grant(7, text)].into()), "{spelt}");
            }
            Err(why) => assert_faults(&body, &[("clientsProfile[0].profileId", why)]),
        }
    }
    for (spelt, accepted) in [
        (format!("\"{}\"", "é".repeat(255)), true),
        (format!("\"{}\"", "é".repeat(256)), false),
        ("1".repeat(255), true),
        ("1".repeat(256), false),
    ] {
        let body = with_list(&format!(r#"[{{"clientId":7,"profileId":{spelt}}}]"#));
        assert_eq!(read(&body).faults.is_empty(), accepted, "{spelt}");
    }
}

#[test]
fn z9_pairs_form_a_set_and_a_client_may_have_several_profiles() {
    let body = with_list(
        r#"[{"clientId":7,"profileId":"1"},{"profileId":1,"clientId":7},{"clientId":7,"profileId":"2"}]"#,
    );
    let wanted = read(&body);
    assert!(wanted.faults.is_empty());
    assert_eq!(wanted.patch.grants, GrantsPatch::Replace([grant(7, "1"), grant(7, "2")].into()));
    assert_eq!(wanted.grants.places(&grant(7, "1")).collect::<Vec<_>>(), [0, 1]);
    let wanted = read(&with_list("[]"));
    assert!(wanted.faults.is_empty());
    assert_eq!(wanted.patch.grants, GrantsPatch::Replace([].into()));
}

#[test]
fn z9_more_than_1000_entries_are_one_fault() {
    let list = |entry: &str, n: usize| with_list(&format!("[{}]", vec![entry; n].join(",")));
    let good = r#"{"clientId":7,"profileId":"1"}"#;
    assert_faults(&list(good, 1_000), &[]);
    for entry in [good, "null", r#"{"x":1}"#] {
        assert_faults(&list(entry, 1_001), &[("clientsProfile", "Field must have at most 1000 entries")]);
    }
}

#[test]
fn all_faults_of_the_list_are_named_entry_by_entry() {
    let body =
        with_list(r#"[{"profileId":true,"x":1,"clientId":0},null,{},{"clientId":1,"profileId":"1"},[{}]]"#);
    assert_faults(
        &body,
        &[
            ("clientsProfile[0].clientId", RANGE),
            ("clientsProfile[0].profileId", REQUIRED_STRING),
            ("clientsProfile[0].x", "Field is not known"),
            ("clientsProfile[1]", REQUIRED_OBJECT),
            ("clientsProfile[2].clientId", REQUIRED_INTEGER),
            ("clientsProfile[2].profileId", REQUIRED_STRING),
            ("clientsProfile[4]", REQUIRED_OBJECT),
        ],
    );
}

#[test]
fn d9_all_faults_are_named_at_once_in_one_order() {
    let body = r#"{"surplus":1,"header":{"transactionId":[]},"data":{
        "clientsProfile":[{"clientId":"1"}],
        "user":{"isControlTower":"yes","lastLogin":1,"email":"none","telephone":5,"password":"short","name":null,
            "id":"3","nam":"x","telephone":"5"},
        "success":true}}"#;
    let wanted = read_at("/zynchro.api.system-config/v1/users/three", body, UnknownFields::Refuse);
    assert_eq!(wanted.transaction_id, None);
    let expected = pairs(&[
        ("name", REQUIRED_STRING),
        ("password", "Field must have at least 8 characters"),
        ("telephone", "Field must be given once"),
        ("telephone", REQUIRED_STRING),
        ("email", "Field must be an email address: one @ between non-empty parts, without white space"),
        ("lastLogin", REQUIRED_STRING),
        ("isControlTower", REQUIRED_BOOLEAN),
        ("clientsProfile[0].clientId", REQUIRED_INTEGER),
        ("clientsProfile[0].profileId", REQUIRED_STRING),
        ("id", REQUIRED_INTEGER),
        ("id", REQUIRED_INTEGER),
        ("transactionId", REQUIRED_STRING),
        ("surplus", "Field is not known"),
        ("success", "Field is not known"),
        ("nam", "Field is not known"),
    ]);
    assert_eq!(answered(wanted.faults), expected);
}

#[test]
fn z7_unknown_keys_are_ignored_in_the_header_and_refused_elsewhere() {
    let body = request(|request| {
        request["header"]["resultCode"] = json!("ok");
        request["header"]["x"] = json!({"y": [1]});
    });
    assert_faults(&body, &[]);
    let long = "é".repeat(70);
    let body = request(|request| {
        request["x"] = Value::Null;
        request["data"]["x"] = Value::Null;
        request["data"]["user"]["Name"] = json!("x");
        request["data"]["user"][&long] = json!("x");
        request["data"]["user"]["clientsProfile"] = json!([]);
        request["data"]["clientsProfile"][1][&long] = json!("x");
    });
    let why = "Field is not known";
    let (cut, cut_entry) = ("é".repeat(64), format!("clientsProfile[1].{}", "é".repeat(64)));
    let expected = [
        (cut_entry.as_str(), why),
        ("x", why),
        ("x", why),
        ("Name", why),
        (&cut, why),
        ("clientsProfile", why),
    ];
    assert_faults(&body, &expected);
    let wanted = read_at("/users/3", &body, UnknownFields::Ignore);
    assert!(wanted.faults.is_empty());
}

#[test]
fn a_key_that_comes_twice_is_an_error_wherever_it_is() {
    let once = "Field must be given once";
    for unknown in [UnknownFields::Refuse, UnknownFields::Ignore] {
        for (from, to, place) in [
            ("\"header\":", "\"header\":{},\"header\":", "header"),
            ("\"data\":", "\"data\":{},\"data\":", "data"),
            ("\"user\":", "\"user\":{},\"user\":", "user"),
            ("\"clientsProfile\":", "\"clientsProfile\":[],\"clientsProfile\":", "clientsProfile"),
            ("\"name\":", "\"name\":\"x\",\"na\\u006de\":", "name"),
            ("\"password\":", "\"password\":\"12345678\",\"password\":", "password"),
            ("\"email\":", "\"email\":\"a@b\",\"email\":", "email"),
            ("\"telephone\":", "\"telephone\":\"\",\"telephone\":", "telephone"),
            ("\"isControlTower\":", "\"isControlTower\":true,\"isControlTower\":", "isControlTower"),
            ("\"transactionId\":", "\"transactionId\":null,\"transactionId\":", "transactionId"),
            ("\"transactionId\":", "\"x\":1,\"x\":1,\"transactionId\":", "x"),
            ("{\"clientId\":38", "{\"clientId\":38,\"clientId\":38", "clientsProfile[1].clientId"),
        ] {
            let body = request(|_| ()).replacen(from, to, 1);
            let found = answered(read_at("/users/3", &body, unknown).faults);
            let named = (place.to_owned(), once.to_owned());
            assert_eq!(found.iter().filter(|fault| **fault == named).count(), 1, "{body}: {found:?}");
        }
    }
}

#[test]
fn z5_the_path_and_the_body_are_judged_together() {
    for (id, why) in [
        ("1", None),
        ("%33", None),
        ("9223372036854775807", None),
        ("9223372036854775808", Some(RANGE)),
        ("0", Some(RANGE)),
        ("-3", Some(RANGE)),
        ("03", Some(REQUIRED_INTEGER)),
        ("+3", Some(REQUIRED_INTEGER)),
        ("3.0", Some(REQUIRED_INTEGER)),
        ("3%20", Some(REQUIRED_INTEGER)),
        ("3%", Some(REQUIRED_INTEGER)),
        ("%C3", Some(REQUIRED_INTEGER)),
        ("3%2F4", Some(REQUIRED_INTEGER)),
        ("%D9%A3", Some(REQUIRED_INTEGER)),
        ("three", Some(REQUIRED_INTEGER)),
    ] {
        let uri = format!("/zynchro.api.system-config/v1/users/{id}");
        let body = request(|request| request["data"]["user"]["name"] = Value::Null);
        let mut expected = vec![("name", REQUIRED_STRING)];
        expected.extend(why.map(|why| ("id", why)));
        let wanted = read_at(&uri, &body, UnknownFields::Refuse);
        assert_eq!(answered(wanted.faults), pairs(&expected), "{id}");
    }
}

#[test]
fn z7_the_id_in_the_body_must_be_that_of_the_path() {
    for (spelt, why) in [
        ("3", None),
        ("null", None),
        ("4", Some("Field must be the id of the path")),
        ("0", Some(RANGE)),
        ("9223372036854775808", Some(RANGE)),
        ("3.0", Some(REQUIRED_INTEGER)),
        ("\"3\"", Some(REQUIRED_INTEGER)),
    ] {
        let body = request(|_| ()).replacen("\"user\":{", &format!("\"user\":{{\"id\":{spelt},"), 1);
        let expected: Vec<_> = why.map(|why| ("id", why)).into_iter().collect();
        assert_faults(&body, &expected);
    }
}

#[test]
fn z7_what_is_no_json_is_one_error_on_the_body() {
    let why = |body: &str| {
        let found = faults(body);
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert_eq!(found[0].0, "body", "{body}");
        found[0].1.clone()
    };
    for (body, expected) in [
        ("", "Field must be JSON: EOF while parsing a value at line 1, column 1"),
        ("{\"data\":}", "Field must be JSON: expected value at line 1, column 9"),
        ("{} {}", "Field must be JSON: trailing characters at line 1, column 4"),
        ("\u{feff}{}", "Field must be JSON: byte order mark at line 1, column 1"),
        ("[]", REQUIRED_OBJECT),
        ("null", REQUIRED_OBJECT),
        ("7", REQUIRED_OBJECT),
        ("\"{}\"", REQUIRED_OBJECT),
    ] {
        assert_eq!(why(body), expected, "{body}");
    }
    for body in [
        format!("{{\"data\":{}1{}}}", "[".repeat(40), "]".repeat(40)),
        r#"{"data":{"user":{"name":"\ud800"}}}"#.to_owned(),
        r#"{"data":{"user":{"password":"hunter2hunter2"#.to_owned(),
    ] {
        let why = why(&body);
        assert!(why.starts_with("Field must be JSON: ") && !why.contains("hunter2"), "{why}");
    }
}

#[test]
fn z6_the_querys_transaction_id_stands_in_where_the_body_can_not_be_read() {
    let wanted = read_at("/users/3?transaction_id=42", "{", UnknownFields::Refuse);
    assert_eq!(wanted.transaction_id.as_deref(), Some("42"));
    let long = format!("/users/x?transaction_id={}", "4".repeat(256));
    let wanted = read_at(&long, "[]", UnknownFields::Refuse);
    assert_eq!(wanted.transaction_id, None);
    let expected = [
        ("body", REQUIRED_OBJECT),
        ("id", REQUIRED_INTEGER),
        ("transactionId", "Field must have at most 255 characters"),
    ];
    assert_eq!(answered(wanted.faults), pairs(&expected));
}

#[test]
fn d8_an_idempotency_key_that_is_none_is_a_fault() {
    let headers = |values: &[&str]| -> HeaderMap {
        let name = http::HeaderName::from_static("idempotency-key");
        values.iter().map(|value| (name.clone(), value.parse().unwrap())).collect()
    };
    let body = openapi::request().to_string();
    let read = |values: &[&str]| {
        let uri = "/users/3".parse().unwrap();
        Wanted::read(&uri, &headers(values), body.as_bytes(), UnknownFields::Refuse)
    };
    assert_eq!(read(&["key 1"]).idempotency_key.unwrap().as_str(), "key 1");
    let long = "k".repeat(256);
    for (values, why) in [
        (vec![""], "Field must not be empty"),
        (vec![&*long], "Field must have at most 255 characters"),
        (vec!["a", "a"], "Idempotency-Key must be given once"),
    ] {
        assert_eq!(answered(read(&values).faults), pairs(&[("Idempotency-Key", why)]), "{values:?}");
    }
}

#[test]
fn at_most_100_faults_are_answered_the_first_ones() {
    let entries = vec!["null"; 60].join(",");
    let unknown: Vec<String> = (0..60).map(|n| format!("\"k{n}\":1")).collect();
    let body = with_list(&format!("[{entries}]")).replacen(
        "\"user\":{",
        &format!("\"user\":{{{},", unknown.join(",")),
        1,
    );
    let found = faults(&body);
    assert_eq!(found.len(), 100);
    assert_eq!((found[0].0.as_str(), found[59].0.as_str()), ("clientsProfile[0]", "clientsProfile[59]"));
    assert_eq!((found[60].0.as_str(), found[99].0.as_str()), ("k0", "k39"));
}

#[test]
fn z9_what_the_directory_refuses_is_named_where_it_stands_in_the_list() {
    let body = with_list(
        r#"[{"clientId":7,"profileId":"1"},{"clientId":8,"profileId":"1"},{"clientId":7,"profileId":1}]"#,
    );
    let asked = read(&body).grants;
    let places = |at: FaultAt, reason: Reason| -> Vec<(String, String)> {
        let found = faults_of(&DirectoryFault { at, reason }, &asked);
        found.into_iter().map(|fault| (fault.place.to_string(), fault.description)).collect()
    };
    let why = "Field names no registered client";
    assert_eq!(
        places(FaultAt::GrantClient(grant(7, "1")), Reason::UnknownClient),
        pairs(&[("clientsProfile[0].clientId", why), ("clientsProfile[2].clientId", why)])
    );
    assert_eq!(
        places(FaultAt::GrantProfile(grant(8, "1")), Reason::UnknownProfile),
        pairs(&[("clientsProfile[1].profileId", "Field names no registered profile")])
    );
    assert_eq!(
        places(FaultAt::Field(UserField::Email), Reason::Taken),
        pairs(&[("email", "Field is held by another user")])
    );
}

/// The same JSON value in another spelling: other white space, other escapes, members in another order.
fn respelt(value: &Value, next: &mut impl FnMut() -> u32) -> String {
    let space = |next: &mut dyn FnMut() -> u32| ["", " ", "\n\t", "\r\n"][next() as usize % 4];
    let list = |mut parts: Vec<String>, next: &mut dyn FnMut() -> u32, shuffled: bool| {
        if shuffled && !parts.is_empty() {
            let by = next() as usize % parts.len();
            parts.rotate_left(by);
        }
        parts.iter().map(|part| format!("{}{part}{}", space(next), space(next))).collect::<Vec<_>>().join(",")
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => spelt(text, next),
        Value::Array(values) => {
            let parts = values.iter().map(|value| respelt(value, next)).collect();
            format!("[{}]", list(parts, next, false))
        }
        Value::Object(members) => {
            let member =
                |(key, value): (&String, &Value)| format!("{}:{}", spelt(key, next), respelt(value, next));
            let parts = members.iter().map(member).collect();
            format!("{{{}}}", list(parts, next, true))
        }
    }
}

fn spelt(text: &str, next: &mut impl FnMut() -> u32) -> String {
    let character = |c: char| match next() % 3 {
        0 => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        _ if c == '"' || c == '\\' || c < ' ' => format!("\\u{:04X}", u32::from(c)),
        _ => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(character).collect::<String>())
}

proptest! {
    #[test]
    fn z7_the_spelling_of_the_json_does_not_matter(
        name in ".{0,20}",
        telephone in "[^\\p{Cc}]{0,20}",
        last_login in prop::option::of(prop::sample::select(vec!["06-22-2024 05:04:06 PM", "later"])),
        grants in prop::collection::vec((-1_i64..50, "[^\\p{Cc}]{0,3}"), 0..5),
        surplus in any::<bool>(),
        seed in any::<u32>(),
    ) {
        let body = request(|request| {
            let user = &mut request["data"]["user"];
            user["name"] = json!(name);
            user["telephone"] = json!(telephone);
            user["lastLogin"] = json!(last_login);
            if surplus {
                user["surplus \"😀"] = json!(1);
            }
            let grants = grants.iter().map(|(client, profile)| json!({"clientId": client, "profileId": profile}));
            request["data"]["clientsProfile"] = grants.collect();
        });
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        let again = respelt(&serde_json::from_str(&body).unwrap(), &mut next);
        let (one, other) = (read(&body), read(&again));
        prop_assert_eq!(one.patch, other.patch, "{}", again);
        prop_assert_eq!(one.transaction_id, other.transaction_id);
        prop_assert_eq!(one.grants, other.grants);
        prop_assert_eq!(answered(one.faults), answered(other.faults));
    }

    #[test]
    fn no_body_and_no_path_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200), id in "[0-9%a-f.-]{0,25}") {
        let uri: Uri = format!("/zynchro.api.system-config/v1/users/{id}?transaction_id={id}").parse().unwrap();
        let wanted = Wanted::read(&uri, &HeaderMap::new(), &body, UnknownFields::Refuse);
        prop_assert!(!wanted.faults.is_empty());
    }
}
