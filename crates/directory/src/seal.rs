//! Sealing: the values in a user's history can be read with that user's data key alone, and the data key with the
//! master key alone, which lives outside the database. Erasing a person is destroying one key.
//!
//! Data keys are wrapped by AES-KW (RFC 3394); values are sealed by AES-256-GCM with a random nonce.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap as _};
use zeroize::Zeroizing;

use crate::clock::Entropy;
use crate::user::UserId;

const KEY_LEN: usize = 32;
const FORMAT: u8 = 1;

/// What goes wrong with keys. Says nothing of what was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The master key file has no usable key.
    #[error(
        "the master key file must have lines of the form <number>:<64 hexadecimal digits>, with each number once"
    )]
    MasterKey,
    /// The user's key was destroyed.
    #[error("the user's data key was destroyed")]
    Erased,
    /// The master key that wrapped the data key is not in the key ring, or the bytes were tampered with.
    #[error("the value can't be unsealed: it was sealed under another key, or it is damaged")]
    Unreadable,
}

/// A user's data key, wrapped: the master key's number, then the RFC 3394 form. Empty once destroyed.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(Vec<u8>);

impl WrappedKey {
    /// From the stored form.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The stored form.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrappedKey(…)")
    }
}

struct MasterKey {
    number: u32,
    bytes: Zeroizing<[u8; KEY_LEN]>,
}

/// The master keys. The one with the highest number wraps; the others unwrap what they wrapped.
pub struct Keyring {
    keys: Vec<MasterKey>,
    requests: hmac::Key,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("keys", &self.keys.len()).finish()
    }
}

/// What a sealed value is for: a value can't be passed off as another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// The changes of the journal entry that made this version.
    Journal {
        /// The user's version.
        version: u64,
    },
    /// The outcome of a request with this idempotency key.
    Idempotency {
        /// The API client.
        client: &'a str,
        /// The key.
        key: &'a str,
    },
    /// A secret that the processes over a store share; of no user.
    Shared {
        /// Its name.
        name: &'a str,
    },
}

impl Purpose<'_> {
    fn associated_data(self, user: UserId) -> Vec<u8> {
        let mut data = user.0.as_bytes().to_vec();
        match self {
            Self::Journal { version } => {
                data.push(1);
                data.extend_from_slice(&version.to_be_bytes());
            }
            Self::Idempotency { client, key } => {
                data.push(2);
                data.extend_from_slice(client.as_bytes());
                data.push(0);
                data.extend_from_slice(key.as_bytes());
            }
            Self::Shared { name } => {
                data.push(3);
                data.extend_from_slice(name.as_bytes());
            }
        }
        data
    }
}

impl Keyring {
    /// A fresh master key file: one key, number 1.
    pub fn generate(entropy: &dyn Entropy) -> Zeroizing<String> {
        use std::fmt::Write as _;
        let mut bytes = Zeroizing::new([0_u8; KEY_LEN]);
        entropy.fill(bytes.as_mut_slice());
        let mut text = Zeroizing::new(String::with_capacity(2 * KEY_LEN + 3));
        text.push_str("1:");
        for byte in bytes.iter() {
            // Writing to a String can't fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
        text
    }

    /// Reads a master key file. Blank lines and lines that begin with `#` are passed over.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let mut keys: Vec<MasterKey> = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let key = parse_line(line).ok_or(SealError::MasterKey)?;
            if keys.iter().any(|other| other.number == key.number) {
                return Err(SealError::MasterKey);
            }
            keys.push(key);
        }
        keys.sort_by_key(|key| key.number);
        // The oldest key authenticates requests, so that replays are recognised across a rotation.
        let oldest = keys.first().ok_or(SealError::MasterKey)?;
        let root = hmac::Key::new(hmac::HMAC_SHA256, oldest.bytes.as_slice());
        let requests =
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, b"roster idempotent requests v1").as_ref());
        Ok(Self { keys, requests })
    }

    /// A fresh data key, wrapped.
    pub fn new_data_key(&self, entropy: &dyn Entropy) -> Result<WrappedKey, SealError> {
        let master = self.keys.last().ok_or(SealError::MasterKey)?;
        let mut plain = Zeroizing::new([0_u8; KEY_LEN]);
        entropy.fill(plain.as_mut_slice());
        let mut wrapped = [0_u8; KEY_LEN + 8];
        kek(master)?.wrap(plain.as_slice(), &mut wrapped).map_err(|_| SealError::MasterKey)?;
        let mut bytes = master.number.to_be_bytes().to_vec();
        bytes.extend_from_slice(&wrapped);
        Ok(WrappedKey(bytes))
    }

    /// Seals `plain` under a user's data key.
    pub fn seal(
        &self,
        (user, key): (UserId, &WrappedKey),
        purpose: Purpose<'_>,
        entropy: &dyn Entropy,
        mut plain: Vec<u8>,
    ) -> Result<Vec<u8>, SealError> {
        let key = self.unwrap(key)?;
        let mut nonce = [0_u8; NONCE_LEN];
        entropy.fill(&mut nonce);
        let aad = Aad::from(purpose.associated_data(user));
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut plain)
            .map_err(|_| SealError::Unreadable)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut plain);
        Ok(sealed)
    }

    /// Opens what was sealed for the same user and purpose.
    pub fn unseal(
        &self,
        (user, key): (UserId, &WrappedKey),
        purpose: Purpose<'_>,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let key = self.unwrap(key)?;
        let (&format, rest) = sealed.split_first().ok_or(SealError::Unreadable)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Unreadable)?;
        if format != FORMAT {
            return Err(SealError::Unreadable);
        }
        let mut bytes = sealed.to_vec();
        let aad = Aad::from(purpose.associated_data(user));
        let plain = key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut bytes)
            .map_err(|_| SealError::Unreadable)?
            .len();
        bytes.truncate(plain);
        Ok(bytes)
    }

    /// An HMAC of a request, by which its repetition is recognised. The parts are framed by their lengths.
    pub fn request_tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.requests);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut tag = [0_u8; 32];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }

    fn unwrap(&self, WrappedKey(bytes): &WrappedKey) -> Result<LessSafeKey, SealError> {
        if bytes.is_empty() {
            return Err(SealError::Erased);
        }
        let (number, wrapped) = bytes.split_first_chunk::<4>().ok_or(SealError::Unreadable)?;
        let number = u32::from_be_bytes(*number);
        let master = self.keys.iter().find(|key| key.number == number).ok_or(SealError::Unreadable)?;
        let mut plain = Zeroizing::new([0_u8; KEY_LEN + 8]);
        let plain = kek(master)?.unwrap(wrapped, plain.as_mut_slice()).map_err(|_| SealError::Unreadable)?;
        UnboundKey::new(&AES_256_GCM, plain).map(LessSafeKey::new).map_err(|_| SealError::Unreadable)
    }
}

fn kek(master: &MasterKey) -> Result<AesKek, SealError> {
    AesKek::new(&AES_256, master.bytes.as_slice()).map_err(|_| SealError::MasterKey)
}

fn parse_line(line: &str) -> Option<MasterKey> {
    let (number, hex) = line.split_once(':')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    if hex.len() != 2 * KEY_LEN || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = Zeroizing::new([0_u8; KEY_LEN]);
    for (byte, index) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(hex.get(index..index + 2)?, 16).ok()?;
    }
    Some(MasterKey { number, bytes })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::clock::SystemEntropy;

    fn keyring() -> Keyring {
        Keyring::parse(&Keyring::generate(&SystemEntropy)).unwrap()
    }

    #[test]
    fn d3_what_is_sealed_opens_for_the_same_user_and_purpose_alone() {
        let ring = keyring();
        let key = ring.new_data_key(&SystemEntropy).unwrap();
        let (user, other) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let purpose = Purpose::Journal { version: 7 };
        let sealed = ring.seal((user, &key), purpose, &SystemEntropy, b"ann@x.example".to_vec()).unwrap();
        assert!(!sealed.windows(3).any(|window| window == b"ann"));
        assert_eq!(ring.unseal((user, &key), purpose, &sealed).unwrap(), b"ann@x.example");
        for (user, purpose) in [
            (other, purpose),
            (user, Purpose::Journal { version: 8 }),
            (user, Purpose::Idempotency { client: "", key: "" }),
            (user, Purpose::Shared { name: "" }),
        ] {
            assert_eq!(ring.unseal((user, &key), purpose, &sealed), Err(SealError::Unreadable));
        }
        assert_eq!(keyring().unseal((user, &key), purpose, &sealed), Err(SealError::Unreadable));
        assert_eq!(
            ring.unseal((user, &WrappedKey::from_bytes(Vec::new())), purpose, &sealed),
            Err(SealError::Erased)
        );
        for index in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[index] ^= 1;
            assert_eq!(ring.unseal((user, &key), purpose, &damaged), Err(SealError::Unreadable), "{index}");
        }
    }

    #[test]
    fn an_added_master_key_wraps_and_the_old_one_still_unwraps() {
        let old = format!("1:{}\n", "ab".repeat(32));
        let both = format!("# rotated\n{old}\n2:{}\n", "cd".repeat(32));
        let (old, both) = (Keyring::parse(&old).unwrap(), Keyring::parse(&both).unwrap());
        let user = UserId(Uuid::from_u128(1));
        let purpose = Purpose::Journal { version: 1 };
        let first = old.new_data_key(&SystemEntropy).unwrap();
        let sealed = old.seal((user, &first), purpose, &SystemEntropy, vec![1]).unwrap();
        assert_eq!(both.unseal((user, &first), purpose, &sealed).unwrap(), [1]);
        assert_eq!(both.new_data_key(&SystemEntropy).unwrap().as_bytes()[..4], [0, 0, 0, 2]);
        assert_eq!(old.request_tag(&[b"a"]), both.request_tag(&[b"a"]));
    }

    #[test]
    fn a_master_key_file_without_a_usable_key_is_refused() {
        for bad in [
            "",
            "# nothing",
            "1:ab",
            &"1:zz".repeat(32),
            &format!("0:{}", "ab".repeat(32)),
            &format!("1:{0}\n1:{0}", "ab".repeat(32)),
        ] {
            assert_eq!(Keyring::parse(bad).err(), Some(SealError::MasterKey), "{bad}");
        }
    }

    #[test]
    fn d8_request_parts_are_framed() {
        let ring = keyring();
        assert_ne!(ring.request_tag(&[b"ab", b"c"]), ring.request_tag(&[b"a", b"bc"]));
    }
}
