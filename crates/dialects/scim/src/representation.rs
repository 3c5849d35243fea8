//! A resource as it is answered: written down member by member, straight from what it shows. A page of users is mostly this.

use std::fmt;

use roster_directory::Timestamp;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::error::ScimError;
use crate::projection::{Kept, Projection};
use crate::refused;
use crate::resource::Resource;

/// A JSON object that is being written.
pub(crate) struct Object<'o> {
    json: &'o mut Vec<u8>,
    /// Which members are answered; the others are passed over.
    kept: Kept<'o>,
    /// Where its first member begins; of a resource, where the URNs of its schemas end.
    start: usize,
}

/// A value without members.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scalar<'a> {
    Text(&'a str),
    Id(Uuid),
    Url(Url<'a>),
    /// To the millisecond.
    Millis(Timestamp),
    /// To the microsecond.
    Micros(Timestamp),
    Truth(bool),
    Number(i64),
}

/// Where a resource is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Url<'a> {
    /// The URL below which the endpoints are.
    pub(crate) base: &'a str,
    /// That of its type.
    pub(crate) endpoint: &'static str,
    /// Its id.
    pub(crate) id: Uuid,
}

/// What is shown as a resource.
pub(crate) trait Represent {
    /// Where it is.
    fn url(&self) -> Url<'_>;

    /// Its entity tag.
    fn tag(&self) -> String;

    /// Writes its attributes. `tag` is its entity tag.
    fn write(&self, resource: &mut Object<'_>, tag: &str);
}

/// Writes what of a resource is answered, behind what is there; its entity tag. Its `schemas` are those of which something is
/// answered (RFC 7643, 3).
pub(crate) fn write(json: &mut Vec<u8>, shown: &impl Represent, projection: &Projection) -> String {
    json.extend_from_slice(b"{\"schemas\":[");
    text(json, projection.core());
    let start = json.len();
    json.push(b']');
    let tag = shown.tag();
    shown.write(&mut Object { json, kept: Kept::Resource(projection), start }, &tag);
    json.push(b'}');
    tag
}

/// The whole of a resource in canonical form, to be edited.
pub(crate) fn resource(shown: &impl Represent) -> Result<Resource, ScimError> {
    let mut json = Vec::new();
    braces(&mut json, Kept::Whole, |resource| shown.write(resource, &shown.tag()));
    serde_json::from_slice(&json).map_err(|error| refused::unwritable(&error))
}

impl Object<'_> {
    /// Adds a member that is not there yet.
    pub(crate) fn push<'a>(&mut self, name: &str, value: impl Into<Scalar<'a>>) {
        if self.kept.of(name).is_some() {
            self.name(name);
            value.into().write(self.json);
        }
    }

    /// Adds a member that is not there yet, if there is a value.
    pub(crate) fn push_some<'a>(&mut self, name: &str, value: Option<impl Into<Scalar<'a>>>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    /// Adds an object, if something of it is answered.
    pub(crate) fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object<'_>)) {
        if let Some(kept) = self.kept.of(name) {
            self.nest(name, kept, fill);
        }
    }

    /// Adds a list of objects, of those of which something is answered.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        fill: impl Fn(&mut Object<'_>, T),
    ) {
        let mut items = items.into_iter().peekable();
        // Most lists are empty.
        let Some(kept) = self.kept.of(name).filter(|_| items.peek().is_some()) else { return };
        let before = self.json.len();
        self.name(name);
        self.json.push(b'[');
        let first = self.json.len();
        for item in items {
            let end = self.json.len();
            if end > first {
                self.json.push(b',');
            }
            if !braces(self.json, kept, |element| fill(element, item)) {
                self.json.truncate(end);
            }
        }
        if self.json.len() == first {
            self.json.truncate(before);
        } else {
            self.json.push(b']');
        }
    }

    /// Adds to a resource the object of an extension, if something of it is answered: then it is one of its schemas.
    pub(crate) fn extension(&mut self, urn: &'static str, fill: impl FnOnce(&mut Object<'_>)) {
        if let Some(kept) = self.kept.of_extension(urn)
            && self.nest(urn, kept, fill)
            && let Kept::Resource(_) = self.kept
        {
            let mut behind = vec![b','];
            text(&mut behind, urn);
            let length = behind.len();
            self.json.splice(self.start..self.start, behind);
            self.start += length;
        }
    }

    /// Adds an object; whether it has any members, else it is not there.
    fn nest(&mut self, name: &str, kept: Kept<'_>, fill: impl FnOnce(&mut Object<'_>)) -> bool {
        let before = self.json.len();
        self.name(name);
        let has_any = braces(self.json, kept, fill);
        if !has_any {
            self.json.truncate(before);
        }
        has_any
    }

    /// Names are Roster's own: nothing in them is escaped.
    fn name(&mut self, name: &str) {
        if self.json.len() > self.start {
            self.json.push(b',');
        }
        self.json.push(b'"');
        self.json.extend_from_slice(name.as_bytes());
        self.json.extend_from_slice(b"\":");
    }
}

/// Writes an object; whether it has any members.
fn braces(json: &mut Vec<u8>, kept: Kept<'_>, fill: impl FnOnce(&mut Object<'_>)) -> bool {
    json.push(b'{');
    let start = json.len();
    fill(&mut Object { json, kept, start });
    let has_any = json.len() > start;
    json.push(b'}');
    has_any
}

/// Writes a text. Few have something to escape.
fn text(json: &mut Vec<u8>, text: &str) {
    let is_special = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    if text.bytes().fold(false, |any, byte| any | is_special(byte)) {
        // Writing into memory does not fail.
        let _ = serde_json::to_writer(json, text);
    } else {
        json.push(b'"');
        json.extend_from_slice(text.as_bytes());
        json.push(b'"');
    }
}

/// Writes the rest of a text that ends with an id.
fn id(json: &mut Vec<u8>, id: Uuid) {
    json.extend_from_slice(id.as_hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]).as_bytes());
    json.push(b'"');
}

impl Scalar<'_> {
    fn write(self, json: &mut Vec<u8>) {
        match self {
            Self::Text(value) => text(json, value),
            Self::Id(value) => {
                json.push(b'"');
                id(json, value);
            }
            Self::Url(Url { base, endpoint, id: value }) => {
                text(json, base);
                json.truncate(json.len().saturating_sub(1));
                json.extend_from_slice(endpoint.as_bytes());
                json.push(b'/');
                id(json, value);
            }
            Self::Millis(time) => text(json, &time.to_rfc3339_millis()),
            Self::Micros(time) => text(json, &time.to_rfc3339_micros()),
            Self::Truth(true) => json.extend_from_slice(b"true"),
            Self::Truth(false) => json.extend_from_slice(b"false"),
            Self::Number(number) => json.extend_from_slice(number.to_string().as_bytes()),
        }
    }
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base, endpoint, id } = self;
        write!(f, "{base}{endpoint}/{id}")
    }
}

impl<'a> From<&'a str> for Scalar<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Scalar<'_> {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl From<i64> for Scalar<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Uuid> for Scalar<'_> {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl<'a> From<Url<'a>> for Scalar<'a> {
    fn from(url: Url<'a>) -> Self {
        Self::Url(url)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::convert::{DIRECTORY, ENTERPRISE};
    use crate::schema::USER;

    struct Someone(Uuid);

    impl Represent for Someone {
        fn url(&self) -> Url<'_> {
            Url { base: "https://a", endpoint: "/Users", id: self.0 }
        }

        fn tag(&self) -> String {
            "W/\"1\"".to_owned()
        }

        fn write(&self, resource: &mut Object<'_>, tag: &str) {
            resource.push("id", self.0);
            resource.push("userName", "A\t\"\\\u{1}é\u{7f}");
            resource.object("name", |name| name.push_some("givenName", None::<&str>));
            resource.extension(ENTERPRISE, |enterprise| enterprise.push("department", "d"));
            resource.list("roles", [None, Some("r"), None, Some("s")], |role, value| {
                role.push_some("value", value);
            });
            resource.list("ims", [None::<&str>], |im, value| im.push_some("value", value));
            resource.extension(DIRECTORY, |directory| {
                directory.push("number", 7);
                directory.push("staff", false);
            });
            resource.object("meta", |meta| {
                meta.push(
                    "created",
                    Scalar::Micros(Timestamp::parse_rfc3339("2024-01-19T12:45:04.1Z").unwrap()),
                );
                meta.push("location", self.url());
                meta.push("version", tag);
            });
        }
    }

    #[test]
    fn a_resource_is_written_member_by_member() {
        let id = Uuid::from_u128(10);
        let mut json = b"[".to_vec();
        assert_eq!(write(&mut json, &Someone(id), &Projection::default_of(&USER)), "W/\"1\"");
        assert_eq!(
            String::from_utf8(json).unwrap(),
            concat!(
                r#"[{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","#,
                r#""urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","#,
                r#""urn:roster:scim:schemas:extension:directory:1.0:User"],"#,
                r#""id":"00000000-0000-0000-0000-00000000000a","#,
                r#""userName":"A\t\"\\\u0001é"#,
                "\u{7f}",
                r#"","#,
                r#""urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"d"},"#,
                r#""roles":[{"value":"r"},{"value":"s"}],"#,
                r#""urn:roster:scim:schemas:extension:directory:1.0:User":{"staff":false},"#,
                r#""meta":{"created":"2024-01-19T12:45:04.100000Z","#,
                r#""location":"https://a/Users/00000000-0000-0000-0000-00000000000a","version":"W/\"1\""}}"#,
            )
        );
    }

    #[test]
    fn what_is_edited_is_the_whole_without_schemas() {
        let resource = resource(&Someone(Uuid::nil())).unwrap();
        let names: Vec<&str> = resource.keys().map(String::as_str).collect();
        assert_eq!(names, ["id", "userName", ENTERPRISE, "roles", DIRECTORY, "meta"]);
        assert_eq!(resource[DIRECTORY]["number"], Value::from(7));
        assert_eq!(resource["userName"], "A\t\"\\\u{1}é\u{7f}");
    }
}
