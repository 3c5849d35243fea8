//! Key sets (RFC 7517): the keys that tokens can be verified with, and no others.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use roster_wire::json::{self, Json, Limits, Object};

const DEPTH: usize = 8;
const MOST_KEYS: usize = 100;
const RSA_MODULUS_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;
const COORDINATE_BYTES: usize = 32;

/// What a key signs with. A key has one algorithm, whatever a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Es256,
    EdDsa,
}

impl Algorithm {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    pub(crate) fn of_jsonwebtoken(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

/// A public key.
pub(crate) struct VerifyingKey {
    kid: Option<String>,
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

/// The public keys of an issuer.
pub(crate) struct KeySet {
    keys: Vec<Arc<VerifyingKey>>,
    /// How many keys of the set can't be used.
    pub(crate) passed_over: usize,
}

/// What a set has for a token.
pub(crate) enum Found {
    /// The key.
    Key(Arc<VerifyingKey>),
    /// A key of that name, for another algorithm; or no name where there is more than one key.
    Other,
    /// No key of that name: the set may be old.
    Nothing,
}

/// The text is no key set.
#[derive(Debug, thiserror::Error)]
#[error("the answer is no JSON Web Key Set")]
pub(crate) struct NoKeySet;

impl KeySet {
    /// Reads a set. Keys that no token may be verified with are passed over: symmetric ones (`oct`) above all, which
    /// anybody who can read the set could sign with.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, NoKeySet> {
        let Ok(Json::Object(set)) = json::parse(bytes, Limits { depth: DEPTH }) else { return Err(NoKeySet) };
        let keys = set.array("keys").value().filter(|keys| keys.len() <= MOST_KEYS).ok_or(NoKeySet)?;
        let usable = keys.iter().filter_map(|key| key.object().value().and_then(verifying_key));
        let usable: Vec<_> = usable.map(Arc::new).collect();
        Ok(Self { passed_over: keys.len() - usable.len(), keys: usable })
    }

    pub(crate) fn find(&self, kid: Option<&str>, algorithm: &str) -> Found {
        let named: Vec<_> = match (kid, self.keys.as_slice()) {
            (Some(kid), keys) => keys.iter().filter(|key| key.kid.as_deref() == Some(kid)).collect(),
            (None, [only]) => vec![only],
            (None, _) => return Found::Other,
        };
        match named.iter().find(|key| key.algorithm.name() == algorithm) {
            Some(key) => Found::Key(Arc::clone(key)),
            None if named.is_empty() => Found::Nothing,
            None => Found::Other,
        }
    }
}

fn verifying_key(jwk: &Object<'_>) -> Option<VerifyingKey> {
    let kid = match jwk.get("kid") {
        None => None,
        Some(kid) => Some(kid.text().value()?.to_owned()),
    };
    let signs = jwk.get("use").is_none_or(|usage| usage.text().value() == Some("sig"));
    let verifies = jwk.get("key_ops").is_none_or(|operations| {
        operations
            .array()
            .value()
            .is_some_and(|all| all.iter().any(|one| one.text().value() == Some("verify")))
    });
    // A private key that is published is a key that anybody may have.
    if !signs || !verifies || jwk.get("d").is_some() || !jwk.duplicates().is_empty() {
        return None;
    }
    let (algorithm, key) = match jwk.text("kty").value()? {
        "RSA" => (Algorithm::Rs256, rsa(jwk)?),
        "EC" => (Algorithm::Es256, p256(jwk)?),
        "OKP" => (Algorithm::EdDsa, ed25519(jwk)?),
        _ => return None,
    };
    let agrees = jwk.get("alg").is_none_or(|named| named.text().value() == Some(algorithm.name()));
    agrees.then_some(VerifyingKey { kid, algorithm, key })
}

fn rsa(jwk: &Object<'_>) -> Option<DecodingKey> {
    let (modulus, exponent) = (bytes(jwk, "n")?, bytes(jwk, "e")?);
    let odd = exponent.last().is_some_and(|last| last % 2 == 1);
    (RSA_MODULUS_BITS.contains(&bits(&modulus)) && odd && bits(&exponent) > 1)
        .then(|| DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

fn p256(jwk: &Object<'_>) -> Option<DecodingKey> {
    let [x, y] = [bytes(jwk, "x")?, bytes(jwk, "y")?];
    let whole =
        jwk.text("crv").value()? == "P-256" && x.len() == COORDINATE_BYTES && y.len() == COORDINATE_BYTES;
    let uncompressed = [&[4], x.as_slice(), &y].concat();
    whole.then(|| DecodingKey::from_ec_der(&uncompressed))
}

fn ed25519(jwk: &Object<'_>) -> Option<DecodingKey> {
    let x = bytes(jwk, "x")?;
    let whole = jwk.text("crv").value()? == "Ed25519" && x.len() == COORDINATE_BYTES;
    whole.then(|| DecodingKey::from_ed_der(&x))
}

fn bytes(jwk: &Object<'_>, member: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(jwk.text(member).value()?).ok()
}

/// How many bits a big-endian number has.
fn bits(number: &[u8]) -> usize {
    let significant: &[u8] =
        number.iter().position(|byte| *byte != 0).and_then(|start| number.get(start..)).unwrap_or_default();
    let unused = significant.first().map_or(0, |first| first.leading_zeros());
    significant.len() * 8 - usize::try_from(unused).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(len: usize, first: u8) -> String {
        let mut bytes = vec![1; len];
        bytes[0] = first;
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn rsa_key(modulus: &str, more: &str) -> String {
        format!(r#"{{"kty":"RSA","kid":"r","n":"{modulus}","e":"AQAB"{more}}}"#)
    }

    fn names(keys: &str) -> Vec<&'static str> {
        let set = KeySet::parse(format!(r#"{{"keys":[{keys}]}}"#).as_bytes()).unwrap();
        set.keys.iter().map(|key| key.algorithm.name()).collect()
    }

    #[test]
    fn z1_keys_that_no_token_may_be_verified_with_are_passed_over() {
        let (good, x) = (number(256, 0x80), number(32, 1));
        let ec = |crv: &str, x: &str, y: &str| format!(r#"{{"kty":"EC","crv":"{crv}","x":"{x}","y":"{y}"}}"#);
        assert_eq!(names(&rsa_key(&good, "")), ["RS256"]);
        assert_eq!(
            names(&rsa_key(&good, r#","use":"sig","alg":"RS256","key_ops":["verify"],"x5c":[]"#)),
            ["RS256"]
        );
        assert_eq!(names(&ec("P-256", &x, &x)), ["ES256"]);
        assert_eq!(names(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#)), ["EdDSA"]);
        for bad in [
            r#"{"kty":"oct","kid":"r","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}"#.to_owned(),
            rsa_key(&number(256, 0x7f), ""),
            rsa_key(&number(255, 0xff), ""),
            rsa_key(&number(257, 0), "").replace("AQAB", "AQ"),
            rsa_key(&number(1_025, 1), ""),
            rsa_key(&good, r#","use":"enc""#),
            rsa_key(&good, r#","alg":"RS512""#),
            rsa_key(&good, r#","alg":"HS256""#),
            rsa_key(&good, r#","key_ops":["sign"]"#),
            rsa_key(&good, r#","d":"AQAB""#),
            rsa_key(&good, r#","kid":"s""#),
            rsa_key(&good, "").replace("AQAB", "AQAA"),
            rsa_key(&good, "").replace("AQAB", "AQ"),
            rsa_key(&good, "").replace(r#""kid":"r""#, r#""kid":7"#),
            ec("P-384", &x, &x),
            ec("secp256k1", &x, &x),
            ec("P-256", &number(31, 1), &x),
            ec("P-256", &x, &number(33, 0)),
            format!(r#"{{"kty":"OKP","crv":"X25519","x":"{x}"}}"#),
            r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#.to_owned(),
            "7".to_owned(),
            "{}".to_owned(),
        ] {
            assert!(names(&bad).is_empty(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_key_set_is_told_from_an_empty_one() {
        assert!(names("").is_empty());
        let many = vec!["{}"; MOST_KEYS + 1].join(",");
        for bad in ["", "[]", "{}", r#"{"keys":{}}"#, "<html>", &format!(r#"{{"keys":[{many}]}}"#)] {
            assert!(KeySet::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn z1_the_key_is_found_by_its_name_and_its_algorithm_must_agree() {
        let (n, x) = (number(256, 0x80), number(32, 1));
        let ed = format!(r#"{{"kty":"OKP","kid":"e","crv":"Ed25519","x":"{x}"}}"#);
        let one = KeySet::parse(format!(r#"{{"keys":[{ed}]}}"#).as_bytes()).unwrap();
        let two = KeySet::parse(format!(r#"{{"keys":[{ed},{}]}}"#, rsa_key(&n, "")).as_bytes()).unwrap();
        assert!(matches!(two.find(Some("r"), "RS256"), Found::Key(key) if key.algorithm == Algorithm::Rs256));
        assert!(matches!(two.find(Some("r"), "HS256"), Found::Other));
        assert!(matches!(two.find(Some("x"), "RS256"), Found::Nothing));
        assert!(matches!(two.find(None, "RS256"), Found::Other));
        assert!(matches!(one.find(None, "EdDSA"), Found::Key(_)));
        assert!(matches!(one.find(None, "RS256"), Found::Other));
    }
}
