//! What of users is not in their rows: links, grants and elements, read for all users of a page at once.

use roster_directory::{ExternalId, Grant, ProfileId, Source, User, UserId};
use rusqlite::{CachedStatement, Connection};

use crate::cell::Columns;
use crate::elements;
use crate::error::Result;
use crate::walk::walk;

pub(crate) const LINKS: &str =
    "SELECT user_id, source, external_id FROM links WHERE user_id BETWEEN ?1 AND ?2 ORDER BY user_id";

pub(crate) const GRANTS: &str = "SELECT user_id, granted, client_id, profile_id FROM grants \
                                 WHERE user_id BETWEEN ?1 AND ?2 ORDER BY user_id";

/// The statements that read it.
pub(crate) struct Parts<'conn> {
    conn: &'conn Connection,
    links: CachedStatement<'conn>,
    grants: CachedStatement<'conn>,
    /// From the first user on that ever had an element: most never had any.
    elements: Option<CachedStatement<'conn>>,
}

impl<'conn> Parts<'conn> {
    /// Looks up the statements.
    pub(crate) fn prepare(conn: &'conn Connection) -> Result<Self> {
        let (links, grants) = (conn.prepare_cached(LINKS)?, conn.prepare_cached(GRANTS)?);
        Ok(Self { conn, links, grants, elements: None })
    }

    /// Adds it to users that were read from their rows.
    pub(crate) fn add_to<'u>(&mut self, users: impl IntoIterator<Item = &'u mut User>) -> Result<()> {
        let mut users: Vec<(UserId, &mut User)> = users.into_iter().map(|user| (user.id, user)).collect();
        users.sort_by_key(|(id, _)| *id);
        // What was taken away is looked at here: a statement that passes it by would not tell how long it takes.
        walk((&mut self.links, "links"), &mut users, usize::MAX, |user, columns| {
            let (source, external_id) = (columns.text()?, columns.optional_text()?);
            if let Some(external_id) = external_id {
                let (source, external_id) = (Source::new(source), ExternalId::new(external_id));
                user.links.insert(columns.check(source)?, columns.check(external_id)?);
            }
            Ok(())
        })?;
        walk((&mut self.grants, "grants"), &mut users, usize::MAX, |user, columns| {
            if columns.truth()? {
                user.grants.insert(grant(columns)?);
            }
            Ok(())
        })?;
        users.retain(|(_, user)| user.last_element > 0);
        if users.is_empty() {
            return Ok(());
        }
        let statement = match &mut self.elements {
            Some(statement) => statement,
            none => none.insert(self.conn.prepare_cached(&elements::SELECT)?),
        };
        walk((statement, elements::TABLE), &mut users, usize::MAX, |user, columns| {
            if columns.truth()? {
                user.elements.push(elements::read(columns)?);
            }
            Ok(())
        })?;
        Ok(())
    }
}

fn grant(columns: &mut Columns<'_>) -> Result<Grant> {
    let (client_id, profile_id) = (columns.integer()?, columns.text()?);
    let profile_id = columns.check(ProfileId::new(profile_id))?;
    columns.check(Grant::new(client_id, profile_id))
}
