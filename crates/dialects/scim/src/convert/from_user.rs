//! From a user to its resource.

use roster_directory::element::Address;
use roster_directory::{Attribute as Multi, Content, GroupId, GroupName, Source, User, Value as Stored};
use serde_json::{Map, Value, json};

use super::{DIRECTORY, PLAIN, Plain, meta, tag_with};
use crate::list::schemas_of;
use crate::resource::Resource;
use crate::schema::USER;

/// How many attributes the resources of most users have at the most.
const USUAL_ATTRIBUTES: usize = 24;

/// The resource of a user, as the source calls it. `base` is the URL below which the endpoints are.
pub(crate) fn resource(
    user: &User,
    groups: &[(GroupId, GroupName)],
    source: &Source,
    base: &str,
) -> Resource {
    let mut resource = Resource::with_capacity(USUAL_ATTRIBUTES);
    resource.insert("schemas".to_owned(), Value::Null);
    resource.insert("id".to_owned(), user.id.to_string().into());
    let external_id = user.external_id(source).map(|id| ("externalId".to_owned(), id.as_str().into()));
    resource.extend(external_id);
    let location = format!("{base}/Users/{}", user.id);
    let groups = Some(groups).filter(|groups| !groups.is_empty()).map(|groups| shown_groups(groups, base));
    let version = tag_with(user.version, groups.as_ref());
    let meta = meta(USER.name, user.registered_at, user.recorded_at, &location, &version);
    resource.insert("meta".to_owned(), meta);
    resource.insert("userName".to_owned(), user.user_name.as_str().into());
    resource.insert("active".to_owned(), user.active.into());
    for Plain { extension, attribute, sub, field } in PLAIN {
        if let Some(value) = user.profile.value(*field) {
            put(&mut resource, (*extension, attribute, *sub), shown(value));
        }
    }
    for multi in Multi::ALL {
        let elements: Vec<Value> = user.elements_of(multi).into_iter().map(element).collect();
        if !elements.is_empty() {
            resource.insert(multi.name().to_owned(), elements.into());
        }
    }
    resource.extend(groups.map(|groups| ("groups".to_owned(), groups)));
    own(&mut resource, user);
    let schemas = schemas_of(&USER, &resource);
    resource.insert("schemas".to_owned(), schemas);
    resource
}

fn shown_groups(groups: &[(GroupId, GroupName)], base: &str) -> Value {
    let group = |(id, name): &(GroupId, GroupName)| {
        json!({
            "value": id.to_string(),
            "$ref": format!("{base}/Groups/{id}"),
            "display": name.as_str(),
            "type": "direct",
        })
    };
    groups.iter().map(group).collect()
}

/// What no plain field holds of Roster's own extension.
fn own(resource: &mut Resource, user: &User) {
    let at = |attribute| (Some(DIRECTORY), attribute, None);
    put(resource, at("number"), user.number.get().into());
    put(resource, at("createdAt"), user.created_at.to_rfc3339_millis().into());
    put(resource, at("updatedAt"), user.updated_at.to_rfc3339_millis().into());
    if !user.grants.is_empty() {
        let grant = |grant: &roster_directory::Grant| json!({ "clientId": grant.client_id, "profileId": grant.profile_id.as_str() });
        put(resource, at("grants"), user.grants.iter().map(grant).collect());
    }
}

/// Puts a value where it belongs, with what is around it.
fn put(
    resource: &mut Resource,
    (extension, attribute, sub): (Option<&str>, &str, Option<&str>),
    value: Value,
) {
    let mut members = resource;
    for name in [extension, sub.map(|_| attribute)].into_iter().flatten() {
        let inner = members.entry(name).or_insert_with(|| Map::new().into());
        let Some(inner) = inner.as_object_mut() else { return };
        members = inner;
    }
    members.insert(sub.unwrap_or(attribute).to_owned(), value);
}

fn shown(value: Stored) -> Value {
    match value {
        Stored::Text(text) => text.as_ref().into(),
        Stored::Bool(truth) => truth.into(),
        Stored::Time(time) => time.to_rfc3339_millis().into(),
        Stored::Uuid(uuid) => uuid.to_string().into(),
        // No plain field has these.
        Stored::Link(_) | Stored::Grant(_) | Stored::Holder(_) | Stored::Element(_) => Value::Null,
    }
}

fn element(Content { value, kind, display, primary, address }: Content) -> Value {
    let mut element = Map::new();
    let mut say = |name: &str, value: Option<Value>| {
        element.extend(value.map(|value| (name.to_owned(), value)));
    };
    say("value", value.map(Value::from));
    for (name, text) in address.as_deref().into_iter().flat_map(Address::parts) {
        say(name, text.map(Value::from));
    }
    say("type", kind.map(Value::from));
    say("display", display.map(Value::from));
    say("primary", primary.map(Value::from));
    element.into()
}
