//! Values on their way into and out of columns.

use std::error::Error as StdError;
use std::sync::Arc;

use bytes::BytesMut;
use roster_directory::{GroupId, Timestamp, UserId, Value};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::error::{Error, Result};

/// A value on its way into a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Truth(bool),
    Text(Arc<str>),
    Bytes(Vec<u8>),
    Uuid(Uuid),
}

impl ToSql for Cell {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(integer) => integer.to_sql(kind, out),
            Self::Truth(truth) => truth.to_sql(kind, out),
            Self::Text(text) => (&**text).to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
            Self::Uuid(uuid) => uuid.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::BOOL | Type::TEXT | Type::BYTEA | Type::UUID)
    }

    to_sql_checked!();
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Truth(value)
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<Timestamp> for Cell {
    fn from(value: Timestamp) -> Self {
        Self::Integer(value.unix_micros())
    }
}

impl From<UserId> for Cell {
    fn from(value: UserId) -> Self {
        Self::Uuid(value.0)
    }
}

impl From<GroupId> for Cell {
    fn from(value: GroupId) -> Self {
        Self::Uuid(value.0)
    }
}

impl From<Uuid> for Cell {
    fn from(value: Uuid) -> Self {
        Self::Uuid(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}

impl From<Vec<u8>> for Cell {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

/// A plain field's value. The journal's own values (links, grants, elements, holders) are in no column.
pub(crate) fn plain(value: Value) -> Result<Cell> {
    Ok(match value {
        Value::Text(text) => Cell::Text(text),
        Value::Bool(truth) => truth.into(),
        Value::Time(time) => time.into(),
        Value::Uuid(uuid) => Cell::Uuid(uuid),
        Value::Link(_) | Value::Grant(_) | Value::Holder(_) | Value::Element(_) => {
            return Err(Error::Unstorable("a plain field has no such value"));
        }
    })
}

/// A version as PostgreSQL stores it.
pub(crate) fn version(version: u64) -> Result<i64> {
    i64::try_from(version).map_err(|_| Error::Unstorable("a version beyond 2^63"))
}

/// A row that is read column by column, from the left. Every error names the table.
pub(crate) struct Columns<'a> {
    row: &'a Row,
    next: usize,
    table: &'static str,
}

impl<'a> Columns<'a> {
    /// Begins at the first column.
    pub(crate) fn new(row: &'a Row, table: &'static str) -> Self {
        Self { row, next: 0, table }
    }

    /// Begins at another column.
    pub(crate) fn at(row: &'a Row, table: &'static str, next: usize) -> Self {
        Self { row, next, table }
    }

    /// The value of the next column.
    pub(crate) fn get<T: FromSql<'a>>(&mut self) -> Result<T> {
        let index = self.next;
        self.next += 1;
        self.row.try_get(index).map_err(|_| self.corrupt())
    }

    pub(crate) fn corrupt(&self) -> Error {
        Error::Corrupt(self.table)
    }

    /// A value that can't be what it stands for is corruption.
    pub(crate) fn check<T, E>(&self, value: std::result::Result<T, E>) -> Result<T> {
        value.map_err(|_| self.corrupt())
    }

    pub(crate) fn integer(&mut self) -> Result<i64> {
        self.get()
    }

    pub(crate) fn text(&mut self) -> Result<&'a str> {
        self.get()
    }

    pub(crate) fn optional_text(&mut self) -> Result<Option<&'a str>> {
        self.get()
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        self.get()
    }

    pub(crate) fn truth(&mut self) -> Result<bool> {
        self.get()
    }

    pub(crate) fn version(&mut self) -> Result<u64> {
        let version = self.integer()?;
        self.check(u64::try_from(version))
    }

    pub(crate) fn optional_time(&mut self) -> Result<Option<Timestamp>> {
        match self.get::<Option<i64>>()? {
            Some(micros) => Timestamp::from_unix_micros(micros).map(Some).ok_or_else(|| self.corrupt()),
            None => Ok(None),
        }
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp> {
        self.optional_time()?.ok_or_else(|| self.corrupt())
    }

    pub(crate) fn uuid(&mut self) -> Result<Uuid> {
        self.get()
    }

    pub(crate) fn group_id(&mut self) -> Result<GroupId> {
        self.uuid().map(GroupId)
    }

    pub(crate) fn user_id(&mut self) -> Result<UserId> {
        self.uuid().map(UserId)
    }
}
