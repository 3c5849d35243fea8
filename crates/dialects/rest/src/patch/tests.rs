use roster_directory::{GrantsPatch, Reason};
use roster_testkit::build;
use serde_json::{Value, json};

use super::*;
use crate::openapi::UserMergePatch;

fn read(body: &Value) -> PatchRequest {
    patch_from_json(body.to_string().as_bytes())
}

fn faults(body: &Value) -> Vec<String> {
    read(body).faults.iter().map(ToString::to_string).collect()
}

/// Fields of text that only SCIM has a dialect's field for.
const PLAIN: [&str; 16] = [
    "formatted_name",
    "middle_name",
    "honorific_prefix",
    "honorific_suffix",
    "nick_name",
    "profile_url",
    "title",
    "user_type",
    "locale",
    "timezone",
    "employee_number",
    "cost_center",
    "organization",
    "division",
    "department",
    "manager",
];

/// What the patch of a whole user is, in the JSON of this API.
fn full() -> Value {
    let mut full = json!({
        "user_name": "x name",
        "display_name": "x display",
        "given_name": "x given",
        "family_name": "x family",
        "email": "x@example.com",
        "email_verified": true,
        "phone": "x phone",
        "language": "x language",
        "avatar": "https://example.com/x.png",
        "status": "x status",
        "role": "x role",
        "active": false,
        "signed_up": true,
        "staff": false,
        "control_tower": true,
        "last_login": "2024-06-22T17:04:06.123Z",
        "producer_id": "00000000-0000-0000-0000-000000000010",
        "producer_external_id": "x producer",
        "seller_id": "00000000-0000-0000-0000-000000000020",
        "seller_external_id": "x seller",
        "origin_id": "00000000-0000-0000-0000-000000000030",
        "origin_external_id": "x origin",
        "links": { "second": "x link" },
        "grants": [{ "client_id": 33, "profile_id": "18" }, { "client_id": 34, "profile_id": "x" }],
        "created_at": "2020-02-29T23:59:59.999Z",
        "updated_at": "2021-01-01T00:00:00Z",
    });
    for name in PLAIN {
        full[name] = format!("x {}", name.replace('_', " ")).into();
    }
    full
}

#[test]
fn d1_absent_keeps() {
    let request = read(&json!({}));
    assert_eq!((request.patch, request.faults), (UserPatch::default(), Vec::new()));
    assert!(matches!(request.password, Change::Keep));
}

#[test]
fn d1_a_value_sets() {
    let request = read(&full());
    assert_eq!((request.patch, request.faults), (build::full_patch("x"), Vec::new()));
    let Change::Set(password) = read(&json!({ "password": "33556567" })).password else {
        panic!("a password")
    };
    assert_eq!(password.expose(), "33556567");
}

#[test]
fn d1_null_clears_what_may_be_empty() {
    let names: Vec<String> = full().as_object().unwrap().keys().cloned().collect();
    for name in names {
        let request = read(&json!({ &name: null }));
        let expected: &[&str] = match name.as_str() {
            "active" | "updated_at" => &["must not be null"],
            "links" => &["must be an object from source to external id; null removes the link of one source"],
            _ => &[],
        };
        let details: Vec<&str> = request.faults.iter().map(|fault| &*fault.detail).collect();
        assert_eq!(details, expected, "{name}");
        assert_eq!(request.patch == UserPatch::default(), !expected.is_empty(), "{name}");
    }
    assert!(matches!(read(&json!({ "password": null })).password, Change::Clear));
    let request = read(
        &json!({ "email": null, "user_name": null, "created_at": null, "grants": null, "links": { "a": null } }),
    );
    assert_eq!(request.patch.profile.email, Change::Clear);
    assert_eq!(request.patch.user_name, Change::Clear);
    assert_eq!(request.patch.created_at, Change::Clear);
    assert_eq!(request.patch.grants, GrantsPatch::Replace(Default::default()));
    assert_eq!(request.patch.links, [(build::source("a"), Change::Clear)].into());
}

#[test]
fn every_field_refuses_every_wrong_type() {
    let samples = [json!(null), json!(true), json!(7), json!("text"), json!([]), json!({})];
    for (name, good) in full().as_object().unwrap() {
        for sample in samples.iter().filter(|sample| !sample.is_null()) {
            let same_type = std::mem::discriminant(sample) == std::mem::discriminant(good);
            let request = read(&json!({ name: sample }));
            if !same_type {
                assert_eq!(request.faults.len(), 1, "{name} {sample}");
                assert_eq!(request.faults[0].pointer.as_deref(), Some(&*format!("/{name}")));
                assert_eq!(request.patch, UserPatch::default(), "{name} {sample}");
            }
        }
    }
}

#[test]
fn d9_every_fault_is_named_at_its_place_and_no_value() {
    let body = r#"{
        "email": "secret", "given_name": 7, "active": null, "avatar": "secret",
        "password": "secret", "producer_id": "secret", "last_login": "secret",
        "links": { "a b/~": "x", "okta": 5, "bubble": "", "twice": "1", "twice": "2" },
        "grants": [{ "client_id": 0, "profile_id": "" }, { "profile_id": 33, "secret": 1 }, 7, { "client_id": 1.0, "profile_id": "x" }],
        "id": "x", "number": 1, "version": 2, "recorded_at": "x", "deleted_at": "x",
        "nickname": "secret", "phone": "1", "phone": "2"
    }"#;
    let found: Vec<String> =
        patch_from_json(body.as_bytes()).faults.iter().map(ToString::to_string).collect();
    let at = |pointer: &str| found.iter().filter(|fault| fault.split(' ').next() == Some(pointer)).count();
    for pointer in [
        "/email",
        "/given_name",
        "/active",
        "/avatar",
        "/password",
        "/producer_id",
        "/last_login",
        "/links/a",
        "/links/okta",
        "/links/bubble",
        "/links/twice",
        "/grants/0/client_id",
        "/grants/0/profile_id",
        "/grants/1/client_id",
        "/grants/1/profile_id",
        "/grants/1/secret",
        "/grants/2",
        "/grants/3/client_id",
        "/id",
        "/number",
        "/version",
        "/recorded_at",
        "/deleted_at",
        "/nickname",
        "/phone",
    ] {
        assert_eq!(at(pointer), 1, "{pointer} in {found:#?}");
    }
    assert_eq!(found.len(), 25, "{found:#?}");
    for twice in ["/links/twice", "/phone"] {
        assert!(found.contains(&format!("{twice} is given more than once")), "{found:#?}");
    }
    assert!(
        found.iter().all(|fault| !fault.replace("/grants/1/secret", "").contains("secret")),
        "{found:#?}"
    );
    assert!(found.contains(&"/links/a b~1~0 the name of a source must consist of 1 to 64 of the characters a-z, A-Z, 0-9, '.', '_' and '-'".to_owned()));
}

#[test]
fn a_body_that_is_no_object_is_one_fault() {
    for (body, fault) in [
        ("", "the body is not JSON that can be read: EOF while parsing a value at line 1, column 1"),
        ("[]", "the body must be a JSON object"),
        ("null", "the body must be a JSON object"),
        ("{\"a\":\"\\ud800\"}", "the body is not JSON that can be read: "),
    ] {
        let found: Vec<String> =
            patch_from_json(body.as_bytes()).faults.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1, "{body}");
        assert!(found[0].starts_with(fault), "{found:?}");
    }
}

#[test]
fn a_thousand_grants_are_the_most() {
    let grants = |count: i64| -> Vec<Value> {
        (1..=count).map(|n| json!({ "client_id": n, "profile_id": "p" })).collect()
    };
    assert_eq!(faults(&json!({ "grants": grants(1_000) })), [] as [&str; 0]);
    assert_eq!(faults(&json!({ "grants": grants(1_001) })), ["/grants must have at most 1000 elements"]);
}

#[test]
fn what_the_directory_finds_is_told_where_it_was_sent() {
    let request = read(
        &json!({ "grants": [{ "client_id": 1, "profile_id": "a" }, { "client_id": 2, "profile_id": "b" }] }),
    );
    let at = |at| request.locate(directory::Fault { at, reason: Reason::UnknownClient }).pointer.unwrap();
    assert_eq!(at(FaultAt::GrantClient(build::grant(2, "b"))), "/grants/1/client_id");
    assert_eq!(at(FaultAt::GrantProfile(build::grant(1, "a"))), "/grants/0/profile_id");
    assert_eq!(at(FaultAt::GrantProfile(build::grant(9, "a"))), "/grants");
    assert_eq!(at(FaultAt::Field(Field::UserName)), "/user_name");
    assert_eq!(at(FaultAt::Link(build::source("okta"))), "/links/okta");
}

#[test]
fn the_documented_fields_are_those_that_are_read() {
    let utoipa::openapi::RefOr::T(utoipa::openapi::Schema::Object(schema)) =
        <UserMergePatch as utoipa::PartialSchema>::schema()
    else {
        panic!("an object")
    };
    let mut documented: Vec<&str> = schema.properties.keys().map(String::as_str).collect();
    let full = full();
    let mut read: Vec<&str> =
        full.as_object().unwrap().keys().map(String::as_str).chain(["password"]).collect();
    documented.sort_unstable();
    read.sort_unstable();
    assert_eq!(documented, read);
}
