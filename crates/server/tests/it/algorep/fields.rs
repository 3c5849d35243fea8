//! The table of fields: type and limits of each.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::Roster;

const STRINGS: [(&str, usize); 10] = [
    ("language", 64),
    ("mobilePhone", 64),
    ("producerBubbleId", 255),
    ("sellerBubbleId", 255),
    ("originBubbleId", 255),
    ("lastName", 255),
    ("firstName", 255),
    ("status", 64),
    ("role", 64),
    ("avatar", 2048),
];
const BOOLEANS: [&str; 3] = ["isMailConfirmed", "userSignedUp", "isAlgorep"];
const TIMES: [&str; 3] = ["lastConnexion", "createdAt", "updatedAt"];
const UUIDS: [&str; 3] = ["producerId", "sellerId", "originId"];

/// Upserts `{field: value}` and expects that it is answered as `kept`.
async fn accepted(roster: &Roster, field: &str, value: &Value, kept: &Value) {
    let answer = roster.upsert("fields", &json!({field: value})).await;
    assert_eq!(&answer.ok()[field], kept, "{field}: {value}");
}

/// Upserts `{field: value}` and expects that this field is the only fault.
async fn refused(roster: &Roster, field: &str, value: &Value) {
    let answer = roster.upsert("fields", &json!({field: value})).await;
    assert_eq!(answer.status, 400, "{field}: {value}: {}", answer.shown());
    assert_eq!(answer.json()["error"], "ALGOREP_005", "{field}: {value}");
    assert_eq!(answer.fields(), [field], "{field}: {value}");
}

#[tokio::test]
async fn a4_a_wrong_type_is_refused_in_every_field() {
    let roster = Roster::start();
    let texts: Vec<&str> =
        STRINGS.iter().map(|(field, _)| *field).chain(TIMES).chain(UUIDS).chain(["email"]).collect();
    for field in &texts {
        for value in [json!(1), json!(true), json!([]), json!(["x"]), json!({}), json!({"a": "b"})] {
            refused(&roster, field, &value).await;
        }
    }
    for field in BOOLEANS {
        for value in [json!(1), json!(0), json!("true"), json!(""), json!([]), json!([true]), json!({})] {
            refused(&roster, field, &value).await;
        }
    }
    let all: serde_json::Map<String, Value> =
        texts.iter().chain(&BOOLEANS).map(|field| ((*field).to_owned(), json!(7))).collect();
    let answer = roster.upsert("fields", &Value::Object(all)).await;
    assert_eq!(answer.fields().len(), 20, "every fault, not the first alone");
    assert_snapshot!(answer.shown());
    assert!(roster.users().await.is_empty());
}

#[tokio::test]
async fn a4_the_length_of_a_string_is_counted_in_characters() {
    let roster = Roster::start();
    for (field, most) in STRINGS {
        let prefix = if field == "avatar" { "//" } else { "" };
        let text = |characters: usize| json!(format!("{prefix}{}", "𝄞".repeat(characters - prefix.len())));
        accepted(&roster, field, &text(most), &text(most)).await;
        refused(&roster, field, &text(most + 1)).await;
    }
}

#[tokio::test]
async fn a4_strings_are_kept_as_sent() {
    let roster = Roster::start();
    for text in [
        " padded ",
        "O'Connor",
        "Robert'); DROP TABLE users;--",
        "<b>bold</b>",
        "=1+1",
        "e\u{301}",
        "é",
        "ﬁ",
        "İ",
        "ẞ",
        "מ\u{200f}א",
        "👨\u{200d}👩\u{200d}👧",
        "\u{feff}x",
        "\u{10ffff}",
        "\u{fffe}",
        "null",
        "NaN",
        "\\u0041",
        "\u{a0}",
    ] {
        for field in ["lastName", "status", "mobilePhone", "language", "producerBubbleId"] {
            accepted(&roster, field, &json!(text), &json!(text)).await;
        }
    }
    let escaped = roster.upsert_request("fields").body(r#"{"lastName":"\u0045\ud834\udd1e\/"}"#);
    assert_eq!(crate::harness::Answer::of(escaped).await.ok()["lastName"], "E𝄞/");
}

#[tokio::test]
async fn a4_a_control_character_is_refused_in_every_string() {
    let roster = Roster::start();
    for control in ['\0', '\u{1}', '\t', '\n', '\r', '\u{1f}', '\u{7f}', '\u{80}', '\u{85}', '\u{9f}'] {
        for (field, _) in STRINGS {
            let prefix = if field == "avatar" { "//" } else { "a" };
            refused(&roster, field, &json!(format!("{prefix}{control}b"))).await;
        }
        refused(&roster, "email", &json!(format!("a{control}@b"))).await;
    }
    assert_snapshot!(roster.upsert("fields", &json!({"lastName": "a\0b", "email": "a\n@b"})).await.shown());
}

#[tokio::test]
async fn a4_times_need_an_offset_and_are_answered_in_utc_with_milliseconds() {
    let roster = Roster::start();
    for field in TIMES {
        for (sent, kept) in [
            ("2024-01-19T12:45:04.147Z", "2024-01-19T12:45:04.147Z"),
            ("2024-01-19T12:45:05Z", "2024-01-19T12:45:05.000Z"),
            ("2024-01-19T12:45:06.1479999+00:00", "2024-01-19T12:45:06.147Z"),
            ("2024-01-19T13:45:07.5+01:00", "2024-01-19T12:45:07.500Z"),
            ("2024-01-19T00:30:00-23:59", "2024-01-20T00:29:00.000Z"),
            ("2024-01-19t12:45:08z", "2024-01-19T12:45:08.000Z"),
            ("2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
            ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
        ] {
            accepted(&roster, field, &json!(sent), &json!(kept)).await;
        }
        for sent in [
            "2024-01-19T12:45:04.147",
            "2024-01-19",
            "2024-01-19 12:45",
            "2024-01-19T12:45Z",
            "2024-01-19T24:00:00Z",
            "2024-01-19T12:60:00Z",
            "2016-12-31T23:59:60Z",
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "0000-12-31T23:59:59Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "10000-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
            "2024-01-19T12:45:04.Z",
            "2024-01-19T12:45:04+0100",
            "2024-01-19T12:45:04+01",
            "2024-01-19T12:45:04+24:00",
            "2024-01-19T12:45:04[Europe/Paris]",
            "2024-01-19T12:45:04Z[UTC]",
            "20240119T124504Z",
            " 2024-01-19T12:45:04Z",
            "2024-01-19T12:45:04Z ",
            "1705668304",
            "yesterday",
            "01-19-2024 12:45:04 PM",
        ] {
            refused(&roster, field, &json!(sent)).await;
        }
    }
}

#[tokio::test]
async fn a4_an_email_has_one_at_between_parts_and_no_white_space() {
    let roster = Roster::start();
    let longest = format!("{}@example.org", "a".repeat(254 - 12));
    for email in [
        "algorep@algorep.ai",
        "a@localhost",
        "a@b",
        "\"mike\"@example.org",
        "Mike+tag@EXAMPLE.org",
        "δ@例え.jp",
        "mike@example.org.",
        "<a>@b",
        longest.as_str(),
    ] {
        accepted(&roster, "email", &json!(email), &json!(email)).await;
    }
    let too_long = format!("a{longest}");
    for email in [
        "a",
        "@",
        "a@",
        "@b",
        "a@b@c",
        "a b@c",
        "a@b c",
        " a@b",
        "a@b ",
        "a@\u{a0}b",
        "a@b\u{2003}",
        "a\u{3000}@b",
        too_long.as_str(),
    ] {
        refused(&roster, "email", &json!(email)).await;
    }
}

#[tokio::test]
async fn a4_a_uuid_has_one_form_and_is_answered_in_lower_case() {
    let roster = Roster::start();
    for field in UUIDS {
        for (sent, kept) in [
            ("50658c1e-356e-4407-b120-d110552292d8", "50658c1e-356e-4407-b120-d110552292d8"),
            ("50658C1E-356E-4407-B120-D110552292D9", "50658c1e-356e-4407-b120-d110552292d9"),
            ("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"),
            ("ffffffff-ffff-ffff-ffff-ffffffffffff", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        ] {
            accepted(&roster, field, &json!(sent), &json!(kept)).await;
        }
        for sent in [
            "50658c1e356e4407b120d110552292d8",
            "{50658c1e-356e-4407-b120-d110552292d8}",
            "urn:uuid:50658c1e-356e-4407-b120-d110552292d8",
            "50658c1e-356e-4407-b120-d110552292d",
            "50658c1e-356e-4407-b120-d110552292d8 ",
            "g0658c1e-356e-4407-b120-d110552292d8",
            "1708861331497x933611102973227500",
        ] {
            refused(&roster, field, &json!(sent)).await;
        }
    }
}

#[tokio::test]
async fn a4_an_avatar_begins_as_an_address_does() {
    let roster = Roster::start();
    for avatar in ["https://a/b.png", "http://a/b.png", "//a/b.png", "//", "https://"] {
        accepted(&roster, "avatar", &json!(avatar), &json!(avatar)).await;
    }
    for avatar in
        ["javascript:alert(1)", "data:image/png;base64,AA", "/a.png", "a.png", "HTTPS://a", " //a", "ftp://a"]
    {
        refused(&roster, "avatar", &json!(avatar)).await;
    }
}
