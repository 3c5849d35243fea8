//! Groups, and searches of users and groups.

use std::collections::{BTreeMap, BTreeSet};

use super::{Directory, MOST_ON_A_PAGE};
use crate::access::{Principal, Scope};
use crate::change::{Assign, Change};
use crate::decide::{ChangeGroup, DeleteGroup, GroupSubject};
use crate::error::{Error, Refusal};
use crate::group::{Group, GroupEntry, GroupId, GroupName, Member};
use crate::journal::Dialect;
use crate::record::{Record, RecordKey};
use crate::search::{Found, FoundUsers, GroupSearch, Search, UserSearch};
use crate::store::{Decide, GroupsOf, Outcome, Submitted};
use crate::user::{ExternalId, UserId};
use crate::value::Text;

/// What is to be changed of a group. [`Default`] changes nothing.
#[derive(Debug, Clone, Default)]
pub struct GroupUpdate {
    /// What it is called; a new group must be given it.
    pub display_name: Assign<GroupName>,
    /// What the principal's source calls it.
    pub external_id: Change<ExternalId>,
    /// Users that become members, and what each is called as one.
    pub add: BTreeMap<UserId, Option<Text<255>>>,
    /// Users that are no members any more, unless they are added as well.
    pub remove: BTreeSet<UserId>,
    /// The versions that the caller expects, if it does.
    pub if_version: Option<Vec<u64>>,
    /// The version that the change was made for, if it was made for one; another is [`Error::Moved`].
    pub made_for: Option<u64>,
}

impl Directory {
    /// Creates a group.
    pub async fn create_group(
        &self,
        who: &Principal,
        dialect: Dialect,
        update: GroupUpdate,
    ) -> Result<Group, Error> {
        let id = GroupId(self.entropy.uuid_v7(self.clock.now()));
        self.put_group(who, dialect, GroupSubject::New(id), update).await
    }

    /// Changes a group.
    pub async fn update_group(
        &self,
        who: &Principal,
        dialect: Dialect,
        id: GroupId,
        mut update: GroupUpdate,
    ) -> Result<Group, Error> {
        let (if_version, made_for) = (update.if_version.take(), update.made_for.take());
        self.put_group(who, dialect, GroupSubject::Existing { id, if_version, made_for }, update).await
    }

    async fn put_group(
        &self,
        who: &Principal,
        dialect: Dialect,
        subject: GroupSubject,
        update: GroupUpdate,
    ) -> Result<Group, Error> {
        who.require(Scope::GroupsWrite)?;
        let now = self.clock.now();
        let GroupUpdate { display_name, external_id, add, remove, if_version: _, made_for: _ } = update;
        let link = Some((who.source.clone(), external_id));
        let (change_id, actor) = (self.change_id(now), who.actor());
        let change = ChangeGroup { change_id, now, actor, dialect, subject, display_name, link, add, remove };
        self.submit_group(change).await
    }

    /// Deletes a group. The group as it was.
    pub async fn delete_group(
        &self,
        who: &Principal,
        dialect: Dialect,
        id: GroupId,
        if_version: Option<Vec<u64>>,
    ) -> Result<Group, Error> {
        who.require(Scope::GroupsWrite)?;
        let now = self.clock.now();
        let (change_id, actor) = (self.change_id(now), who.actor());
        self.submit_group(DeleteGroup { change_id, now, actor, dialect, id, if_version }).await
    }

    async fn submit_group(&self, change: impl Decide + 'static) -> Result<Group, Error> {
        match self.store.submit(std::sync::Arc::new(change)).await? {
            Submitted::Decided(verdict) => match verdict.map_err(Error::Refused)? {
                Outcome::Record(Some(Record::Group(group))) => Ok(group),
                Outcome::Record(_) | Outcome::User { .. } => {
                    Err(Error::Internal("a group's change answered no group".to_owned()))
                }
            },
            Submitted::Stale => Err(Error::Moved),
        }
    }

    /// A group, without its members.
    pub async fn group(&self, who: &Principal, id: GroupId) -> Result<Group, Error> {
        who.require(Scope::UsersRead)?;
        match self.store.record(RecordKey::Group(id)).await? {
            Some(Record::Group(group)) => Ok(group),
            Some(_) | None => Err(Refusal::NotFound.into()),
        }
    }

    /// A page of a group's members, in the order of their ids.
    pub async fn members(
        &self,
        who: &Principal,
        id: GroupId,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<Member>, Error> {
        who.require(Scope::UsersRead)?;
        Ok(self.store.members(id, after, limit).await?)
    }

    /// The groups of each of these users.
    pub async fn groups_of(&self, who: &Principal, users: Vec<UserId>) -> Result<GroupsOf, Error> {
        who.require(Scope::UsersRead)?;
        Ok(self.store.groups_of(users).await?)
    }

    /// A page of a group's history, oldest first: the entries of versions above `after`. Of a deleted group too.
    pub async fn group_history(
        &self,
        who: &Principal,
        id: GroupId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<GroupEntry>, Error> {
        who.require(Scope::UsersRead)?;
        Ok(self.store.group_history(id, after, limit.min(MOST_ON_A_PAGE)).await?)
    }

    /// Living users that fit.
    pub async fn search_users(&self, who: &Principal, search: UserSearch) -> Result<FoundUsers, Error> {
        who.require(Scope::UsersRead)?;
        Ok(self.store.search_users(at_most(search)).await?)
    }

    /// Groups that fit.
    pub async fn search_groups(&self, who: &Principal, search: GroupSearch) -> Result<Found<Group>, Error> {
        who.require(Scope::UsersRead)?;
        Ok(self.store.search_groups(at_most(search)).await?)
    }
}

fn at_most<T, Key, Id>(search: Search<T, Key, Id>) -> Search<T, Key, Id> {
    Search { limit: search.limit.min(MOST_ON_A_PAGE), ..search }
}
