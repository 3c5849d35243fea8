//! The body of a request: `application/x-www-form-urlencoded`, each parameter once (RFC 6749, 3.2).

use std::collections::BTreeMap;

use roster_wire::path;
use zeroize::Zeroizing;

use super::answer::OAuthError;

/// The most parameters.
const MOST_PARAMETERS: usize = 64;

/// The parameters that have a value. Unknown ones are not looked at; secrets among them are wiped.
pub(crate) struct Form(BTreeMap<String, Zeroizing<String>>);

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let malformed = || OAuthError::InvalidRequest("The body must be UTF-8, form-encoded");
        let text = std::str::from_utf8(body).map_err(|_| malformed())?;
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let mut parameters = BTreeMap::new();
        for pair in pairs {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).ok_or_else(malformed)?;
            let value = decode(value).ok_or_else(malformed)?;
            if parameters.insert(name.to_string(), value).is_some() {
                return Err(OAuthError::InvalidRequest("A parameter was given twice"));
            }
            if parameters.len() > MOST_PARAMETERS {
                return Err(OAuthError::InvalidRequest("There are too many parameters"));
            }
        }
        Ok(Self(parameters))
    }

    /// A parameter. One without a value is treated as if it were omitted (RFC 6749, 3.2).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str()).filter(|value| !value.is_empty())
    }
}

fn decode(text: &str) -> Option<Zeroizing<String>> {
    let spaced = Zeroizing::new(text.replace('+', " "));
    path::decode(&spaced).ok().map(|decoded| Zeroizing::new(decoded.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(body: &str, name: &str) -> Option<String> {
        Form::parse(body.as_bytes()).ok()?.get(name).map(str::to_owned)
    }

    #[test]
    fn parameters_are_decoded() {
        assert_eq!(get("a=1&b=x+y%2B%C3%A9&", "b").as_deref(), Some("x y+é"));
        assert_eq!(get("a=b=c", "a").as_deref(), Some("b=c"));
        assert_eq!(get("%61=1", "a").as_deref(), Some("1"));
        assert_eq!(get("a=&b", "a"), None);
        assert_eq!(get("a=&b", "b"), None);
    }

    #[test]
    fn what_is_malformed_or_given_twice_is_refused() {
        let many: String = (0..=MOST_PARAMETERS).map(|n| format!("p{n}=1&")).collect();
        for bad in ["a=1&a=1", "a=1&%61=2", "a=&a=", "other=1&other=2", "a=%", "a=%zz", "a=%ff", &many] {
            assert!(Form::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(Form::parse(b"a=\xff").is_err());
    }
}
