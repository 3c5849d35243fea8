use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn read(text: &str) -> Result<Json<'_>, String> {
    parse(text.as_bytes(), Limits::default()).map_err(|fault| fault.to_string())
}

/// The number that a text means; serde_json itself reads some floats one unit off.
fn number(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| Value::from(text.parse::<f64>().unwrap()), Value::from)
}

/// The same value as serde_json has it.
fn to_value(json: &Json<'_>) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(text) => number(text),
        Json::String(text) => Value::String(text.to_string()),
        Json::Array(values) => Value::Array(values.iter().map(to_value).collect()),
        Json::Object(object) => {
            object.members().map(|(key, value)| (key.to_owned(), to_value(value))).collect()
        }
    }
}

#[test]
fn numbers_keep_their_spelling() {
    for number in ["0", "-0", "33.0", "1e2", "1E+400", "123456789012345678901234567890", "-0.5e-7"] {
        assert_eq!(read(number), Ok(Json::Number(number)));
        assert_eq!(read(&format!(" [ {number} ] ")), Ok(Json::Array(vec![Json::Number(number)])));
    }
}

#[test]
fn strings_are_borrowed_unless_escaped() {
    assert!(matches!(read(r#""é\"""#), Ok(Json::String(Cow::Owned(text))) if text == "é\""));
    assert!(matches!(read(r#""é""#), Ok(Json::String(Cow::Borrowed("é")))));
    assert!(matches!(read(r#""\ud83d\ude00\u0000""#), Ok(Json::String(text)) if text == "😀\0"));
}

#[test]
fn keys_that_come_twice_are_known_however_they_are_spelt() {
    let Ok(Json::Object(object)) = read(r#"{"a":1,"b":2,"\u0061":3,"a":4}"#) else { panic!("an object") };
    assert_eq!(object.duplicates(), ["a"]);
    assert_eq!(object.get("a"), Some(&Json::Number("1")));
    assert_eq!(object.members().map(|(key, _)| key).collect::<Vec<_>>(), ["a", "b"]);
    let many: Vec<String> = (0..40).chain([7, 3, 7]).map(|n| format!("\"k{n}\":{n}")).collect();
    let text = format!("{{{}}}", many.join(","));
    let Ok(Json::Object(object)) = read(&text) else { panic!("an object") };
    assert_eq!(object.duplicates(), ["k7", "k3"]);
    assert_eq!(object.members().count(), 40);
}

#[test]
fn a_fault_says_what_and_where() {
    for (text, message) in [
        ("", "EOF while parsing a value at line 1, column 1"),
        ("{", "EOF while parsing an object at line 1, column 1"),
        ("{\"a\":1}\n x", "trailing characters at line 2, column 2"),
        ("\u{feff}{}", "byte order mark at line 1, column 1"),
        ("{\"éé\":\n \"é\" x}", "expected `,` or `}` at line 2, column 6"),
        ("[1,]", "trailing comma at line 1, column 4"),
        (
            "{\"a\":\"\u{1}\"}",
            "control character (\\u0000-\\u001F) found while parsing a string at line 1, column 6",
        ),
        ("nul", "EOF while parsing a value at line 1, column 3"),
        ("01", "invalid number at line 1, column 2"),
        ("NaN", "expected value at line 1, column 1"),
    ] {
        assert_eq!(read(text).unwrap_err(), message, "{text:?}");
    }
    assert_eq!(
        parse(b"{\"a\":\"\xff\"}", Limits::default()).unwrap_err().to_string(),
        "invalid UTF-8 at line 1, column 7"
    );
}

#[test]
fn lone_surrogates_are_refused_wherever_they_are() {
    for text in [
        r#""\ud800""#,
        r#"{"a":"\udc00"}"#,
        r#"{"\ud800":1}"#,
        r#"[{"a":["\ud800\u0041"]}]"#,
        r#"[[{"\udfff":1}]]"#,
    ] {
        let fault = read(text).unwrap_err();
        assert!(fault.contains("surrogate") || fault.contains("hex escape"), "{text}: {fault}");
    }
    let text = "[\n  {\"é\": \"\\ud800\"}\n]";
    assert!(read(text).unwrap_err().contains(" at line 2, column "), "{text}");
}

#[test]
fn a_fault_never_holds_a_value() {
    for text in [
        r#"{"password":"hunter2"#,
        r#"{"password":"hunter2" hunter2}"#,
        r#"["hunter2\ud800"]"#,
        "hunter2",
        r#"hunter2{"#,
    ] {
        assert!(!read(text).unwrap_err().contains("hunter2"), "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&nested(32)).is_ok());
    assert_eq!(read(&nested(33)).unwrap_err(), "more than 32 levels of nesting at line 1, column 33");
    assert!(read(&nested(100_000)).is_err());
    assert!(read(&"[".repeat(1_000_000)).is_err());
    assert!(read(&"{\"a\":".repeat(200_000)).is_err());
    let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    assert!(read(&objects(32)).is_ok());
    assert!(read(&objects(33)).is_err());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |f| serde_json::Number::from_f64(f).map(Value::Number)),
        ".*".prop_map(Value::String),
    ];
    leaf.prop_recursive(6, 64, 40, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
            prop::collection::hash_map(".*", inner, 0..40).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Something near JSON: pieces that parsers stumble over, in any order.
fn near_json() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"b\":", "\\", "\\u0041", "\\ud800", "\\udc00", "1",
        "-", "0", ".5", "e9", "true", "null", "nul", " ", "\n", "\u{feff}", "é", "\u{0}", "/*", "'",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

#[test]
fn a_number_that_no_float_can_hold_hides_nothing_behind_it() {
    assert!(read("1e911").is_ok());
    assert!(read("1e911{").is_err());
}

proptest! {
    #[test]
    fn what_serde_json_writes_is_read_as_it_was(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        prop_assert_eq!(to_value(&read(&text).unwrap()), value);
    }

    #[test]
    fn serde_json_and_this_accept_the_same_texts(text in near_json()) {
        // A number that no float can hold is a number here: its text is kept. There it would hide what is behind it.
        let held = text.replace("e9", "e-9");
        let theirs: Result<Value, _> = serde_json::from_str(&held);
        prop_assert_eq!(read(&text).is_ok(), theirs.is_ok(), "{:?}", text);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = parse(&bytes, Limits::default());
    }
}
