//! What a store holds, read past the server: by SQL, with the columns that operators see.

use std::collections::HashMap;

use crate::mark;

mod postgres;
mod sqlite;

/// Each user that a link leads to, as the directory would find it; the columns are those of [`Found`].
const USERS: &str = "
    SELECT keys.key, users.version, users.given_name, users.family_name, users.role, users.email, users.avatar,
           (SELECT count(*) FROM links WHERE links.user_id = users.id AND 'bubble:' || links.external_id = keys.key),
           (SELECT count(*) FROM journal WHERE journal.user_id = users.id),
           (SELECT max(version) FROM journal WHERE journal.user_id = users.id)
    FROM user_keys AS keys LEFT JOIN users ON users.id = keys.user_id
    WHERE keys.kind = 1 AND keys.key LIKE 'bubble:%'";

/// A rule: what it is called when it is broken, and a query that counts how often it is.
type Rule = (&'static str, &'static str);

/// What must not be in any store.
const RULES: [Rule; 3] = [
    (
        "users whom no link leads to",
        "SELECT count(*) FROM users WHERE deleted_at_us IS NULL
         AND NOT EXISTS (SELECT 1 FROM links WHERE links.user_id = users.id AND external_id IS NOT NULL)",
    ),
    (
        "claims that lead to nobody",
        "SELECT count(*) FROM user_keys WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.id = user_id)",
    ),
    (
        "journal entries of nobody",
        "SELECT count(*) FROM journal WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.id = user_id)",
    ),
];

/// A user as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUser {
    /// The mark that every field carries, or what does not fit together.
    pub mark: Result<u64, String>,
    /// How often the user was changed.
    pub version: u64,
}

/// Everything that streams left in a store.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// The users by external id.
    pub users: HashMap<String, StoredUser>,
    /// What no whole store shows, whoever wrote it.
    pub torn: Vec<String>,
}

impl Stored {
    fn add(&mut self, found: &Found) {
        let external_id = found.key.trim_start_matches("bubble:");
        self.users.insert(external_id.to_owned(), found.user(external_id));
    }

    fn judge(&mut self, rule: &str, found: i64) {
        if found != 0 {
            self.torn.push(format!("{found} {rule}"));
        }
    }
}

/// A row of [`USERS`].
struct Found {
    key: String,
    version: Option<i64>,
    given_name: Option<String>,
    family_name: Option<String>,
    role: Option<String>,
    email: Option<String>,
    avatar: Option<String>,
    links: i64,
    entries: i64,
    newest: Option<i64>,
}

impl Found {
    fn user(&self, external_id: &str) -> StoredUser {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let version = self.version.unwrap_or_default();
        let (given_name, avatar) = (text(&self.given_name), text(&self.avatar));
        let mark = match mark::read(external_id, &given_name) {
            Some(mark)
                if text(&self.family_name) == given_name
                    && text(&self.role) == mark.to_string()
                    && text(&self.email) == mark::email(external_id, mark)
                    && avatar == mark::avatar(external_id, mark)
                    && self.links == 1
                    && self.entries == version
                    && self.newest == Some(version) =>
            {
                Ok(mark)
            }
            Some(_) | None => Err(format!(
                "given_name {given_name}, family_name {}, role {}, email {}, avatar of {} characters, {} links, \
                 version {version} with {} journal entries up to {:?}",
                text(&self.family_name),
                text(&self.role),
                text(&self.email),
                avatar.len(),
                self.links,
                self.entries,
                self.newest
            )),
        };
        StoredUser { mark, version: u64::try_from(version).unwrap_or_default() }
    }
}
