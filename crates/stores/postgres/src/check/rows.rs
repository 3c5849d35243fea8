//! The counters, the feed, rows that lead nowhere, and records that can't be read.

use roster_directory::check::Findings;
use roster_directory::record::{OrganisationKind, Record, RecordKey, Register};
use roster_directory::seal::Keyring;

use crate::cell::Columns;
use crate::error::Result;
use crate::records;
use crate::session::Session;

/// Statements whose rows are each wrong, with where and what. Whole tables are compared as sets: of a join a planner that takes
/// the outbox for empty, as it mostly is, makes a loop over it for each entry, and after a copy all of them are there.
const WRONG: [(&str, &str, &str); 7] = [
    ("SELECT 1 WHERE (SELECT count(*) FROM meta) <> 1", "meta", "it must have one row"),
    (
        "SELECT 1 FROM counters WHERE name = 'number' AND next <= (SELECT max(number) FROM users)",
        "counters",
        "the next number was given already",
    ),
    (
        "SELECT 1 FROM counters WHERE name = 'number' AND next <= (SELECT max(key::bigint) FROM user_keys WHERE kind = 2)",
        "counters",
        "the next number was claimed already",
    ),
    (
        "SELECT 1 WHERE (SELECT count(*) FROM counters) <> 1 OR (SELECT count(*) FROM streams) <> 64",
        "counters",
        "a row is missing",
    ),
    (
        "SELECT 1 FROM streams s WHERE s.next_n <= (SELECT max(f.n) FROM feed f WHERE f.stream = s.stream)",
        "streams",
        "its next position was given already",
    ),
    (
        "SELECT 1 FROM (SELECT user_id, version FROM journal EXCEPT \
         (SELECT user_id, version FROM feed UNION ALL SELECT user_id, version FROM outbox)) AS t LIMIT 1",
        "journal",
        "an entry is neither in the feed nor on its way there",
    ),
    (
        "SELECT 1 FROM (SELECT user_id, version FROM feed INTERSECT SELECT user_id, version FROM outbox) AS t LIMIT 1",
        "outbox",
        "an entry that has its position would be given another",
    ),
];

/// The counters are above everything that was given, and every entry is in the feed once, or will be.
pub(super) async fn check_meta(session: &Session, findings: &mut Findings) -> Result<()> {
    for (sql, place, problem) in WRONG {
        let wrong = session.row(sql, &[]).await?;
        findings.expect(wrong.is_none(), place, problem);
    }
    Ok(())
}

/// In each stream the entries of one user stand in the order of its versions, and all in the user's own stream.
pub(super) async fn check_feed(session: &Session, findings: &mut Findings) -> Result<()> {
    let sql = "SELECT user_id FROM (SELECT user_id, version, lag(version) OVER (PARTITION BY user_id ORDER BY n) AS before, \
               stream, first_value(stream) OVER (PARTITION BY user_id ORDER BY n) AS first FROM feed) AS f \
               WHERE version <= before OR stream <> first";
    for row in session.rows(sql, &[]).await? {
        let user = Columns::new(&row, "feed").user_id()?;
        findings.add(
            format_args!("feed of user {user}"),
            "its entries do not stand in the order of its versions",
        );
    }
    let strays = "SELECT f.user_id FROM feed f WHERE NOT EXISTS \
                  (SELECT 1 FROM journal j WHERE j.user_id = f.user_id AND j.version = f.version)";
    for row in session.rows(strays, &[]).await? {
        let user = Columns::new(&row, "feed").user_id()?;
        findings.add(format_args!("feed of user {user}"), "it has a position for an entry that is not there");
    }
    Ok(())
}

/// Rows whose user, group or key is not there.
pub(super) async fn check_orphans(session: &Session, findings: &mut Findings) -> Result<()> {
    for table in
        ["links", "shared_links", "grants", "user_elements", "group_members", "journal", "idempotency"]
    {
        let sql = format!(
            "SELECT DISTINCT user_id FROM {table} t WHERE user_id IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = t.user_id)"
        );
        for row in session.rows(&sql, &[]).await? {
            let user = Columns::new(&row, "user_id").user_id()?;
            findings.add(format_args!("{table} of user {user}"), "there is no such user");
        }
    }
    for table in ["group_links", "group_members"] {
        let sql = format!(
            "SELECT DISTINCT group_id FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM groups k WHERE k.id = t.group_id)"
        );
        for row in session.rows(&sql, &[]).await? {
            let group = Columns::new(&row, "group_id").group_id()?;
            findings.add(format_args!("{table} of group {group}"), "there is no such group");
        }
    }
    for table in ["api_key_authorities", "api_key_secrets"] {
        let sql = format!(
            "SELECT DISTINCT api_key_id FROM {table} t \
             WHERE NOT EXISTS (SELECT 1 FROM api_keys k WHERE k.id = t.api_key_id)"
        );
        for row in session.rows(&sql, &[]).await? {
            let key = Columns::new(&row, "api_key_id").text()?;
            findings.add(format_args!("{table} of API key {key}"), "there is no such key");
        }
    }
    Ok(())
}

/// Every record can be read, and every idempotent outcome opens.
pub(super) async fn check_records(
    session: &Session,
    keyring: &Keyring,
    findings: &mut Findings,
) -> Result<()> {
    let kinds = OrganisationKind::ALL.map(Register::Organisations);
    for register in [Register::ApiKeys, Register::Clients, Register::Profiles].into_iter().chain(kinds) {
        check_register(session, register, findings).await?;
    }
    let sql = "SELECT i.client, i.key, i.user_id, i.snapshot, u.data_key FROM idempotency i \
               LEFT JOIN users u ON u.id = i.user_id WHERE i.effect IS NOT NULL \
               AND (i.client, i.key) > ($1, $2) ORDER BY i.client, i.key LIMIT 1000";
    let (mut client, mut key) = (String::new(), String::new());
    loop {
        let rows = session.rows(sql, &[client.as_str().into(), key.as_str().into()]).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        for row in &rows {
            let opens = records::outcome_opens(keyring, row)?;
            let user = Columns::at(row, "idempotency", 2).user_id()?;
            findings.expect(
                opens,
                format_args!("idempotency of user {user}"),
                "its outcome can't be unsealed",
            );
        }
        let columns = &mut Columns::new(last, "idempotency");
        (client, key) = (columns.text()?.to_owned(), columns.text()?.to_owned());
    }
}

async fn check_register(session: &Session, register: Register, findings: &mut Findings) -> Result<()> {
    const PAGE: usize = 1_000;
    let mut after: Option<RecordKey> = None;
    loop {
        match records::list(session, register, after.as_ref(), PAGE).await {
            Ok(page) => match page.last().map(Record::key) {
                Some(last) => after = Some(last),
                None => return Ok(()),
            },
            Err(error) => {
                findings.add(format_args!("register {register:?}"), error.to_string());
                return Ok(());
            }
        }
    }
}
