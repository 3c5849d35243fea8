//! Requests and answers of HTTP.

use std::io::Write as _;

use memchr::memmem;
use roster_testkit::load::Exchange;

/// Writes a request. Without a body there is no content type.
pub(super) fn request(exchange: &mut Exchange, line: &str, headers: &[(&str, &str)], body: &str) {
    let into = &mut exchange.request;
    // Writing to a Vec can't fail.
    let _ = write!(into, "{line} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    for (name, value) in headers {
        let _ = write!(into, "{name}: {value}\r\n");
    }
    if !body.is_empty() {
        let _ = write!(into, "Content-Length: {}\r\n", body.len());
    }
    into.extend_from_slice(b"\r\n");
    into.extend_from_slice(body.as_bytes());
}

/// What the answer must contain: a JSON member that is a string.
pub(super) fn expect_member(exchange: &mut Exchange, opening: &str, value: &str) {
    exchange.expected.extend_from_slice(opening.as_bytes());
    exchange.expected.extend_from_slice(value.as_bytes());
    exchange.expected.push(b'"');
}

/// The string after the first `opening`, which ends with the quote before it.
pub(super) fn first<'a>(body: &'a [u8], opening: &str) -> Option<&'a str> {
    string_at(body, memmem::find(body, opening.as_bytes())? + opening.len())
}

/// The last `opening` with the string after it, as they stand there.
pub(super) fn last_member(body: &[u8], opening: &str) -> Option<Vec<u8>> {
    let begins = memmem::rfind(body, opening.as_bytes())?;
    let text = string_at(body, begins + opening.len())?;
    body.get(begins..begins + opening.len() + text.len() + 1).map(<[u8]>::to_vec)
}

fn string_at(body: &[u8], begins: usize) -> Option<&str> {
    let rest = body.get(begins..)?;
    std::str::from_utf8(rest.get(..memchr::memchr(b'"', rest)?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &[u8] = br#"{"users":[{"id":"a","links":{}},{"id":"bc","links":{}}]}"#;

    #[test]
    fn members_are_found_by_what_opens_them() {
        assert_eq!(first(PAGE, r#""id":""#), Some("a"));
        assert_eq!(last_member(PAGE, r#""id":""#), Some(br#""id":"bc""#.to_vec()));
        assert_eq!(first(PAGE, r#""number":""#), None);
    }

    #[test]
    fn a_request_without_a_body_has_no_length() {
        let mut exchange = Exchange::default();
        request(&mut exchange, "GET /x", &[("A", "b")], "");
        assert_eq!(exchange.request, b"GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\nA: b\r\n\r\n");
    }
}
