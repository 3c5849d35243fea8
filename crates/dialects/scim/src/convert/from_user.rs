//! From a user to its resource.

use roster_directory::element::Address;
use roster_directory::{
    Attribute as Multi, Content, Grant, GroupId, GroupName, Source, User, Value as Stored,
};

use super::{Beside, DIRECTORY, PLAIN, Plain, meta};
use crate::representation::{Node, Object};
use crate::schema::USER;

/// How many attributes the resources of most users have at the most.
const USUAL_ATTRIBUTES: usize = 24;

/// The resource of a user, as the source calls it. `base` is the URL below which the endpoints are. Which
/// schemas it has the projection says, which knows what of it is answered.
pub(crate) fn resource<'a>(
    user: &'a User,
    groups: &'a [(GroupId, GroupName)],
    source: &Source,
    base: &str,
) -> Object<'a> {
    let mut beside = Beside::default();
    groups.iter().for_each(|(id, name)| beside.add(id.0, Some(name.as_str())));
    let version = beside.tag(user.version);
    let location = format!("{base}/Users/{}", user.id);
    let mut resource = Object::with_capacity(USUAL_ATTRIBUTES);
    resource.push("id", Node::Id(user.id.0));
    resource.push_some("externalId", user.external_id(source).map(|id| id.as_str()));
    resource.push("meta", meta(USER.name, user.registered_at, user.recorded_at, location, version));
    resource.push("userName", user.user_name.as_str());
    resource.push("active", user.active);
    for Plain { extension, attribute, sub, field } in PLAIN {
        let Some(value) = user.profile.value(*field).and_then(shown) else { continue };
        let put = |object: &mut Object<'a>| match sub {
            Some(sub) => object.within(attribute, |inner| inner.push(sub, value)),
            None => object.push(attribute, value),
        };
        match extension {
            Some(urn) => resource.within(urn, put),
            None => put(&mut resource),
        }
    }
    for multi in Multi::ALL {
        let elements = user.elements_of(multi);
        if !elements.is_empty() {
            resource.push(multi.name(), elements.into_iter().map(element).collect::<Node<'_>>());
        }
    }
    if !groups.is_empty() {
        resource.push("groups", shown_groups(groups, base));
    }
    resource.within(DIRECTORY, |directory| own(directory, user));
    resource
}

fn shown_groups<'a>(groups: &'a [(GroupId, GroupName)], base: &str) -> Node<'a> {
    let group = |(id, name): &'a (GroupId, GroupName)| {
        let mut group = Object::with_capacity(4);
        group.push("value", Node::Id(id.0));
        group.push("$ref", format!("{base}/Groups/{id}"));
        group.push("display", name.as_str());
        group.push("type", "direct");
        Node::Object(group)
    };
    groups.iter().map(group).collect()
}

/// What no plain field holds of Roster's own extension.
fn own<'a>(directory: &mut Object<'a>, user: &'a User) {
    directory.push("number", user.number.get());
    directory.push("createdAt", Node::Millis(user.created_at));
    directory.push("updatedAt", Node::Millis(user.updated_at));
    if !user.grants.is_empty() {
        let grant = |Grant { client_id, profile_id }: &'a Grant| {
            let mut grant = Object::with_capacity(2);
            grant.push("clientId", *client_id);
            grant.push("profileId", profile_id.as_str());
            Node::Object(grant)
        };
        directory.push("grants", user.grants.iter().map(grant).collect::<Node<'_>>());
    }
}

fn shown(value: Stored) -> Option<Node<'static>> {
    Some(match value {
        Stored::Text(text) => Node::Shared(text),
        Stored::Bool(truth) => Node::Truth(truth),
        Stored::Time(time) => Node::Millis(time),
        Stored::Uuid(uuid) => Node::Id(uuid),
        // No plain field has these.
        Stored::Link(_) | Stored::Grant(_) | Stored::Holder(_) | Stored::Element(_) => return None,
    })
}

fn element(Content { value, kind, display, primary, address }: Content) -> Node<'static> {
    let mut element = Object::with_capacity(4);
    element.push_some("value", value);
    for (name, text) in address.as_deref().into_iter().flat_map(Address::parts) {
        element.push_some(name, text.map(str::to_owned));
    }
    element.push_some("type", kind);
    element.push_some("display", display);
    element.push_some("primary", primary);
    element.into()
}
