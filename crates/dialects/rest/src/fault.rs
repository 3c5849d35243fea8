//! One thing that is wrong with a request: where it is, and what.

use std::borrow::Cow;
use std::fmt;

use roster_directory as directory;
use roster_directory::FaultAt;
use roster_wire::shorten;
use serde::Serialize;
use utoipa::ToSchema;

/// One thing that is wrong with a request. It names the place by one of `pointer`, `parameter` and `header`, and never holds
/// a value that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// A JSON pointer (RFC 6901) into the body that was sent; `""` is the body as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "/email")]
    pub pointer: Option<String>,
    /// The parameter of the path or the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub parameter: Option<Cow<'static, str>>,
    /// The header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub header: Option<&'static str>,
    /// What is wrong there.
    #[schema(value_type = String, example = "must have at most 255 characters")]
    pub detail: Cow<'static, str>,
}

impl Fault {
    /// A fault in the body.
    pub fn at_pointer(pointer: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { pointer: Some(pointer.into()), parameter: None, header: None, detail: detail.into() }
    }

    /// A fault in the path or the query.
    pub fn at_parameter(name: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { pointer: None, parameter: Some(name.into()), header: None, detail: detail.into() }
    }

    /// A fault in a header.
    pub fn at_header(name: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { pointer: None, parameter: None, header: Some(name), detail: detail.into() }
    }

    /// Whether both are at one place.
    pub(crate) fn is_where(&self, other: &Self) -> bool {
        (&self.pointer, &self.parameter, self.header) == (&other.pointer, &other.parameter, other.header)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pointer, parameter, header, detail } = self;
        let place = pointer.as_deref().or(parameter.as_deref()).or(*header).filter(|place| !place.is_empty());
        write!(f, "{} {detail}", place.unwrap_or("the body"))
    }
}

/// A fault that the directory found, at the field that a user of this API knows it by.
impl From<directory::Fault> for Fault {
    fn from(directory::Fault { at, reason }: directory::Fault) -> Self {
        let pointer = match at {
            FaultAt::Field(field) => pointer("", field.name()),
            FaultAt::GrantClient(_) | FaultAt::GrantProfile(_) => {
                pointer("", directory::Field::Grants.name())
            }
            FaultAt::Link(source) => pointer(&pointer("", directory::Field::Links.name()), source.as_str()),
            // Of groups this API knows nothing.
            FaultAt::GroupName | FaultAt::Member(_) => String::new(),
        };
        Self::at_pointer(pointer, reason.to_string())
    }
}

/// The JSON pointer to the member `key` of what `base` points to. The key is cut as in every message.
pub(crate) fn pointer(base: &str, key: &str) -> String {
    format!("{base}/{}", shorten(key).replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_what_it_must() {
        assert_eq!(pointer("/links", "a/b~c"), "/links/a~1b~0c");
        assert_eq!(pointer("", ""), "/");
        assert_eq!(pointer("", &"é".repeat(70)), format!("/{}", "é".repeat(64)));
    }

    #[test]
    fn a_fault_names_one_place() {
        for (fault, json, text) in [
            (
                Fault::at_pointer("/email", "is bad"),
                r#"{"pointer":"/email","detail":"is bad"}"#,
                "/email is bad",
            ),
            (Fault::at_pointer("", "is bad"), r#"{"pointer":"","detail":"is bad"}"#, "the body is bad"),
            (
                Fault::at_parameter("limit", "is bad"),
                r#"{"parameter":"limit","detail":"is bad"}"#,
                "limit is bad",
            ),
            (
                Fault::at_header("If-Match", "is bad"),
                r#"{"header":"If-Match","detail":"is bad"}"#,
                "If-Match is bad",
            ),
        ] {
            assert_eq!(serde_json::to_string(&fault).unwrap(), json);
            assert_eq!(fault.to_string(), text);
        }
    }
}
