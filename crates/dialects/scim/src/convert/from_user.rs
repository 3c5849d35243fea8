//! From a user to its resource.

use roster_directory::element::Address;
use roster_directory::{
    Attribute as Multi, ContentRef, Grant, GroupId, GroupName, Profile, Source, User, Value as Stored,
};

use super::{BY_OBJECT, Beside, Common, DIRECTORY, Plain, PlainObject};
use crate::representation::{Object, Represent, Scalar, Url};
use crate::schema::{GROUP, USER};

/// A user and its groups, as a source calls it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UserResource<'a> {
    pub(crate) user: &'a User,
    pub(crate) groups: &'a [(GroupId, GroupName)],
    pub(crate) source: &'a Source,
    /// The URL below which the endpoints are.
    pub(crate) base: &'a str,
}

impl Represent for UserResource<'_> {
    fn url(&self) -> Url<'_> {
        Url { base: self.base, endpoint: USER.endpoint, id: self.user.id.0 }
    }

    fn tag(&self) -> String {
        let mut beside = Beside::default();
        self.groups.iter().for_each(|(id, name)| beside.add(id.0, Some(name.as_str())));
        beside.tag(self.user.version)
    }

    fn write(&self, resource: &mut Object<'_>, tag: &str) {
        let Self { user, source, .. } = *self;
        let common = Common {
            resource_type: USER.name,
            external_id: user.external_id(source),
            times: [user.registered_at, user.recorded_at],
        };
        common.write(resource, self.url(), tag);
        resource.push("userName", user.user_name.as_str());
        resource.push("active", user.active);
        for PlainObject { extension, attributes } in BY_OBJECT.iter() {
            match extension {
                None => plain(resource, attributes, &user.profile),
                Some(urn) => resource.extension(urn, |members| {
                    plain(members, attributes, &user.profile);
                    if *urn == DIRECTORY {
                        own(members, user);
                    }
                }),
            }
        }
        for multi in Multi::ALL {
            resource.list(multi.name(), user.elements_of(multi), element);
        }
        resource.list("groups", self.groups, |group, (id, name)| {
            group.push("value", id.0);
            group.push("$ref", Url { base: self.base, endpoint: GROUP.endpoint, id: id.0 });
            group.push("display", name.as_str());
            group.push("type", "direct");
        });
    }
}

fn plain(members: &mut Object<'_>, attributes: &[&[Plain]], profile: &Profile) {
    for parts in attributes {
        match parts {
            [Plain { attribute, sub: None, field, .. }] => value(members, attribute, profile.value(*field)),
            [Plain { attribute, .. }, ..] => members.object(attribute, |members| {
                for Plain { sub, field, .. } in *parts {
                    sub.iter().for_each(|sub| value(members, sub, profile.value(*field)));
                }
            }),
            [] => {}
        }
    }
}

fn value(members: &mut Object<'_>, name: &str, value: Option<Stored>) {
    match value {
        Some(Stored::Text(text)) => members.push(name, text.as_ref()),
        Some(Stored::Bool(truth)) => members.push(name, truth),
        Some(Stored::Time(time)) => members.push(name, Scalar::Millis(time)),
        Some(Stored::Uuid(uuid)) => members.push(name, uuid),
        // No plain field has these.
        Some(Stored::Link(_) | Stored::Grant(_) | Stored::Holder(_) | Stored::Element(_)) | None => {}
    }
}

/// What no plain field holds of Roster's own extension.
fn own(directory: &mut Object<'_>, user: &User) {
    directory.push("number", user.number.get());
    directory.push("createdAt", Scalar::Millis(user.created_at));
    directory.push("updatedAt", Scalar::Millis(user.updated_at));
    directory.list("grants", &user.grants, |grant, Grant { client_id, profile_id }| {
        grant.push("clientId", *client_id);
        grant.push("profileId", profile_id.as_str());
    });
}

fn element(element: &mut Object<'_>, content: ContentRef<'_>) {
    let ContentRef { value, kind, display, primary, address } = content;
    element.push_some("value", value);
    for (name, text) in address.into_iter().flat_map(Address::parts) {
        element.push_some(name, text);
    }
    element.push_some("type", kind);
    element.push_some("display", display);
    element.push_some("primary", primary);
}
