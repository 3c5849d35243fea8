//! Every claim is one that its user has a right to, and so is every link that is shared. (That every user has its claims,
//! `users` checks.)

use roster_directory::UserId;
use roster_directory::check::Findings;
use roster_directory::fold::FOLDING;
use roster_directory::store::Claim;
use rusqlite::{Connection, Row};

use crate::cell::Columns;
use crate::error::Result;
use crate::{load, rules};

pub(super) fn check(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let unique_email = rules::load(conn)?.unique_email;
    let mut statement = conn.prepare("SELECT kind, key, user_id, folding FROM user_keys")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Err(error) = check_row(conn, row, unique_email, findings) {
            findings.add("a claim", error.to_string());
        }
    }
    check_shared(conn, findings)
}

/// A link that leads to another user is had all the same.
fn check_shared(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let sql = "SELECT user_id, source FROM shared_links WHERE NOT EXISTS (SELECT 1 FROM links \
               WHERE links.user_id = shared_links.user_id AND links.source = shared_links.source \
               AND links.external_id = shared_links.external_id)";
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let columns = &mut Columns::new(row, "shared_links");
        let (user, source) = (columns.user_id()?, columns.text()?);
        let place = format!("shared link of user {user}");
        findings.add(place, format!("it has no such link of source {source}"));
    }
    Ok(())
}

fn check_row(conn: &Connection, row: &Row<'_>, unique_email: bool, findings: &mut Findings) -> Result<()> {
    let columns = &mut Columns::new(row, "user_keys");
    let (kind, key, holder): (i64, &str, UserId) = (columns.integer()?, columns.text()?, columns.user_id()?);
    let folding = columns.optional_integer()?;
    let place = format!("claim of kind {kind} of user {holder}");
    findings.expect(
        folding.is_none_or(|folding| folding == i64::from(FOLDING)),
        &place,
        "it was folded by other rules than this Roster's",
    );
    match load::user(conn, holder) {
        Ok(Some(user)) => {
            findings.expect(
                Claim::from_stored(kind, key).is_some_and(|claim| claim.is_of(&user)),
                &place,
                "the user does not hold what is claimed",
            );
        }
        Ok(None) => findings.add(&place, "there is no such user"),
        // `users` tells of it.
        Err(_) => {}
    }
    findings.expect(kind != 4 || unique_email, &place, "emails are not unique here, and are not claimed");
    Ok(())
}
