//! Values of a user's fields: validated newtypes, and the one sum of them that the journal and the stores share.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::element::Element;
use crate::user::{Grant, Link, UserId};

/// Why a value is no value of its field. The value itself is never part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Empty where something is needed.
    #[error("must not be empty")]
    Empty,
    /// Longer than so many characters (Unicode scalar values).
    #[error("must have at most {0} characters")]
    TooLong(usize),
    /// Shorter than so many characters.
    #[error("must have at least {0} characters")]
    TooShort(usize),
    /// Has a control character: U+0000 to U+001F or U+007F to U+009F.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// Not an email address as far as Roster checks one.
    #[error("must be an email address: one @ between non-empty parts, without white space")]
    Email,
    /// Not a URL that an avatar may have.
    #[error("must begin with https://, http:// or //")]
    Avatar,
    /// Not an RFC 3339 date-time.
    #[error("must be an RFC 3339 date-time with an offset, in the years 0001 to 9999")]
    DateTime,
    /// Not a truth value.
    #[error("must be true or false")]
    Truth,
    /// Not a UUID in the 8-4-4-4-12 form.
    #[error("must be a UUID in the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")]
    Uuid,
    /// A source's name has other characters than it may.
    #[error("must consist of 1 to 64 of the characters a-z, A-Z, 0-9, '.', '_' and '-'")]
    Source,
    /// A number out of its range.
    #[error("must be a whole number from 1 to {0}")]
    Number(i64),
}

fn check_text(text: &str, most: usize) -> Result<(), Invalid> {
    // A character has 1 to 4 bytes: short texts, nearly all, need no count.
    if text.len() > most && text.chars().count() > most {
        return Err(Invalid::TooLong(most));
    }
    // Of nearly all texts every byte is a printable character, and many bytes are looked at in one step.
    let is_plain = text.bytes().fold(true, |plain, byte| plain & (b' '..=b'~').contains(&byte));
    if !is_plain && text.chars().any(char::is_control) {
        return Err(Invalid::ControlCharacter);
    }
    Ok(())
}

/// Free text of at most `MAX` characters without control characters, kept as sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(Arc<str>);

impl<const MAX: usize> Text<MAX> {
    fn check(text: &str) -> Result<(), Invalid> {
        check_text(text, MAX)
    }
}

impl Text<255> {
    /// A UUID's text, which is always one.
    pub(crate) fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid.to_string().into())
    }
}

/// An email address: at most 254 characters, one `@` between non-empty parts, no white space.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(Arc<str>);

impl Email {
    /// The most characters that an address may have (RFC 5321, 4.5.3.1.3, less its angle brackets).
    pub const MAX: usize = 254;

    fn check(text: &str) -> Result<(), Invalid> {
        check_text(text, Self::MAX)?;
        let (local, domain) = text.split_once('@').ok_or(Invalid::Email)?;
        let whole = !local.is_empty() && !domain.is_empty() && !domain.contains('@');
        if whole && !text.chars().any(char::is_whitespace) { Ok(()) } else { Err(Invalid::Email) }
    }
}

/// Where a user's picture is: at most 2,048 characters, beginning with `https://`, `http://` or `//`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Avatar(Arc<str>);

impl Avatar {
    /// The most characters that the URL may have.
    pub const MAX: usize = 2_048;

    fn check(text: &str) -> Result<(), Invalid> {
        check_text(text, Self::MAX)?;
        let known = ["https://", "http://", "//"].iter().any(|start| text.starts_with(start));
        if known { Ok(()) } else { Err(Invalid::Avatar) }
    }
}

/// Parses a UUID in the 8-4-4-4-12 form alone, in any case.
pub fn parse_uuid(text: &str) -> Result<Uuid, Invalid> {
    if text.len() != 36 {
        return Err(Invalid::Uuid);
    }
    Uuid::try_parse(text).map_err(|_| Invalid::Uuid)
}

macro_rules! text_newtype {
    ($([$($generics:tt)*] $name:ty;)*) => {$(
        impl<$($generics)*> $name {
            /// Checks `text`.
            pub fn new(text: &str) -> Result<Self, Invalid> {
                Self::check(text)?;
                Ok(Self(text.into()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<$($generics)*> fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl<$($generics)*> fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<$($generics)*> FieldValue for $name {
            const KIND: Kind = Kind::Text;

            fn to_value(&self) -> Value {
                Value::Text(Arc::clone(&self.0))
            }

            fn from_value(value: Value) -> Option<Self> {
                if let Value::Text(text) = value { Self::check(&text).ok().map(|()| Self(text)) } else { None }
            }

            fn parse(text: &str) -> Result<Self, Invalid> {
                Self::new(text)
            }
        }
    )*};
}

text_newtype! {
    [const MAX: usize] Text<MAX>;
    [] Email;
    [] Avatar;
}

/// What a field's values are, so that a store can give it a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Value::Text`].
    Text,
    /// [`Value::Bool`].
    Bool,
    /// [`Value::Time`].
    Time,
    /// [`Value::Uuid`].
    Uuid,
}

/// A value as the journal and the stores see it. Its postcard form is kept for ever: new variants go to the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Any text.
    Text(#[serde(deserialize_with = "read_any_text")] Arc<str>),
    /// A truth value.
    Bool(bool),
    /// A moment.
    Time(Timestamp),
    /// A UUID.
    Uuid(Uuid),
    /// An element of the user's links.
    Link(Link),
    /// An element of the user's grants.
    Grant(Grant),
    /// The deleted user that a link was taken over from.
    Holder(UserId),
    /// An element of what a user may have several of.
    Element(Box<Element>),
}

/// Reads a text, of which `make` makes what is wanted without a copy in between.
pub(crate) fn read_text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    make: impl FnOnce(&str) -> Result<T, Invalid>,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(TextVisitor(make))
}

fn read_any_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    read_text(deserializer, |text| Ok(text.into()))
}

struct TextVisitor<Make>(Make);

impl<T, Make: FnOnce(&str) -> Result<T, Invalid>> Visitor<'_> for TextVisitor<Make> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

/// A type that a field of a user may have.
pub trait FieldValue: Clone + Eq {
    /// Which values it has.
    const KIND: Kind;
    /// As a [`Value`].
    fn to_value(&self) -> Value;
    /// From a [`Value`], if it is one of this field's.
    fn from_value(value: Value) -> Option<Self>;
    /// From the text that stands for it.
    fn parse(text: &str) -> Result<Self, Invalid>;
}

macro_rules! plain_value {
    ($($name:ty => $variant:ident by $parse:expr;)*) => {$(
        impl FieldValue for $name {
            const KIND: Kind = Kind::$variant;

            fn to_value(&self) -> Value {
                Value::$variant(*self)
            }

            fn from_value(value: Value) -> Option<Self> {
                if let Value::$variant(value) = value { Some(value) } else { None }
            }

            fn parse(text: &str) -> Result<Self, Invalid> {
                $parse(text)
            }
        }
    )*};
}

plain_value! {
    bool => Bool by parse_bool;
    Timestamp => Time by Timestamp::parse_rfc3339;
    Uuid => Uuid by parse_uuid;
}

fn parse_bool(text: &str) -> Result<bool, Invalid> {
    text.parse().map_err(|_| Invalid::Truth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters_not_bytes() {
        assert!(Text::<3>::new("éàü").is_ok());
        assert_eq!(Text::<3>::new("éàüx"), Err(Invalid::TooLong(3)));
        assert_eq!(Text::<3>::new("a\u{9f}"), Err(Invalid::ControlCharacter));
        assert_eq!(Text::<3>::new("a\u{0}"), Err(Invalid::ControlCharacter));
        assert!(Text::<3>::new("").is_ok());
    }

    #[test]
    fn an_email_has_one_at_sign_between_two_parts() {
        for good in ["a@localhost", "é@x.example", "a'b+c@x"] {
            assert!(Email::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a\u{a0}@c", "a@\u{2003}c"] {
            assert_eq!(Email::new(bad), Err(Invalid::Email), "{bad:?}");
        }
        assert_eq!(Email::new(&format!("{}@b", "a".repeat(253))), Err(Invalid::TooLong(254)));
    }

    #[test]
    fn a_uuid_has_the_hyphenated_form_alone() {
        assert!(parse_uuid("50658C1E-356e-4407-b120-d110552292d8").is_ok());
        for bad in [
            "50658c1e356e4407b120d110552292d8",
            "{50658c1e-356e-4407-b120-d110552292d8}",
            "",
            "urn:uuid:50658c1e-356e-4407-b120-d110552292d8",
        ] {
            assert_eq!(parse_uuid(bad), Err(Invalid::Uuid), "{bad}");
        }
    }
}
