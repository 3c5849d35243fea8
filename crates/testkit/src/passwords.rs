//! Passwords for tests: fast, and no secret. The real ones are Argon2id.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use roster_directory::{Error, Password, PasswordHash, Passwords};

/// "Hashes" a password by writing it out in hexadecimal, with a counter for a salt.
#[derive(Debug, Default)]
pub struct PlainPasswords {
    hashed: AtomicUsize,
}

impl PlainPasswords {
    /// How many hashes were made.
    pub fn hashed(&self) -> usize {
        self.hashed.load(Ordering::SeqCst)
    }
}

fn hex(password: &Password) -> String {
    password.expose().bytes().map(|byte| format!("{byte:02x}")).collect()
}

impl Passwords for PlainPasswords {
    fn verify(&self, password: Password, hash: PasswordHash) -> BoxFuture<'_, Result<bool, Error>> {
        ready(Ok(hash.as_phc().ends_with(&format!("${}", hex(&password))))).boxed()
    }

    fn hash(&self, password: Password) -> BoxFuture<'_, Result<PasswordHash, Error>> {
        let salt = self.hashed.fetch_add(1, Ordering::SeqCst);
        ready(Ok(PasswordHash::from_phc(&format!("$plain${salt}${}", hex(&password))))).boxed()
    }
}
