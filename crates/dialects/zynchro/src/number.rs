//! Whole numbers that are written as such.

use roster_directory::Invalid;

/// What a text means where a positive whole number of 64 bits is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    /// Such a number.
    Positive(i64),
    /// A whole number, and not one of those.
    OutOfRange,
    /// No whole number: `33.0` and `1e2` are none.
    NotWhole,
}

impl Number {
    /// What is said of one that is out of range.
    pub(crate) const RANGE: Invalid = Invalid::Number(i64::MAX);

    /// Reads a number as JSON spells it.
    pub(crate) fn read(text: &str) -> Self {
        if !Self::is_whole(text) {
            return Self::NotWhole;
        }
        text.parse().ok().filter(|number| *number > 0).map_or(Self::OutOfRange, Self::Positive)
    }

    /// Whether it is an integer as JSON spells one: no leading zero, no plus, no fraction, no exponent.
    pub(crate) fn is_whole(text: &str) -> bool {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain && (digits == "0" || !digits.starts_with('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn z5_a_number_is_positive_and_has_64_bits() {
        for (text, number) in [
            ("1", Number::Positive(1)),
            ("9223372036854775807", Number::Positive(i64::MAX)),
            ("9223372036854775808", Number::OutOfRange),
            ("100000000000000000000000", Number::OutOfRange),
            ("0", Number::OutOfRange),
            ("-0", Number::OutOfRange),
            ("-1", Number::OutOfRange),
            ("-9223372036854775809", Number::OutOfRange),
            ("", Number::NotWhole),
            ("-", Number::NotWhole),
            ("01", Number::NotWhole),
            ("00", Number::NotWhole),
            ("-01", Number::NotWhole),
            ("+1", Number::NotWhole),
            (" 1", Number::NotWhole),
            ("1 ", Number::NotWhole),
            ("1.0", Number::NotWhole),
            ("1e0", Number::NotWhole),
            ("1_000", Number::NotWhole),
            ("0x1", Number::NotWhole),
            ("١", Number::NotWhole),
            ("１", Number::NotWhole),
            ("three", Number::NotWhole),
        ] {
            assert_eq!(Number::read(text), number, "{text:?}");
        }
    }
}
