//! `transactionId`: any text, which the answer repeats. It may come in the body or in the query.

use std::borrow::Cow;

use roster_wire::json::{Json, Object};
use roster_wire::path;

use crate::place::Type;

/// The name in the body's `header`.
pub(crate) const IN_BODY: &str = "transactionId";
/// The name in the query.
const IN_QUERY: &str = "transaction_id";
/// The most characters.
const MOST: usize = 255;
/// What is said of one that came more than once.
pub(crate) const ONCE: &str = "Field must be given once";

/// The text to repeat, `None` where none was sent, or what is wrong with it.
pub(crate) type Sent = Result<Option<String>, String>;

/// The header's, or else the query's.
pub(crate) fn read(header: &Object<'_>, query: Option<&str>) -> Sent {
    if header.duplicates().iter().any(|key| key == IN_BODY) {
        return Err(ONCE.to_owned());
    }
    match header.get(IN_BODY) {
        None | Some(Json::Null) => of_query(query),
        Some(Json::String(text)) => checked(text),
        Some(Json::Number(text)) => checked(text),
        Some(Json::Bool(_) | Json::Array(_) | Json::Object(_)) => Err(Type::String.required().to_owned()),
    }
}

/// The query's, where the body can't be read.
pub(crate) fn of_query(query: Option<&str>) -> Sent {
    let pairs = query.unwrap_or_default().split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut sent = pairs.filter(|(key, _)| decoded(key).is_some_and(|key| key == IN_QUERY));
    match (sent.next(), sent.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(ONCE.to_owned()),
        (Some((_, value)), None) => {
            checked(&decoded(value).ok_or("Field must be percent-encoded UTF-8 in the query")?)
        }
    }
}

fn decoded(raw: &str) -> Option<Cow<'_, str>> {
    if raw.contains('+') {
        return path::decode(&raw.replace('+', " ")).ok().map(|text| Cow::Owned(text.into_owned()));
    }
    path::decode(raw).ok()
}

fn checked(text: &str) -> Sent {
    if text.chars().nth(MOST).is_some() {
        return Err(format!("Field must have at most {MOST} characters"));
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use roster_wire::json::{Limits, parse};

    use super::*;

    fn sent(header: &str, query: Option<&str>) -> Sent {
        let Ok(Json::Object(header)) = parse(header.as_bytes(), Limits::default()) else {
            panic!("an object: {header}")
        };
        read(&header, query)
    }

    fn text(text: &str) -> Sent {
        Ok(Some(text.to_owned()))
    }

    #[test]
    fn z6_the_bodys_wins_and_the_querys_stands_in() {
        let query = Some("a=b&transaction_id=12233445666");
        assert_eq!(sent(r#"{"transactionId":"REQ000001"}"#, query), text("REQ000001"));
        assert_eq!(sent(r#"{"transactionId":""}"#, query), text(""));
        assert_eq!(sent("{}", query), text("12233445666"));
        assert_eq!(sent(r#"{"transactionId":null}"#, query), text("12233445666"));
        assert_eq!(sent(r#"{"transactionId":"x"}"#, None), text("x"));
        assert_eq!(sent("{}", None), Ok(None));
        assert_eq!(sent(r#"{"transactionId":null}"#, Some("transactionId=1")), Ok(None));
    }

    #[test]
    fn z6_a_number_is_its_text_as_spelt() {
        for number in ["0", "-1", "1.0", "1e5", "123456789012345678901234567890", "-0.50E+7"] {
            assert_eq!(sent(&format!("{{\"transactionId\":{number}}}"), None), text(number));
        }
    }

    #[test]
    fn z6_it_is_any_text() {
        assert_eq!(sent(r#"{"transactionId":"\u0000\n\"é"}"#, None), text("\0\n\"é"));
        let long = "é".repeat(255);
        assert_eq!(sent(&format!("{{\"transactionId\":\"{long}\"}}"), None), text(&long));
    }

    #[test]
    fn z6_another_type_or_too_long_a_text_is_an_error() {
        let query = Some("transaction_id=1");
        for value in ["true", "false", "[]", "{}", "[\"1\"]"] {
            let required = "Field is required, and must be of type String ".to_owned();
            assert_eq!(sent(&format!("{{\"transactionId\":{value}}}"), query), Err(required), "{value}");
        }
        let too_long = Err("Field must have at most 255 characters".to_owned());
        let (text, digits) = ("é".repeat(256), "1".repeat(256));
        assert_eq!(sent(&format!("{{\"transactionId\":\"{text}\"}}"), query), too_long);
        assert_eq!(sent(&format!("{{\"transactionId\":{digits}}}"), query), too_long);
        assert_eq!(sent("{}", Some(&format!("transaction_id={digits}"))), too_long);
        let twice = Err("Field must be given once".to_owned());
        assert_eq!(sent(r#"{"transactionId":"a","transactionId":"a"}"#, query), twice);
        assert_eq!(sent("{}", Some("transaction_id=a&transaction_id=a")), twice);
    }

    #[test]
    fn z6_the_query_is_decoded() {
        for (query, expected) in [
            ("transaction_id=a+b%20c%2Bd", text("a b c+d")),
            ("transaction_id=%C3%A9é", text("éé")),
            ("transaction%5Fid=1", text("1")),
            ("transaction_id=", text("")),
            ("transaction_id", text("")),
            ("transaction_id=a=b", text("a=b")),
            ("Transaction_id=1&transaction_id[]=2", Ok(None)),
            ("", Ok(None)),
            ("%=1", Ok(None)),
        ] {
            assert_eq!(of_query(Some(query)), expected, "{query}");
        }
        for query in ["transaction_id=%", "transaction_id=%C3", "transaction_id=%zz"] {
            let undecodable = "Field must be percent-encoded UTF-8 in the query".to_owned();
            assert_eq!(of_query(Some(query)), Err(undecodable), "{query}");
        }
    }
}
