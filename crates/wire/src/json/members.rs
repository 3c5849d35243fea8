//! One level of a JSON text, read by serde_json.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A string; borrowed, where it has no escapes (serde's own `Cow` never borrows).
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

/// The members of an object, each value as its text.
pub(super) struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Text(key), value)) = map.next_entry()? {
            members.push((key, value));
        }
        Ok(members)
    }
}

/// The elements of an array, each as its text.
pub(super) struct Elements;

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(elements)
    }
}

/// The members without those whose key came before, and the keys that came more than once, each once.
pub(super) fn without_repeats<'a, V>(
    mut members: Vec<(Cow<'a, str>, V)>,
) -> (Vec<(Cow<'a, str>, V)>, Vec<String>) {
    if !has_repeats(&members) {
        return (members, Vec::new());
    }
    let (mut seen, mut repeated, mut duplicates) = (HashSet::new(), HashSet::new(), Vec::new());
    members.retain(|(key, _)| {
        let is_first = seen.insert(key.clone());
        if !is_first && repeated.insert(key.clone()) {
            duplicates.push(key.as_ref().to_owned());
        }
        is_first
    });
    (members, duplicates)
}

fn has_repeats<V>(members: &[(Cow<'_, str>, V)]) -> bool {
    /// Up to here comparing each with each is faster than hashing.
    const FEW: usize = 32;
    if members.len() <= FEW {
        let came_before = |(index, (key, _)): (usize, &(Cow<'_, str>, V))| {
            members.iter().take(index).any(|(other, _)| other == key)
        };
        return members.iter().enumerate().any(came_before);
    }
    let mut seen = HashSet::with_capacity(members.len());
    !members.iter().all(|(key, _)| seen.insert(key.as_ref()))
}
