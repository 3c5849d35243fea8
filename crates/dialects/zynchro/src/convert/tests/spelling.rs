use super::*;
use proptest::prelude::*;

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
