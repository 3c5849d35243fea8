//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};

use roster_directory::{Clock, Timestamp};

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows `text`, an RFC 3339 date-time.
    pub fn at(text: &str) -> Self {
        Self(AtomicI64::new(Timestamp::parse_rfc3339(text).unwrap().unix_micros()))
    }

    /// Sets it.
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.unix_micros(), Ordering::SeqCst);
    }

    /// Moves it by so many seconds, backwards if negative.
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst)).unwrap()
    }
}
