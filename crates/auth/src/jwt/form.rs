//! The compact form of a JWT (RFC 7515, 7.1), and its header.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use roster_wire::json::{self, Json, Limits, Object};

/// How deep the JSON of a token may be.
const DEPTH: usize = 8;

/// The parts of a text that may be a JWT, decoded.
pub(crate) struct Parts<'t> {
    header: Vec<u8>,
    payload: Vec<u8>,
    /// What is signed: the first two parts and the dot between them.
    pub(crate) message: &'t str,
    /// The third part, as it came.
    pub(crate) signature: &'t str,
}

impl<'t> Parts<'t> {
    /// Three parts in base64url, the first two decoded.
    pub(crate) fn split(token: &'t str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let in_alphabet = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if !signature.bytes().all(in_alphabet) {
            return None;
        }
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
        Some(Self { header: decode(header)?, payload: decode(payload)?, message, signature })
    }

    /// The header and the claims, if both are JSON objects.
    pub(crate) fn objects(&self) -> Option<(Object<'_>, Object<'_>)> {
        Some((object(&self.header)?, object(&self.payload)?))
    }
}

fn object(bytes: &[u8]) -> Option<Object<'_>> {
    if let Ok(Json::Object(object)) = json::parse(bytes, Limits { depth: DEPTH }) {
        Some(object)
    } else {
        None
    }
}

/// What a header says. Keys and addresses of keys that it holds (`jwk`, `jku`, `x5c`, `x5u`) are the sender's word,
/// and are not looked at.
pub(crate) struct Header<'a> {
    pub(crate) algorithm: &'a str,
    pub(crate) kid: Option<&'a str>,
}

impl<'a> Header<'a> {
    /// Reads a header. Extensions that must be understood (`crit`) are not, and an unencoded payload (`b64`) is one of them.
    pub(crate) fn read(object: &'a Object<'a>) -> Option<Self> {
        let plain =
            object.duplicates().is_empty() && object.get("crit").is_none() && object.get("b64").is_none();
        let typed = object.get("typ").is_none_or(|typ| typ.text().value().is_some_and(is_access_token));
        let kid = match object.get("kid") {
            None => None,
            Some(kid) => Some(kid.text().value()?),
        };
        let algorithm = object.text("alg").value()?;
        (plain && typed).then_some(Self { algorithm, kid })
    }
}

/// Other types of tokens (RFC 8725, 3.11) are signed by the same keys for other ends.
fn is_access_token(typ: &str) -> bool {
    let name = typ.get(.."application/".len()).filter(|start| start.eq_ignore_ascii_case("application/"));
    let name = name.and_then(|start| typ.get(start.len()..)).unwrap_or(typ);
    name.eq_ignore_ascii_case("JWT") || name.eq_ignore_ascii_case("at+jwt")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(text: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(text)
    }

    #[test]
    fn z3_a_jwt_has_three_parts_and_two_of_them_are_objects() {
        let (header, payload) = (encode(r#"{"alg":"HS256"}"#), encode("{}"));
        let has_form = |token: &str| Parts::split(token).is_some_and(|parts| parts.objects().is_some());
        for token in [
            format!("{header}.{payload}.AAAA"),
            format!("{header}.{payload}."),
            format!("{header}.{payload}.A"),
        ] {
            assert!(has_form(&token), "{token}");
        }
        let array = encode("[]");
        for token in [
            String::new(),
            "a".to_owned(),
            "..".to_owned(),
            "a.b.c".to_owned(),
            format!("{header}.{payload}"),
            format!("{header}.{payload}.AAAA.AAAA"),
            format!("{header}.{payload}.AAAA."),
            format!(".{header}.{payload}.AAAA"),
            format!("{header}.{payload}.AA=="),
            format!("{header}.{payload}.AA+/"),
            format!("{header}.{payload}.AA A"),
            format!(" {header}.{payload}.AAAA"),
            format!("{header}=.{payload}.AAAA"),
            format!("{array}.{payload}.AAAA"),
            format!("{header}.{array}.AAAA"),
            format!("{header}.{}.AAAA", encode("{} {}")),
            format!("{header}.{}.AAAA", encode(r#"{"a":[[[[[[[[1]]]]]]]]}"#)),
        ] {
            assert!(!has_form(&token), "{token}");
        }
    }

    #[test]
    fn z1_a_header_that_asks_for_what_is_not_understood_is_refused() {
        let reads = |text: &str| Header::read(&object(text.as_bytes()).unwrap()).is_some();
        for good in [
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"HS256","typ":"JWT","kid":"a"}"#,
            r#"{"alg":"HS256","typ":"application/at+JWT"}"#,
            r#"{"alg":"HS256","jku":"http://127.0.0.1/","x5u":"http://127.0.0.1/","jwk":{"kty":"oct","k":"AA"},"x5c":["AA"]}"#,
        ] {
            assert!(reads(good), "{good}");
        }
        for bad in [
            "{}",
            r#"{"alg":null}"#,
            r#"{"alg":256}"#,
            r#"{"alg":"HS256","alg":"HS256"}"#,
            r#"{"alg":"HS256","crit":["exp"],"exp":1}"#,
            r#"{"alg":"HS256","crit":[]}"#,
            r#"{"alg":"HS256","b64":false}"#,
            r#"{"alg":"HS256","kid":null}"#,
            r#"{"alg":"HS256","kid":7}"#,
            r#"{"alg":"HS256","typ":null}"#,
            r#"{"alg":"HS256","typ":"dpop+jwt"}"#,
            r#"{"alg":"HS256","typ":"logout+jwt"}"#,
        ] {
            assert!(!reads(bad), "{bad}");
        }
    }
}
