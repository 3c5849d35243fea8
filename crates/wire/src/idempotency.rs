//! The `Idempotency-Key` header, and the mark of an answer that was given before.

use std::fmt::Display;

use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The name of the header.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The name of the header that marks an answer that was given before.
pub const IDEMPOTENT_REPLAYED: &str = "idempotent-replayed";

/// The key, if one was sent, or what is wrong with it. Whether a text is a good key is `make`'s to say.
pub fn key<Key, Why: Display>(
    headers: &HeaderMap,
    make: impl FnOnce(&str) -> Result<Key, Why>,
) -> Result<Option<Key>, String> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err("must be given once".to_owned());
    }
    let text = value.to_str().map_err(|_| "must consist of printable ASCII characters")?;
    make(text).map(Some).map_err(|why| why.to_string())
}

/// What makes a request the same as an earlier one with its key: method, path, query and body.
pub fn parts<'request>(head: &'request Parts, body: &'request [u8]) -> [&'request [u8]; 4] {
    let query = head.uri.query().unwrap_or_default();
    [head.method.as_str().as_bytes(), head.uri.path().as_bytes(), query.as_bytes(), body]
}

/// The response, marked if an earlier request was answered so.
pub fn replayed(mut response: Response, replayed: bool) -> Response {
    if replayed {
        let name = HeaderName::from_static(IDEMPOTENT_REPLAYED);
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        values
            .iter()
            .map(|v| (HeaderName::from_static(IDEMPOTENCY_KEY), HeaderValue::from_bytes(v).unwrap()))
            .collect()
    }

    #[test]
    fn d8_the_header_is_absent_or_one_good_text() {
        let read = |values: &[&[u8]]| {
            key(&headers(values), |text| (text != "bad").then(|| text.to_owned()).ok_or("must be good"))
        };
        assert_eq!(read(&[]), Ok(None));
        for good in ["a b", ""] {
            assert_eq!(read(&[good.as_bytes()]), Ok(Some(good.to_owned())));
        }
        for (bad, why) in [
            (vec!["bad".as_bytes()], "must be good"),
            (vec![b"a", b"a"], "must be given once"),
            (vec!["é".as_bytes()], "must consist of printable ASCII characters"),
        ] {
            assert_eq!(read(&bad), Err(why.to_owned()));
        }
    }
}
