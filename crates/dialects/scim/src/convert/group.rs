//! From a group to its resource.

use roster_directory::{Group, Member, Source, UserId};

use super::{Beside, Common};
use crate::representation::{Object, Represent, Url};
use crate::schema::{GROUP, USER};

/// A group as a source calls it, and its members where they are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupResource<'a> {
    pub(crate) group: &'a Group,
    pub(crate) members: &'a [Member],
    pub(crate) source: &'a Source,
    /// The URL below which the endpoints are.
    pub(crate) base: &'a str,
}

impl Represent for GroupResource<'_> {
    fn url(&self) -> Url<'_> {
        Url { base: self.base, endpoint: GROUP.endpoint, id: self.group.id.0 }
    }

    fn tag(&self) -> String {
        let mut beside = Beside::default();
        for Member { user_id, display } in self.members {
            beside.add(user_id.0, display.as_deref());
        }
        beside.tag(self.group.version)
    }

    fn write(&self, resource: &mut Object<'_>, tag: &str) {
        let Self { group, source, .. } = *self;
        let common = Common {
            resource_type: GROUP.name,
            external_id: group.links.get(source),
            times: [group.registered_at, group.recorded_at],
        };
        common.write(resource, self.url(), tag);
        resource.push("displayName", group.display_name.as_str());
        resource.list("members", self.members, |member, Member { user_id, display }| {
            let UserId(id) = *user_id;
            member.push("value", id);
            member.push("$ref", Url { base: self.base, endpoint: USER.endpoint, id });
            member.push("type", "User");
            member.push_some("display", display.as_deref());
        });
    }
}
