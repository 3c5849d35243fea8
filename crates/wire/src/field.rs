//! Members of an object, as a dialect wants them. Nothing stops at the first fault.

use crate::json::{Json, Object};

/// A member that should have a certain type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// It was not sent.
    #[default]
    Absent,
    /// `null` was sent.
    Null,
    /// A value of the type was sent.
    Value(T),
    /// A value of another type was sent.
    WrongType,
}

impl<T> Field<T> {
    /// The value, if one of the type was sent.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null | Self::WrongType => None,
        }
    }

    /// The field with its value made into another one.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Value(value) => Field::Value(make(value)),
            Self::WrongType => Field::WrongType,
        }
    }
}

/// What to do with members that a document does not list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownFields {
    /// Refuse them: a misspelt field that is dropped is lost data.
    #[default]
    Refuse,
    /// Pass over them.
    Ignore,
}

macro_rules! takers {
    ($( $(#[doc = $doc:literal])+ $name:ident -> $type:ty: $pattern:pat => $field:expr; )*) => {
        impl<'a> Json<'a> {
            $(
                $(#[doc = $doc])+
                pub fn $name(&self) -> Field<$type> {
                    match self {
                        Json::Null => Field::Null,
                        $pattern => $field,
                        #[allow(clippy::wildcard_enum_match_arm, reason = "every other type is the wrong one")]
                        _ => Field::WrongType,
                    }
                }
            )*
        }

        impl<'a> Object<'a> {
            $(
                /// The member of that name. See [`Json`].
                pub fn $name(&self, key: &str) -> Field<$type> {
                    self.get(key).map_or(Field::Absent, Json::$name)
                }
            )*
        }
    };
}

takers! {
    /// As a string.
    text -> &str: Json::String(text) => Field::Value(text);
    /// As `true` or `false`.
    boolean -> bool: Json::Bool(value) => Field::Value(*value);
    /// As a number, by its text.
    number -> &'a str: Json::Number(text) => Field::Value(text);
    /// As a whole number of 64 bits, written as one: `33.0` and `1e2` are none.
    integer -> i64: Json::Number(text) => text.parse().map_or(Field::WrongType, Field::Value);
    /// As an array.
    array -> &[Json<'a>]: Json::Array(values) => Field::Value(values);
    /// As an object.
    object -> &Object<'a>: Json::Object(object) => Field::Value(object);
}

impl<'a> Object<'a> {
    /// The keys that are none of `known`, in the order in which they came, each once.
    pub fn unknown_keys(&self, known: &[&str]) -> impl Iterator<Item = &str> {
        self.members().map(|(key, _)| key).filter(move |key| !known.contains(key))
    }
}

/// The most characters of a key that a message names.
pub const KEY_CHARACTERS: usize = 64;

/// A key as a message names it: cut to [`KEY_CHARACTERS`].
pub fn shorten(key: &str) -> &str {
    key.char_indices().nth(KEY_CHARACTERS).and_then(|(end, _)| key.get(..end)).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Limits, parse};

    #[test]
    fn each_type_is_taken_from_each_json() {
        let text = r#"{"n":null,"b":true,"i":33,"f":33.0,"e":1e2,"big":9223372036854775808,"s":"x","a":[1],"o":{"k":"v"}}"#;
        let Ok(Json::Object(object)) = parse(text.as_bytes(), Limits::default()) else { panic!("an object") };
        let right = |key: &str| {
            let taken = [
                (object.text(key).map(|_| ()), "text"),
                (object.boolean(key).map(|_| ()), "boolean"),
                (object.number(key).map(|_| ()), "number"),
                (object.integer(key).map(|_| ()), "integer"),
                (object.array(key).map(|_| ()), "array"),
                (object.object(key).map(|_| ()), "object"),
            ];
            if taken.iter().all(|(field, _)| *field == Field::Null) {
                return vec!["null"];
            }
            if taken.iter().all(|(field, _)| *field == Field::Absent) {
                return vec!["absent"];
            }
            assert!(
                taken.iter().all(|(field, _)| matches!(field, Field::Value(()) | Field::WrongType)),
                "{key}"
            );
            taken.iter().filter(|(field, _)| *field == Field::Value(())).map(|(_, name)| *name).collect()
        };
        assert_eq!(right("n"), ["null"]);
        assert_eq!(right("missing"), ["absent"]);
        assert_eq!(right("b"), ["boolean"]);
        assert_eq!(right("i"), ["number", "integer"]);
        assert_eq!(right("f"), ["number"]);
        assert_eq!(right("e"), ["number"]);
        assert_eq!(right("big"), ["number"]);
        assert_eq!(right("s"), ["text"]);
        assert_eq!(right("a"), ["array"]);
        assert_eq!(right("o"), ["object"]);
        assert_eq!(object.integer("i"), Field::Value(33));
        assert_eq!(object.number("e"), Field::Value("1e2"));
        assert_eq!(object.text("s"), Field::Value("x"));
    }

    #[test]
    fn unknown_keys_are_named_once_each() {
        let Ok(Json::Object(object)) = parse(br#"{"a":1,"b":2,"c":3,"b":4}"#, Limits::default()) else {
            panic!("an object")
        };
        assert_eq!(object.unknown_keys(&["a"]).collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(object.duplicates(), ["b"]);
    }

    #[test]
    fn a_key_is_cut_between_characters() {
        let short = "é".repeat(64);
        assert_eq!(shorten(&short), short);
        assert_eq!(shorten(&format!("{short}x")), short);
        assert_eq!(shorten(""), "");
    }
}
