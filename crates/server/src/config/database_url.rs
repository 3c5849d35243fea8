//! Where a database is. It holds a password.

use secrecy::SecretString;

use super::value::Value;

/// The URL of a PostgreSQL database, if one is to be used.
#[derive(Debug, Clone, Default)]
pub struct DatabaseUrl(pub Option<SecretString>);

impl Value for DatabaseUrl {
    const NAME: &'static str = "URL";
    const EXPECTED: &'static str = "a URL that begins with postgres:// or postgresql://";

    fn from_text(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self(None));
        }
        let known = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        known.then(|| Self(Some(text.into())))
    }

    /// Whether there is one is told, and no more.
    fn to_toml(&self) -> toml::Value {
        if self.0.is_some() { "********".into() } else { "".into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_never_shown() {
        let url = DatabaseUrl::from_text("postgres://roster:hunter2@db/roster").unwrap();
        assert!(!format!("{url:?} {:?}", url.to_toml()).contains("hunter2"));
        assert!(DatabaseUrl::from_text("mysql://db").is_none());
        assert!(DatabaseUrl::from_text("").unwrap().0.is_none(), "an empty variable is none");
    }
}
