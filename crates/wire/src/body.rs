//! Bodies, bounded, and what they say they are.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;

/// How much of a body that is too large is read and thrown away, in bytes. A server that closes a connection with
/// unread bytes in it resets it, and the caller may lose the answer that says why.
pub const DRAINED_BYTES: usize = 16 << 20;

/// Why a body can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// It is larger than the limit.
    #[error("the body is too large")]
    TooLarge,
    /// It broke off.
    #[error("the body broke off")]
    Broken,
}

/// Reads the whole of a body of at most `limit` bytes.
pub async fn read(mut body: Body, limit: usize) -> Result<Bytes, BodyFault> {
    let first = next(&mut body).await?.unwrap_or_default();
    let mut read = first.len();
    // Nearly every body comes in one piece, which is then not copied.
    let Some(second) = (if read <= limit { next(&mut body).await? } else { None }) else {
        return if read <= limit { Ok(first) } else { drain(body).await };
    };
    let mut whole = BytesMut::from(first);
    let mut piece = Some(second);
    while let Some(data) = piece {
        read = read.saturating_add(data.len());
        if read > limit {
            return drain(body).await;
        }
        whole.extend_from_slice(&data);
        piece = next(&mut body).await?;
    }
    Ok(whole.freeze())
}

/// The next piece of data; trailers are passed over.
async fn next(body: &mut Body) -> Result<Option<Bytes>, BodyFault> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|_| BodyFault::Broken)?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

async fn drain(mut body: Body) -> Result<Bytes, BodyFault> {
    let mut drained = 0_usize;
    while drained <= DRAINED_BYTES {
        match next(&mut body).await {
            Ok(Some(data)) => drained = drained.saturating_add(data.len()),
            Ok(None) | Err(BodyFault::Broken | BodyFault::TooLarge) => break,
        }
    }
    Err(BodyFault::TooLarge)
}

/// Whether the request says that its body is JSON in UTF-8.
pub fn is_json(headers: &HeaderMap) -> bool {
    is(headers, "application/json")
}

/// Whether the request says that its body has the media type, in UTF-8 where it names a charset.
pub fn is(headers: &HeaderMap, media_type: &str) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    parts.next().is_some_and(|name| name.eq_ignore_ascii_case(media_type)) && parts.all(is_no_other_charset)
}

fn is_no_other_charset(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return parameter.is_empty() };
    // RFC 9110, 5.6.6 allows no space here, and some readers overlook it.
    let name = name.trim_end();
    let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    !name.eq_ignore_ascii_case("charset")
        || value.eq_ignore_ascii_case("utf-8")
        || value.eq_ignore_ascii_case("utf8")
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http::HeaderValue;

    use super::*;

    fn in_pieces(pieces: &[&'static str]) -> Body {
        let pieces: Vec<Result<Bytes, std::io::Error>> =
            pieces.iter().map(|p| Ok(Bytes::from_static(p.as_bytes()))).collect();
        Body::from_stream(stream::iter(pieces))
    }

    #[tokio::test]
    async fn a_body_up_to_the_limit_is_read_whole() {
        for pieces in [&["abcdef"] as &[_], &["abc", "def"], &["", "a", "", "bcdef"], &["abcdef", ""]] {
            assert_eq!(read(in_pieces(pieces), 6).await.as_deref(), Ok(b"abcdef".as_slice()), "{pieces:?}");
            assert_eq!(read(in_pieces(pieces), 5).await, Err(BodyFault::TooLarge), "{pieces:?}");
        }
        assert_eq!(read(Body::empty(), 0).await.as_deref(), Ok(b"".as_slice()));
    }

    #[tokio::test]
    async fn a_broken_body_is_no_body() {
        let pieces = [Ok(Bytes::from_static(b"a")), Err(std::io::Error::other("gone"))];
        assert_eq!(read(Body::from_stream(stream::iter(pieces)), 9).await, Err(BodyFault::Broken));
    }

    #[tokio::test]
    async fn the_rest_of_a_large_body_is_drained_up_to_a_bound() {
        let piece = Bytes::from(vec![b'a'; 1 << 20]);
        let (sent, endless) = (std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0)), piece);
        let counter = std::sync::Arc::clone(&sent);
        let body = Body::from_stream(stream::repeat_with(move || {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok::<_, std::io::Error>(endless.clone())
        }));
        assert_eq!(read(body, 10).await, Err(BodyFault::TooLarge));
        let pieces = sent.load(std::sync::atomic::Ordering::Relaxed);
        assert!((17..=20).contains(&pieces), "{pieces} MiB were taken");
    }

    #[test]
    fn the_content_type_is_json_in_utf_8() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON; Charset=UTF-8", true),
            ("application/json;charset=\"utf-8\"", true),
            ("application/json; charset=utf8", true),
            ("application/json; version=1", true),
            ("application/json;", true),
            ("application/json; charset=iso-8859-1", false),
            ("application/json; charset =iso-8859-1", false),
            ("application/json; charset= utf-8", false),
            ("application/json; charset=utf-16", false),
            ("application/json; nonsense", false),
            ("application/jsonx", false),
            ("application/problem+json", false),
            ("text/json", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(value))]);
            assert_eq!(is_json(&headers), expected, "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
        let mut twice = HeaderMap::new();
        twice.append(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        twice.append(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert!(!is_json(&twice));
    }
}
