//! Groups as they are created, changed and shown: by their endpoints, and by the operations of a bulk request.
//!
//! The members of a group are read only to be shown, or where all of them are replaced: to add or remove one costs the same
//! in a group of any size.

use std::collections::BTreeSet;

use roster_directory::directory::groups::GroupUpdate;
use roster_directory::{
    Assign, Change, Dialect, Error, ExternalId, Group, GroupId, GroupName, Member, Principal, Text, UserId,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::MOST_ATTEMPTS;
use crate::Scim;
use crate::answer::Shown;
use crate::call::Call;
use crate::convert::group::GroupResource;
use crate::error::ScimError;
use crate::fault::Fault;
use crate::group_patch::{GroupPatch, MemberOp, Named, members_of};
use crate::projection::Projection;
use crate::resource;
use crate::schema::GROUP;

/// How many members are read at once.
const MEMBERS_AT_ONCE: usize = 10_000;

impl Scim {
    /// Creates a group.
    pub(crate) async fn create_group(
        &self,
        who: &Principal,
        sent: &Map<String, Value>,
    ) -> Result<Group, ScimError> {
        let mut faults = Vec::new();
        let (patch, mut update) = read(sent, &mut faults);
        settle(&patch.members, &BTreeSet::new(), &mut update, &mut faults);
        ScimError::check(&faults)?;
        Ok(self.directory.create_group(who, Dialect::Scim, update).await?)
    }

    /// Replaces a group: what the body does not name stays.
    pub(crate) async fn replace_group(
        &self,
        who: &Principal,
        id: GroupId,
        sent: &Map<String, Value>,
        if_version: Option<Vec<u64>>,
    ) -> Result<Group, ScimError> {
        let mut faults = Vec::new();
        let (patch, update) = read(sent, &mut faults);
        ScimError::check(&faults)?;
        self.edit_group(who, id, &patch, GroupUpdate { if_version, ..update }).await
    }

    /// Carries out the operations of a PATCH.
    pub(crate) async fn patch_group(
        &self,
        who: &Principal,
        id: GroupId,
        sent: &Map<String, Value>,
        if_version: Option<Vec<u64>>,
    ) -> Result<Group, ScimError> {
        let patch = GroupPatch::new(sent)?;
        let mut faults = Vec::new();
        let update = named(&patch, &mut faults);
        ScimError::check(&faults)?;
        self.edit_group(who, id, &patch, GroupUpdate { if_version, ..update }).await
    }

    async fn edit_group(
        &self,
        who: &Principal,
        id: GroupId,
        patch: &GroupPatch,
        update: GroupUpdate,
    ) -> Result<Group, ScimError> {
        let replaces = |op: &MemberOp| matches!(op, MemberOp::RemoveAll | MemberOp::Replace(_));
        let needs_all = patch.members.iter().any(replaces);
        for _ in 0..MOST_ATTEMPTS {
            let mut update = update.clone();
            let mut faults = Vec::new();
            let mut current = BTreeSet::new();
            if needs_all {
                let group = self.directory.group(&self.reader(who), id).await?;
                update.made_for = Some(group.version);
                current = self.members(who, id).await?.into_iter().map(|member| member.user_id).collect();
            }
            settle(&patch.members, &current, &mut update, &mut faults);
            ScimError::check(&faults)?;
            match self.directory.update_group(who, Dialect::Scim, id, update).await {
                Err(Error::Moved) => {}
                group => return Ok(group?),
            }
        }
        Err(Error::Moved.into())
    }

    /// All members of a group.
    pub(crate) async fn members(&self, who: &Principal, id: GroupId) -> Result<Vec<Member>, ScimError> {
        let who = self.reader(who);
        let mut members: Vec<Member> = Vec::new();
        loop {
            let after = members.last().map(|member| member.user_id);
            let page = self.directory.members(&who, id, after, MEMBERS_AT_ONCE).await?;
            let is_last = page.len() < MEMBERS_AT_ONCE;
            members.extend(page);
            if is_last {
                return Ok(members);
            }
        }
    }

    /// The group as it was found, with its members where they are wanted.
    pub(crate) async fn found_group(
        &self,
        call: &Call,
        group: &Group,
        projection: &Projection,
    ) -> Result<Shown, ScimError> {
        let wants_members = projection.wants("members");
        let members = if wants_members { self.members(&call.who, group.id).await? } else { Vec::new() };
        let shown = GroupResource { group, members: &members, source: &call.who.source, base: &call.base };
        Ok(Shown::new(&shown, projection))
    }
}

/// A body that is a whole group, as the plan that makes it so.
fn read(sent: &Map<String, Value>, faults: &mut Vec<Fault>) -> (GroupPatch, GroupUpdate) {
    let resource = resource::whole(&GROUP, sent, faults);
    let text = |name: &str| resource.get(name).and_then(Value::as_str).map(str::to_owned);
    let patch = GroupPatch {
        display_name: text("displayName").map_or(Assign::Keep, Assign::Set),
        external_id: match resource.get("externalId") {
            None => Change::Keep,
            Some(_) => text("externalId").map_or(Change::Clear, Change::Set),
        },
        members: resource
            .get("members")
            .map(|members| MemberOp::Replace(members_of(members)))
            .into_iter()
            .collect(),
    };
    let update = named(&patch, faults);
    (patch, update)
}

/// What a plan says besides the members.
fn named(patch: &GroupPatch, faults: &mut Vec<Fault>) -> GroupUpdate {
    let mut update = GroupUpdate::default();
    if let Assign::Set(name) = &patch.display_name {
        match GroupName::new(name) {
            Ok(name) => update.display_name = Assign::Set(name),
            Err(why) => faults.push(Fault::new("displayName", why.to_string())),
        }
    }
    update.external_id = match &patch.external_id {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(id) => match ExternalId::new(id) {
            Ok(id) => Change::Set(id),
            Err(why) => {
                faults.push(Fault::new("externalId", why.to_string()));
                Change::Keep
            }
        },
    };
    update
}

/// What the operations come to, one after the other: who is to be a member and who is not.
fn settle(
    operations: &[MemberOp],
    current: &BTreeSet<UserId>,
    update: &mut GroupUpdate,
    faults: &mut Vec<Fault>,
) {
    for operation in operations {
        match operation {
            MemberOp::Add(members) => join(members, update, faults),
            MemberOp::Remove(ids) => {
                // Who is nobody is no member.
                for user in ids.iter().filter_map(|id| Uuid::try_parse(id).ok()).map(UserId) {
                    update.add.remove(&user);
                    update.remove.insert(user);
                }
            }
            MemberOp::RemoveAll => leave(current, update),
            MemberOp::Replace(members) => {
                leave(current, update);
                join(members, update, faults);
            }
        }
    }
}

fn leave(current: &BTreeSet<UserId>, update: &mut GroupUpdate) {
    update.remove.extend(current);
    update.add.clear();
}

fn join(members: &[Named], update: &mut GroupUpdate, faults: &mut Vec<Fault>) {
    for (index, Named { id, display }) in members.iter().enumerate() {
        let mut fault = |part, why: String| faults.push(Fault::new(format!("members[{index}].{part}"), why));
        let display = match display.as_deref().map(Text::new).transpose() {
            Ok(display) => display,
            Err(why) => {
                fault("display", why.to_string());
                None
            }
        };
        match Uuid::try_parse(id) {
            Ok(id) => {
                update.remove.remove(&UserId(id));
                update.add.insert(UserId(id), display);
            }
            Err(_) => fault("value", "names no user".to_owned()),
        }
    }
}
