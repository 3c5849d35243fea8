//! Settings that are numbers: counts, rates, sizes, durations.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::value::Value;

impl Value for NonZeroUsize {
    const NAME: &'static str = "N";
    const EXPECTED: &'static str = "a whole number of at least 1";
    const IS_NUMERIC: bool = true;

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn to_toml(&self) -> toml::Value {
        integer(self.get())
    }
}

/// A count, or what the machine suggests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AutoCount(pub Option<NonZeroUsize>);

impl Value for AutoCount {
    const NAME: &'static str = "auto|N";
    const EXPECTED: &'static str = "auto, or a whole number of at least 1";
    const IS_NUMERIC: bool = true;

    fn from_text(text: &str) -> Option<Self> {
        if text == "auto" { Some(Self(None)) } else { text.parse().ok().map(|n| Self(Some(n))) }
    }

    fn to_toml(&self) -> toml::Value {
        self.0.map_or_else(|| "auto".into(), |n| integer(n.get()))
    }
}

/// So often a minute, or as often as it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerMinute(pub Option<NonZeroU32>);

impl Value for PerMinute {
    const NAME: &'static str = "off|N";
    const EXPECTED: &'static str = "off, or how often a minute: a whole number";
    const IS_NUMERIC: bool = true;

    fn from_text(text: &str) -> Option<Self> {
        if matches!(text, "off" | "0") { Some(Self(None)) } else { text.parse().ok().map(|n| Self(Some(n))) }
    }

    fn to_toml(&self) -> toml::Value {
        self.0.map_or_else(|| "off".into(), |n| i64::from(n.get()).into())
    }
}

impl Value for Duration {
    const NAME: &'static str = "DURATION";
    const EXPECTED: &'static str = "a duration such as 500ms, 30s, 1h30m or 90d";

    fn from_text(text: &str) -> Option<Self> {
        parse_duration(text)
    }

    fn to_toml(&self) -> toml::Value {
        let signed = SignedDuration::try_from(*self).unwrap_or(SignedDuration::MAX);
        if signed.is_zero() { "0s".into() } else { format!("{signed:#}").into() }
    }
}

/// Reads `500ms`, `30s`, `1h30m`, `90d` and the like. A day has 24 hours; months and years have no fixed length.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let span: Span = text.parse().ok()?;
    let signed = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    signed.try_into().ok()
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub usize);

const UNITS: [(&str, usize); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

impl Value for ByteSize {
    const NAME: &'static str = "SIZE";
    const EXPECTED: &'static str = "a size such as 65536, 64KiB or 1MiB";
    const IS_NUMERIC: bool = true;

    fn from_text(text: &str) -> Option<Self> {
        let unit = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
        let (digits, bytes) = unit.unwrap_or((text, 1));
        let count: usize = digits.trim_end().parse().ok()?;
        count.checked_mul(bytes).map(Self)
    }

    fn to_toml(&self) -> toml::Value {
        let exact = UNITS
            .iter()
            .find(|(unit, bytes)| unit.ends_with("iB") && self.0 > 0 && self.0.is_multiple_of(*bytes));
        exact.map_or_else(|| integer(self.0), |(unit, bytes)| format!("{}{unit}", self.0 / bytes).into())
    }
}

fn integer(number: usize) -> toml::Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_the_units_that_people_write() {
        for (text, seconds) in [
            ("0s", 0),
            ("30s", 30),
            ("5m", 300),
            ("1h", 3_600),
            ("1h30m", 5_400),
            ("90d", 7_776_000),
            ("2w", 1_209_600),
        ] {
            assert_eq!(parse_duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        for bad in ["", "30", "-5s", "1mo", "1y", "s", "1 fortnight"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_are_shown_as_they_are_read() {
        for text in ["0s", "30s", "500ms", "1h 30m"] {
            let shown = parse_duration(text).unwrap().to_toml();
            assert_eq!(Duration::from_toml(&shown), parse_duration(text), "{shown}");
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in
            [("0", 0), ("17", 17), ("17B", 17), ("64KiB", 65_536), ("1 MiB", 1 << 20), ("2kB", 2_000)]
        {
            assert_eq!(ByteSize::from_text(text), Some(ByteSize(bytes)), "{text}");
        }
        for bad in ["", "KiB", "-1", "1TiBB", "1.5MiB", "99999999999999999999GiB"] {
            assert_eq!(ByteSize::from_text(bad), None, "{bad}");
        }
        assert_eq!(ByteSize(1 << 20).to_toml(), "1MiB".into());
        assert_eq!(ByteSize(1_000).to_toml(), 1_000.into());
    }

    #[test]
    fn a_limit_can_be_off() {
        assert_eq!(PerMinute::from_text("off"), Some(PerMinute(None)));
        assert_eq!(PerMinute::from_text("60").unwrap().to_toml(), 60.into());
        assert_eq!(PerMinute::from_toml(&0.into()), Some(PerMinute(None)));
        assert_eq!(PerMinute::from_text("-1"), None);
        assert_eq!(AutoCount::from_text("auto"), Some(AutoCount(None)));
        assert_eq!(AutoCount::from_toml(&3.into()), Some(AutoCount(NonZeroUsize::new(3))));
        assert_eq!(NonZeroUsize::from_toml(&0.into()), None);
    }
}
