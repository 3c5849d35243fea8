//! The store that the tests run on: SQLite, or PostgreSQL if a variable says so (`scripts/test` runs them on both).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use roster_testkit::TestDatabase;

static DATABASES: Mutex<BTreeMap<PathBuf, Arc<TestDatabase>>> = Mutex::new(BTreeMap::new());

/// Whether the tests run on PostgreSQL.
pub fn is_postgres() -> bool {
    match super::variable("ROSTER_TEST_STORE").as_deref() {
        None | Some("sqlite") => false,
        Some("postgres") => true,
        Some(other) => panic!("ROSTER_TEST_STORE is sqlite or postgres, not {other}"),
    }
}

/// The database that belongs to a data directory; on SQLite it is a file in there.
pub fn database(data: &Path) -> Option<Arc<TestDatabase>> {
    is_postgres().then(|| {
        let mut databases = DATABASES.lock().unwrap();
        Arc::clone(databases.entry(data.to_owned()).or_insert_with(|| Arc::new(TestDatabase::new())))
    })
}

/// The data directory goes, and so does its database.
pub(super) fn forget(data: &Path) {
    DATABASES.lock().unwrap().remove(data);
}

/// What tells a process where its database is.
pub(super) fn variables(data: &Path) -> Option<(&'static str, String)> {
    database(data).map(|database| ("ROSTER_DATABASE_URL", database.url()))
}

/// The settings of a server that is not started yet, ready for the tests' store: on PostgreSQL the token secrets are in the
/// database, and tests that forge tokens read them from where the first process brings them along.
pub(super) fn prepare(data: &Path) {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    let keys = data.join("jwt.keys");
    if is_postgres() && !keys.exists() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data).unwrap();
        let text = roster_auth::Secrets::generate(&roster_directory::SystemEntropy);
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(keys).unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    }
}

/// Keeps every change of a user from being written, until it is dropped.
pub enum Held {
    Sqlite(rusqlite::Connection),
    Postgres(std::process::Child),
}

impl Drop for Held {
    fn drop(&mut self) {
        match self {
            Self::Sqlite(connection) => connection.execute_batch("ROLLBACK").unwrap(),
            Self::Postgres(psql) => {
                psql.kill().unwrap();
                psql.wait().unwrap();
            }
        }
    }
}

impl super::Roster {
    fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.data().join("roster.db")).unwrap()
    }

    /// Runs statements that both stores understand on the database; the first column of the rows of the last.
    pub fn sql(&self, statements: &str) -> Vec<String> {
        if let Some(database) = database(self.data()) {
            return database.sql(statements).lines().map(str::to_owned).collect();
        }
        let database = self.sqlite();
        if !statements.starts_with("SELECT") {
            database.execute_batch(statements).unwrap();
            return Vec::new();
        }
        let mut statement = database.prepare(statements).unwrap();
        let rows = statement.query_map([], |row| match row.get(0) {
            Ok(text) => Ok(text),
            Err(_) => row.get::<_, i64>(0).map(|number| number.to_string()),
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// Every byte that the database keeps of what is there now.
    pub fn stored_bytes(&self) -> Vec<u8> {
        if let Some(database) = database(self.data()) {
            let tables =
                ["users", "links", "grants", "user_keys", "journal", "outbox", "feed", "idempotency"];
            let dump =
                tables.map(|table| database.sql(&format!("SELECT row_to_json(t) FROM {table} t"))).concat();
            return with_the_bytes_of_hex(dump);
        }
        let compact = self.data().join("compact.db");
        self.sqlite().execute("VACUUM INTO ?1", [compact.to_str().unwrap()]).unwrap();
        let bytes = std::fs::read(&compact).unwrap();
        std::fs::remove_file(compact).unwrap();
        bytes
    }

    /// From now on no change of a user can be written.
    pub fn hold_writers(&self) -> Held {
        let Some(database) = database(self.data()) else {
            let connection = self.sqlite();
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            return Held::Sqlite(connection);
        };
        Held::Postgres(database.hold("LOCK TABLE users IN EXCLUSIVE MODE"))
    }
}

/// The text, and what its hexadecimal bytes stand for.
fn with_the_bytes_of_hex(text: String) -> Vec<u8> {
    let mut bytes = text.clone().into_bytes();
    for piece in text.split("\\\\x").skip(1) {
        let digits: Vec<u8> = piece.bytes().take_while(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        bytes.extend(digits.chunks_exact(2).map(byte));
    }
    bytes
}
