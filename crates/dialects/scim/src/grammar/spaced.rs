//! `not(a pr)`: the grammar of RFC 7644 has any number of spaces between `not` and its parenthesis, none among them; the
//! parser wants one.

use std::borrow::Cow;

const NOT: &str = "not";

/// The same text with a space where there is none. What is in quotes stays as it is.
pub(super) fn out(text: &str) -> Cow<'_, str> {
    let places = places(text);
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut spaced = String::with_capacity(text.len().saturating_add(places.len()));
    let mut rest = 0;
    for place in places {
        spaced.push_str(text.get(rest..place).unwrap_or_default());
        spaced.push(' ');
        rest = place;
    }
    spaced.push_str(text.get(rest..).unwrap_or_default());
    Cow::Owned(spaced)
}

/// Where a parenthesis follows the word `not`.
fn places(text: &str) -> Vec<usize> {
    let (mut places, mut is_quoted, mut is_escaped) = (Vec::new(), false, false);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'(' if !is_quoted && text.get(..place).is_some_and(ends_with_not) => places.push(place),
            _ => {}
        }
    }
    places
}

fn ends_with_not(text: &str) -> bool {
    let Some((before, word)) = text.len().checked_sub(NOT.len()).and_then(|at| text.split_at_checked(at))
    else {
        return false;
    };
    word.eq_ignore_ascii_case(NOT) && before.chars().next_back().is_none_or(|c| matches!(c, ' ' | '(' | '['))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_not_without_a_space_is_given_one() {
        for (sent, read) in [
            ("not(a pr)", "not (a pr)"),
            ("NOT(a pr) and Not(not(b pr))", "NOT (a pr) and Not (not (b pr))"),
            ("emails[not(type eq \"not(\")]", "emails[not (type eq \"not(\")]"),
            ("a eq \"\\\"not(\"", "a eq \"\\\"not(\""),
            ("not (a pr)", "not (a pr)"),
            ("knot(", "knot("),
            ("énot(ü", "énot(ü"),
            ("(", "("),
        ] {
            assert_eq!(out(sent), read);
        }
    }
}
