//! The `Idempotency-Key` header.

use http::HeaderMap;

/// The name of the header.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The name of the header that marks an answer that was given before.
pub const IDEMPOTENT_REPLAYED: &str = "idempotent-replayed";

/// Why the header can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// It came more than once.
    #[error("Idempotency-Key must be given once")]
    Repeated,
    /// It has other characters than printable ASCII.
    #[error("Idempotency-Key must consist of printable ASCII characters")]
    NotAscii,
}

/// The text of the header, if it was sent. Whether it is a good key is the directory's to say.
pub fn key(headers: &HeaderMap) -> Result<Option<&str>, HeaderFault> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(HeaderFault::Repeated);
    }
    value.to_str().map(Some).map_err(|_| HeaderFault::NotAscii)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        values
            .iter()
            .map(|v| (http::HeaderName::from_static(IDEMPOTENCY_KEY), HeaderValue::from_bytes(v).unwrap()))
            .collect()
    }

    #[test]
    fn d8_the_header_is_absent_or_one_text() {
        assert_eq!(key(&headers(&[])), Ok(None));
        assert_eq!(key(&headers(&[b"a b"])), Ok(Some("a b")));
        assert_eq!(key(&headers(&[b""])), Ok(Some("")));
        assert_eq!(key(&headers(&[b"a", b"a"])), Err(HeaderFault::Repeated));
        assert_eq!(key(&headers(&["é".as_bytes()])), Err(HeaderFault::NotAscii));
    }
}
