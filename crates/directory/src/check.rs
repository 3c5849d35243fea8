//! What `roster check` finds, and the replay of the histories of users and groups: the same for every store.

mod group_replay;
mod replay;

use std::fmt;

use crate::password::PasswordHash;
use crate::user::{Field, User};

pub use group_replay::GroupReplay;
pub use replay::Replay;

/// The most findings that are told: a damaged store has no end of them.
const MOST_FINDINGS: usize = 1_000;

/// Something that is not as it must be. It holds no personal value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where: `user <id>`, `claim of user <id>`, `journal 17`.
    pub place: String,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub struct Findings {
    found: Vec<Finding>,
}

impl Findings {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// What was found.
    pub fn into_vec(self) -> Vec<Finding> {
        self.found
    }

    /// Something is wrong.
    pub fn add(&mut self, place: impl fmt::Display, problem: impl Into<String>) {
        match self.found.len() {
            ..MOST_FINDINGS => self.found.push(Finding { place: place.to_string(), problem: problem.into() }),
            MOST_FINDINGS => {
                let problem = format!("there is more to find than these {MOST_FINDINGS}");
                self.found.push(Finding { place: "the check".to_owned(), problem });
            }
            _ => {}
        }
    }

    /// Something is wrong unless `holds`.
    pub fn expect(&mut self, holds: bool, place: impl fmt::Display, problem: &str) {
        if !holds {
            self.add(place, problem);
        }
    }

    /// The password is a hash in PHC form, and the history knows of it.
    pub fn expect_sound_password(&mut self, user: &User) {
        let place = format!("user {}", user.id);
        let hashed = user.password.as_ref().map(PasswordHash::as_phc);
        self.expect(hashed.is_none_or(is_phc), &place, "its password is not a hash in PHC form");
        self.expect(
            hashed.is_none() || user.field_versions.get(Field::Password) > 0,
            &place,
            "it has a password that the history does not know of",
        );
    }
}

/// `$algorithm$…`, in printable ASCII.
fn is_phc(text: &str) -> bool {
    text.starts_with('$')
        && text.matches('$').count() >= 2
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}
