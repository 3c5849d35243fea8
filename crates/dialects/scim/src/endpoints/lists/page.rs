//! Some of a list, as it was found.

use std::sync::Arc;

use roster_directory::store::GroupsOf;
use roster_directory::{Group, Member, Principal, User};
use uuid::Uuid;

use super::cursor::cursor;
use crate::convert::from_user::UserResource;
use crate::convert::group::GroupResource;
use crate::error::ScimError;
use crate::list::{Head, ListResponse};
use crate::projection::Projection;
use crate::representation;
use crate::schema::ResourceType;
use crate::search::Start;

/// Some of a list, and how many the whole has if they were counted.
pub(crate) struct Page<R> {
    pub(super) found: Vec<R>,
    pub(super) projection: Projection,
    /// How many there are in all.
    pub(crate) total: Option<u64>,
    /// The last one, where others follow.
    pub(super) next: Option<Uuid>,
}

/// Users, and the groups of each where they are wanted.
pub(crate) struct Users {
    pub(crate) page: Page<Arc<User>>,
    pub(super) groups: GroupsOf,
}

/// Groups, each with its members where they are wanted.
pub(crate) type Groups = Page<(Group, Vec<Member>)>;

impl<R> Page<R> {
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    /// The list of which it is a page, before its resources.
    pub(super) fn begin(
        &self,
        kind: &'static ResourceType,
        start: &Start,
    ) -> Result<ListResponse, ScimError> {
        let items_per_page = self.len();
        ListResponse::new(&match start {
            Start::Index(index) => Head {
                total_results: self.total,
                start_index: Some(*index),
                items_per_page,
                ..Head::default()
            },
            Start::Cursor(_) => {
                Head { items_per_page, next_cursor: self.next.map(|id| cursor(kind, id)), ..Head::default() }
            }
        })
    }
}

impl Users {
    /// Adds them to a list.
    pub(crate) fn write(&self, list: &mut ListResponse, who: &Principal, base: &str) {
        let Self { page: Page { found, projection, .. }, groups } = self;
        for user in found {
            let groups = groups.get(&user.id).map_or(&[][..], Vec::as_slice);
            let shown = UserResource { user, groups, source: &who.source, base };
            representation::write(list.next(), &shown, projection);
        }
    }
}

impl Groups {
    /// Adds them to a list.
    pub(crate) fn write(&self, list: &mut ListResponse, who: &Principal, base: &str) {
        for (group, members) in &self.found {
            let shown = GroupResource { group, members, source: &who.source, base };
            representation::write(list.next(), &shown, &self.projection);
        }
    }
}
