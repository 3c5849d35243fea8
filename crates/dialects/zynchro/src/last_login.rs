//! `lastLogin`: `MM-dd-yyyy hh:mm:ss AM/PM` in UTC, as it is answered, or an RFC 3339 date-time.

use jiff::civil::DateTime;
use roster_directory::Timestamp;

/// What a `lastLogin` must be.
pub(crate) const MUST: &str = "must be a date and time in UTC as MM-dd-yyyy hh:mm:ss AM/PM, \
     or an RFC 3339 date-time with an offset, in the years 0001 to 9999";

/// `06-22-2024 05:04:06 PM`.
pub(crate) fn print(time: Timestamp) -> String {
    let utc = time.to_civil();
    let (hour, half) = match utc.hour() {
        0 => (12, "AM"),
        hour @ 1..=11 => (hour, "AM"),
        12 => (12, "PM"),
        hour => (hour - 12, "PM"),
    };
    let (month, day, year) = (utc.month(), utc.day(), utc.year());
    format!("{month:02}-{day:02}-{year:04} {hour:02}:{:02}:{:02} {half}", utc.minute(), utc.second())
}

/// Reads either form; `None` if it is neither.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    parse_twelve_hours(text).or_else(|| Timestamp::parse_rfc3339(text).ok())
}

fn parse_twelve_hours(text: &str) -> Option<Timestamp> {
    const SHAPE: &[u8] = b"00-00-0000 00:00:00 ?M";
    let fits = |(byte, shape): (u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        b'?' => matches!(byte, b'A' | b'P'),
        exact => byte == *exact,
    };
    if text.len() != SHAPE.len() || !text.bytes().zip(SHAPE).all(fits) {
        return None;
    }
    let hour = match (text.get(11..13)?.parse().ok()?, text.get(20..21)?) {
        (12, "A") => 0,
        (hour @ 1..=11, "A") => hour,
        (12, _) => 12,
        (hour @ 1..=11, _) => hour + 12,
        (_, _) => return None,
    };
    let two = |at: usize| text.get(at..at + 2)?.parse::<i8>().ok();
    let year = text.get(6..10)?.parse::<i16>().ok()?;
    let utc = DateTime::new(year, two(0)?, two(3)?, hour, two(14)?, two(17)?, 0).ok()?;
    Timestamp::from_civil(utc)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utc(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn z7_last_login_is_read_in_both_forms() {
        for (sent, moment) in [
            ("06-22-2024 05:04:06 PM", "2024-06-22T17:04:06Z"),
            ("06-22-2024 05:04:06 AM", "2024-06-22T05:04:06Z"),
            ("06-22-2024 12:00:00 AM", "2024-06-22T00:00:00Z"),
            ("06-22-2024 12:59:59 AM", "2024-06-22T00:59:59Z"),
            ("06-22-2024 12:00:00 PM", "2024-06-22T12:00:00Z"),
            ("06-22-2024 11:59:59 PM", "2024-06-22T23:59:59Z"),
            ("02-29-2024 01:00:00 AM", "2024-02-29T01:00:00Z"),
            ("01-01-0001 12:00:00 AM", "0001-01-01T00:00:00Z"),
            ("12-31-9999 11:59:59 PM", "9999-12-31T23:59:59Z"),
            ("2024-06-22T19:04:06+02:00", "2024-06-22T17:04:06Z"),
            ("2024-06-22T17:04:06.789123Z", "2024-06-22T17:04:06.789Z"),
        ] {
            assert_eq!(parse(sent), Some(utc(moment)), "{sent}");
        }
    }

    #[test]
    fn z7_what_is_neither_form_is_refused() {
        for sent in [
            "",
            "now",
            "1719075846",
            "06-22-2024",
            "06-22-2024 05:04:06",
            "06-22-2024 05:04:06PM",
            "06-22-2024 05:04:06 pm",
            "06-22-2024 05:04:06 XM",
            "06-22-2024 05:04:06  PM",
            " 06-22-2024 05:04:06 PM",
            "06-22-2024 05:04:06 PM ",
            "06-22-2024 00:04:06 AM",
            "06-22-2024 00:04:06 PM",
            "06-22-2024 13:04:06 PM",
            "06-22-2024 17:04:06 PM",
            "06-22-2024 05:60:06 PM",
            "06-22-2024 05:04:60 PM",
            "6-22-2024 05:04:06 PM",
            "06-22-24 05:04:06 PM",
            "22-06-2024 05:04:06 PM",
            "00-22-2024 05:04:06 PM",
            "06-00-2024 05:04:06 PM",
            "06-31-2024 05:04:06 PM",
            "02-29-2023 05:04:06 PM",
            "06-22-0000 05:04:06 PM",
            "06/22/2024 05:04:06 PM",
            "2024-06-22 05:04:06 PM",
            "2024-06-22T17:04:06",
            "2024-06-22T17:04:60Z",
            "0６-22-2024 05:04:06 PM",
            "06-22-2024T05:04:06 PM",
            "+6-22-2024 05:04:06 PM",
        ] {
            assert_eq!(parse(sent), None, "{sent}");
        }
    }

    #[test]
    fn the_documented_answer_is_printed() {
        assert_eq!(print(utc("2024-06-22T17:04:06.999Z")), "06-22-2024 05:04:06 PM");
        assert_eq!(print(utc("0001-01-01T00:00:00Z")), "01-01-0001 12:00:00 AM");
        assert_eq!(print(utc("1969-12-31T12:00:00Z")), "12-31-1969 12:00:00 PM");
    }

    proptest! {
        #[test]
        fn z7_what_is_answered_is_read_again_to_the_second(
            seconds in Timestamp::MIN.unix_seconds()..=Timestamp::MAX.unix_seconds(),
            micros in 0_i64..1_000_000,
        ) {
            let time = Timestamp::from_unix_seconds(seconds).unwrap().plus_micros(micros);
            let printed = print(time);
            prop_assert_eq!(parse(&printed), Timestamp::from_unix_seconds(seconds), "{}", printed);
            prop_assert_eq!(parse(&time.to_rfc3339_millis()), Some(time.floor_to_millis()));
        }

        #[test]
        fn what_is_read_is_printed_as_it_was_sent(
            (month, day, year) in (0_u8..=13, 0_u8..=32, 0_u16..=9_999),
            (hour, minute, second) in (0_u8..=24, 0_u8..=61, 0_u8..=61),
            half in prop::sample::select(vec!["AM", "PM"]),
        ) {
            let sent = format!("{month:02}-{day:02}-{year:04} {hour:02}:{minute:02}:{second:02} {half}");
            if let Some(time) = parse(&sent) {
                prop_assert_eq!(print(time), sent);
            }
        }
    }
}
