//! Settings that are lists of tables: `[[issuers]]` in the file; as a flag or a variable, the same as TOML on one line.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::value::{Value, inline_toml};

/// One text, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One.
    One(String),
    /// Several.
    More(BTreeSet<String>),
}

impl OneOrMore {
    /// All of them.
    pub fn into_set(self) -> BTreeSet<String> {
        match self {
            Self::One(text) => BTreeSet::from([text]),
            Self::More(texts) => texts,
        }
    }
}

/// An issuer whose tokens are believed besides Roster's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// What its tokens have in `iss`, to the letter.
    pub iss: String,
    /// Where its keys are: an `https` address, or an `http` one on this machine.
    pub jwks_url: String,
    /// What its tokens must have in `aud`: one of these.
    pub audience: OneOrMore,
    /// The name space of its clients' external ids; where there is none, it is the token's `client_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether its keys may be fetched over `http` from another machine.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_http: bool,
}

/// A user whose tokens carry authorities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordUser {
    /// Who: a user_name, or an id.
    pub user: String,
    /// What the user's tokens carry.
    pub authorities: BTreeSet<String>,
}

macro_rules! tables {
    ($($type:ident: $expected:literal;)+) => {$(
        impl Value for Vec<$type> {
            const NAME: &'static str = "TOML";
            const EXPECTED: &'static str = $expected;

            fn from_text(text: &str) -> Option<Self> {
                Self::from_toml(&inline_toml(text)?)
            }

            fn from_toml(value: &toml::Value) -> Option<Self> {
                value.clone().try_into().ok()
            }

            fn to_toml(&self) -> toml::Value {
                toml::Value::try_from(self).unwrap_or_else(|_| toml::Value::Array(Vec::new()))
            }
        }
    )+};
}

tables! {
    Issuer: "an array of tables with iss, jwks_url, audience and, if wanted, source and allow_http";
    PasswordUser: "an array of tables with user and authorities";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_from_one_line_and_from_the_file_alike() {
        let line =
            r#"[{ iss = "https://id.example", jwks_url = "https://id.example/keys", audience = "roster" }]"#;
        let file = "[[issuers]]\niss = 'https://id.example'\njwks_url = 'https://id.example/keys'\naudience = ['roster']";
        let file: toml::Table = toml::from_str(file).unwrap();
        let (line, file) =
            (Vec::<Issuer>::from_text(line).unwrap(), Vec::<Issuer>::from_toml(&file["issuers"]).unwrap());
        assert_eq!(line[0].iss, "https://id.example");
        assert_eq!(line[0].audience.clone().into_set(), file[0].audience.clone().into_set());
        assert_eq!(Vec::<Issuer>::from_toml(&line.to_toml()), Some(line));
    }

    #[test]
    fn a_table_with_a_key_too_few_or_too_many_is_refused() {
        for bad in ["[{ iss = 'x' }]", "{}", "[{ user = 'a', authorities = [], more = 1 }]", "[", "1"] {
            assert_eq!(Vec::<Issuer>::from_text(bad), None, "{bad}");
            assert_eq!(Vec::<PasswordUser>::from_text(bad), None, "{bad}");
        }
    }
}
