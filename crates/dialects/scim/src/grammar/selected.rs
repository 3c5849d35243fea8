//! `emails[type eq "work"].value eq "x"`: a comparison of the elements that a filter selects. RFC 7644 has it in paths alone;
//! Entra ID has it in filters too, where it means `emails[type eq "work" and value eq "x"]`.

use std::borrow::Cow;

/// The same filter in the RFC's grammar. What is wrong with it stays wrong.
pub(super) fn within(filter: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(filter);
    while let Some(rewritten) = rewrite_one(&text) {
        text = Cow::Owned(rewritten);
    }
    text
}

fn rewrite_one(text: &str) -> Option<String> {
    let (open, close) = selection(text)?;
    let (before, inner) = (text.get(..open)?, text.get(open + 1..close)?);
    let (comparison, after) = comparison(text.get(close + 2..)?)?;
    Some(format!("{before}[({inner}) and {comparison}]{after}"))
}

/// The brackets of the first selection that a sub-attribute follows.
fn selection(text: &str) -> Option<(usize, usize)> {
    let (mut open, mut is_quoted, mut is_escaped) = (None, false, false);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'[' if !is_quoted => open = Some(place),
            b']' if !is_quoted => {
                let open = open.take()?;
                if text.get(place + 1..)?.starts_with('.') {
                    return Some((open, place));
                }
            }
            _ => {}
        }
    }
    None
}

/// A name, an operator and, but with `pr`, a value; and what follows.
fn comparison(text: &str) -> Option<(&str, &str)> {
    let name = word(text, 0)?;
    let operator = word(text, name.1)?;
    let end = if text.get(operator.0..operator.1)?.eq_ignore_ascii_case("pr") {
        operator.1
    } else {
        value(text, operator.1)?
    };
    Some((text.get(..end)?, text.get(end..)?))
}

/// Where the next word begins and ends.
fn word(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let begins = from + (rest.len() - rest.trim_start().len());
    let rest = text.get(begins..)?;
    let length = rest.find(|c: char| c.is_whitespace() || c == ')').unwrap_or(rest.len());
    (length > 0).then_some((begins, begins + length))
}

/// Where the next value ends.
fn value(text: &str, from: usize) -> Option<usize> {
    let (begins, ends) = word(text, from)?;
    if !text.get(begins..)?.starts_with('"') {
        return Some(ends);
    }
    let mut is_escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(begins + 1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(place + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compared_of_selected_elements_is_asked_of_them() {
        for (sent, read) in [
            ("emails[type eq \"work\"].value eq \"x\"", "emails[(type eq \"work\") and value eq \"x\"]"),
            (
                "not (emails[type eq \"]\\\".\"].value co \"a ) b\") and active eq true",
                "not (emails[(type eq \"]\\\".\") and value co \"a ) b\"]) and active eq true",
            ),
            ("emails[type eq \"work\"].value pr", "emails[(type eq \"work\") and value pr]"),
            (
                "roles[primary eq true].value eq 1 or a[b pr].c pr",
                "roles[(primary eq true) and value eq 1] or a[(b pr) and c pr]",
            ),
            ("emails[type eq \"work\"]", "emails[type eq \"work\"]"),
            ("title eq \"[x].y eq 1\"", "title eq \"[x].y eq 1\""),
            ("emails[type eq \"work\"].", "emails[type eq \"work\"]."),
            ("emails].x eq 1", "emails].x eq 1"),
            ("é[ü].ä eq \"ß", "é[ü].ä eq \"ß"),
        ] {
            assert_eq!(within(sent), read);
        }
    }
}
