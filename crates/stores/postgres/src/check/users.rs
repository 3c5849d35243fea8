//! Every user: its row, its claims, and its history, which replayed gives the user.

use std::collections::HashMap;

use roster_directory::check::{Findings, Replay};
use roster_directory::seal::Keyring;
use roster_directory::store::Claim;
use roster_directory::{Link, Position, Rules, User, UserId};
use tokio_postgres::Row;
use uuid::Uuid;

use super::elements;
use crate::cell::Columns;
use crate::columns::{self, SELECT};
use crate::error::Result;
use crate::load::{self, Reads};
use crate::session::{Call, Session};
use crate::{records, rules};

/// How many users are looked at together.
const PAGE: i64 = 200;

pub(super) async fn check(session: &Session, keyring: &Keyring, findings: &mut Findings) -> Result<()> {
    let rules = rules::load(session).await?;
    let sql = format!("{} WHERE u.id > $1 ORDER BY u.id LIMIT $2", *SELECT);
    let mut after = Uuid::nil();
    loop {
        let rows = session.rows(&sql, &[after.into(), PAGE.into()]).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Columns::new(last, "users").uuid()?;
        let mut users = Vec::new();
        for row in &rows {
            match columns::user(row) {
                Ok(user) => users.push(user),
                Err(error) => {
                    let id = Columns::new(row, "users").user_id()?;
                    findings.add(format_args!("user {id}"), error.to_string());
                }
            }
        }
        check_folded(session, &users, findings).await?;
        check_claims(session, rules, &users, findings).await?;
        check_histories(session, keyring, &users, findings).await?;
    }
}

async fn check_folded(session: &Session, users: &[User], findings: &mut Findings) -> Result<()> {
    let rows = of_users(session, "SELECT id, email_folded FROM users WHERE id = ANY($1)", users).await?;
    let mut folded = HashMap::new();
    for row in &rows {
        let columns = &mut Columns::new(row, "users");
        folded.insert(columns.user_id()?, columns.optional_text()?.map(str::to_owned));
    }
    for user in users {
        let place = format!("user {}", user.id);
        let is = folded.get(&user.id) == Some(&user.email_folded());
        findings.expect(is, &place, "email_folded is not its email, folded");
        findings.expect_sound_password(user);
    }
    Ok(())
}

async fn of_users(session: &Session, sql: &str, users: &[User]) -> Result<Vec<Row>> {
    let ids = load::ids(users.iter().map(|user| user.id));
    session.rows_of(&Call::new(sql, vec![ids])).await
}

async fn check_claims(
    session: &Session,
    rules: Rules,
    users: &[User],
    findings: &mut Findings,
) -> Result<()> {
    let mut own = Vec::new();
    for user in users {
        own.push((user.id, "its number".to_owned(), Claim::Number(user.number)));
        if !user.is_living() {
            continue;
        }
        own.push((user.id, "its user_name".to_owned(), Claim::user_name(&user.user_name)));
        let email = user.profile.email.as_ref().filter(|_| rules.unique_email);
        own.extend(email.map(|email| (user.id, "its email".to_owned(), Claim::email(email))));
        // What a deleted user was called, another may have taken over, and given up since.
        for (source, external_id) in &user.links {
            let link = Link { source: source.clone(), external_id: external_id.clone() };
            own.push((user.id, format!("its link of source {source}"), Claim::Link(link)));
        }
    }
    let claims: Vec<Claim> = own.iter().map(|(_, _, claim)| claim.clone()).collect();
    let holders = load::holders(session, &claims, Reads::Together).await?;
    for (user, what, claim) in own {
        let is_its = holders.get(&claim) == Some(&user) || is_shared(session, &claim, user).await?;
        let problem = format!("it does not hold the claim on {what}");
        findings.expect(is_its, format_args!("user {user}"), &problem);
    }
    Ok(())
}

async fn is_shared(session: &Session, claim: &Claim, user: UserId) -> Result<bool> {
    match claim {
        Claim::Link(link) => records::shares(session, link, user).await,
        Claim::Number(_) | Claim::UserName(_) | Claim::Email(_) => Ok(false),
    }
}

/// Goes through every user's entries from the first to the last, and compares what comes of them with the user.
async fn check_histories(
    session: &Session,
    keyring: &Keyring,
    users: &[User],
    findings: &mut Findings,
) -> Result<()> {
    let entries = format!(
        "SELECT {}, field_ids, user_id FROM journal WHERE user_id = ANY($1) ORDER BY version",
        load::ENTRY
    );
    let entries = by_user(of_users(session, &entries, users).await?, ENTRY_USER)?;
    let links = "SELECT user_id, source, external_id, version FROM links WHERE user_id = ANY($1)";
    let links = by_user(of_users(session, links, users).await?, 0)?;
    let grants =
        "SELECT user_id, client_id, profile_id, granted, version FROM grants WHERE user_id = ANY($1)";
    let grants = by_user(of_users(session, grants, users).await?, 0)?;
    let elements = by_user(of_users(session, elements::SELECT, users).await?, 0)?;
    let none = Vec::new();
    for user in users {
        let own = |rows: &'_ HashMap<UserId, Vec<Row>>| rows.get(&user.id).map_or(0, Vec::len);
        let (own_links, own_grants) = (own(&links), own(&grants));
        let Some(replay) = replay(keyring, user, entries.get(&user.id).unwrap_or(&none), findings)? else {
            continue;
        };
        replay.compare(user, findings);
        if replay.is_erased() {
            continue;
        }
        let place = format!("user {}", user.id);
        findings.expect(own_links == replay.links(), &place, "a link that the history knows has no row");
        findings.expect(own_grants == replay.grants(), &place, "a grant that the history knows has no row");
        check_links(&replay, user, links.get(&user.id).unwrap_or(&none), findings)?;
        check_grants(&replay, user, grants.get(&user.id).unwrap_or(&none), findings)?;
        elements::check(&replay, user, elements.get(&user.id).unwrap_or(&none), findings)?;
    }
    Ok(())
}

/// Where the rows of entries have the fields' numbers, and the user.
const ENTRY_FIELDS: usize = 8;
const ENTRY_USER: usize = 9;

fn by_user(rows: Vec<Row>, column: usize) -> Result<HashMap<UserId, Vec<Row>>> {
    let mut by_user: HashMap<UserId, Vec<Row>> = HashMap::new();
    for row in rows {
        let user = Columns::at(&row, "user_id", column).user_id()?;
        by_user.entry(user).or_default().push(row);
    }
    Ok(by_user)
}

/// `None` if the history has a gap, or can't be read.
fn replay(keyring: &Keyring, user: &User, rows: &[Row], findings: &mut Findings) -> Result<Option<Replay>> {
    let place = format!("journal of user {}", user.id);
    let mut replay = Replay::default();
    for (n, row) in (1..).zip(rows) {
        let entry = match load::entry(row, keyring, (user.id, &user.data_key)) {
            Ok(entry) => entry,
            Err(error) => {
                findings.add(&place, format!("after version {}: {error}", replay.version()));
                return Ok(None);
            }
        };
        let field_ids = Columns::at(row, "journal", ENTRY_FIELDS).text()?;
        if entry.version != replay.version() + 1 {
            findings.add(&place, format!("there is no version {}", replay.version() + 1));
            return Ok(None);
        }
        // Their order in the feed is checked for all users together.
        let position = Position { epoch: Uuid::nil(), stream: 0, n };
        replay.step(position, &entry, field_ids, findings);
    }
    if replay.version() != user.version {
        findings
            .add(&place, format!("it ends at version {}, the user has {}", replay.version(), user.version));
        return Ok(None);
    }
    Ok(Some(replay))
}

/// Links, with those that were taken away, carry the versions that last changed them.
fn check_links(replay: &Replay, user: &User, rows: &[Row], findings: &mut Findings) -> Result<()> {
    for row in rows {
        let columns = &mut Columns::at(row, "links", 1);
        let (source, external_id, version) = (columns.text()?, columns.optional_text()?, columns.version()?);
        findings.expect(
            replay.has_link(source, external_id, version),
            format_args!("link of user {} of source {source}", user.id),
            "it is not as the history says",
        );
    }
    Ok(())
}

/// So do grants.
fn check_grants(replay: &Replay, user: &User, rows: &[Row], findings: &mut Findings) -> Result<()> {
    for row in rows {
        let columns = &mut Columns::at(row, "grants", 1);
        let (client, profile) = (columns.integer()?, columns.text()?);
        let (granted, version) = (columns.truth()?, columns.version()?);
        findings.expect(
            replay.has_grant((client, profile), granted, version),
            format_args!("grant of user {} for client {client}", user.id),
            "it is not as the history says",
        );
    }
    Ok(())
}
