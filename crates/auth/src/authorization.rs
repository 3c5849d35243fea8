//! The `Authorization` header.

use http::{HeaderMap, HeaderValue, header};

/// The request's one `Authorization` header. Of several none is believed: proxies differ in which they take.
pub fn the_one(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let first = values.next();
    first.filter(|_| values.next().is_none())
}

/// The scheme of tokens, and what separates it from one.
const BEARER: &[u8] = b"Bearer ";

/// What the header holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Authorization<'a> {
    /// There is none, or it is empty, or it can't be read and is of another scheme.
    None,
    /// What follows `Bearer` has other characters than printable ASCII, so it can be no credential.
    Unreadable,
    /// One word, without a scheme.
    Bare(&'a str),
    /// A scheme, and what follows it without the space around it.
    Scheme(&'a str, &'a str),
}

impl<'a> Authorization<'a> {
    pub(crate) fn read(header: Option<&'a HeaderValue>) -> Self {
        let Some(header) = header else { return Self::None };
        let Ok(text) = header.to_str() else {
            let scheme = header.as_bytes().trim_ascii_start().get(..BEARER.len());
            let is_bearer = scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(BEARER));
            return if is_bearer { Self::Unreadable } else { Self::None };
        };
        let text = text.trim_matches(' ');
        match text.split_once(' ') {
            None if text.is_empty() => Self::None,
            None => Self::Bare(text),
            Some((scheme, rest)) => Self::Scheme(scheme, rest.trim_start_matches(' ')),
        }
    }

    /// What follows the scheme, if it is that scheme (RFC 9110, 11.1: in any case).
    pub(crate) fn of_scheme(self, wanted: &str) -> Option<&'a str> {
        match self {
            Self::Scheme(scheme, rest) if scheme.eq_ignore_ascii_case(wanted) => Some(rest),
            Self::Scheme(..) | Self::Bare(_) | Self::Unreadable | Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_headers_none_is_believed() {
        let value = HeaderValue::from_static("Bearer abc");
        let mut headers = HeaderMap::new();
        assert_eq!(the_one(&headers), None);
        headers.append(header::AUTHORIZATION, value.clone());
        assert_eq!(the_one(&headers), Some(&value));
        headers.append(header::AUTHORIZATION, value);
        assert_eq!(the_one(&headers), None);
    }

    #[test]
    fn schemes_are_told_from_bare_words() {
        for (sent, expected) in [
            ("", Authorization::None),
            ("  ", Authorization::None),
            ("Bearer", Authorization::Bare("Bearer")),
            ("Bearer ", Authorization::Bare("Bearer")),
            ("abc", Authorization::Bare("abc")),
            ("bearer  abc ", Authorization::Scheme("bearer", "abc")),
            ("Bearer a, Bearer b", Authorization::Scheme("Bearer", "a, Bearer b")),
        ] {
            assert_eq!(Authorization::read(Some(&HeaderValue::from_static(sent))), expected, "{sent:?}");
        }
        assert_eq!(Authorization::read(None), Authorization::None);
        let bytes = HeaderValue::from_bytes(b"Bearer \xff").unwrap();
        assert_eq!(Authorization::read(Some(&bytes)), Authorization::Unreadable);
        for of_no_scheme_of_ours in [&b"Basic \xff"[..], b"\xff", b"Bearer\xff"] {
            let bytes = HeaderValue::from_bytes(of_no_scheme_of_ours).unwrap();
            assert_eq!(Authorization::read(Some(&bytes)), Authorization::None);
        }
        assert_eq!(Authorization::Scheme("BEARER", "x").of_scheme("Bearer"), Some("x"));
        assert_eq!(Authorization::Scheme("Basic", "x").of_scheme("Bearer"), None);
        assert_eq!(Authorization::Bare("Bearer").of_scheme("Bearer"), None);
    }
}
