//! Every claim is one that its user has a right to. (That every user has its claims, `users` checks.)

use roster_directory::fold::{FOLDING, fold};
use roster_directory::{Source, User, UserId};
use rusqlite::{Connection, Row};

use super::Findings;
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
            findings.expect(has(&user, kind, key), &place, "the user does not hold what is claimed");
        }
        Ok(None) => findings.add(&place, "there is no such user"),
        // `users` tells of it.
        Err(_) => {}
    }
    findings.expect(kind != 4 || unique_email, &place, "emails are not unique here, and are not claimed");
    Ok(())
}

fn has(user: &User, kind: i64, key: &str) -> bool {
    match kind {
        1 => key.split_once(':').is_some_and(|(source, external_id)| {
            Source::new(source).is_ok_and(|source| {
                user.external_id(&source).is_some_and(|stored| stored.as_str() == external_id)
            })
        }),
        2 => key == user.number.to_string(),
        3 => user.is_living() && key == fold(user.user_name.as_str()),
        4 => user.is_living() && user.profile.email.as_ref().is_some_and(|email| key == fold(email.as_str())),
        _ => false,
    }
}
