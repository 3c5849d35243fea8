//! Every claim is one that its user has a right to. (That every user has its claims, `users` checks.)

use roster_directory::UserId;
use roster_directory::check::Findings;
use roster_directory::fold::FOLDING;
use roster_directory::store::Claim;
use tokio_postgres::Row;

use crate::cell::Columns;
use crate::error::Result;
use crate::load::{self, Reads};
use crate::rules;
use crate::session::Session;

/// How many claims are looked at together.
const PAGE: i64 = 1_000;

struct Held {
    kind: i64,
    key: String,
    holder: UserId,
    folding: Option<i64>,
}

pub(super) async fn check(session: &Session, findings: &mut Findings) -> Result<()> {
    let unique_email = rules::load(session).await?.unique_email;
    let sql = "SELECT kind, key, user_id, folding FROM user_keys WHERE (kind, key) > ($1, $2) \
               ORDER BY kind, key LIMIT $3";
    let (mut kind, mut key) = (0, String::new());
    loop {
        let rows = session.rows(sql, &[kind.into(), key.as_str().into(), PAGE.into()]).await?;
        let page = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        let Some(last) = page.last() else { return Ok(()) };
        (kind, key) = (last.kind, last.key.clone());
        let mut holders: Vec<UserId> = page.iter().map(|row| row.holder).collect();
        holders.sort_unstable();
        holders.dedup();
        // A user that can't be read `users` tells of.
        let Ok(users) = load::users(session, &holders, Reads::Together).await else { continue };
        for Held { kind, key, holder, folding } in page {
            let place = format!("claim of kind {kind} of user {holder}");
            findings.expect(
                folding.is_none_or(|folding| folding == i64::from(FOLDING)),
                &place,
                "it was folded by other rules than this Roster's",
            );
            match users.get(&holder) {
                Some(user) => findings.expect(
                    Claim::from_stored(kind, &key).is_some_and(|claim| claim.is_of(user)),
                    &place,
                    "the user does not hold what is claimed",
                ),
                None => findings.add(&place, "there is no such user"),
            }
            findings.expect(
                kind != 4 || unique_email,
                &place,
                "emails are not unique here, and are not claimed",
            );
        }
    }
}

fn read(row: &Row) -> Result<Held> {
    let columns = &mut Columns::new(row, "user_keys");
    Ok(Held {
        kind: columns.integer()?,
        key: columns.text()?.to_owned(),
        holder: columns.user_id()?,
        folding: columns.get()?,
    })
}
