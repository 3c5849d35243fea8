//! Roster's own token secrets: the file `jwt.keys`.
//!
//! A line is `kid:secret`, the secret being 32 bytes or more in base64url without padding. The first line's secret signs;
//! all of them verify. So a secret is rotated by a new first line ([`Secrets::rotated`]); tokens that were signed with
//! an older one stay good until its line is taken out. Blank lines and lines that begin with `#` are passed over.

use std::fmt;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use roster_directory::Entropy;
use zeroize::Zeroizing;

use crate::base62;

const SECRET_BYTES: usize = 32;
const KID_BYTES: usize = 8;
const LONGEST_KID: usize = 64;
const MOST_SECRETS: usize = 16;

/// Why there are no secrets.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The text has no usable secret, or something else than secrets.
    #[error(
        "line {line} of the token secrets must be <kid>:<secret>, the kid being 1 to {LONGEST_KID} of a-z, A-Z, 0-9, '.', '_' \
         and '-', each once, and the secret at least {SECRET_BYTES} bytes in base64url without padding"
    )]
    Line {
        /// Which line, counted from 1.
        line: usize,
    },
    /// The text has no secret, or too many.
    #[error("the token secrets must be 1 to {MOST_SECRETS} lines")]
    Count,
    /// The file can't be read or made.
    #[error("{}: {error}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

pub(crate) struct Secret {
    pub(crate) kid: String,
    pub(crate) signs: EncodingKey,
    pub(crate) verifies: DecodingKey,
}

/// Roster's own HS256 secrets. There is always one.
pub struct Secrets {
    newest: Secret,
    older: Vec<Secret>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all().map(|secret| &secret.kid)).finish()
    }
}

impl Secrets {
    /// Reads the text of a secrets file.
    pub fn parse(text: &str) -> Result<Self, SecretsError> {
        let mut secrets: Vec<Secret> = Vec::new();
        for (index, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let secret =
                parse_line(line).filter(|secret| secrets.iter().all(|other| other.kid != secret.kid));
            secrets.push(secret.ok_or(SecretsError::Line { line: index + 1 })?);
        }
        let mut secrets = secrets.into_iter();
        let newest = secrets.next().ok_or(SecretsError::Count)?;
        let older: Vec<Secret> = secrets.collect();
        if older.len() < MOST_SECRETS { Ok(Self { newest, older }) } else { Err(SecretsError::Count) }
    }

    /// The text of a secrets file with one fresh secret.
    pub fn generate(entropy: &dyn Entropy) -> Zeroizing<String> {
        let mut kid = [0_u8; KID_BYTES];
        entropy.fill(&mut kid);
        let mut secret = Zeroizing::new([0_u8; SECRET_BYTES]);
        entropy.fill(secret.as_mut_slice());
        let encoded = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(secret.as_slice()));
        Zeroizing::new(format!("{}:{}\n", *base62::encode(&kid), *encoded))
    }

    /// `text` with a fresh secret before all others.
    pub fn rotated(text: &str, entropy: &dyn Entropy) -> Result<Zeroizing<String>, SecretsError> {
        Self::parse(text)?;
        let rotated = Zeroizing::new(format!("{}{text}", *Self::generate(entropy)));
        Self::parse(&rotated)?;
        Ok(rotated)
    }

    /// Reads the secrets file, and makes one with mode 0600 where there is none. Of two processes that make it at once
    /// one succeeds, and both read the same file.
    pub fn load_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, SecretsError> {
        let failed = |error| SecretsError::File { path: path.to_owned(), error };
        match std::fs::read_to_string(path) {
            Ok(text) => return Self::parse(&Zeroizing::new(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        write_new(path, &Self::generate(entropy), entropy).map_err(failed)?;
        Self::parse(&Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?))
    }

    /// The secret that signs.
    pub(crate) fn newest(&self) -> &Secret {
        &self.newest
    }

    /// Every secret that verifies, the newest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.newest).chain(&self.older)
    }
}

fn parse_line(line: &str) -> Option<Secret> {
    let (kid, encoded) = line.split_once(':')?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let secret = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(encoded).ok()?);
    let good =
        (1..=LONGEST_KID).contains(&kid.len()) && kid.bytes().all(plain) && secret.len() >= SECRET_BYTES;
    good.then(|| Secret {
        kid: kid.to_owned(),
        signs: EncodingKey::from_secret(&secret),
        verifies: DecodingKey::from_secret(&secret),
    })
}

/// Makes a file whole or not at all. A file that is there already stays as it is.
fn write_new(path: &Path, text: &str, entropy: &dyn Entropy) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut random = [0_u8; KID_BYTES];
    entropy.fill(&mut random);
    let unfinished = directory.join(format!(".jwt.keys.{}", *base62::encode(&random)));
    let written = private_file(&unfinished).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let linked = written.and_then(|()| match std::fs::hard_link(&unfinished, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        done => done,
    });
    let removed = std::fs::remove_file(&unfinished);
    linked.and(removed)?;
    std::fs::File::open(directory)?.sync_all()
}

fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use roster_directory::SystemEntropy;

    use super::*;

    fn kids(secrets: &Secrets) -> Vec<&str> {
        secrets.all().map(|secret| secret.kid.as_str()).collect()
    }

    #[test]
    fn a_fresh_secret_signs_and_the_older_ones_still_verify() {
        let first = Secrets::generate(&SystemEntropy);
        let rotated = Secrets::rotated(&first, &SystemEntropy).unwrap();
        let (before, after) = (Secrets::parse(&first).unwrap(), Secrets::parse(&rotated).unwrap());
        assert_eq!(kids(&after)[1..], kids(&before)[..]);
        assert_eq!(after.newest().kid, kids(&after)[0]);
        assert_ne!(after.newest().kid, before.newest().kid);
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_told() {
        let good = format!("{}Q", "a".repeat(42));
        for (text, line) in [
            (format!("k:{}", "a".repeat(42)), 1),
            (format!("k:{good}="), 1),
            (good.clone(), 1),
            (format!(":{good}"), 1),
            (format!("k k:{good}"), 1),
            (format!("{}:{good}", "k".repeat(65)), 1),
            (format!("# ours\n\na:{good}\na:{good}"), 4),
        ] {
            let error = Secrets::parse(&text).unwrap_err();
            assert!(matches!(error, SecretsError::Line { line: at } if at == line), "{text}: {error}");
            assert!(!error.to_string().contains("aaaa"));
        }
        let too_many: String = (0..=MOST_SECRETS).map(|n| format!("k{n}:{good}\n")).collect();
        for text in ["", "\n# none\n", &too_many] {
            assert!(matches!(Secrets::parse(text).unwrap_err(), SecretsError::Count), "{text}");
        }
    }

    #[test]
    fn the_debug_form_names_the_secrets_and_does_not_tell_them() {
        let text = format!("first:{}\n", "A".repeat(43));
        assert_eq!(format!("{:?}", Secrets::parse(&text).unwrap()), r#"["first"]"#);
    }

    #[test]
    fn the_file_is_made_once_and_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jwt.keys");
        let made = Secrets::load_or_create(&path, &SystemEntropy).unwrap();
        let read = Secrets::load_or_create(&path, &SystemEntropy).unwrap();
        assert_eq!(kids(&made), kids(&read));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn many_that_make_the_file_at_once_read_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jwt.keys");
        let make = || Secrets::load_or_create(&path, &SystemEntropy).unwrap().newest().kid.clone();
        let kids: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
            let makers: Vec<_> = (0..16).map(|_| scope.spawn(make)).collect();
            makers.into_iter().map(|maker| maker.join().unwrap()).collect()
        });
        assert_eq!(kids.len(), 1);
    }
}
