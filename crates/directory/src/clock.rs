//! Time and randomness, as parameters.

use std::fmt;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::value::Invalid;

const UNIX_EPOCH: DateTime = jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0);

/// Where the time comes from. Tests bring their own.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// Where randomness comes from: ids, data keys and nonces. Tests bring their own.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with randomness fit for keys.
    fn fill(&self, bytes: &mut [u8]);

    /// A UUID v7 (RFC 9562, 5.7) of the given time.
    fn uuid_v7(&self, now: Timestamp) -> Uuid {
        let mut random = [0_u8; 10];
        self.fill(&mut random);
        uuid::Builder::from_unix_timestamp_millis(now.unix_millis().unsigned_abs(), &random).into_uuid()
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_microsecond().clamp(Timestamp::MIN.0, Timestamp::MAX.0))
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::panic,
        reason = "without randomness no id or key is safe to make: stopping is the only answer"
    )]
    #[expect(clippy::disallowed_methods, reason = "the one place where the system's randomness is read")]
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            panic!("the operating system gives no randomness");
        }
    }
}

/// A moment in UTC, in microseconds since 1970, within the years 0001 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800_000_000);
    /// 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// From microseconds since 1970, if within the years 0001 to 9999.
    pub fn from_unix_micros(micros: i64) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&micros).then_some(Self(micros))
    }

    /// From seconds since 1970, if within the years 0001 to 9999.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        seconds.checked_mul(1_000_000).and_then(Self::from_unix_micros)
    }

    /// Microseconds since 1970.
    pub fn unix_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since 1970, rounded down.
    pub fn unix_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Whole seconds since 1970, rounded down.
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Cut to milliseconds, the resolution of the times that callers set.
    #[must_use]
    pub fn floor_to_millis(self) -> Self {
        Self(self.0 - self.0.rem_euclid(1_000))
    }

    /// The moment `micros` later (or earlier, if negative), kept within the years 0001 to 9999.
    #[must_use]
    pub fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// The moment `seconds` later (or earlier, if negative), kept within the years 0001 to 9999.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_micros(seconds.saturating_mul(1_000_000))
    }

    /// Parses an RFC 3339 date-time (section 5.6): an offset is required, any is accepted; the fraction is cut to
    /// milliseconds; second 60 is refused; the years are 0001 to 9999 after conversion to UTC.
    pub fn parse_rfc3339(text: &str) -> Result<Self, Invalid> {
        Self::parse(text, 3)
    }

    /// The same with the fraction cut to microseconds: what [`Self::to_rfc3339_micros`] prints is read as it was.
    pub fn parse_rfc3339_micros(text: &str) -> Result<Self, Invalid> {
        Self::parse(text, 6)
    }

    fn parse(text: &str, digits: usize) -> Result<Self, Invalid> {
        let (local, offset_seconds) = split_rfc3339(text, digits).ok_or(Invalid::DateTime)?;
        let local: DateTime = local.parse().map_err(|_| Invalid::DateTime)?;
        let utc = local
            .checked_sub(jiff::SignedDuration::from_secs(offset_seconds))
            .map_err(|_| Invalid::DateTime)?;
        Self::from_civil(utc).ok_or(Invalid::DateTime)
    }

    /// `2024-01-19T12:45:04.147Z`.
    pub fn to_rfc3339_millis(self) -> String {
        self.print(3)
    }

    /// `2024-01-19T12:45:04.147258Z`.
    pub fn to_rfc3339_micros(self) -> String {
        self.print(6)
    }

    /// The date and time of day in UTC, for calendars and other formats.
    pub fn to_civil(self) -> DateTime {
        // Within the years 0001 to 9999 the sum is always a date.
        UNIX_EPOCH.saturating_add(jiff::SignedDuration::from_micros(self.0))
    }

    /// From a date and time of day in UTC, if within the years 0001 to 9999.
    pub fn from_civil(utc: DateTime) -> Option<Self> {
        i64::try_from(utc.duration_since(UNIX_EPOCH).as_micros()).ok().and_then(Self::from_unix_micros)
    }

    fn print(self, digits: u8) -> String {
        let printer = jiff::fmt::temporal::DateTimePrinter::new().precision(Some(digits));
        let mut text = printer.datetime_to_string(&self.to_civil());
        text.push('Z');
        text
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339_micros())
    }
}

/// Checks the shape that RFC 3339 asks for (jiff reads more forms than that); the local date and time with its fraction
/// cut to so many digits, and the offset in seconds.
///
/// The years are checked after conversion, so the parts are taken apart here: jiff's own timestamps end before 10000.
fn split_rfc3339(text: &str, digits: usize) -> Option<(String, i64)> {
    const LONGEST: usize = 64;
    if text.len() > LONGEST || !text.is_ascii() {
        return None;
    }
    let (date_time, rest) = text.split_at_checked(19)?;
    for (index, byte) in date_time.bytes().enumerate() {
        let fits = match index {
            4 | 7 => byte == b'-',
            10 => matches!(byte, b'T' | b't'),
            13 | 16 => byte == b':',
            _ => byte.is_ascii_digit(),
        };
        if !fits {
            return None;
        }
    }
    if date_time.get(17..19)? == "60" {
        return None;
    }
    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(tail) => {
            tail.split_at_checked(tail.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0)?)?
        }
        None => ("0", rest),
    };
    let fraction = fraction.get(..digits).unwrap_or(fraction);
    Some((format!("{}.{fraction}", date_time.to_ascii_uppercase()), offset_seconds(offset)?))
}

fn offset_seconds(offset: &str) -> Option<i64> {
    if matches!(offset, "Z" | "z") {
        return Some(0);
    }
    let (sign, clock) = offset.split_at_checked(1)?;
    let (hours, minutes) = clock.split_once(':')?;
    let two = |part: &str, most: i64| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<i64>().ok().filter(|n| digits && *n <= most)
    };
    let seconds = (two(hours, 23)? * 60 + two(minutes, 59)?) * 60;
    match sign {
        "+" => Some(seconds),
        "-" => Some(-seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_times_are_kept_in_utc_with_milliseconds() {
        for (sent, answered) in [
            ("2024-01-19T12:45:04.147Z", "2024-01-19T12:45:04.147Z"),
            ("2024-01-19t12:45:04z", "2024-01-19T12:45:04.000Z"),
            ("2024-01-19T12:45:04.1479999999999+02:00", "2024-01-19T10:45:04.147Z"),
            ("2024-01-19T12:45:04.1-00:00", "2024-01-19T12:45:04.100Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
            ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
            ("0000-12-31T23:30:00-01:00", "0001-01-01T00:30:00.000Z"),
            ("2024-02-29T00:00:00+23:59", "2024-02-28T00:01:00.000Z"),
        ] {
            assert_eq!(
                Timestamp::parse_rfc3339(sent).map(Timestamp::to_rfc3339_millis).as_deref(),
                Ok(answered),
                "{sent}"
            );
        }
    }

    #[test]
    fn what_was_printed_to_the_microsecond_is_read_as_it_was() {
        for text in ["2024-01-19T12:45:04.147258Z", "0001-01-01T00:00:00.000001Z"] {
            let read = Timestamp::parse_rfc3339_micros(text);
            assert_eq!(read.map(Timestamp::to_rfc3339_micros).as_deref(), Ok(text));
        }
        let read = Timestamp::parse_rfc3339_micros("2024-01-19T13:45:04.1472589+01:00");
        assert_eq!(read.map(Timestamp::to_rfc3339_micros).as_deref(), Ok("2024-01-19T12:45:04.147258Z"));
    }

    #[test]
    fn what_rfc_3339_does_not_allow_is_refused() {
        for sent in [
            "",
            "2024",
            "2024-01-19",
            "2024-01-19T12:45:04",
            "2024-01-19 12:45:04Z",
            "2024-01-19T12:45Z",
            "2024-01-19T12:45:60Z",
            "2024-01-19T24:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-01-19T12:45:04.Z",
            "2024-01-19T12:45:04,1Z",
            "2024-01-19T12:45:04+2:00",
            "2024-01-19T12:45:04+24:00",
            "2024-01-19T12:45:04+02",
            "2024-01-19T12:45:04Z[UTC]",
            "+002024-01-19T12:45:04Z",
            "0000-12-31T23:59:59Z",
            "9999-12-31T23:59:59-01:00",
            "2024-01-19T12:45:04.147Z ",
            "２024-01-19T12:45:04Z",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(sent), Err(Invalid::DateTime), "{sent}");
        }
    }
}
