//! The grammar of filters and paths (RFC 7644, 3.4.2.2 and 3.5.2), with its limits.

mod selected;
mod spaced;

use scim_v2::filter::{Filter, FilterActionError, ParseError, PatchPath};

use crate::error::{ScimError, ScimType};

/// The longest filter and the longest path, in bytes, which bounds their terms too. How deep they are, the parser bounds.
pub(crate) const LONGEST: usize = 8 << 10;

/// Reads a filter.
pub(crate) fn filter(text: &str) -> Result<Filter, ScimError> {
    check_length(text, "the filter", ScimType::InvalidFilter)?;
    selected::within(&spaced::out(text))
        .parse()
        .map_err(|error| ScimError::new(ScimType::InvalidFilter, explain("the filter", &error)))
}

/// Reads the path of a PATCH operation.
pub(crate) fn path(text: &str) -> Result<PatchPath, ScimError> {
    check_length(text, "the path", ScimType::InvalidPath)?;
    spaced::out(text)
        .parse()
        .map_err(|error| ScimError::new(ScimType::InvalidPath, explain("the path", &error)))
}

fn check_length(text: &str, what: &str, scim_type: ScimType) -> Result<(), ScimError> {
    if text.len() <= LONGEST {
        return Ok(());
    }
    Err(ScimError::new(scim_type, format!("{what} must have at most {LONGEST} bytes")))
}

/// The parser's own messages repeat what was sent.
fn explain(what: &str, error: &ParseError) -> String {
    match error {
        ParseError::InvalidToken { location }
        | ParseError::UnrecognizedToken { token: (location, ..), .. }
        | ParseError::ExtraToken { token: (location, ..) } => {
            format!("{what} can't be read at byte {}", location.saturating_add(1))
        }
        ParseError::UnrecognizedEof { .. } => format!("{what} ends too early"),
        ParseError::User { error: FilterActionError::DepthExceeded(_) } => {
            format!("{what} is nested too deep")
        }
        ParseError::User { .. } => format!("{what} has a name or a value that can't be read"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_where_and_repeats_nothing() {
        let deep = format!("{}a pr{}", "(".repeat(65), ")".repeat(65));
        let longest = format!("a eq \"{}\"", "x".repeat(LONGEST));
        for (text, detail) in [
            ("secret", "the filter ends too early"),
            ("a eq secret", "the filter can't be read at byte 6"),
            ("a eq \"x\" secret", "the filter can't be read at byte 10"),
            ("a.b.c eq 1", "the filter has a name or a value that can't be read"),
            ("", "the filter ends too early"),
            (&deep, "the filter is nested too deep"),
            (&longest, "the filter must have at most 8192 bytes"),
        ] {
            let error = filter(text).unwrap_err();
            assert_eq!(
                (error.scim_type, error.detail.as_ref()),
                (Some(ScimType::InvalidFilter), detail),
                "{text}"
            );
        }
        assert!(filter(&"x".repeat(9_000)).is_err());
        assert_eq!(path("emails[type eq secret]").unwrap_err().scim_type, Some(ScimType::InvalidPath));
    }

    #[test]
    fn what_the_rfc_writes_is_read() {
        for text in [
            "userName eq \"bjensen\"",
            "emails[type eq \"work\" and value co \"@example.com\"] or not (title pr)",
            "urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"J\"",
            "not(title pr) and emails[not(type eq \"work\")]",
        ] {
            assert!(filter(text).is_ok(), "{text}");
        }
        for text in [
            "members",
            "name.familyName",
            "addresses[type eq \"work\"]",
            "members[value eq \"2\"].displayName",
            "emails[NOT(type eq \"work\")].value",
        ] {
            assert!(path(text).is_ok(), "{text}");
        }
    }
}
