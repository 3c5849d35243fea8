//! What of a resource is answered: `attributes` and `excludedAttributes` (RFC 7644, 3.9).

use crate::error::ScimError;
use crate::fault::Fault;
use crate::schema::{Attribute, Place, ResourceType, Returned, Target};

/// What of a resource is answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Projection {
    kind: &'static ResourceType,
    mode: Mode,
    named: Vec<Target>,
    /// The attributes at the top that are not answered whole: a page of resources is cut by one and the same list.
    cut: Vec<Cut>,
    /// The same of each extension, by its URN.
    cut_within: Vec<(&'static str, Vec<Cut>)>,
}

/// An attribute that is not answered whole, and which of its sub-attributes are, if any.
type Cut = (&'static Attribute, Option<Subs>);

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
    Some(Subs),
}

/// Sub-attributes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Subs {
    /// These.
    Only(Vec<&'static Attribute>),
    /// All but these.
    Without(Vec<&'static Attribute>),
}

impl Subs {
    fn have(&self, sub: &Attribute) -> bool {
        sub.returned == Returned::Always
            || match self {
                Self::Only(named) => named.contains(&sub),
                Self::Without(named) => !named.contains(&sub),
            }
    }
}

/// Which members of an object are answered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kept<'p> {
    /// All.
    Whole,
    /// Of a resource, what a projection leaves.
    Resource(&'p Projection),
    /// The attributes, but for what these leave out.
    Attributes(&'p [Cut]),
    /// Some of the sub-attributes of an attribute.
    Some(&'static Attribute, &'p Subs),
}

impl<'p> Kept<'p> {
    /// Which members of its member are answered, if it is.
    pub(crate) fn of(self, name: &str) -> Option<Self> {
        match self {
            Self::Whole => Some(Self::Whole),
            Self::Resource(projection) => kept(&projection.cut, name),
            Self::Attributes(cut) => kept(cut, name),
            Self::Some(attribute, subs) => {
                let sub = attribute.sub_attribute(name)?;
                subs.have(sub).then_some(Self::Whole)
            }
        }
    }

    /// Which members of the object of an extension are answered, if it is.
    pub(crate) fn of_extension(self, urn: &str) -> Option<Self> {
        match self {
            Self::Whole => Some(Self::Whole),
            Self::Resource(projection) => {
                let within = projection.cut_within.iter().find(|(other, _)| *other == urn);
                Some(within.map_or(Self::Whole, |(_, cut)| Self::Attributes(cut)))
            }
            Self::Attributes(_) | Self::Some(..) => None,
        }
    }
}

fn kept<'p>(cut: &'p [Cut], name: &str) -> Option<Kept<'p>> {
    match cut.iter().find(|(attribute, _)| attribute.name == name) {
        None => Some(Kept::Whole),
        Some((attribute, subs)) => subs.as_ref().map(|subs| Kept::Some(attribute, subs)),
    }
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
        Self::of(kind, Mode::Default, Vec::new())
    }

    fn of(kind: &'static ResourceType, mode: Mode, named: Vec<Target>) -> Self {
        let mut projection = Self { kind, mode, named, cut: Vec::new(), cut_within: Vec::new() };
        projection.cut = projection.cut_of(None);
        let urns = kind.extensions.iter().map(|schema| schema.urn);
        projection.cut_within = urns.map(|urn| (urn, projection.cut_of(Some(urn)))).collect();
        projection
    }

    fn cut_of(&self, extension: Option<&str>) -> Vec<Cut> {
        let places = self.kind.places().filter(|place| place.extension == extension);
        let cut = |place: Place| match self.part(&place) {
            Part::Whole => None,
            Part::Nothing => Some((place.attribute, None)),
            Part::Some(subs) => Some((place.attribute, Some(subs))),
        };
        places.filter_map(cut).collect()
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

    /// The URN of the core schema of what it is of.
    pub(crate) fn core(&self) -> &'static str {
        self.kind.core.urn
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
            (Mode::Only, false, false) => Part::Some(Subs::Only(subs)),
            (Mode::Without, false, false) => Part::Some(Subs::Without(subs)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use uuid::Uuid;

    use super::*;
    use crate::representation::{self, Object, Represent, Url};
    use crate::resource::Resource;
    use crate::schema::{GROUP, USER};

    const URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    struct Ada;

    impl Represent for Ada {
        fn url(&self) -> Url<'_> {
            Url { base: "", endpoint: USER.endpoint, id: Uuid::nil() }
        }

        fn tag(&self) -> String {
            String::new()
        }

        fn write(&self, resource: &mut Object<'_>, _: &str) {
            resource.push("id", "1");
            resource.push("userName", "ada");
            resource.push("password", "secret");
            resource.object("name", |name| {
                name.push("givenName", "Ada");
                name.push("familyName", "Lovelace");
            });
            resource.list("emails", ["work", "home"], |email, kind| {
                email.push_some("value", Some("a@x").filter(|_| kind == "work"));
                email.push("type", kind);
                email.push_some("primary", Some(true).filter(|_| kind == "work"));
            });
            resource.extension(URN, |enterprise| {
                enterprise.push("department", "d");
                enterprise.object("manager", |manager| {
                    manager.push("value", "2");
                    manager.push("displayName", "m");
                });
            });
            resource.object("meta", |meta| meta.push("version", "1"));
        }
    }

    fn whole() -> Value {
        representation::resource(&Ada).unwrap().into()
    }

    fn written(projection: &Projection) -> Resource {
        let mut json = Vec::new();
        representation::write(&mut json, &Ada, projection);
        serde_json::from_slice(&json).unwrap()
    }

    fn names(text: &str) -> Vec<String> {
        text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// What is answered besides the id and the schemas.
    fn shown(attributes: &str, excluded: &str) -> Value {
        let projection = Projection::new(&USER, &names(attributes), &names(excluded)).unwrap();
        let mut shown = written(&projection);
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
        let mut shown = written(&Projection::default_of(&USER));
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
