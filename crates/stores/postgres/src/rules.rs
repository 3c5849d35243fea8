//! The rules that every process over the store follows, and the claims that `unique_email` needs.

use roster_directory::directory::References;
use roster_directory::fold::FOLDING;
use roster_directory::{Email, Rules};

use crate::cell::Columns;
use crate::error::Result;
use crate::session::Session;

/// The most emails that are told when several users hold them.
const MOST_TOLD: i64 = 100;

/// The rules that were last configured.
pub(crate) async fn load(session: &Session) -> Result<Rules> {
    let row = session.row("SELECT \"references\", unique_email FROM meta", &[]).await?;
    let Some(row) = row else { return Ok(Rules::default()) };
    let columns = &mut Columns::new(&row, "meta");
    let references = References::from_name(columns.text()?).ok_or_else(|| columns.corrupt())?;
    Ok(Rules { references, unique_email: columns.truth()? })
}

/// Sets the rules, inside the transaction that is open. Answers the emails that several users hold if that is what keeps
/// `unique_email` from being turned on; then nothing is to be committed.
pub(crate) async fn configure(session: &Session, wanted: Rules) -> Result<Result<(), Vec<Email>>> {
    // Writers look at the rules after they have written to `users`: whoever was before this is waited for, and whoever
    // comes after it sees the new rules.
    session.batch("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE").await?;
    let before = load(session).await?;
    if before == wanted {
        return Ok(Ok(()));
    }
    if wanted.unique_email && !before.unique_email {
        let shared = shared_emails(session).await?;
        if !shared.is_empty() {
            return Ok(Err(shared));
        }
        let claim = "INSERT INTO user_keys (kind, key, user_id, folding) \
                     SELECT 4, email_folded, id, $1 FROM users WHERE email_folded IS NOT NULL";
        session.execute(claim, &[i64::from(FOLDING).into()]).await?;
    }
    if before.unique_email && !wanted.unique_email {
        session.execute("DELETE FROM user_keys WHERE kind = 4", &[]).await?;
    }
    let set = "UPDATE meta SET \"references\" = $1, unique_email = $2";
    session.execute(set, &[wanted.references.name().into(), wanted.unique_email.into()]).await?;
    Ok(Ok(()))
}

/// The emails that several living users hold, each as the first of them has it.
async fn shared_emails(session: &Session) -> Result<Vec<Email>> {
    let sql = "SELECT (array_agg(email ORDER BY number))[1] FROM users WHERE email_folded IS NOT NULL \
               GROUP BY email_folded HAVING count(*) > 1 ORDER BY email_folded LIMIT $1";
    let rows = session.rows(sql, &[MOST_TOLD.into()]).await?;
    let read = |row| {
        let columns = &mut Columns::new(row, "users");
        let email = columns.text()?;
        columns.check(Email::new(email))
    };
    rows.iter().map(read).collect()
}
