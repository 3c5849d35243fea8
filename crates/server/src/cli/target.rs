//! How a user is named on the command line.

use std::str::FromStr;

use roster_directory::value::parse_uuid;
use roster_directory::{ExternalId, Link, Number, Source, Target, UserId, UserName};

/// The help of every argument that names a user.
pub(crate) const HELP: &str = "The user: an id, a number, a user_name, or link:SOURCE:EXTERNAL_ID (name:USER_NAME for a user_name that looks like another)";

/// A user, as named.
#[derive(Debug, Clone)]
pub(crate) struct Named(pub(crate) Target);

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(link) = text.strip_prefix("link:") {
            let (source, external_id) = link.split_once(':').ok_or("a link is link:SOURCE:EXTERNAL_ID")?;
            let source = Source::new(source).map_err(|why| format!("the source {why}"))?;
            let external_id = ExternalId::new(external_id).map_err(|why| format!("the external id {why}"))?;
            return Ok(Self(Target::Link(Link { source, external_id })));
        }
        if let Some(name) = text.strip_prefix("name:") {
            return user_name(name);
        }
        if let Ok(id) = parse_uuid(text) {
            return Ok(Self(Target::Id(UserId(id))));
        }
        if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
            let number = text.parse().ok().and_then(|number| Number::new(number).ok());
            return number
                .map(|number| Self(Target::Number(number)))
                .ok_or_else(|| "no user has that number".to_owned());
        }
        user_name(text)
    }
}

fn user_name(text: &str) -> Result<Named, String> {
    UserName::new(text)
        .map(|name| Named(Target::UserName(name)))
        .map_err(|why| format!("the user_name {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Result<Target, String> {
        text.parse().map(|Named(target)| target)
    }

    #[test]
    fn a_user_is_named_by_id_number_link_or_user_name() {
        let link =
            Link { source: Source::new("bubble").unwrap(), external_id: ExternalId::new("17:x").unwrap() };
        assert_eq!(named("link:bubble:17:x"), Ok(Target::Link(link)));
        assert_eq!(named("3"), Ok(Target::Number(Number::new(3).unwrap())));
        assert_eq!(named("name:3"), Ok(Target::UserName(UserName::new("3").unwrap())));
        assert_eq!(named("ann@x.example"), Ok(Target::UserName(UserName::new("ann@x.example").unwrap())));
        let id = "018d2136-5b13-7000-8000-000000000001";
        assert_eq!(named(id), Ok(Target::Id(UserId(parse_uuid(id).unwrap()))));
        for bad in ["", "0", "99999999999999999999", "link:bubble", "link::x", "link:bubble:"] {
            assert!(named(bad).is_err(), "{bad}");
        }
    }
}
