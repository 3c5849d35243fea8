//! The query of a URI as the members of a search.

use std::num::{IntErrorKind, ParseIntError};

use roster_wire::path;
use serde_json::{Map, Value};

use crate::error::ScimError;
use crate::fault::Fault;

/// The parameters of these names, each as a string. One that is not well encoded, or comes twice, is refused; all others are
/// passed over.
pub(super) fn members(query: &str, names: &[&str]) -> Result<Map<String, Value>, ScimError> {
    let (mut members, mut faults) = (Map::new(), Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Ok(name) = decode(name) else { continue };
        if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            continue;
        }
        match decode(value) {
            Err(why) => faults.push(Fault::new(name, why.to_string())),
            Ok(_) if crate::json::member(&members, &name).is_some() => {
                faults.push(Fault::new(name, "is given more than once"));
            }
            Ok(value) => {
                members.insert(name, value.into());
            }
        }
    }
    ScimError::check(&faults).map(|()| members)
}

/// Forms write a space as `+`.
fn decode(text: &str) -> Result<String, path::PathFault> {
    path::decode(&text.replace('+', "%20")).map(std::borrow::Cow::into_owned)
}

/// A whole number; one that is too large is the largest.
pub(super) fn whole(digits: &str) -> Option<i64> {
    digits.parse().map_or_else(
        |error: ParseIntError| {
            let is = |kind| *error.kind() == kind;
            is(IntErrorKind::PosOverflow)
                .then_some(i64::MAX)
                .or(is(IntErrorKind::NegOverflow).then_some(i64::MIN))
        },
        Some,
    )
}
