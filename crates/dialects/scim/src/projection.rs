//! What of a resource is answered: `attributes` and `excludedAttributes` (RFC 7644, 3.9).

use serde_json::Value;

use crate::error::ScimError;
use crate::fault::Fault;
use crate::list::schemas_of;
use crate::resource::Resource;
use crate::schema::{Attribute, Place, ResourceType, Returned, Target};

/// What of a resource is answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Projection {
    kind: &'static ResourceType,
    mode: Mode,
    named: Vec<Target>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// What is returned by default.
    Default,
    /// What is named alone.
    Only,
    /// What is returned by default, but for what is named.
    Without,
}

/// How much of an attribute is answered.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Whole,
    Nothing,
    Only(Vec<&'static Attribute>),
    Without(Vec<&'static Attribute>),
}

/// The name without a filter in it: some clients ask for `emails[type eq "work"]`, and are answered all of them.
fn unfiltered(name: &str) -> String {
    let name = name.trim();
    match (name.find('['), name.rfind(']')) {
        (Some(open), Some(close)) if open < close => {
            format!("{}{}", name.get(..open).unwrap_or_default(), name.get(close + 1..).unwrap_or_default())
        }
        (_, _) => name.to_owned(),
    }
}

impl Projection {
    /// Everything that is returned by default.
    pub(crate) fn default_of(kind: &'static ResourceType) -> Self {
        Self { kind, mode: Mode::Default, named: Vec::new() }
    }

    /// What `attributes` or `excludedAttributes` ask for: one of them at most. Names that mean nothing are passed over.
    pub(crate) fn new(
        kind: &'static ResourceType,
        attributes: &[String],
        excluded: &[String],
    ) -> Result<Self, ScimError> {
        let find =
            |names: &[String]| names.iter().filter_map(|name| kind.find_asked(&unfiltered(name))).collect();
        match (attributes.is_empty(), excluded.is_empty()) {
            (true, true) => Ok(Self::default_of(kind)),
            (false, true) => Ok(Self { kind, mode: Mode::Only, named: find(attributes) }),
            (true, false) => Ok(Self { kind, mode: Mode::Without, named: find(excluded) }),
            (false, false) => {
                let reason = "can't be given together with excludedAttributes";
                Err(ScimError::of_faults(&[Fault::new("attributes", reason)]))
            }
        }
    }

    /// Whether it is everything that is returned by default: nothing else was asked for.
    pub(crate) fn is_default(&self) -> bool {
        self.mode == Mode::Default
    }

    /// Whether something of the attribute may be answered; what is not, need not be read.
    pub(crate) fn wants(&self, attribute: &str) -> bool {
        self.kind.find_attribute(attribute).is_some_and(|place| self.part(&place.whole()) != Part::Nothing)
    }

    /// What of the resource is answered.
    pub(crate) fn apply(&self, mut resource: Resource) -> Resource {
        let kind = self.kind;
        for schema in kind.extensions {
            if let Some(members) = resource.get_mut(schema.urn).and_then(Value::as_object_mut) {
                members.retain(|name, value| self.keep(kind.place(Some(schema.urn), name, None), value));
            }
        }
        resource.retain(|name, value| match kind.extension(name) {
            Some(_) => value.as_object().is_some_and(|members| !members.is_empty()),
            None => self.keep(kind.place(None, name, None), value),
        });
        // Of a schema all of whose attributes are left out, the resource has none.
        let schemas = schemas_of(kind, &resource);
        if let Some(stated) = resource.get_mut("schemas") {
            *stated = schemas;
        }
        resource
    }

    fn keep(&self, place: Option<Place>, value: &mut Value) -> bool {
        let keeps: &dyn Fn(&Attribute) -> bool = match place.map_or(Part::Nothing, |place| self.part(&place))
        {
            Part::Whole => return true,
            Part::Nothing => return false,
            Part::Only(named) => &move |sub| sub.returned == Returned::Always || named.contains(&sub),
            Part::Without(named) => &move |sub| sub.returned == Returned::Always || !named.contains(&sub),
        };
        let keeps =
            |name: &String| place.and_then(|place| place.attribute.sub_attribute(name)).is_some_and(keeps);
        match value {
            Value::Object(members) => {
                members.retain(|name, _| keeps(name));
                !members.is_empty()
            }
            Value::Array(elements) => {
                for members in elements.iter_mut().filter_map(Value::as_object_mut) {
                    members.retain(|name, _| keeps(name));
                }
                elements.retain(|element| element.as_object().is_some_and(|members| !members.is_empty()));
                !elements.is_empty()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        }
    }

    /// How much of an attribute is answered. `place` is the whole of it.
    fn part(&self, place: &Place) -> Part {
        match place.attribute.returned {
            Returned::Always => return Part::Whole,
            Returned::Never => return Part::Nothing,
            Returned::Default | Returned::Request => {}
        }
        let whole = self.named.iter().any(|target| match target {
            Target::Schema(schema) if *schema == self.kind.core => {
                place.extension.is_none() && schema.attributes.contains(place.attribute)
            }
            Target::Schema(schema) => place.extension == Some(schema.urn),
            Target::Attribute(named) => named == place,
        });
        let subs: Vec<_> = self
            .named
            .iter()
            .filter_map(|target| match target {
                Target::Attribute(named) if named.whole() == *place => named.sub,
                Target::Attribute(_) | Target::Schema(_) => None,
            })
            .collect();
        let is_hidden = place.attribute.returned == Returned::Request;
        match (self.mode, whole, subs.is_empty()) {
            (Mode::Default | Mode::Without, ..) if is_hidden => Part::Nothing,
            (Mode::Default, ..) | (Mode::Only, true, _) | (Mode::Without, false, true) => Part::Whole,
            (Mode::Only, false, true) | (Mode::Without, true, _) => Part::Nothing,
            (Mode::Only, false, false) => Part::Only(subs),
            (Mode::Without, false, false) => Part::Without(subs),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::{GROUP, USER};

    #[test]
    fn the_urn_of_the_core_schema_is_all_its_attributes() {
        let resource = json!({ "id": "1", "userName": "x", "title": "t", "meta": { "version": "1" } });
        let apply = |only: &[&str], without: &[&str]| {
            let [only, without] =
                [only, without].map(|names| names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>());
            let projection = Projection::new(&USER, &only, &without).unwrap();
            let resource = projection.apply(resource.as_object().unwrap().clone());
            resource.keys().map(String::as_str).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(apply(&[USER.core.urn], &[]), "id userName title");
        assert_eq!(apply(&[], &[USER.core.urn]), "id meta");
    }

    const URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn user() -> Resource {
        let user = json!({
            "schemas": [USER.core.urn, URN],
            "id": "1",
            "userName": "ada",
            "password": "secret",
            "unknown": 1,
            "name": { "givenName": "Ada", "familyName": "Lovelace" },
            "emails": [{ "value": "a@x", "type": "work", "primary": true }, { "type": "home" }],
            URN: { "department": "d", "manager": { "value": "2", "displayName": "m" } },
            "meta": { "version": "1" },
        });
        user.as_object().unwrap().clone()
    }

    fn names(text: &str) -> Vec<String> {
        text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    fn shown(attributes: &str, excluded: &str) -> Value {
        let mut shown = Projection::new(&USER, &names(attributes), &names(excluded)).unwrap().apply(user());
        assert!(shown.remove("schemas").is_some());
        assert_eq!(shown.remove("id"), Some("1".into()));
        shown.into()
    }

    #[test]
    fn by_default_all_is_answered_but_what_never_is() {
        let mut expected = user();
        expected.retain(|name, _| name != "password" && name != "unknown");
        assert_eq!(Projection::default_of(&USER).apply(user()), expected);
    }

    #[test]
    fn what_is_asked_for_is_answered_alone() {
        for (attributes, expected) in [
            ("USERNAME,nothing", json!({ "userName": "ada" })),
            ("nothing", json!({})),
            ("password", json!({})),
            ("urn:ietf:params:scim:schemas:core:2.0:user:username", json!({ "userName": "ada" })),
            ("name.givenname, meta", json!({ "name": { "givenName": "Ada" }, "meta": { "version": "1" } })),
            ("emails.value", json!({ "emails": [{ "value": "a@x" }] })),
            ("emails,emails.value", json!({ "emails": user()["emails"] })),
            (URN, json!({ URN: user()[URN] })),
            (&format!("{URN}:manager.value"), json!({ URN: { "manager": { "value": "2" } } })),
        ] {
            assert_eq!(shown(attributes, ""), expected, "{attributes}");
        }
    }

    #[test]
    fn what_is_excluded_is_not_answered_unless_it_always_is() {
        for (excluded, gone) in [
            ("id,schemas,userName,name,meta,emails", json!({ URN: user()[URN] })),
            (
                &format!("userName,name.GIVENNAME,meta,emails.type,emails.primary,{URN}"),
                json!({ "name": { "familyName": "Lovelace" }, "emails": [{ "value": "a@x" }] }),
            ),
        ] {
            assert_eq!(shown("", excluded), gone, "{excluded}");
        }
    }

    #[test]
    fn what_is_not_wanted_need_not_be_read() {
        let of = |attributes: &str, excluded: &str| {
            Projection::new(&GROUP, &names(attributes), &names(excluded)).unwrap().wants("members")
        };
        assert!(of("", "") && of("members.value", "") && of("", "members.value") && of("", "displayName"));
        assert!(!of("displayName", "") && !of("", "MEMBERS"));
        assert!(Projection::new(&GROUP, &names("a"), &names("b")).is_err());
    }
}
