//! What of a resource is answered: `attributes` and `excludedAttributes` (RFC 7644, 3.9).

use crate::error::ScimError;
use crate::fault::Fault;
use crate::representation::{Node, Object};
use crate::schema::{Attribute, Place, ResourceType, Returned, Target};

/// What of a resource is answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Projection {
    kind: &'static ResourceType,
    mode: Mode,
    named: Vec<Target>,
    /// The attributes that are not answered whole: a page of resources is cut by one and the same list.
    cut: Vec<(Place, Part)>,
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

/// The URNs that a resource has attributes of: what `schemas` of the resource says (RFC 7643, 3).
fn schemas_of(kind: &ResourceType, resource: &Object<'_>) -> Node<'static> {
    let used = kind.extensions.iter().map(|schema| schema.urn).filter(|urn| resource.get(urn).is_some());
    std::iter::once(kind.core.urn).chain(used).map(Node::from).collect()
}

impl Projection {
    /// Everything that is returned by default.
    pub(crate) fn default_of(kind: &'static ResourceType) -> Self {
        Self::of(kind, Mode::Default, Vec::new())
    }

    fn of(kind: &'static ResourceType, mode: Mode, named: Vec<Target>) -> Self {
        let mut projection = Self { kind, mode, named, cut: Vec::new() };
        let parts = kind.places().map(|place| (place, projection.part(&place)));
        projection.cut = parts.filter(|(_, part)| *part != Part::Whole).collect();
        projection
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
            (false, true) => Ok(Self::of(kind, Mode::Only, find(attributes))),
            (true, false) => Ok(Self::of(kind, Mode::Without, find(excluded))),
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
    pub(crate) fn apply<'a>(&self, mut resource: Object<'a>) -> Object<'a> {
        for schema in self.kind.extensions {
            if let Some(members) = resource.get_mut(schema.urn).and_then(Node::as_object_mut) {
                members.retain(|name, value| self.keep(Some(schema.urn), name, value));
            }
        }
        resource.retain(|name, value| match self.kind.extension(name) {
            Some(_) => value.as_object_mut().is_some_and(|members| !members.is_empty()),
            None => self.keep(None, name, value),
        });
        // It has those of which something is answered.
        resource.push_first("schemas", schemas_of(self.kind, &resource));
        resource
    }

    /// Cuts the value of an attribute; whether anything of it is answered.
    fn keep(&self, extension: Option<&str>, name: &str, value: &mut Node<'_>) -> bool {
        let is_it =
            |(place, _): &&(Place, Part)| place.attribute.name == name && place.extension == extension;
        let Some((Place { attribute, .. }, part)) = self.cut.iter().find(is_it) else { return true };
        let keeps: &dyn Fn(&Attribute) -> bool = match part {
            Part::Whole => return true,
            Part::Nothing => return false,
            Part::Only(named) => &move |sub| sub.returned == Returned::Always || named.contains(&sub),
            Part::Without(named) => &move |sub| sub.returned == Returned::Always || !named.contains(&sub),
        };
        let cut = |members: &mut Object<'_>| {
            members.retain(|name, _| attribute.sub_attribute(name).is_some_and(keeps));
            !members.is_empty()
        };
        match value {
            Node::Object(members) => cut(members),
            Node::List(elements) => {
                elements.retain_mut(|element| element.as_object_mut().is_some_and(cut));
                !elements.is_empty()
            }
            Node::Text(_)
            | Node::Shared(_)
            | Node::Id(_)
            | Node::Millis(_)
            | Node::Micros(_)
            | Node::Truth(_)
            | Node::Number(_) => true,
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
    use serde_json::{Value, json};

    use super::*;
    use crate::schema::{GROUP, USER};

    const URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn user() -> Object<'static> {
        let object = |members: Vec<(&'static str, Node<'static>)>| {
            let mut object = Object::default();
            members.into_iter().for_each(|(name, value)| object.push(name, value));
            object
        };
        let work = [("value", "a@x".into()), ("type", "work".into()), ("primary", true.into())];
        let manager = [("value", "2".into()), ("displayName", "m".into())];
        let emails = [object(work.into()).into(), object(vec![("type", "home".into())]).into()];
        object(vec![
            ("id", "1".into()),
            ("userName", "ada".into()),
            ("password", "secret".into()),
            ("name", object(vec![("givenName", "Ada".into()), ("familyName", "Lovelace".into())]).into()),
            ("emails", emails.into_iter().collect()),
            (
                URN,
                object(vec![("department", "d".into()), ("manager", object(manager.into()).into())]).into(),
            ),
            ("meta", object(vec![("version", "1".into())]).into()),
        ])
    }

    fn whole() -> Value {
        user().into_resource().into()
    }

    fn names(text: &str) -> Vec<String> {
        text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// What is answered besides the id and the schemas.
    fn shown(attributes: &str, excluded: &str) -> Value {
        let projection = Projection::new(&USER, &names(attributes), &names(excluded)).unwrap();
        let mut shown = projection.apply(user()).into_resource();
        let schemas = shown.shift_remove("schemas").unwrap();
        let used = if shown.contains_key(URN) { json!([USER.core.urn, URN]) } else { json!([USER.core.urn]) };
        assert_eq!(schemas, used);
        assert_eq!(shown.shift_remove("id"), Some("1".into()));
        shown.into()
    }

    #[test]
    fn the_urn_of_the_core_schema_is_all_its_attributes() {
        let names = |shown: Value| {
            shown.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(shown(USER.core.urn, "")), "userName name emails");
        assert_eq!(names(shown("", USER.core.urn)), format!("{URN} meta"));
    }

    #[test]
    fn by_default_all_is_answered_but_what_never_is() {
        let mut expected = whole();
        expected.as_object_mut().unwrap().shift_remove("password");
        let mut shown = Projection::default_of(&USER).apply(user()).into_resource();
        assert_eq!(shown.shift_remove("schemas"), Some(json!([USER.core.urn, URN])));
        assert_eq!(Value::from(shown), expected);
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
            ("emails,emails.value", json!({ "emails": whole()["emails"] })),
            (URN, json!({ URN: whole()[URN] })),
            (&format!("{URN}:manager.value"), json!({ URN: { "manager": { "value": "2" } } })),
        ] {
            assert_eq!(shown(attributes, ""), expected, "{attributes}");
        }
    }

    #[test]
    fn what_is_excluded_is_not_answered_unless_it_always_is() {
        for (excluded, gone) in [
            ("id,schemas,userName,name,meta,emails", json!({ URN: whole()[URN] })),
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
