//! From a group to its resource.

use roster_directory::{Group, Member, Source, UserId};

use super::{Beside, meta};
use crate::representation::{Node, Object};
use crate::schema::GROUP;

/// The resource of a group, as the source calls it; its members where they are wanted. Which
/// schemas it has the projection says, which knows what of it is answered.
pub(crate) fn resource<'a>(
    group: &'a Group,
    members: Option<Vec<Member>>,
    source: &Source,
    base: &str,
) -> Object<'a> {
    let members = members.filter(|members| !members.is_empty());
    let mut beside = Beside::default();
    for Member { user_id, display } in members.iter().flatten() {
        beside.add(user_id.0, display.as_deref());
    }
    let version = beside.tag(group.version);
    let location = format!("{base}/Groups/{}", group.id);
    let mut resource = Object::with_capacity(6);
    resource.push("id", Node::Id(group.id.0));
    resource.push_some("externalId", group.links.get(source).map(|id| id.as_str()));
    resource.push("meta", meta(GROUP.name, group.registered_at, group.recorded_at, location, version));
    resource.push("displayName", group.display_name.as_str());
    let members =
        members.map(|members| members.into_iter().map(|one| member(one, base)).collect::<Node<'_>>());
    resource.push_some("members", members);
    resource
}

fn member(Member { user_id, display }: Member, base: &str) -> Node<'static> {
    let UserId(id) = user_id;
    let mut member = Object::with_capacity(4);
    member.push("value", Node::Id(id));
    member.push("$ref", format!("{base}/Users/{id}"));
    member.push("type", "User");
    member.push_some("display", display);
    member.into()
}
