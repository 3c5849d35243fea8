//! One statement over one row, or over many: the same text with values, or with an array for each column.
//!
//! With one row a statement names its keys, so that a cluster sends it to one shard and a planner to one partition. With
//! many it reads them from `unnest`, so that a batch costs as few statements as one change.
//!
//! A statement that must find each of its rows as it was read fails otherwise, in the database: so the commit can be sent
//! behind it before anybody has looked at what it wrote.

use std::fmt::Write as _;

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::cell::Cell;
use crate::error::{Error, Result};

/// A column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Truth,
    Text,
    Bytes,
    Uuid,
}

impl Kind {
    fn sql(self) -> &'static str {
        match self {
            Self::Integer => "int8",
            Self::Truth => "bool",
            Self::Text => "text",
            Self::Bytes => "bytea",
            Self::Uuid => "uuid",
        }
    }
}

/// A column of a statement's rows.
pub(crate) type Column = (&'static str, Kind);

/// A statement in both forms.
#[derive(Debug)]
pub(crate) struct Bulk {
    one: String,
    many: String,
    kinds: Vec<Kind>,
    /// What was not as it was read where it fails for its rows; `None` if it never does.
    what: Option<&'static str>,
}

impl Bulk {
    /// `INSERT INTO <table> (<columns>)`, and fails if a row with this key is there. It does so without PostgreSQL's own words, which
    /// would put the key, a name or an address, into the server's log.
    pub(crate) fn insert_new(what: &'static str, table: &str, columns: &[Column], key: &str) -> Self {
        let tail = format!("ON CONFLICT ({key}) DO NOTHING RETURNING 1");
        Self::insert(table, columns, &tail).guarded_for(what)
    }

    /// `INSERT INTO <table> (<columns>) … <tail>`.
    pub(crate) fn insert(table: &str, columns: &[Column], tail: &str) -> Self {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let head = format!("INSERT INTO {table} ({})", names.join(", "));
        let places: Vec<String> = (1..=columns.len()).map(|place| format!("${place}")).collect();
        Self {
            one: format!("{head} VALUES ({}) {tail}", places.join(", ")),
            many: format!("{head} SELECT * FROM {} {tail}", unnest(columns)),
            kinds: columns.iter().map(|(_, kind)| *kind).collect(),
            what: None,
        }
    }

    /// A statement that finds its rows, and fails if one is not there: as [`Bulk::over`], and returns a row for each.
    pub(crate) fn guarded(
        what: &'static str,
        columns: &[Column],
        head: &str,
        joined: &str,
        condition: &str,
    ) -> Self {
        Self::over(columns, head, joined, condition).guarded_for(what)
    }

    /// The same, failing unless it returns a row for each that is sent.
    fn guarded_for(self, what: &'static str) -> Self {
        let Self { one, many, kinds, .. } = self;
        let sent = kinds.first().map_or("", |kind| kind.sql());
        Self {
            one: guarded(&one, what, "1"),
            many: guarded(&many, what, &format!("cardinality($1::{sent}[])")),
            kinds,
            what: Some(what),
        }
    }

    /// A statement over whichever of its rows are there: `<head> <joined> WHERE <condition>`. In the texts `{name}` stands for a
    /// column's value; `joined` brings the rows `t` in, as `FROM {rows}` or `USING {rows}`.
    pub(crate) fn over(columns: &[Column], head: &str, joined: &str, condition: &str) -> Self {
        let one = format!("{head} WHERE {condition}");
        let many = format!("{head} {joined} WHERE {condition}");
        Self {
            one: with_values(&one, columns, |place, _| format!("${place}")),
            many: with_values(&many, columns, |_, name| format!("t.{name}"))
                .replace("{rows}", &unnest(columns)),
            kinds: columns.iter().map(|(_, kind)| *kind).collect(),
            what: None,
        }
    }

    /// Its text for so many rows.
    pub(crate) fn sql(&self, rows: usize) -> &str {
        if rows == 1 { &self.one } else { &self.many }
    }

    /// What was not as it was read where it fails for its rows; `None` if it never does.
    pub(crate) fn what(&self) -> Option<&'static str> {
        self.what
    }

    /// The parameters for these rows.
    pub(crate) fn parameters(&self, rows: Vec<Vec<Cell>>) -> Result<Vec<Parameter>> {
        if rows.len() == 1 {
            return Ok(parameters(rows.into_iter().flatten()));
        }
        let mut arrays: Vec<Array> = self.kinds.iter().map(|kind| Array::new(*kind, rows.len())).collect();
        for row in rows {
            for (array, cell) in arrays.iter_mut().zip(row) {
                array.push(cell)?;
            }
        }
        Ok(arrays.into_iter().map(Array::into_parameter).collect())
    }
}

/// A statement that fails unless it returns so many rows. The failure is that of a text which is no number, and the text says
/// in the server's log what was wrong: there is no other way to raise one outside a procedure.
pub(crate) fn guarded(statement: &str, what: &str, rows: &str) -> String {
    format!(
        "WITH done AS ({statement}) SELECT CASE count(*) WHEN {rows} THEN 1 \
         ELSE ('{what} was not as it was read: rows ' || count(*)::text)::int8 END FROM done"
    )
}

/// A parameter of a statement.
pub(crate) type Parameter = Box<dyn ToSql + Sync + Send>;

/// The parameters of a statement over one row.
pub(crate) fn parameters(row: impl IntoIterator<Item = Cell>) -> Vec<Parameter> {
    row.into_iter().map(|cell| Box::new(cell) as Parameter).collect()
}

fn with_values(text: &str, columns: &[Column], value: impl Fn(usize, &str) -> String) -> String {
    (1..).zip(columns).fold(text.to_owned(), |text, (place, (name, _))| {
        text.replace(&format!("{{{name}}}"), &value(place, name))
    })
}

/// `unnest($1::int8[], …) AS t (number, …)`.
fn unnest(columns: &[Column]) -> String {
    let mut arrays = String::new();
    for (place, (_, kind)) in (1..).zip(columns) {
        let comma = if place > 1 { ", " } else { "" };
        // Writing to a String can't fail.
        let _ = write!(arrays, "{comma}${place}::{}[]", kind.sql());
    }
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    format!("unnest({arrays}) AS t ({})", names.join(", "))
}

/// The values of one column.
enum Array {
    Integer(Vec<Option<i64>>),
    Truth(Vec<Option<bool>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Uuid(Vec<Option<Uuid>>),
}

impl Array {
    fn new(kind: Kind, rows: usize) -> Self {
        match kind {
            Kind::Integer => Self::Integer(Vec::with_capacity(rows)),
            Kind::Truth => Self::Truth(Vec::with_capacity(rows)),
            Kind::Text => Self::Text(Vec::with_capacity(rows)),
            Kind::Bytes => Self::Bytes(Vec::with_capacity(rows)),
            Kind::Uuid => Self::Uuid(Vec::with_capacity(rows)),
        }
    }

    fn push(&mut self, cell: Cell) -> Result<()> {
        match (self, cell) {
            (Self::Integer(values), Cell::Integer(value)) => values.push(Some(value)),
            (Self::Truth(values), Cell::Truth(value)) => values.push(Some(value)),
            (Self::Text(values), Cell::Text(value)) => values.push(Some(value.as_ref().to_owned())),
            (Self::Bytes(values), Cell::Bytes(value)) => values.push(Some(value)),
            (Self::Uuid(values), Cell::Uuid(value)) => values.push(Some(value)),
            (Self::Integer(values), Cell::Null) => values.push(None),
            (Self::Truth(values), Cell::Null) => values.push(None),
            (Self::Text(values), Cell::Null) => values.push(None),
            (Self::Bytes(values), Cell::Null) => values.push(None),
            (Self::Uuid(values), Cell::Null) => values.push(None),
            (
                Self::Integer(_) | Self::Truth(_) | Self::Text(_) | Self::Bytes(_) | Self::Uuid(_),
                Cell::Integer(_) | Cell::Truth(_) | Cell::Text(_) | Cell::Bytes(_) | Cell::Uuid(_),
            ) => return Err(Error::Unstorable("a value of another type than its column")),
        }
        Ok(())
    }

    fn into_parameter(self) -> Parameter {
        match self {
            Self::Integer(values) => Box::new(values),
            Self::Truth(values) => Box::new(values),
            Self::Text(values) => Box::new(values),
            Self::Bytes(values) => Box::new(values),
            Self::Uuid(values) => Box::new(values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[("kind", Kind::Integer), ("key", Kind::Text)];

    #[test]
    fn one_row_is_sent_as_values_and_many_as_arrays() {
        let insert = Bulk::insert("user_keys", COLUMNS, "ON CONFLICT (kind, key) DO NOTHING");
        assert_eq!(
            [insert.sql(1), insert.sql(2)],
            [
                "INSERT INTO user_keys (kind, key) VALUES ($1, $2) ON CONFLICT (kind, key) DO NOTHING",
                "INSERT INTO user_keys (kind, key) SELECT * FROM unnest($1::int8[], $2::text[]) AS t (kind, key) \
                 ON CONFLICT (kind, key) DO NOTHING",
            ]
        );
        let delete = ("DELETE FROM user_keys AS k", "USING {rows}", "k.kind = {kind} AND k.key = {key}");
        let any = Bulk::over(COLUMNS, delete.0, delete.1, delete.2);
        let [one, many] = [
            "DELETE FROM user_keys AS k WHERE k.kind = $1 AND k.key = $2",
            "DELETE FROM user_keys AS k USING unnest($1::int8[], $2::text[]) AS t (kind, key) \
             WHERE k.kind = t.kind AND k.key = t.key",
        ];
        assert_eq!([any.sql(1), any.sql(2)], [one, many]);
        let returning = format!("{} RETURNING 1", delete.2);
        let each = Bulk::guarded("a claim", COLUMNS, delete.0, delete.1, &returning);
        let failing = |statement: &str, rows: &str| {
            format!(
                "WITH done AS ({statement} RETURNING 1) SELECT CASE count(*) WHEN {rows} THEN 1 \
                 ELSE ('a claim was not as it was read: rows ' || count(*)::text)::int8 END FROM done"
            )
        };
        assert_eq!([each.sql(1), each.sql(2)], [failing(one, "1"), failing(many, "cardinality($1::int8[])")]);
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        let insert = Bulk::insert("user_keys", COLUMNS, "");
        let row = |key: Cell| vec![Cell::Integer(1), key];
        assert!(insert.parameters(vec![row("a".into()), row(Cell::Null)]).is_ok());
        assert!(insert.parameters(vec![row("a".into()), row(Cell::Integer(1))]).is_err());
    }
}
