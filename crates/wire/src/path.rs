//! Segments of the request's path, decoded strictly.
//!
//! The segment is taken from the URI as it came: a router that has decoded it already hides bad encoding, and an encoded
//! slash can no longer be told from one that parts two segments.

use std::borrow::Cow;

use http::Uri;
use percent_encoding::percent_decode_str;

/// Why a segment can't be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// A percent sign without two hexadecimal digits after it.
    #[error("has a percent sign without two hexadecimal digits after it")]
    Encoding,
    /// The decoded bytes are no UTF-8.
    #[error("is not UTF-8 after percent-decoding")]
    Utf8,
}

/// What follows the last slash of the path, as it came.
pub fn last_segment(uri: &Uri) -> &str {
    uri.path().rsplit('/').next().unwrap_or_default()
}

/// The `index`-th segment of the path (0 is the first one), as it came.
pub fn segment(uri: &Uri, index: usize) -> Option<&str> {
    uri.path().strip_prefix('/')?.split('/').nth(index)
}

/// Decodes a raw segment. `+` is a plus.
pub fn decode(raw: &str) -> Result<Cow<'_, str>, PathFault> {
    let encoded =
        |rest: &str| rest.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    if !raw.split('%').skip(1).all(encoded) {
        return Err(PathFault::Encoding);
    }
    percent_decode_str(raw).decode_utf8().map_err(|_| PathFault::Utf8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_segment_is_decoded_strictly() {
        for (raw, decoded) in [
            ("", Ok("")),
            ("1708861331497x933611102973227500", Ok("1708861331497x933611102973227500")),
            ("a+b%20c%2Fd%2fe%25", Ok("a+b c/d/e%")),
            ("%C3%A9é", Ok("éé")),
            ("%00", Ok("\0")),
            ("%", Err(PathFault::Encoding)),
            ("%4", Err(PathFault::Encoding)),
            ("%4g", Err(PathFault::Encoding)),
            ("%%41", Err(PathFault::Encoding)),
            ("a%u0041", Err(PathFault::Encoding)),
            ("%é", Err(PathFault::Encoding)),
            ("%C3", Err(PathFault::Utf8)),
            ("%C0%AF", Err(PathFault::Utf8)),
            ("%ED%A0%80", Err(PathFault::Utf8)),
        ] {
            assert_eq!(decode(raw).as_deref(), decoded.as_ref().map(|text| *text), "{raw}");
        }
    }

    #[test]
    fn segments_are_as_they_came() {
        let uri: Uri = "http://x/users/a%2Fb?c=/d".parse().unwrap();
        assert_eq!(last_segment(&uri), "a%2Fb");
        assert_eq!(segment(&uri, 0), Some("users"));
        assert_eq!(segment(&uri, 1), Some("a%2Fb"));
        assert_eq!(segment(&uri, 2), None);
        assert_eq!(last_segment(&"/users/".parse().unwrap()), "");
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded_again(text in ".*") {
            let encoded = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string();
            prop_assert_eq!(decode(&encoded).unwrap(), text);
        }
    }
}
