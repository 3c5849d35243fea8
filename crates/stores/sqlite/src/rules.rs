//! The rules that every process over the store follows, and the claims that `unique_email` needs.

use roster_directory::directory::References;
use roster_directory::fold::FOLDING;
use roster_directory::{Email, Rules};
use rusqlite::{Connection, params};

use crate::cell::Columns;
use crate::error::Result;
use crate::transaction::Wrote;

/// The most emails that are told when several users hold them.
const MOST_TOLD: i64 = 100;

/// The rules that were last configured.
pub(crate) fn load(conn: &Connection) -> Result<Rules> {
    let mut statement = conn.prepare_cached("SELECT \"references\", unique_email FROM meta")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(Rules::default()) };
    let columns = &mut Columns::new(row, "meta");
    let references = References::from_name(columns.text()?).ok_or_else(|| columns.corrupt())?;
    Ok(Rules { references, unique_email: columns.truth()? })
}

/// Sets the rules, inside the writer's transaction. Answers the emails that several users hold if that is what keeps
/// `unique_email` from being turned on; then nothing is written.
pub(crate) fn configure(conn: &Connection, wanted: Rules) -> Result<(Result<(), Vec<Email>>, Wrote)> {
    let before = load(conn)?;
    if before == wanted {
        return Ok((Ok(()), Wrote::Nothing));
    }
    if wanted.unique_email && !before.unique_email {
        let shared = shared_emails(conn)?;
        if !shared.is_empty() {
            return Ok((Err(shared), Wrote::Nothing));
        }
        conn.execute(
            "INSERT INTO user_keys (kind, key, user_id, folding) \
             SELECT 4, email_folded, id, ?1 FROM users WHERE email_folded IS NOT NULL",
            [FOLDING],
        )?;
    }
    if before.unique_email && !wanted.unique_email {
        conn.execute("DELETE FROM user_keys WHERE kind = 4", [])?;
    }
    conn.execute(
        "UPDATE meta SET \"references\" = ?1, unique_email = ?2",
        params![wanted.references.name(), wanted.unique_email],
    )?;
    Ok((Ok(()), Wrote::Something))
}

/// The emails that several living users hold, each as the first of them has it.
fn shared_emails(conn: &Connection) -> Result<Vec<Email>> {
    let mut statement = conn.prepare(
        "SELECT email, min(number) FROM users WHERE email_folded IS NOT NULL \
         GROUP BY email_folded HAVING count(*) > 1 ORDER BY email_folded LIMIT ?1",
    )?;
    let mut rows = statement.query([MOST_TOLD])?;
    let mut shared = Vec::new();
    while let Some(row) = rows.next()? {
        let columns = &mut Columns::new(row, "users");
        let email = columns.text()?;
        shared.push(columns.check(Email::new(email))?);
    }
    Ok(shared)
}
