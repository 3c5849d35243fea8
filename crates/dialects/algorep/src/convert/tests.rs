use http::request::Parts;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::wire::KEYS;

const PATH: &str = "/users/u1";
const DOCUMENTED: &str = include_str!("../../examples/upsert.request.json");

fn head(path: &str) -> Parts {
    let request = http::Request::post(path).header("content-type", "application/json").body(()).unwrap();
    request.into_parts().0
}

fn read_body(body: &str) -> Wanted {
    read(&head(PATH), body.as_bytes(), Options::default())
}

/// The faults of a body, as (field, message).
fn faults_with(body: &str, options: Options) -> Vec<(String, String)> {
    let request = read(&head(PATH), body.as_bytes(), options);
    let named = |detail: Detail| (detail.field.unwrap_or_default().into_owned(), detail.message.into_owned());
    request.faults.into_iter().map(named).collect()
}

fn faults(body: &Value) -> Vec<(String, String)> {
    faults_with(&body.to_string(), Options::default())
}

fn fault(field: &str, message: &str) -> (String, String) {
    (field.to_owned(), message.to_owned())
}

fn patch(body: &Value) -> UserPatch {
    let request = read_body(&body.to_string());
    assert_eq!(request.faults, []);
    request.patch.unwrap()
}

/// The keys of each type of the document.
const BOOLEANS: [&str; 3] = ["isMailConfirmed", "userSignedUp", "isAlgorep"];
const TIMES: [&str; 3] = ["lastConnexion", "createdAt", "updatedAt"];
const UUIDS: [&str; 3] = ["producerId", "sellerId", "originId"];
const TEXTS: [(&str, usize); 9] = [
    ("language", 64),
    ("mobilePhone", 64),
    ("producerBubbleId", 255),
    ("sellerBubbleId", 255),
    ("originBubbleId", 255),
    ("lastName", 255),
    ("firstName", 255),
    ("status", 64),
    ("role", 64),
];

fn strings() -> impl Iterator<Item = &'static str> {
    TIMES.into_iter().chain(UUIDS).chain(TEXTS.map(|(key, _)| key)).chain(["bubbleId", "email", "avatar"])
}

#[test]
fn the_keys_are_the_documents_in_its_order() {
    let documented: Map<String, Value> = serde_json::from_str(DOCUMENTED).unwrap();
    assert_eq!(KEYS, documented.keys().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(BOOLEANS.len() + strings().count(), KEYS.len());
}

#[test]
fn the_documented_request_sets_every_field() {
    let head = head("/users/1708861331497x933611102973227500");
    let request = read(&head, DOCUMENTED.as_bytes(), Options::default());
    assert_eq!(request.faults, []);
    assert_eq!(request.external_id.unwrap().as_str(), "1708861331497x933611102973227500");
    let UserPatch { profile, created_at, updated_at, .. } = request.patch.unwrap();
    let id = parse_uuid("50658c1e-356e-4407-b120-d110552292d8").unwrap();
    let time = Timestamp::parse_rfc3339("2024-01-19T12:45:04.147Z").unwrap();
    let bubble_id = || Change::Set(Text::new("1708861331497x933611102973227500").unwrap());
    let avatar = "//15c83987ea78e6559235081e42c9135b.cdn.bubble.io/f1713427188226x475005611045967500/api";
    let expected = ProfilePatch {
        email_verified: Change::Set(true),
        language: Change::Set(Text::new("Français").unwrap()),
        last_login: Change::Set(time),
        email: Change::Set(Email::new("algorep@algorep.ai").unwrap()),
        phone: Change::Set(Text::new("0609921214").unwrap()),
        producer_external_id: bubble_id(),
        producer_id: Change::Set(id),
        seller_external_id: bubble_id(),
        seller_id: Change::Set(id),
        origin_external_id: bubble_id(),
        origin_id: Change::Set(id),
        family_name: Change::Set(Text::new("Macron").unwrap()),
        given_name: Change::Set(Text::new("Emmanuel").unwrap()),
        status: Change::Set(Text::new("3 - ACTIF").unwrap()),
        role: Change::Set(Text::new("producerAdmin").unwrap()),
        signed_up: Change::Set(true),
        avatar: Change::Set(Avatar::new(avatar).unwrap()),
        staff: Change::Set(false),
        ..ProfilePatch::default()
    };
    assert_eq!(profile, expected);
    assert_eq!(created_at, Change::Set(time));
    assert_eq!(updated_at, Assign::Set(time));
}

#[test]
fn a4_every_wrong_type_of_every_field_is_named() {
    let wrong_for = |key: &str, right: &str| {
        let values =
            json!({"string": "x", "boolean": true, "number": 1, "array": ["x"], "object": {"a": "x"}});
        let values = values.as_object().unwrap().clone();
        for (kind, value) in values.into_iter().filter(|(kind, _)| kind != right) {
            let found = faults(&json!({ key: value }));
            assert_eq!(found.len(), 1, "{key}: {kind}");
            assert_eq!(found[0].0, key, "{kind}");
            assert!(found[0].1.starts_with("must be "), "{key}: {kind}: {}", found[0].1);
        }
    };
    BOOLEANS.into_iter().for_each(|key| wrong_for(key, "boolean"));
    strings().for_each(|key| wrong_for(key, "string"));
}

#[test]
fn a4_texts_are_limited_in_characters() {
    let limited = TEXTS.map(|(key, most)| (key, most, "é".repeat(most)));
    let long = |start: &str, most: usize| format!("{start}{}", "é".repeat(most - start.len()));
    let others = [("email", 254, long("a@", 254)), ("avatar", 2048, long("https://", 2048))];
    for (key, most, longest) in limited.into_iter().chain(others) {
        assert_eq!(faults(&json!({ key: longest })), [], "{key}");
        let longer = format!("{longest}é");
        assert_eq!(
            faults(&json!({ key: longer })),
            [fault(key, &format!("must have at most {most} characters"))]
        );
    }
}

#[test]
fn a4_control_characters_are_refused_in_every_text() {
    for control in ['\0', '\n', '\u{1f}', '\u{7f}', '\u{80}', '\u{9f}'] {
        for key in TEXTS.map(|(key, _)| key).into_iter().chain(["email", "avatar"]) {
            let value = format!("https://a{control}@b");
            assert_eq!(faults(&json!({ key: value })), [fault(key, "must not contain control characters")]);
        }
    }
    let kept = "\u{a0} A\u{ad}b é e\u{301} \u{200b}";
    let patch = patch(&json!({ "lastName": kept }));
    assert_eq!(patch.profile.family_name, Change::Set(Text::new(kept).unwrap()));
}

#[test]
fn a4_formats_are_checked() {
    let email = "must be an email address: one @ between non-empty parts, without white space";
    for bad in ["a", "@", "a@", "@b", "a@b@c", "a b@c", " a@b"] {
        assert_eq!(faults(&json!({ "email": bad })), [fault("email", email)], "{bad}");
    }
    for good in ["a@localhost", "é@x.example"] {
        assert_eq!(faults(&json!({ "email": good })), [], "{good}");
    }
    for bad in ["ftp://x", "x", "/x", "HTTPS://x", " //x"] {
        assert_eq!(
            faults(&json!({ "avatar": bad })),
            [fault("avatar", "must begin with https://, http:// or //")]
        );
    }
    for key in UUIDS {
        for bad in ["x", "50658c1e356e4407b120d110552292d8", "{50658c1e-356e-4407-b120-d110552292d8}"] {
            assert_eq!(faults(&json!({ key: bad }))[0].0, key, "{bad}");
        }
        assert_eq!(faults(&json!({ key: "50658C1E-356E-4407-B120-D110552292D8" })), []);
    }
    for key in TIMES {
        for bad in
            ["x", "2024-01-19T12:45:04.147", "2024-01-19T12:45:60Z", "2024-01-19", "0000-01-01T00:00:00Z"]
        {
            assert_eq!(faults(&json!({ key: bad }))[0].0, key, "{bad}");
        }
        assert_eq!(faults(&json!({ key: "2024-01-19T14:45:04.147999+02:00" })), []);
    }
}

#[test]
fn a5_id_in_any_form_is_a_fault() {
    for id in [json!(null), json!("x"), json!(1), json!([]), json!({}), json!(true)] {
        assert_eq!(faults(&json!({ "id": id })), [fault("id", "must not be in the payload")]);
    }
    let ignore = Options { unknown_fields: UnknownFields::Ignore, ..Options::default() };
    assert_eq!(faults_with(r#"{"id":null}"#, ignore).len(), 1);
}

#[test]
fn a6_unknown_keys_are_named_unless_they_are_ignored() {
    let body = json!({ "firstname": "x", "isActive": null, "é".repeat(70): 1 });
    let why = "is not a field of a user";
    let cut = "é".repeat(64);
    assert_eq!(faults(&body), [fault("firstname", why), fault("isActive", why), fault(&cut, why)]);
    let ignore = Options { unknown_fields: UnknownFields::Ignore, ..Options::default() };
    assert_eq!(faults_with(&body.to_string(), ignore), []);
    let twice = r#"{"x":1,"x":2}"#;
    assert_eq!(faults_with(twice, ignore), [fault("x", "must not be given more than once")]);
}

#[test]
fn a4_a_key_given_twice_is_named() {
    let twice = fault("email", "must not be given more than once");
    assert_eq!(faults_with(r#"{"email":"a@b","\u0065mail":"a@b"}"#, Options::default()), [twice]);
}

#[test]
fn a7_absent_keeps_null_clears_a_value_sets() {
    assert_eq!(patch(&json!({})), UserPatch::default());
    let all_null: Map<String, Value> =
        KEYS.iter().filter(|key| **key != "bubbleId").map(|key| ((*key).to_owned(), Value::Null)).collect();
    let ProfilePatch { email, staff, origin_id, last_login, role, avatar, .. } =
        patch(&all_null.into()).profile;
    assert_eq!((email, staff, origin_id), (Change::Clear, Change::Clear, Change::Clear));
    assert_eq!((last_login, role, avatar), (Change::Clear, Change::Clear, Change::Clear));
}

#[test]
fn a7_an_empty_string_erases_where_it_can_be_no_value() {
    let refuse = Options { empty_string: EmptyString::Refuse, ..Options::default() };
    for key in TIMES.into_iter().chain(UUIDS).chain(["email", "avatar"]) {
        assert_eq!(patch(&json!({ key: "" })), patch(&json!({ key: null })), "{key}");
        assert_eq!(faults_with(&json!({ key: "" }).to_string(), refuse)[0].0, key);
    }
    for (key, _) in TEXTS {
        assert_ne!(patch(&json!({ key: "" })), patch(&json!({ key: null })), "{key}");
        assert_eq!(faults_with(&json!({ key: "" }).to_string(), refuse), [], "{key}");
    }
}

#[test]
fn a8_bubble_id_must_equal_the_paths() {
    assert_eq!(patch(&json!({ "bubbleId": "u1" })), UserPatch::default());
    for other in [json!("u2"), json!("U1"), json!(""), json!(null)] {
        let expected = [fault("bubbleId", "must equal the UserBubbleId of the path")];
        assert_eq!(faults(&json!({ "bubbleId": other })), expected);
    }
    let escaped = read(&head("/users/a%2Fb"), br#"{"bubbleId":"a\/b"}"#, Options::default());
    assert_eq!(escaped.faults, []);
}

#[test]
fn a11_the_times_of_the_caller() {
    let time = Timestamp::parse_rfc3339("2024-01-19T12:45:04.147Z").unwrap();
    let UserPatch { created_at, updated_at, .. } = patch(&json!({ "createdAt": null, "updatedAt": null }));
    assert_eq!((created_at, updated_at), (Change::Clear, Assign::Keep));
    let sent = "2024-01-19T13:45:04.147999+01:00";
    let UserPatch { created_at, updated_at, .. } = patch(&json!({ "createdAt": sent, "updatedAt": sent }));
    assert_eq!((created_at, updated_at), (Change::Set(time), Assign::Set(time)));
}

#[test]
fn a3_the_path_holds_an_id() {
    let id = |path: &str| {
        let request = read(&head(path), b"{}", Options::default());
        let faults: Vec<String> =
            request.faults.into_iter().map(|fault| fault.message.into_owned()).collect();
        request.external_id.map(|id| id.as_str().to_owned()).ok_or(faults.join(", "))
    };
    assert_eq!(id("/users/a%20b%2Fc+d").as_deref(), Ok("a b/c+d"));
    assert_eq!(id(&format!("/users/{}", "%C3%A9".repeat(255))).map(|id| id.len()), Ok(510));
    for (path, why) in [
        ("/users/", "must not be empty"),
        ("/users/%", "has a percent sign without two hexadecimal digits after it"),
        ("/users/%zz", "has a percent sign without two hexadecimal digits after it"),
        ("/users/%FF", "is not UTF-8 after percent-decoding"),
        ("/users/a%00", "must not contain control characters"),
        ("/users/%C2%85", "must not contain control characters"),
        (&format!("/users/{}", "a".repeat(256)), "must have at most 255 characters"),
    ] {
        assert_eq!(id(path), Err(format!("the UserBubbleId of the path {why}")), "{path}");
    }
}

#[test]
fn a4_what_is_no_json_object_is_one_fault_of_the_request() {
    for body in ["[]", "null", "1", "\"x\"", "true"] {
        assert_eq!(
            faults_with(body, Options::default()),
            [fault("", "the body must be a JSON object")],
            "{body}"
        );
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40));
    for body in ["", "{", "{\"email\":\"secret@x\"", "{}{}", "\u{feff}{}", "{\"email\":\"\\ud800\"}", &deep] {
        let found = faults_with(body, Options::default());
        assert_eq!(found.len(), 1, "{body}");
        assert!(found[0].1.starts_with("the body is not JSON that can be read: "), "{body}");
        assert!(!found[0].1.contains("secret"), "{body}");
    }
}

#[test]
fn a4_and_a16_headers_are_checked() {
    let with = |name: &str, values: &[&str]| {
        let mut head = head(PATH);
        head.headers.remove(name);
        for value in values {
            head.headers.append(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        read(&head, b"{}", Options::default())
    };
    for values in [&[] as &[_], &["text/plain"], &["application/json; charset=latin1"]] {
        let request = with("content-type", values);
        assert_eq!(request.faults, [Detail::of_request("Content-Type must be application/json, in UTF-8")]);
    }
    assert_eq!(with("content-type", &["Application/json; charset=UTF-8"]).faults, []);
    let request = with("idempotency-key", &["k 1"]);
    assert_eq!(request.faults, []);
    assert_eq!(request.idempotency_key.unwrap().as_str(), "k 1");
    let long = "k".repeat(256);
    for values in [&["é"] as &[_], &["a", "b"], &[""], &[long.as_str()]] {
        let request = with("idempotency-key", values);
        assert_eq!(request.faults.len(), 1, "{values:?}");
        assert!(request.faults[0].message.starts_with("Idempotency-Key "), "{values:?}");
    }
}

#[test]
fn a17_every_fault_is_named_at_once_in_the_documents_order() {
    let mut head = head("/users/%");
    head.headers.remove("content-type");
    let body = r#"{"zzz":1,"updatedAt":"x","id":1,"avatar":"secret","email":"secret","isAlgorep":"secret","bubbleId":1,"email":2}"#;
    let request = read(&head, body.as_bytes(), Options::default());
    let fields: Vec<Option<&str>> = request.faults.iter().map(|fault| fault.field.as_deref()).collect();
    let keys = ["id", "bubbleId", "email", "avatar", "isAlgorep", "updatedAt", "email", "zzz"].map(Some);
    assert_eq!(fields, [&[None, None], keys.as_slice()].concat());
    assert!(request.faults.iter().all(|fault| !fault.message.contains("secret")));
    assert_eq!(request.external_id, None);
}

/// The text of an object with its members in another order, other white space and other escapes.
fn respell(members: &[(String, Value)], escape: bool, space: &str) -> String {
    let string = |text: &str| {
        if !escape {
            return Value::from(text).to_string();
        }
        let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
        format!("\"{units}\"")
    };
    let member = |(key, value): &(String, Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), string);
        format!("{space}{}{space}:{space}{value}{space}", string(key))
    };
    format!("{space}{{{}}}{space}", members.iter().map(member).collect::<Vec<_>>().join(","))
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!("a@b")),
        Just(json!("2024-01-19T12:45:04.147Z")),
        Just(json!("50658c1e-356e-4407-b120-d110552292d8")),
        Just(json!("//x")),
        Just(json!("u1")),
    ]
}

proptest! {
    #[test]
    fn the_order_of_fields_and_the_spelling_of_json_do_not_matter(
        members in prop::collection::hash_map(prop::sample::select(KEYS), any_value(), 0..KEYS.len()),
        escape in any::<bool>(),
        space in "[ \t\r\n]{0,3}",
    ) {
        let sorted: std::collections::BTreeMap<_, _> = members.clone().into_iter().collect();
        let plain = read_body(&respell(&sorted.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Vec<_>>(), false, ""));
        let other = read_body(&respell(&members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Vec<_>>(), escape, &space));
        prop_assert_eq!(plain.patch, other.patch);
        prop_assert_eq!(plain.faults, other.faults);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = read(&head(PATH), &bytes, Options::default());
    }
}
