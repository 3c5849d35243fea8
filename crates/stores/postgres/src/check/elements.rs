//! Elements, with those that were taken away, carry the versions that last changed them.

use roster_directory::check::{Findings, Replay};
use roster_directory::{User, fold};
use tokio_postgres::Row;

use crate::cell::Columns;
use crate::error::Result;

/// What of the elements of users [`check`] looks at, besides what the users say.
pub(super) const SELECT: &str =
    "SELECT user_id, id, version, is_there, value_folded FROM user_elements WHERE user_id = ANY($1)";

/// Compares a user's elements with its history, and their rows.
pub(super) fn check(replay: &Replay, user: &User, rows: &[Row], findings: &mut Findings) -> Result<()> {
    let place = format!("user {}", user.id);
    findings.expect(rows.len() == replay.elements(), &place, "an element that the history knows has no row");
    for row in rows {
        let columns = &mut Columns::at(row, "user_elements", 1);
        let id = columns.integer()?;
        let id = columns.check(id.try_into())?;
        let (version, is_there, folded) = (columns.version()?, columns.truth()?, columns.optional_text()?);
        let place = format!("element {id} of user {}", user.id);
        let element = user.elements.iter().find(|element| element.id == id);
        findings.expect(
            element.is_some() == is_there && replay.has_element(id, element, version),
            &place,
            "it is not as the history says",
        );
        let value = element.and_then(|element| element.content.value.as_deref());
        findings.expect(
            folded == value.map(fold::fold).as_deref(),
            &place,
            "value_folded is not its value, folded",
        );
    }
    Ok(())
}
