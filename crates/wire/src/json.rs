//! Strict JSON: every number keeps its spelling, every key that came twice is known, and a fault says where it is.

mod members;
mod place;

use std::borrow::Cow;

use serde::de::Deserializer as _;
use serde_json::value::RawValue;

use members::{Elements, Members, Text};
use place::place;

/// A JSON value. Strings without escapes and numbers are borrowed from the text.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was spelt.
    Number(&'a str),
    /// A string, unescaped.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object.
    Object(Object<'a>),
}

/// A JSON object: its members in their order, and the keys that came more than once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object<'a> {
    members: Vec<(Cow<'a, str>, Json<'a>)>,
    duplicates: Vec<String>,
}

impl<'a> Object<'a> {
    /// The members in their order; of those with one key the first.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Json<'a>)> {
        self.members.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// The member of that name.
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        self.members().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The keys that came more than once, each once.
    pub fn duplicates(&self) -> &[String] {
        &self.duplicates
    }
}

/// How much of JSON is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most arrays and objects inside one another.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 32 }
    }
}

/// Why a text is no JSON that is read: what, and where (line and column count from 1, the column in characters). It never
/// holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at line {line}, column {column}")]
pub struct JsonFault {
    what: Cow<'static, str>,
    line: usize,
    column: usize,
}

/// Reads a JSON text, to its end.
pub fn parse(bytes: &[u8], limits: Limits) -> Result<Json<'_>, JsonFault> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).and_then(|good| std::str::from_utf8(good).ok());
            return Err(fault(good.unwrap_or_default(), error.valid_up_to(), "invalid UTF-8".into()));
        }
    };
    if text.starts_with('\u{feff}') {
        return Err(fault(text, 0, "byte order mark".into()));
    }
    let reader = Reader { text, limits };
    let start = text.find(|c| !matches!(c, ' ' | '\t' | '\n' | '\r')).unwrap_or(text.len());
    match text.as_bytes().get(start) {
        // Read at once: looking for its end first would read it twice.
        Some(b'{') => reader.object(text, 1).map(Json::Object),
        Some(b'[') => reader.array(text, 1).map(Json::Array),
        Some(_) | None => {
            let raw: &RawValue = serde_json::from_str(text).map_err(|error| reader.syntax(text, &error))?;
            reader.value(raw.get(), 0)
        }
    }
}

fn fault(text: &str, offset: usize, what: Cow<'static, str>) -> JsonFault {
    let (line, column) = place(text, offset);
    JsonFault { what, line, column }
}

struct Reader<'a> {
    text: &'a str,
    limits: Limits,
}

impl<'a> Reader<'a> {
    /// Reads a value whose extent is known: it is well formed, but for the surrogates of its strings.
    fn value(&self, raw: &'a str, depth: usize) -> Result<Json<'a>, JsonFault> {
        match raw.as_bytes().first() {
            Some(b'n') => Ok(Json::Null),
            Some(b't') => Ok(Json::Bool(true)),
            Some(b'f') => Ok(Json::Bool(false)),
            Some(b'"') => self.string(raw).map(Json::String),
            Some(b'[') => self.array(raw, depth + 1).map(Json::Array),
            Some(b'{') => self.object(raw, depth + 1).map(Json::Object),
            Some(_) | None => Ok(Json::Number(raw)),
        }
    }

    fn string(&self, raw: &'a str) -> Result<Cow<'a, str>, JsonFault> {
        let Text(text) = serde_json::from_str(raw).map_err(|error| self.syntax(raw, &error))?;
        Ok(text)
    }

    fn array(&self, raw: &'a str, depth: usize) -> Result<Vec<Json<'a>>, JsonFault> {
        self.check_depth(raw, depth)?;
        let mut deserializer = serde_json::Deserializer::from_str(raw);
        let elements =
            deserializer.deserialize_seq(Elements).and_then(|read| deserializer.end().map(|()| read));
        elements
            .map_err(|error| self.syntax(raw, &error))?
            .into_iter()
            .map(|raw| self.value(raw.get(), depth))
            .collect()
    }

    fn object(&self, raw: &'a str, depth: usize) -> Result<Object<'a>, JsonFault> {
        self.check_depth(raw, depth)?;
        let mut deserializer = serde_json::Deserializer::from_str(raw);
        let members =
            deserializer.deserialize_map(Members).and_then(|read| deserializer.end().map(|()| read));
        let (texts, duplicates) =
            members::without_repeats(members.map_err(|error| self.syntax(raw, &error))?);
        let mut members = Vec::with_capacity(texts.len());
        for (key, text) in texts {
            members.push((key, self.value(text.get(), depth)?));
        }
        Ok(Object { members, duplicates })
    }

    fn check_depth(&self, raw: &str, depth: usize) -> Result<(), JsonFault> {
        if depth <= self.limits.depth {
            return Ok(());
        }
        Err(fault(
            self.text,
            self.offset(raw),
            format!("more than {} levels of nesting", self.limits.depth).into(),
        ))
    }

    /// Where `part`, a part of the text, begins in it.
    fn offset(&self, part: &str) -> usize {
        part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr())
    }

    fn syntax(&self, part: &str, error: &serde_json::Error) -> JsonFault {
        // Its own message ends in a line and a column of the part that it was given.
        let message = error.to_string();
        let what = message.split(" at line ").next().unwrap_or_default().to_owned();
        let within = place::offset(part, error.line(), error.column());
        fault(self.text, self.offset(part).saturating_add(within), what.into())
    }
}

#[cfg(test)]
mod tests;
