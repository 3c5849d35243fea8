//! The text of an API key: `roster_<id>_<secret>`.
//!
//! The secret is 32 random bytes in base 62 (43 characters) and a checksum of all that stands before it (6 characters):
//! a mistyped key is refused without a look-up, and a scanner can tell a leaked key from chance.

use aws_lc_rs::digest::{SHA256, digest};
use roster_directory::Entropy;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::base62;

const PREFIX: &str = "roster_";
const RANDOM_BYTES: usize = 32;
const RANDOM_WIDTH: usize = base62::width(RANDOM_BYTES);
const CHECKSUM_BYTES: usize = 4;
const SECRET_WIDTH: usize = RANDOM_WIDTH + base62::width(CHECKSUM_BYTES);
const ID_BYTES: usize = 8;
const LONGEST_ID: usize = 32;

/// SHA-256 of the random part of a secret. It has 256 bits of entropy: a slow hash would add nothing.
pub(crate) type SecretDigest = [u8; 32];

/// A key as a caller presented it. Its form and its checksum are good; whether there is such a key is not yet known.
pub(crate) struct Presented<'a> {
    pub(crate) id: &'a str,
    pub(crate) digest: SecretDigest,
}

/// Whether the text is meant to be an API key, a good or a bad one. No JWT begins so.
pub(crate) fn is_meant_as_key(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// Reads the text of a key, checksum included.
pub(crate) fn read(text: &str) -> Option<Presented<'_>> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    read_parts(id, secret)
}

/// Reads a key whose id and secret came apart.
pub(crate) fn read_parts<'a>(id: &'a str, secret: &str) -> Option<Presented<'a>> {
    let alphanumeric = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
    let well_formed = (1..=LONGEST_ID).contains(&id.len()) && secret.len() == SECRET_WIDTH;
    if !well_formed || !alphanumeric(id) || !alphanumeric(secret) {
        return None;
    }
    let (random, sum) = secret.split_at_checked(RANDOM_WIDTH)?;
    (*checksum(id, random) == sum).then(|| Presented { id, digest: sha256(random.as_bytes()) })
}

/// A fresh id. Ids are public; they are random so that they tell nothing.
pub(crate) fn new_id(entropy: &dyn Entropy) -> String {
    let mut bytes = [0_u8; ID_BYTES];
    entropy.fill(&mut bytes);
    base62::encode(&bytes).to_string()
}

/// A key with a fresh secret: its text, which is shown once, and what is kept of it.
pub(crate) fn make(id: &str, entropy: &dyn Entropy) -> (SecretString, SecretDigest) {
    let mut bytes = Zeroizing::new([0_u8; RANDOM_BYTES]);
    entropy.fill(bytes.as_mut_slice());
    let random = base62::encode(bytes.as_slice());
    let text = Zeroizing::new(format!("{PREFIX}{id}_{}{}", *random, *checksum(id, &random)));
    (text.as_str().into(), sha256(random.as_bytes()))
}

fn checksum(id: &str, random: &str) -> Zeroizing<String> {
    let text = Zeroizing::new(format!("{PREFIX}{id}_{random}"));
    let digest = sha256(text.as_bytes());
    base62::encode(digest.get(..CHECKSUM_BYTES).unwrap_or_default())
}

fn sha256(bytes: &[u8]) -> SecretDigest {
    let mut out = SecretDigest::default();
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use roster_directory::SystemEntropy;
    use secrecy::ExposeSecret as _;

    use super::*;

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn a1_a_key_that_was_made_is_read() {
        let id = new_id(&SystemEntropy);
        let (text, digest) = make(&id, &SystemEntropy);
        let read = read(text.expose_secret()).unwrap();
        assert_eq!((read.id, read.digest), (id.as_str(), digest));
        assert_eq!(text.expose_secret().len(), 7 + 11 + 1 + 49);
        assert_ne!(make(&id, &SystemEntropy).1, digest);
    }

    /// Keys are in their callers' configuration: if this fails, they no longer work.
    #[test]
    fn the_form_of_a_key_stays() {
        let (text, digest) = make("7", &Zeros);
        assert_eq!(text.expose_secret(), &format!("roster_7_{}1uBtpL", "0".repeat(43)));
        assert_eq!(digest, sha256(&[b'0'; 43]));
    }

    #[test]
    fn a2_any_other_text_is_no_key() {
        let (text, _) = make("abc", &SystemEntropy);
        let text = text.expose_secret();
        for index in 0..text.len() {
            let mut other = text.to_owned().into_bytes();
            other[index] = if other[index] == b'x' { b'y' } else { b'x' };
            assert!(read(std::str::from_utf8(&other).unwrap()).is_none(), "at {index}");
            assert!(read(&text[..index]).is_none(), "cut at {index}");
        }
        for bad in [
            format!("{text} "),
            format!(" {text}"),
            format!("{text}."),
            format!("{text}_"),
            text.to_uppercase(),
        ] {
            assert!(read(&bad).is_none(), "{bad}");
        }
        for bad in ["", "roster_", "roster__", "roster_abc", "roster_é_é"] {
            assert!(read(bad).is_none(), "{bad}");
        }
    }
}
