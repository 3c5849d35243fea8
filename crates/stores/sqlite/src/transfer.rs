//! Copying the store into one of another kind, and back.

use std::path::Path;
use std::time::Duration;

use roster_directory::Rules;
use roster_directory::directory::References;
use roster_directory::transfer::{Cell, Row, TABLES, Table, page_sql};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params_from_iter};

use crate::connection;
use crate::open::{OpenError, Options, open_for_writing};

/// How long another process may hold the database.
const PATIENCE: Duration = Duration::from_secs(10);

/// A store that is read whole, as of one moment.
#[derive(Debug)]
pub struct Export(Connection);

impl Export {
    /// Begins with the database at `path`, which must have the schema of this Roster.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let conn = connection::open_reader(path, PATIENCE)?;
        conn.execute_batch("BEGIN")?;
        match crate::schema::schema_of(&conn)? {
            crate::SCHEMA => Ok(Self(conn)),
            0 => Err(OpenError::NotRosters),
            found => Err(OpenError::Older { found, known: crate::SCHEMA }),
        }
    }

    /// How many rows a table has.
    pub fn count(&self, table: &Table) -> Result<u64, OpenError> {
        let count: i64 =
            self.0.query_row(&format!("SELECT count(*) FROM {}", table.name), [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// A page of a table's rows, in the order of their keys, behind the last row of the page before.
    pub fn page(&self, table: &Table, behind: Option<&Row>, limit: usize) -> Result<Vec<Row>, OpenError> {
        let sql = page_sql(table, behind.is_some(), |place| format!("?{place}"));
        let mut parameters: Vec<Value> =
            behind.iter().flat_map(|row| row.iter().take(table.key)).map(value).collect();
        parameters.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        let mut statement = self.0.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(parameters))?;
        let mut page = Vec::new();
        while let Some(row) = rows.next()? {
            let cells = (0..table.columns.len()).map(|column| Ok(cell(row.get_ref(column)?)));
            page.push(cells.collect::<rusqlite::Result<Row>>()?);
        }
        Ok(page)
    }

    /// The rules, and the number of the next user.
    pub fn meta(&self) -> Result<(Rules, i64), OpenError> {
        let sql = "SELECT \"references\", unique_email, next_number FROM meta";
        let (references, unique_email, next_number): (String, bool, i64) =
            self.0.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let references = References::from_name(&references).ok_or(OpenError::NotRosters)?;
        Ok((Rules { references, unique_email }, next_number))
    }
}

/// A store that is filled from another. Nothing of it is kept unless it is finished.
#[derive(Debug)]
pub struct Import {
    conn: Connection,
    next_position: i64,
}

impl Import {
    /// Begins with a new database. `None` if there is something in it already.
    pub fn begin(options: &Options) -> Result<Option<Self>, OpenError> {
        let (conn, _) = open_for_writing(options)?;
        conn.execute_batch("BEGIN IMMEDIATE")?;
        for table in TABLES {
            let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", table.name);
            if conn.query_row(&sql, [], |row| row.get(0))? {
                return Ok(None);
            }
        }
        Ok(Some(Self { conn, next_position: 1 }))
    }

    /// Writes rows of a table. The journal's get their positions in the order in which they come.
    pub fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), OpenError> {
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        let places: Vec<String> = (1..=names.len()).map(|place| format!("?{place}")).collect();
        let (names, places) = (names.join(", "), places.join(", "));
        for row in rows {
            let values = row.iter().map(value);
            if table.name == "journal" {
                let n = self.next_position;
                let sql = format!("INSERT INTO journal ({names}, n, stream) VALUES ({places}, {n}, 0)");
                self.conn.execute(&sql, params_from_iter(values))?;
                self.next_position += 1;
            } else {
                let sql = format!("INSERT INTO {} ({names}) VALUES ({places})", table.name);
                self.conn.prepare_cached(&sql)?.execute(params_from_iter(values))?;
            }
        }
        Ok(())
    }

    /// Keeps what was written.
    pub fn finish(self, rules: Rules, next_number: i64) -> Result<(), OpenError> {
        let set =
            "UPDATE meta SET \"references\" = ?1, unique_email = ?2, next_number = ?3, next_position = ?4";
        self.conn.execute(
            set,
            rusqlite::params![rules.references.name(), rules.unique_email, next_number, self.next_position],
        )?;
        Ok(self.conn.execute_batch("COMMIT")?)
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Integer(integer) => Cell::Integer(integer),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        // No column is of that type.
        ValueRef::Null | ValueRef::Real(_) => Cell::Null,
    }
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(integer) => Value::Integer(*integer),
        Cell::Text(text) => Value::Text(text.clone()),
        Cell::Bytes(bytes) => Value::Blob(bytes.clone()),
    }
}
