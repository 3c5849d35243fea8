//! From a group to its resource.

use roster_directory::{Group, Member, Source, UserId};
use serde_json::{Map, Value, json};

use super::{meta, tag_with};
use crate::resource::Resource;
use crate::schema::GROUP;

/// The resource of a group, as the source calls it; its members where they are wanted.
pub(crate) fn resource(group: &Group, members: Option<Vec<Member>>, source: &Source, base: &str) -> Resource {
    let mut resource = Resource::new();
    resource.insert("schemas".to_owned(), json!([GROUP.core.urn]));
    resource.insert("id".to_owned(), group.id.to_string().into());
    let external_id = group.links.get(source).map(|id| ("externalId".to_owned(), id.as_str().into()));
    resource.extend(external_id);
    let location = format!("{base}/Groups/{}", group.id);
    let members = members.filter(|members| !members.is_empty());
    let members: Option<Value> =
        members.map(|members| members.into_iter().map(|one| member(one, base)).collect());
    let version = tag_with(group.version, members.as_ref());
    let meta = meta(GROUP.name, group.registered_at, group.recorded_at, &location, &version);
    resource.insert("meta".to_owned(), meta);
    resource.insert("displayName".to_owned(), group.display_name.as_str().into());
    resource.extend(members.map(|members| ("members".to_owned(), members)));
    resource
}

fn member(Member { user_id, display }: Member, base: &str) -> Value {
    let UserId(id) = user_id;
    let mut member = Map::new();
    member.insert("value".to_owned(), id.to_string().into());
    member.insert("$ref".to_owned(), format!("{base}/Users/{id}").into());
    member.insert("type".to_owned(), "User".into());
    member.extend(display.map(|display| ("display".to_owned(), display.into())));
    member.into()
}
