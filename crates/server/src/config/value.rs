//! What the value of a setting may be, as text (flags and variables) and as TOML (the file).

use std::collections::BTreeSet;
use std::path::PathBuf;

/// A type that a setting can have.
pub trait Value: Sized {
    /// What the help calls its values.
    const NAME: &'static str;
    /// What is said of a value that is none: `must be ...`.
    const EXPECTED: &'static str;
    /// Whether the file may give it as an integer.
    const IS_NUMERIC: bool = false;
    /// Whether the flag may stand alone, and means `true` then.
    const IS_SWITCH: bool = false;

    /// From the text of a flag or a variable.
    fn from_text(text: &str) -> Option<Self>;

    /// From the file.
    fn from_toml(value: &toml::Value) -> Option<Self> {
        match value.as_integer().filter(|_| Self::IS_NUMERIC) {
            Some(number) => Self::from_text(&number.to_string()),
            None => value.as_str().and_then(Self::from_text),
        }
    }

    /// As the file would have it; a secret masked.
    fn to_toml(&self) -> toml::Value;
}

impl Value for bool {
    const NAME: &'static str = "BOOL";
    const EXPECTED: &'static str = "true or false";
    const IS_SWITCH: bool = true;

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn from_toml(value: &toml::Value) -> Option<Self> {
        value.as_bool()
    }

    fn to_toml(&self) -> toml::Value {
        (*self).into()
    }
}

impl Value for PathBuf {
    const NAME: &'static str = "PATH";
    const EXPECTED: &'static str = "a path";

    fn from_text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.into())
    }

    fn to_toml(&self) -> toml::Value {
        self.display().to_string().into()
    }
}

/// TOML on one line, as flags and variables have it.
pub(crate) fn inline_toml(text: &str) -> Option<toml::Value> {
    let mut table: toml::Table = toml::from_str(&format!("value = {text}")).ok()?;
    table.remove("value")
}

/// Values separated by commas, or an array as the file has it.
pub(crate) fn list_from_text<T>(text: &str, one: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    if text.starts_with('[') {
        return list_from_toml(&inline_toml(text)?, one);
    }
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(one).collect()
}

pub(crate) fn list_from_toml<T>(value: &toml::Value, one: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(|element| element.as_str().and_then(&one)).collect()
}

fn name(text: &str) -> Option<String> {
    let plain = !text.is_empty() && text.chars().all(|c| !c.is_control() && !c.is_whitespace() && c != ',');
    plain.then(|| text.to_owned())
}

impl Value for BTreeSet<String> {
    const NAME: &'static str = "NAME,...";
    const EXPECTED: &'static str = "names separated by commas (in the file, an array of them)";

    fn from_text(text: &str) -> Option<Self> {
        list_from_text(text, name).map(Self::from_iter)
    }

    fn from_toml(value: &toml::Value) -> Option<Self> {
        list_from_toml(value, name).map(Self::from_iter)
    }

    fn to_toml(&self) -> toml::Value {
        self.iter().cloned().collect::<Vec<String>>().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_separated_by_commas_or_arrays() {
        let names = BTreeSet::from_text("ROLE_A, ROLE_B,").unwrap();
        assert_eq!(names, BTreeSet::from(["ROLE_A".to_owned(), "ROLE_B".to_owned()]));
        assert_eq!(BTreeSet::from_toml(&names.to_toml()).as_ref(), Some(&names));
        assert_eq!(BTreeSet::from_text(""), Some(BTreeSet::new()));
        assert_eq!(BTreeSet::from_text(r#"["ROLE_B", "ROLE_A"]"#), Some(names.clone()));
        assert_eq!(BTreeSet::from_text("a b"), None);
        assert_eq!(BTreeSet::from_toml(&"ROLE_A".into()), None);
    }
}
