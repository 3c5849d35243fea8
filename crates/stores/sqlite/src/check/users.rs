//! Every user: its row, its claims, and its history, which replayed gives the user.

use roster_directory::check::{Findings, Replay};
use roster_directory::seal::Keyring;
use roster_directory::store::Claim;
use roster_directory::{Link, Rules, User, fold};
use rusqlite::{Connection, Row};

use crate::cell::{Cell, Columns};
use crate::columns::{self, SELECT};
use crate::error::{Error, Result};
use crate::parts::Parts;
use crate::{elements, load, records, rules};

pub(super) fn check(conn: &Connection, keyring: &Keyring, findings: &mut Findings) -> Result<()> {
    let rules = rules::load(conn)?;
    let mut statement = conn.prepare(&format!("{} ORDER BY number", *SELECT))?;
    let mut rows = statement.query([])?;
    let mut parts = Parts::prepare(conn)?;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let user = columns::user(row).and_then(|mut user| {
            parts.add_to([&mut user])?;
            Ok(user)
        });
        match user {
            Ok(user) => check_user(conn, keyring, rules, (&user, row), findings)?,
            Err(error) => findings.add(format_args!("user with number {number}"), error.to_string()),
        }
    }
    Ok(())
}

fn check_user(
    conn: &Connection,
    keyring: &Keyring,
    rules: Rules,
    (user, row): (&User, &Row<'_>),
    findings: &mut Findings,
) -> Result<()> {
    let place = format!("user {}", user.id);
    check_claims(conn, rules, user, findings)?;
    let folded: Option<String> = row.get("email_folded")?;
    findings.expect(folded == user.email_folded(), &place, "email_folded is not its email, folded");
    findings.expect_sound_password(user);
    match replay(conn, keyring, user, findings)? {
        Some(replay) => {
            replay.compare(user, findings);
            check_parts(conn, &replay, user, findings)
        }
        None => Ok(()),
    }
}

fn check_claims(conn: &Connection, rules: Rules, user: &User, findings: &mut Findings) -> Result<()> {
    let place = format!("user {}", user.id);
    let mut own = vec![("number", Claim::Number(user.number))];
    if user.is_living() {
        own.push(("user_name", Claim::user_name(&user.user_name)));
        let email = user.profile.email.as_ref().filter(|_| rules.unique_email);
        own.extend(email.map(|email| ("email", Claim::email(email))));
    }
    for (what, claim) in own {
        let holder = load::holder(conn, &claim)?;
        findings.expect(
            holder == Some(user.id),
            &place,
            &format!("it does not hold the claim on its {what}"),
        );
    }
    // What a deleted user was called, another may have taken over, and given up since.
    for (source, external_id) in user.links.iter().filter(|_| user.is_living()) {
        let link = Link { source: source.clone(), external_id: external_id.clone() };
        let holder = load::holder(conn, &Claim::Link(link.clone()))?;
        let problem = format!("it does not hold the claim on its link of source {source}");
        let is_its = holder == Some(user.id) || records::shares(conn, &link, user.id)?;
        findings.expect(is_its, &place, &problem);
    }
    Ok(())
}

/// Goes through the user's entries from the first to the last. `None` if the history has a gap, or can't be read.
fn replay(
    conn: &Connection,
    keyring: &Keyring,
    user: &User,
    findings: &mut Findings,
) -> Result<Option<Replay>> {
    let place = format!("journal of user {}", user.id);
    let mut replay = Replay::default();
    let mut statement = load::entries(conn)?;
    let mut rows = statement.query((Cell::from(user.id), 0, -1))?;
    while let Some(row) = rows.next()? {
        let read = load::entry(row, keyring, uuid::Uuid::nil(), (user.id, &user.data_key));
        let (position, entry) = match read {
            Ok(read) => read,
            Err(error @ (Error::Corrupt(_) | Error::Seal(_))) => {
                findings.add(&place, format!("after version {}: {error}", replay.version()));
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let field_ids: String = row.get("field_ids")?;
        if entry.version != replay.version() + 1 {
            findings.add(&place, format!("there is no version {}", replay.version() + 1));
            return Ok(None);
        }
        replay.step(position, &entry, &field_ids, findings);
    }
    if replay.version() != user.version {
        findings
            .add(&place, format!("it ends at version {}, the user has {}", replay.version(), user.version));
        return Ok(None);
    }
    Ok(Some(replay))
}

/// Links, grants and elements, with those that were taken away, carry the versions that last changed them.
fn check_parts(conn: &Connection, replay: &Replay, user: &User, findings: &mut Findings) -> Result<()> {
    if replay.is_erased() {
        return Ok(());
    }
    let mut links = 0;
    let mut statement =
        conn.prepare_cached("SELECT source, external_id, version FROM links WHERE user_id = ?1")?;
    let mut rows = statement.query([Cell::from(user.id)])?;
    while let Some(row) = rows.next()? {
        let columns = &mut Columns::new(row, "links");
        let (source, external_id, version) = (columns.text()?, columns.optional_text()?, columns.version()?);
        links += 1;
        findings.expect(
            replay.has_link(source, external_id, version),
            format_args!("link of user {} of source {source}", user.id),
            "it is not as the history says",
        );
    }
    let mut grants = 0;
    let mut statement =
        conn.prepare_cached("SELECT client_id, profile_id, granted, version FROM grants WHERE user_id = ?1")?;
    let mut rows = statement.query([Cell::from(user.id)])?;
    while let Some(row) = rows.next()? {
        let columns = &mut Columns::new(row, "grants");
        let (client, profile) = (columns.integer()?, columns.text()?);
        let (granted, version) = (columns.truth()?, columns.version()?);
        grants += 1;
        findings.expect(
            replay.has_grant((client, profile), granted, version),
            format_args!("grant of user {} for client {client}", user.id),
            "it is not as the history says",
        );
    }
    let elements = check_elements(conn, replay, user, findings)?;
    let place = format!("user {}", user.id);
    findings.expect(elements == replay.elements(), &place, "an element that the history knows has no row");
    findings.expect(links == replay.links(), &place, "a link that the history knows has no row");
    findings.expect(grants == replay.grants(), &place, "a grant that the history knows has no row");
    Ok(())
}

/// How many rows there are of elements.
fn check_elements(conn: &Connection, replay: &Replay, user: &User, findings: &mut Findings) -> Result<usize> {
    let sql = format!(
        "SELECT version, is_there, value_folded, {} FROM user_elements WHERE user_id = ?1",
        elements::COLUMNS
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([Cell::from(user.id)])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let columns = &mut Columns::new(row, "user_elements");
        let (version, is_there, folded) = (columns.version()?, columns.truth()?, columns.optional_text()?);
        let element = elements::read(columns)?;
        count += 1;
        let place = format!("element {} of user {}", element.id, user.id);
        findings.expect(
            replay.has_element(element.id, Some(&element).filter(|_| is_there), version),
            &place,
            "it is not as the history says",
        );
        findings.expect(
            folded == element.content.value.as_deref().map(fold::fold).as_deref(),
            &place,
            "value_folded is not its value, folded",
        );
    }
    Ok(count)
}
