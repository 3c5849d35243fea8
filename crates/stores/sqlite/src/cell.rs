//! Values on their way into and out of columns.

use std::sync::Arc;

use roster_directory::{GroupId, Timestamp, UserId, Value};
use rusqlite::Row;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use uuid::Uuid;

use crate::error::{Error, Result};

/// A value on its way into a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
    SharedText(Arc<str>),
    OwnedText(String),
    Blob(&'a [u8]),
    OwnedBlob(Vec<u8>),
    Uuid(Uuid),
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(integer) => ValueRef::Integer(*integer),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::SharedText(text) => ValueRef::Text(text.as_bytes()),
            Self::OwnedText(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
            Self::OwnedBlob(bytes) => ValueRef::Blob(bytes),
            Self::Uuid(uuid) => ValueRef::Blob(uuid.as_bytes()),
        }))
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<bool> for Cell<'_> {
    fn from(value: bool) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<i64> for Cell<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<Timestamp> for Cell<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Integer(value.unix_micros())
    }
}

impl From<UserId> for Cell<'_> {
    fn from(value: UserId) -> Self {
        Self::Uuid(value.0)
    }
}

impl From<GroupId> for Cell<'_> {
    fn from(value: GroupId) -> Self {
        Self::Uuid(value.0)
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl From<String> for Cell<'_> {
    fn from(value: String) -> Self {
        Self::OwnedText(value)
    }
}

/// A plain field's value. The journal's own values (links, grants, elements, holders) are in no column.
pub(crate) fn plain(value: Value) -> Result<Cell<'static>> {
    Ok(match value {
        Value::Text(text) => Cell::SharedText(text),
        Value::Bool(truth) => truth.into(),
        Value::Time(time) => time.into(),
        Value::Uuid(uuid) => Cell::Uuid(uuid),
        Value::Link(_) | Value::Grant(_) | Value::Holder(_) | Value::Element(_) => {
            return Err(Error::Unstorable("a plain field has no such value"));
        }
    })
}

/// A version as SQLite stores it.
pub(crate) fn version(version: u64) -> Result<i64> {
    i64::try_from(version).map_err(|_| Error::Unstorable("a version beyond 2^63"))
}

/// A row that is read column by column, from the left. Every error names the table.
pub(crate) struct Columns<'a> {
    row: &'a Row<'a>,
    next: usize,
    table: &'static str,
}

impl<'a> Columns<'a> {
    /// Begins at the first column.
    pub(crate) fn new(row: &'a Row<'a>, table: &'static str) -> Self {
        Self { row, next: 0, table }
    }

    /// The value of the next column.
    pub(crate) fn value(&mut self) -> Result<ValueRef<'a>> {
        let index = self.next;
        self.next += 1;
        Ok(self.row.get_ref(index)?)
    }

    pub(crate) fn corrupt(&self) -> Error {
        Error::Corrupt(self.table)
    }

    /// A value that can't be what it stands for is corruption.
    pub(crate) fn check<T, E>(&self, value: std::result::Result<T, E>) -> Result<T> {
        value.map_err(|_| self.corrupt())
    }

    pub(crate) fn optional_integer(&mut self) -> Result<Option<i64>> {
        let value = self.value()?;
        self.check(value.as_i64_or_null())
    }

    pub(crate) fn integer(&mut self) -> Result<i64> {
        self.optional_integer()?.ok_or_else(|| self.corrupt())
    }

    pub(crate) fn optional_text(&mut self) -> Result<Option<&'a str>> {
        let value = self.value()?;
        self.check(value.as_str_or_null())
    }

    pub(crate) fn text(&mut self) -> Result<&'a str> {
        self.optional_text()?.ok_or_else(|| self.corrupt())
    }

    pub(crate) fn optional_blob(&mut self) -> Result<Option<&'a [u8]>> {
        let value = self.value()?;
        self.check(value.as_blob_or_null())
    }

    pub(crate) fn blob(&mut self) -> Result<&'a [u8]> {
        self.optional_blob()?.ok_or_else(|| self.corrupt())
    }

    pub(crate) fn truth(&mut self) -> Result<bool> {
        self.optional_truth()?.ok_or_else(|| self.corrupt())
    }

    pub(crate) fn version(&mut self) -> Result<u64> {
        let version = self.integer()?;
        self.check(u64::try_from(version))
    }

    pub(crate) fn optional_time(&mut self) -> Result<Option<Timestamp>> {
        match self.optional_integer()? {
            Some(micros) => Timestamp::from_unix_micros(micros).map(Some).ok_or_else(|| self.corrupt()),
            None => Ok(None),
        }
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp> {
        self.optional_time()?.ok_or_else(|| self.corrupt())
    }

    pub(crate) fn optional_uuid(&mut self) -> Result<Option<Uuid>> {
        match self.optional_blob()? {
            Some(bytes) => self.check(Uuid::from_slice(bytes)).map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn uuid(&mut self) -> Result<Uuid> {
        self.optional_uuid()?.ok_or_else(|| self.corrupt())
    }

    pub(crate) fn optional_truth(&mut self) -> Result<Option<bool>> {
        match self.optional_integer()? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(_) => Err(self.corrupt()),
        }
    }

    pub(crate) fn group_id(&mut self) -> Result<GroupId> {
        self.uuid().map(GroupId)
    }

    pub(crate) fn user_id(&mut self) -> Result<UserId> {
        self.uuid().map(UserId)
    }
}
